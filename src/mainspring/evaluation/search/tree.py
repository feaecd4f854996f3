"""A tree that tells right from wrong: where the errors of a model gather, cut by cut."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.losses import columns_read, row_losses
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.predictions import Predictions
from mainspring.evaluation.search.columns import Searched, searched_columns
from mainspring.evaluation.search.moments import Losses, Sums, by_chance

if TYPE_CHECKING:
    from mainspring.data import Table

MAX_DEPTH: Final = 3
MIN_LEAF: Final = 30
_LEVEL: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """Rows that a few cuts set apart.

    Attributes:
        conditions: The cuts that lead to it, in words: ``"city is y"``, ``"age is below 30"``.
        sql: The condition of its rows.
        count: Rows.
        loss: Their mean loss: the error rate.
        coverage: Their part of all loss: of all errors.
    """

    conditions: tuple[str, ...]
    sql: str
    count: int
    loss: float
    coverage: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "conditions": list(self.conditions),
            "sql": self.sql,
            "count": self.count,
            "loss": self.loss,
            "coverage": self.coverage,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorTree:
    """The leaves of an error tree, the worst first; every row is in exactly one.

    Attributes:
        metric: The loss.
        count: Rows that were judged.
        loss: Their mean loss; NaN without rows.
        leaves: The leaves, by mean loss.
    """

    metric: str
    count: int
    loss: float
    leaves: tuple[Leaf, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; NaN becomes ``None``."""
        leaves = [leaf.as_dict() for leaf in self.leaves]
        loss = None if math.isnan(self.loss) else self.loss
        return {"metric": self.metric, "count": self.count, "loss": loss, "leaves": leaves}


def grow_error_tree(
    predictor: Predictor | Predictions,
    table: Table,
    *,
    label: str,
    columns: Sequence[str] | None = None,
    metric: str | None = None,
    max_depth: int = MAX_DEPTH,
    min_leaf: int = MIN_LEAF,
    positive: str | None = None,
    weight: str | None = None,
    bins: int = 10,
    without: Sequence[str] = (),
) -> ErrorTree:
    """Cut the rows again and again where losses differ most (CART on the losses).

    It shows in a few leaves how errors gather. A cut is made only if the difference of its sides is unlikely by
    chance among all cuts of the node (Bonferroni, 5 %).

    Args:
        predictor: What predicts, or one prediction per row.
        table: The rows.
        label: The label column.
        columns: What to cut by; see :func:`find_slices`.
        metric: A loss of rows.
        max_depth: The most cuts on the way to a leaf.
        min_leaf: The fewest rows of a leaf.
        positive: The class that a binary task is about.
        weight: The column of row weights.
        bins: How many ranges numbers are cut into.
        without: Columns to pass over.

    Raises:
        InputError: If columns do not exist or predictions do not fit.

    Reference: L. Breiman et al., *Classification and Regression Trees* (1984).
    """
    rows = row_losses(predictor, table, label=label, metric=metric, positive=positive, weight=weight)
    losses = Losses(rows.values, rows.weights, rows.is_binary)
    passed = [label, *without, *columns_read(predictor), *([] if weight is None else [weight])]
    searched, _ = searched_columns(table, rows.kept, columns, passed, bins=bins)
    everything = np.arange(len(losses.values))
    whole = losses.by_code(np.zeros(len(everything), dtype=np.int64), 1)
    leaves = [
        Leaf(
            conditions=told,
            sql=" AND ".join(sql) or "true",
            count=len(inside),
            loss=float(sums.mean[0]),
            coverage=float(sums.loss[0] / whole.loss[0]) if whole.loss[0] else 0.0,
        )
        for inside, told, sql in _grown(everything, (), (), searched, losses, max_depth, max(min_leaf, 1))
        for sums in [losses.by_code(np.zeros(len(inside), dtype=np.int64), 1, inside)]
        if len(inside)
    ]
    leaves.sort(key=lambda leaf: (-leaf.loss, -leaf.count))
    return ErrorTree(metric=rows.metric, count=len(everything), loss=rows.mean, leaves=tuple(leaves))


_Node = tuple[npt.NDArray[np.int64], tuple[str, ...], tuple[str, ...]]


def _grown(
    rows: npt.NDArray[np.int64],
    told: tuple[str, ...],
    sql: tuple[str, ...],
    columns: Sequence[Searched],
    losses: Losses,
    depth: int,
    smallest: int,
) -> Iterator[_Node]:
    """The leaves below a node."""
    cut = _best_cut(rows, columns, losses, smallest) if depth else None
    if cut is None:
        yield rows, told, sql
        return
    inside, words, condition = cut
    for part, text, where in (
        (rows[inside], words[0], condition),
        (rows[~inside], words[1], f"({condition}) IS NOT TRUE"),
    ):
        yield from _grown(part, (*told, text), (*sql, where), columns, losses, depth - 1, smallest)


def _best_cut(
    rows: npt.NDArray[np.int64], columns: Sequence[Searched], losses: Losses, smallest: int
) -> tuple[npt.NDArray[np.bool_], tuple[str, str], str] | None:
    """The cut that takes most off the squared deviations, and leaves enough rows on both sides."""
    best, gain, tests = None, 0.0, 0
    for column in columns:
        numbers = column.fine is not None
        codes = (column.codes if column.fine is None else column.fine)[rows].astype(np.int64)
        sums = losses.by_code(codes, len(column.cuts) + 2 if numbers else len(column.values), rows)
        whole = sums.total
        for chosen, words, condition in _cuts(column):
            one = sums[np.array(chosen)].total
            other = whole - one
            if min(one.count[0], other.count[0]) < smallest:
                continue
            tests += 1
            taken = _between(one, other)
            if taken > gain:
                best, gain = ((np.isin(codes, chosen), words, condition), one, other), taken
    if best is None:
        return None
    cut, one, other = best
    worse, better = (one, other) if one.mean[0] > other.mean[0] else (other, one)
    return cut if by_chance(worse, better, losses) * tests <= _LEVEL else None


def _between(one: Sums, other: Sums) -> float:
    """The squared deviation between two parts."""
    weights = one.weight[0] * other.weight[0] / (one.weight[0] + other.weight[0])
    return float(weights * (one.mean[0] - other.mean[0]) ** 2)


def _cuts(column: Searched) -> Iterator[tuple[list[int], tuple[str, str], str]]:
    """The ways to cut by a column: one value against all others, or numbers below a bound."""
    if column.fine is None:
        cuts = [([code], value) for code, value in enumerate(column.values) if value is not None]
    else:
        cuts = [(list(range(last + 1)), column.range(0, last)) for last in range(len(column.cuts))]
    for codes, value in cuts:
        yield codes, (f"{column.name} is {value.text}", f"{column.name} is not {value.text}"), value.sql
