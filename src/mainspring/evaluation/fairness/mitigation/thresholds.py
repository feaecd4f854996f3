"""The threshold optimiser: a cutoff for each group, for the least cost within a bound on the gap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError
from mainspring.evaluation.fairness.assessment import MIN_GROUP_SIZE
from mainspring.evaluation.fairness.mitigation.constraints import Constraint, events
from mainspring.evaluation.fairness.mitigation.cutoffs import GroupCutoffs
from mainspring.evaluation.fairness.mitigation.rows import Bools, GroupedRows, group_rows
from mainspring.evaluation.labelled import positive_class
from mainspring.evaluation.metrics.grouping import Floats, Ints
from mainspring.evaluation.predictions import Predictions
from mainspring.evaluation.reading import check_length
from mainspring.evaluation.slicing import MOST_NUMBERS

if TYPE_CHECKING:
    from mainspring.data import Table

_MOST_PLACES: Final = 400
"""With two rates to hold, the windows that are tried begin at so many rates of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What errors cost.

    Attributes:
        false_positive: A yes that should have been a no.
        false_negative: A no that should have been a yes.
    """

    false_positive: float = 1.0
    false_negative: float = 1.0

    def __post_init__(self) -> None:
        if not (
            self.false_positive >= 0 and self.false_negative >= 0 and self.false_positive + self.false_negative
        ):
            raise InputError(
                f"errors cost {self.false_positive} and {self.false_negative}",
                expected="numbers from 0, and one above",
            )


EQUAL_COSTS: Final = Costs()
"""Both errors cost 1, so that the least cost is the best accuracy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdChoice:
    """Cutoffs by group, and what they do on the rows they were chosen on.

    Attributes:
        cutoffs: To apply to predictions, or to put into a model.
        gap: The largest difference between two groups that have a cutoff.
        cost: Cost per row; the share of errors where both cost 1.
        cost_before: The same with the one cutoff that is best for all rows.
        notes: Groups without a cutoff of their own, and why.
    """

    cutoffs: GroupCutoffs
    gap: float
    cost: float
    cost_before: float
    notes: tuple[str, ...] = ()


def optimise_thresholds(
    predictions: Predictions,
    table: Table,
    *,
    label: str,
    protected: Sequence[str],
    constraint: str = Constraint.EQUAL_OPPORTUNITY,
    at_most: float = 0.02,
    costs: Costs = EQUAL_COSTS,
    positive: str | None = None,
    weight: str | None = None,
    min_group_size: int = MIN_GROUP_SIZE,
) -> ThresholdChoice:
    """Choose a cutoff for each group: the least cost for which the gap stays within a bound.

    Every cutoff between two probabilities that occur is looked at, so the answer is the best that there is on
    these rows (for equalised odds, whose two rates must both lie in a window, windows begin at four hundred rates
    of each). Cutoffs are plain numbers: the paper also draws lots between two cutoffs, which meets equalised odds
    exactly and answers equal people unequally; here a bound is met instead.

    The model stays as it is. The price: the group must be known when an answer is given, which may be against the
    law where the answer is about people, and two people with the same probability are answered differently.

    Args:
        predictions: Of a model, one per row; only probabilities are used.
        table: The rows; others than the model learnt from, or the gap will be wider on new rows.
        label: A column of two classes.
        protected: Columns of words, booleans or few numbers; several are crossed.
        constraint: ``demographic_parity``, ``equal_opportunity`` or ``equalized_odds``.
        at_most: The largest gap allowed.
        costs: What errors cost.
        positive: The class that a group may want.
        weight: A numeric column with the weight of each row.
        min_group_size: Groups with fewer rows, or with fewer rows of a label that the constraint is about, are
            answered by the best cutoff for all rows.

    Raises:
        InputError: If a column does not exist, has too many numbers to be a group, or the predictions are not of
            two classes.

    Reference:
        M. Hardt, E. Price and N. Srebro, *Equality of opportunity in supervised learning*, NeurIPS 2016.
    """
    wanted = Constraint.of(constraint)
    if not 0 <= at_most <= 1:
        raise InputError(f"a gap of at most {at_most}", expected="a share from 0 to 1, such as 0.02")
    _check_few(table, protected)
    rows, scores = scored_rows(
        predictions, table, label=label, protected=protected, positive=positive, weight=weight
    )
    sets = events(wanted, rows)
    common = _Steps.of(rows, scores, np.ones(len(rows), dtype=np.bool_), sets, costs)
    best = int(np.argmin(common.cost))
    kept, notes = _large_groups(rows, sets, min_group_size)
    steps = [_Steps.of(rows, scores, rows.group == group, sets, costs) for group in kept]
    chosen = _best_within(steps, at_most) if steps else []
    cutoffs = {
        rows.groups[group]: float(one.cutoffs[at]) for group, one, at in zip(kept, steps, chosen, strict=True)
    }
    choice = GroupCutoffs(
        positive=_class_named(predictions, positive),
        columns=tuple(protected),
        cutoffs=cutoffs,
        default=float(common.cutoffs[best]),
    )
    rates = np.array([one.rates[:, at] for one, at in zip(steps, chosen, strict=True)])
    total = float(rows.weights.sum())
    return ThresholdChoice(
        cutoffs=choice,
        gap=float(np.ptp(rates, axis=0).max()) if len(rates) else math.nan,
        cost=cost_of(rows, scores >= choice.at(table)[rows.place], costs),
        cost_before=float(common.cost[best]) / total,
        notes=tuple(notes),
    )


def scored_rows(
    predictions: Predictions,
    table: Table,
    *,
    label: str,
    protected: Sequence[str],
    positive: str | None = None,
    weight: str | None = None,
) -> tuple[GroupedRows, Floats]:
    """Rows, and the probability that the model gives each of being positive.

    Raises:
        InputError: If the predictions do not fit the rows, or are not probabilities of two classes.
    """
    if predictions.classes is None or len(predictions.classes) != 2:
        raise InputError(
            f"predictions of the classes {predictions.classes}", expected="two classes: yes and no to something"
        )
    check_length(predictions, table)
    rows = group_rows(table, label=label, protected=protected, positive=positive, weight=weight)
    place = predictions.classes.index(_class_named(predictions, positive))
    scores = predictions.scores[rows.place, place]
    if not np.isfinite(scores).all():
        raise InputError(f"{int(np.count_nonzero(~np.isfinite(scores)))} rows have no finite probability")
    return rows, scores


def cost_of(rows: GroupedRows, chosen: Bools, costs: Costs = EQUAL_COSTS) -> float:
    """Cost per row of answers; NaN without rows."""
    alarms, misses = chosen & ~rows.truth, ~chosen & rows.truth
    price = costs.false_positive * alarms + costs.false_negative * misses
    return float(rows.weights @ price / rows.weights.sum()) if len(rows) else math.nan


def _class_named(predictions: Predictions, positive: str | None) -> str:
    classes = predictions.classes or ()
    return positive_class(classes, positive) or classes[-1]


def _check_few(table: Table, protected: Sequence[str]) -> None:
    for name in protected:
        values = table.column(name) if name in table.names else np.array([])
        if values.dtype != object and len(np.unique(values[~np.isnan(values)])) > MOST_NUMBERS:
            raise InputError(
                f"{name!r} holds more than {MOST_NUMBERS} numbers, too many for a cutoff each",
                expected="a column of words, booleans or few numbers",
                fix="make a column of ranges first, and let the rows that are to be answered have it too",
            )


def _large_groups(rows: GroupedRows, sets: Sequence[Bools], smallest: int) -> tuple[list[int], list[str]]:
    kept, notes = [], []
    for code, group in enumerate(rows.groups):
        fewest = min(int(np.count_nonzero((rows.group == code) & event)) for event in sets)
        if fewest >= max(smallest, 1):
            kept.append(code)
        else:
            notes.append(
                f"{group} has {fewest} row{'s' * (fewest != 1)} to choose a cutoff by, fewer than {smallest}: "
                "it is answered by the cutoff for all rows"
            )
    return kept, notes


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """What every cutoff does to one group, from "yes to all" to "yes to none".

    Attributes:
        cutoffs: Ascending, shape ``[k]``: below all scores, between each two, above all.
        cost: Total cost of the group's errors at each.
        rates: Share of yes within each event, shape ``[events, k]``, falling.
    """

    cutoffs: Floats
    cost: Floats
    rates: Floats

    @classmethod
    def of(cls, rows: GroupedRows, scores: Floats, members: Bools, sets: Sequence[Bools], costs: Costs) -> _Steps:
        own = np.flatnonzero(members)
        order = own[np.argsort(scores[own], kind="stable")]
        ranked, weights, truth = scores[order], rows.weights[order], rows.truth[order]
        ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
        distinct = ranked[ends]

        def passed(which: Bools) -> Floats:
            """Weight of rows below each cutoff."""
            return np.concatenate(([0.0], np.cumsum(np.where(which, weights, 0.0))[ends]))

        misses, left = passed(truth), passed(~truth)
        cost = costs.false_negative * misses + costs.false_positive * (left[-1] - left)
        rates = []
        for event in sets:
            below = passed(event[order])
            rates.append((below[-1] - below) / below[-1] if below[-1] > 0 else np.full(len(below), math.nan))
        between = (distinct[1:] + distinct[:-1]) / 2
        # Two neighbouring numbers may have no other between them.
        between = np.where(between > distinct[:-1], between, distinct[1:])
        lowest, highest = min(0.0, float(distinct[0])), np.nextafter(max(1.0, float(distinct[-1])), math.inf)
        return cls(np.concatenate(([lowest], between, [highest])), cost, np.array(rates))


def _best_within(steps: Sequence[_Steps], width: float) -> list[int]:
    """For each group the cutoff, so that all rates lie in one window and the cost is least."""
    starts = [
        np.unique(np.concatenate([one.rates[event] for one in steps])) for event in range(len(steps[0].rates))
    ]
    if len(starts) > 1:
        starts = [_thinned(one) for one in starts]
    lows = np.stack([axis.ravel() for axis in np.meshgrid(*starts, indexing="ij")])
    total = np.zeros(lows.shape[1])
    ranges = []
    for one in steps:
        first, last = _range_within(one, lows, width)
        ranges.append((first, last))
        total += _LeastOf(one.cost).between(first, last)
    # Windows can cost the same; the middle one is furthest from rates at which it would change.
    cheapest = np.flatnonzero(total <= total.min() + 1e-12 * max(1.0, abs(float(total.min()))))
    window = int(cheapest[len(cheapest) // 2])
    return [
        int(first[window]) + int(np.argmin(one.cost[first[window] : last[window] + 1]))
        for one, (first, last) in zip(steps, ranges, strict=True)
    ]


def _range_within(steps: _Steps, lows: Floats, width: float) -> tuple[Ints, Ints]:
    """The first and last cutoff whose rates lie within windows; the last before the first where there is none."""
    first = np.zeros(lows.shape[1], dtype=np.int64)
    last = np.full(lows.shape[1], len(steps.cutoffs) - 1, dtype=np.int64)
    for rates, low in zip(steps.rates, lows, strict=True):
        rising = -rates
        first = np.maximum(first, np.searchsorted(rising, -(low + width + 1e-12), side="left"))
        last = np.minimum(last, np.searchsorted(rising, -(low - 1e-12), side="right") - 1)
    return first, last


class _LeastOf:
    """The least of any run of values, from a table of the least of runs of 1, 2, 4 … of them."""

    def __init__(self, values: Floats) -> None:
        self._levels = [values]
        while len(self._levels[-1]) > (half := 1 << (len(self._levels) - 1)):
            level = self._levels[-1]
            self._levels.append(np.minimum(level[:-half], level[half:]))

    def between(self, first: npt.NDArray[np.int64], last: npt.NDArray[np.int64]) -> Floats:
        """The least from ``first`` to ``last``, both taken in; infinity for an empty run."""
        length = last - first + 1
        found = np.full(len(first), math.inf)
        level = np.log2(np.maximum(length, 1)).astype(np.int64)
        for height, values in enumerate(self._levels):
            here = np.flatnonzero((length > 0) & (level == height))
            if len(here):
                end = last[here] - (1 << height) + 1
                found[here] = np.minimum(values[first[here]], values[end])
        return found


def _thinned(values: Floats) -> Floats:
    if len(values) <= _MOST_PLACES:
        return values
    found: Floats = values[np.unique(np.linspace(0, len(values) - 1, _MOST_PLACES).astype(np.int64))]
    return found
