"""What a mitigation turns round: the same rows answered before and after, with intervals of the changes.

Rows are counted in cells by group, label, answer before and answer after. A Poisson bootstrap of the rows then is
one of the cells, exactly: hundreds of resamples cost next to nothing, and each judges both models alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mainspring.core import Slice
from mainspring.evaluation.fairness.across import between
from mainspring.evaluation.fairness.mitigation.constraints import Constraint
from mainspring.evaluation.fairness.mitigation.rows import Bools, GroupedRows
from mainspring.evaluation.fairness.mitigation.thresholds import Costs
from mainspring.evaluation.metrics.grouping import Floats, shares
from mainspring.evaluation.metrics.intervals import Intervals
from mainspring.evaluation.metrics.measured import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How much a figure changed.

    Attributes:
        before: The figure of the untouched model.
        after: The figure now; NaN if it does not exist.
        interval: Of ``after - before``, both judged on the same rows; ``None`` if it is not known.
    """

    before: float
    after: float
    interval: Interval | None = None

    @property
    def by(self) -> float:
        """``after - before``."""
        return self.after - self.before

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; NaN becomes ``None``."""
        return {
            "before": None if math.isnan(self.before) else self.before,
            "after": None if math.isnan(self.after) else self.after,
            "interval": None if self.interval is None else list(self.interval),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Change:
        """The inverse of :meth:`as_dict`."""
        before, after, ends = value["before"], value["after"], value["interval"]
        return cls(
            before=math.nan if before is None else float(before),
            after=math.nan if after is None else float(after),
            interval=None if ends is None else Interval(*ends),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """What changed for one group.

    Attributes:
        group: Which rows.
        count: How many there are.
        to_yes: Rows answered no before and yes now.
        to_no: Rows answered yes before and no now.
        selection_rate: The share answered yes.
        true_positive_rate: The share of yes among rows whose label is yes.
        accuracy: The share of right answers.
    """

    group: Slice
    count: int
    to_yes: int
    to_no: int
    selection_rate: Change
    true_positive_rate: Change
    accuracy: Change

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "group": dict(self.group.values),
            "count": self.count,
            "to_yes": self.to_yes,
            "to_no": self.to_no,
            "selection_rate": self.selection_rate.as_dict(),
            "true_positive_rate": self.true_positive_rate.as_dict(),
            "accuracy": self.accuracy.as_dict(),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Turned:
        """The inverse of :meth:`as_dict`."""
        return cls(
            group=Slice.of(value["group"]),
            count=value["count"],
            to_yes=value["to_yes"],
            to_no=value["to_no"],
            selection_rate=Change.from_dict(value["selection_rate"]),
            true_positive_rate=Change.from_dict(value["true_positive_rate"]),
            accuracy=Change.from_dict(value["accuracy"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """What changed over all.

    Attributes:
        gap: The largest difference between two groups that have rows enough.
        apart: How far the two groups that made the gap before lie apart, below 0 if the other now has more. A
            resampled range is never below 0, so whether a gap was closed is told more surely by this than by it.
        accuracy: The share of right answers.
        cost: What errors cost per row.
        groups: The same by group.
    """

    gap: Change
    apart: Change
    accuracy: Change
    cost: Change
    groups: tuple[Turned, ...]


def turns(
    constraint: Constraint,
    rows: GroupedRows,
    before: Bools,
    after: Bools,
    *,
    costs: Costs,
    min_group_size: int,
    intervals: Intervals,
) -> Turns:
    """Hold the answers of two models against each other.

    Args:
        constraint: What should be alike.
        rows: The rows.
        before: Which of them the untouched model answers yes.
        after: Which the other answers yes.
        costs: What errors cost.
        min_group_size: Groups with fewer rows of an event make no gap.
        intervals: Level, resamples and seed; intervals are bootstrapped whatever the method.
    """
    cells = _Cells(constraint, costs)
    code = ((rows.group * 2 + rows.truth) * 2 + before) * 2 + after
    shape = (len(rows.groups), 2, 2, 2)
    size = int(np.prod(shape))
    counts = np.bincount(code, minlength=size).reshape(shape)
    weights = np.bincount(code, rows.weights, size).reshape(shape)
    squares = np.bincount(code, rows.weights**2, size).reshape(shape)
    cells.kept = cells.large(counts, min_group_size)
    random = np.random.default_rng(intervals.seed)
    scale = np.divide(squares, weights, out=np.zeros(shape), where=weights > 0)
    rate = np.divide(weights**2, squares, out=np.zeros(shape), where=squares > 0)
    drawn = random.poisson(rate, (intervals.resamples, *shape)) * scale
    cells.pair = cells.furthest(weights[None].astype(np.float64).sum(axis=4))
    told = cells.figures(weights[None].astype(np.float64))
    resampled = cells.figures(drawn.astype(np.float64))

    def change(name: str, place: int | None = None) -> Change:
        pick = slice(None) if place is None else (slice(None), place)
        pair, pairs = [one[pick] for one in told[name]], [one[pick] for one in resampled[name]]
        return Change(
            before=float(pair[0][0]),
            after=float(pair[1][0]),
            interval=between((pairs[1] - pairs[0])[:, None], intervals.level)[0],
        )

    groups = tuple(
        Turned(
            group=key,
            count=int(counts[place].sum()),
            to_yes=int(counts[place, :, 0, 1].sum()),
            to_no=int(counts[place, :, 1, 0].sum()),
            selection_rate=change("selection_rate", place),
            true_positive_rate=change("true_positive_rate", place),
            accuracy=change("group_accuracy", place),
        )
        for place, key in enumerate(rows.groups)
    )
    return Turns(
        gap=change("gap"),
        apart=change("apart"),
        accuracy=change("accuracy"),
        cost=change("cost"),
        groups=groups,
    )


class _Cells:
    """Figures of cells of the shape ``[draws, groups, label, before, after]``, before and after."""

    def __init__(self, constraint: Constraint, costs: Costs) -> None:
        self.constraint, self.costs = constraint, costs
        self.kept: list[Bools] = []
        self.pair = (0, 0, 0)

    def large(self, counts: np.ndarray, smallest: int) -> list[Bools]:
        """For each event the groups that have rows enough."""
        by_label = counts.sum(axis=(2, 3))
        sizes = {
            Constraint.DEMOGRAPHIC_PARITY: [by_label.sum(axis=1)],
            Constraint.EQUAL_OPPORTUNITY: [by_label[:, 1]],
            Constraint.EQUALIZED_ODDS: [by_label[:, 1], by_label[:, 0]],
        }[self.constraint]
        return [size >= max(smallest, 1) for size in sizes]

    def furthest(self, cells: Floats) -> tuple[int, int, int]:
        """The event and the two groups, the higher first, that are furthest apart in the first draw."""
        found: list[tuple[float, tuple[int, int, int]]] = [(-1.0, (0, 0, 0))]
        for place, (rates, kept) in enumerate(zip(self._rates(cells), self.kept, strict=True)):
            known = np.flatnonzero(kept & ~np.isnan(rates[0]))
            if len(known) > 1:
                order = known[np.argsort(rates[0][known], kind="stable")]
                high, low = int(order[-1]), int(order[0])
                found.append((float(rates[0][high] - rates[0][low]), (place, high, low)))
        return max(found)[1]

    def figures(self, cells: Floats) -> dict[str, tuple[Floats, Floats]]:
        """Name to the figure before and after, of each draw (and group)."""
        found = [self._side(cells.sum(axis=4)), self._side(cells.sum(axis=3))]
        return {name: (found[0][name], found[1][name]) for name in found[0]}

    def _rates(self, cells: Floats) -> list[Floats]:
        """For each event the share of yes by draw and group, of cells ``[draws, groups, label, answer]``."""
        if self.constraint is Constraint.DEMOGRAPHIC_PARITY:
            return [shares(cells[..., 1].sum(axis=2), cells.sum(axis=(2, 3)))]
        labels = (1,) if self.constraint is Constraint.EQUAL_OPPORTUNITY else (1, 0)
        return [shares(cells[:, :, label, 1], cells[:, :, label].sum(axis=2)) for label in labels]

    def _side(self, cells: Floats) -> dict[str, Floats]:
        """Figures of cells of the shape ``[draws, groups, label, answer]``."""
        total, right = cells.sum(axis=(2, 3)), cells[:, :, 1, 1] + cells[:, :, 0, 0]
        everyone = total.sum(axis=1)
        price = self.costs.false_positive * cells[:, :, 0, 1] + self.costs.false_negative * cells[:, :, 1, 0]
        rates = self._rates(cells)
        event, high, low = self.pair
        return {
            "gap": np.fmax.reduce([_range(one[:, kept]) for one, kept in zip(rates, self.kept, strict=True)]),
            "apart": rates[event][:, high] - rates[event][:, low],
            "accuracy": shares(right.sum(axis=1), everyone),
            "cost": shares(price.sum(axis=1), everyone),
            "selection_rate": shares(cells[..., 1].sum(axis=2), total),
            "true_positive_rate": shares(cells[:, :, 1, 1], cells[:, :, 1].sum(axis=2)),
            "group_accuracy": shares(right, total),
        }


def _range(rates: Floats) -> Floats:
    """The largest minus the smallest rate of each draw; NaN without two."""
    known = ~np.isnan(rates)
    high = np.where(known, rates, -math.inf).max(axis=1, initial=-math.inf)
    low = np.where(known, rates, math.inf).min(axis=1, initial=math.inf)
    two = known.sum(axis=1) >= 2
    return np.where(two, np.where(two, high, 0.0) - np.where(two, low, 0.0), math.nan)
