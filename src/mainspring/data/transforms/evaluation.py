"""Running a graph of ops over rows: arrays in, the matrix out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from mainspring.data.transforms.kinds import as_numbers
from mainspring.data.transforms.ops import BagOfWords, Kind, OneOf, Op, TargetMean, TfIdf, ToWord
from mainspring.data.transforms.ops.op import as_columns

if TYPE_CHECKING:
    import numpy as np

WRITERS: Final = (OneOf, BagOfWords, TfIdf)
"""Ops that can write over zeros where the matrix has them."""


def as_value(values: np.ndarray, kind: Kind, name: str) -> np.ndarray:
    """A raw column as a value of a graph.

    Raises:
        InputError: If text in a column of numbers is not a number.
    """
    if kind is Kind.NUMBER:
        return as_numbers(values, name)
    if values.dtype == object:
        return values
    return ToWord((name,), name).apply(values)


def needed(ops: Sequence[Op], results: Iterable[str]) -> list[Op]:
    """The ops that some values need, in order."""
    wanted = set(results)
    kept = []
    for op in reversed(ops):
        if op.output in wanted:
            wanted.update(op.inputs)
            kept.append(op)
    return kept[::-1]


def compute(
    ops: Sequence[Op], values: dict[str, np.ndarray], *, rows: Mapping[str, np.ndarray] | None = None
) -> None:
    """Add what each op makes to the values.

    Args:
        ops: In an order in which everything is made before it is read.
        values: The raw columns by name, and what has been made already.
        rows: For training rows, all their raw columns: what is made of the label then is what the row may know of
            it (see :class:`TargetMean`).
    """
    import numpy as np

    # What comes of infinities and of numbers too large is defined, and no reason to warn.
    with np.errstate(all="ignore"):
        for op in ops:
            if op.output in values:
                continue
            given = [values[name] for name in op.inputs]
            if rows is not None and isinstance(op, TargetMean):
                values[op.output] = op.apply_training(given[0], rows)
            else:
                values[op.output] = op.apply(*given)


def names_of(ops: Sequence[Op], results: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The columns of the matrix that each result has."""
    wanted = set(results)
    made: dict[str, tuple[str, ...]] = {}
    for op in needed(ops, results):
        if op.GIVES is Kind.NUMBER:
            made[op.output] = op.columns([made.get(name, (name,)) for name in op.inputs])
    return {name: made.get(name, (name,)) for name in results if name in wanted}


def matrix_of(
    ops: Sequence[Op],
    results: Mapping[str, tuple[str, ...]],
    values: dict[str, np.ndarray],
    *,
    rows: Mapping[str, np.ndarray] | None = None,
    dtype: type = float,
) -> np.ndarray:
    """The results side by side, ``[n, columns]``.

    Args:
        ops: All that the results need.
        results: Name of each result to its columns.
        values: The raw columns; what ops make is added.
        rows: See :func:`compute`.
        dtype: Of the matrix; all is computed in float64 and rounded at the end.
    """
    import numpy as np

    read = {name for op in ops for name in op.inputs}
    # A table of mostly zeros that nobody else reads is written where it belongs.
    direct = {
        op.output: op for op in ops if isinstance(op, WRITERS) and op.output in results and op.output not in read
    }
    compute([op for op in ops if op.output not in direct], values, rows=rows)
    height = len(next(iter(values.values()))) if values else 0
    matrix: np.ndarray = np.zeros((height, sum(map(len, results.values()))), dtype=dtype)
    start = 0
    for name, columns in results.items():
        stop = start + len(columns)
        if name in direct:
            direct[name].write(matrix[:, start:stop], values[direct[name].inputs[0]])
        elif stop == start + 1 and values[name].ndim == 1:
            matrix[:, start] = values[name]
        else:
            matrix[:, start:stop] = as_columns(values[name])
        start = stop
    return matrix
