"""The rules of columns said as ops, so that everything is run, and compiled, in one way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mainspring.data.celltypes import ColumnType
from mainspring.data.columns import Column
from mainspring.data.transforms.evaluation import names_of, needed
from mainspring.data.transforms.kinds import ColumnTransform, Numeric, Ordinal
from mainspring.data.transforms.ops import Concat, Fill, IsMissing, Kind, Lookup, OneOf, Op, Scale


class Lowered(NamedTuple):
    """A transform as ops.

    Attributes:
        ops: Those that the results need, in an order in which everything is made before it is read.
        results: Name of each value of the matrix to its columns.
        kinds: The raw columns.
    """

    ops: tuple[Op, ...]
    results: dict[str, tuple[str, ...]]
    kinds: dict[str, Kind]


def lowered(
    inputs: tuple[Column, ...], steps: tuple[ColumnTransform | Op, ...], results: tuple[str, ...]
) -> Lowered:
    """A transform as ops.

    Args:
        inputs: The raw columns.
        steps: Rules of columns, or ops.
        results: The values that make the matrix; empty for rules.
    """
    kinds = {column.name: kind_of(column.type) for column in inputs}
    if results:
        ops = needed([step for step in steps if isinstance(step, Op)], results)
        return Lowered(tuple(ops), names_of(ops, results), kinds)
    found: list[Op] = []
    columns: dict[str, tuple[str, ...]] = {}
    for step in steps:
        if not isinstance(step, Op):
            found += ops_of(step)
            columns[found[-1].output] = step.outputs
            kinds[step.column] = Kind.NUMBER if isinstance(step, Numeric) else Kind.WORD
    return Lowered(tuple(found), columns, kinds)


def sources_of(graph: Lowered) -> dict[str, tuple[str, ...]]:
    """The raw columns that each column of the matrix is made of, in the order of the raw columns."""
    read: dict[str, set[str]] = {name: {name} for name in graph.kinds}
    for op in graph.ops:
        read[op.output] = {raw for name in op.inputs for raw in read[name]}
    return {
        column: tuple(raw for raw in graph.kinds if raw in read[name])
        for name, columns in graph.results.items()
        for column in columns
    }


def kind_of(type_: ColumnType) -> Kind:
    """What the values of a raw column are."""
    return Kind.NUMBER if type_.is_numeric or type_ is ColumnType.BOOL else Kind.WORD


def ops_of(rule: ColumnTransform) -> Sequence[Op]:
    """The ops of a rule; the last one makes its columns of the matrix. Their arithmetic is that of the rule."""
    name = rule.column
    if isinstance(rule, Numeric):
        return _number(rule)
    if isinstance(rule, Ordinal):
        return [Lookup((name,), f"{name}.place", rule.vocabulary)]
    size = len(rule.vocabulary)
    places = Lookup(
        (name,),
        f"{name}.place",
        rule.vocabulary,
        buckets=int(rule.unseen),
        unseen=None,
        missing=float(size + int(rule.unseen)) if rule.missing else None,
    )
    return [places, OneOf((places.output,), f"{name}.one_hot", rule.outputs)]


def _number(rule: Numeric) -> Sequence[Op]:
    ops: list[Op] = []
    value = rule.column
    if rule.fill is not None:
        ops.append(Fill((value,), f"{rule.column}.impute", rule.fill))
        value = ops[-1].output
    ops.append(Scale((value,), f"{rule.column}.z_score", rule.shift, rule.scale))
    if rule.indicator:
        ops.append(IsMissing((rule.column,), f"{rule.column}.missing"))
        ops.append(Concat((f"{rule.column}.z_score", f"{rule.column}.missing"), f"{rule.column}.number"))
    return ops
