"""What decisions cost or earn: the mean over rows at the model's decision, and over all thresholds.

A cost is told for each pair of label and answer, as a number or as the name of a column that holds it row by
row. :func:`cost` and :func:`profit` make metrics of that for ``evaluate(metrics=[…])``.

Reference: C. Elkan, *The foundations of cost-sensitive learning*, IJCAI (2001).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.metrics.custom import Answers
from mainspring.evaluation.metrics.facts import Better, Fact, Facts
from mainspring.evaluation.metrics.intervals import CLOSED, Intervals
from mainspring.evaluation.metrics.means import RowMean
from mainspring.evaluation.metrics.measured import Measured, Sheet
from mainspring.evaluation.metrics.states import Floats, Ints

Costs: TypeAlias = Mapping[Any, Mapping[Any, float | str]]
"""Label to answer to a number, or to the name of a column that holds the number of each row."""

THRESHOLDS: Final = np.append(np.arange(101) / 100, math.inf)
"""Where costs are told: every hundredth, and never answering with the positive class."""

_NO_ROWS = "there are no rows with a label"
_BROKEN = "the cost of {} of {} rows is missing or not finite"


def _facts(name: str, better: Better) -> Facts:
    best = "lowest" if better is Better.LOWER else "highest"
    noun = "cost" if better is Better.LOWER else "profit"
    told = name.replace("_", " ")
    return {
        name: Fact(better=better, title=told, says=f"the mean {noun} of a row at the model's decision"),
        f"{name}_at_best": Fact(
            better=better, title=f"{told} at best", says=f"the {best} mean {noun} at any threshold"
        ),
        f"{name}_best_threshold": Fact(
            better=Better.NEITHER, title=f"best threshold for {told}", says=f"the threshold of the {best} {noun}"
        ),
    }


FACTS: Facts = {**_facts("expected_cost", Better.LOWER), **_facts("expected_profit", Better.HIGHER)}


def cost(costs: Costs, *, name: str = "expected_cost") -> CostMetric:
    """A metric of what decisions cost; less is better.

    Args:
        costs: Label to answer to the cost of that answer: a number, or the name of a column with the cost of each
            row. A right answer costs 0 where nothing is said; every wrong one has to be told.
        name: Of the metric.

    Example:
        >>> metric = cost({"good": {"bad": "margin"}, "bad": {"good": 500.0, "bad": 10.0}})
        >>> metric.columns
        ('margin',)
    """
    return CostMetric(name=name, better=Better.LOWER, costs=costs)


def profit(profits: Costs, *, name: str = "expected_profit") -> CostMetric:
    """A metric of what decisions earn; more is better. As :func:`cost`, with the sign turned."""
    return CostMetric(name=name, better=Better.HIGHER, costs=profits)


@dataclass(frozen=True, kw_only=True)
class CostMetric:
    """What decisions cost or earn. Made by :func:`cost` and :func:`profit`."""

    name: str
    better: Better
    costs: Costs

    @property
    def facts(self) -> Facts:
        """What is known of the figures."""
        return _facts(self.name, self.better)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that hold costs."""
        named = (value for row in self.costs.values() for value in row.values() if isinstance(value, str))
        return tuple(dict.fromkeys(named))

    def rows(self, answers: Answers) -> CostRows:
        """What each row costs as decided, and either way for a binary task.

        Raises:
            InputError: If the rows have no classes, or a pair of label and answer has no cost.
        """
        if answers.classes is None:
            raise InputError(
                "costs of pairs of label and answer, and the model answers with values",
                expected="a classification",
                fix='write @metric(better="lower") above a function of truth and predicted',
            )
        self._check(answers, answers.classes)
        decided = self._given(answers, answers.predicted)
        yes = no = None
        if answers.positive is not None and answers.scores.ndim == 1:
            other = next(one for one in answers.classes if one != answers.positive)
            yes = self._given(answers, np.full(len(answers), answers.positive, dtype=object))
            no = self._given(answers, np.full(len(answers), other, dtype=object))
        return CostRows(
            name=self.name,
            better=self.better,
            decided=decided,
            yes=yes,
            no=no,
            scores=answers.scores if yes is not None else None,
            weights=answers.weights,
        )

    @cached_property
    def _by_text(self) -> dict[str, dict[str, float | str]]:
        return {str(label): {str(one): value for one, value in row.items()} for label, row in self.costs.items()}

    def _check(self, answers: Answers, classes: tuple[str, ...]) -> None:
        labels = sorted({*map(str, answers.truth.tolist())})
        told = [*self._by_text, *(one for row in self._by_text.values() for one in row)]
        strange = sorted(set(told) - {*classes, *labels})
        lacking = [
            f"labelled {label!r} and answered {one!r}"
            for label in labels
            for one in classes
            if label != one and one not in self._by_text.get(label, {})
        ]
        faults = [f"{', '.join(map(repr, strange))} among the costs, which is no class"] if strange else []
        if lacking:
            faults.append(f"no cost of rows {'; '.join(lacking)}")
        if faults:
            raise InputError(
                "; ".join(faults),
                expected="a cost of every wrong answer by label, among " + ", ".join(map(repr, classes)),
                fix="write costs={label: {answer: cost}}, 0 where a mistake costs nothing",
            )

    def _given(self, answers: Answers, decided: npt.NDArray[Any]) -> Floats:
        """What each row costs if it is answered so."""
        found = np.zeros(len(answers))
        for label, row in self._by_text.items():
            for answer, value in row.items():
                here = (answers.truth == label) & (decided == answer)
                amount = answers.column(value) if isinstance(value, str) else np.full(len(answers), value)
                found[here] = np.asarray(amount, dtype=np.float64)[here]
        return found


@dataclass(frozen=True, eq=False, kw_only=True)
class CostRows:
    """What each row costs, or earns.

    Attributes:
        name: Of the figure.
        better: Whether costs (lower) or profits (higher) are counted.
        decided: At the model's decision, shape ``[n]``.
        yes: If it is answered with the positive class; ``None`` where there is no threshold to choose.
        no: If it is not.
        scores: Probability of the positive class.
        weights: Row weights; ``None`` weighs every row 1.
    """

    name: str = "expected_cost"
    better: Better = Better.LOWER
    decided: Floats
    yes: Floats | None = None
    no: Floats | None = None
    scores: Floats | None = None
    weights: Floats | None = None

    def __len__(self) -> int:
        return len(self.decided)

    def state(self, rows: Ints | None = None) -> CostState:
        """The state of some rows, given by their indices, or of all."""
        part = slice(None) if rows is None else rows
        decided = self.decided[part]
        weights = None if self.weights is None else self.weights[part]
        finite = np.isfinite(decided)
        curve = chosen = None
        if self.yes is not None and self.no is not None and self.scores is not None:
            yes, no, scores = self.yes[part], self.no[part], self.scores[part]
            finite &= np.isfinite(yes) & np.isfinite(no) & np.isfinite(scores)
            weight = np.where(finite, np.ones(len(yes)) if weights is None else weights, 0.0)
            gain = np.where(finite, yes - no, 0.0) * weight
            reached = np.searchsorted(THRESHOLDS, np.where(finite, scores, 0.0), side="right")
            curve = float(np.where(finite, no, 0.0) @ weight) + _at_or_above(reached, gain)
            chosen = _at_or_above(reached, weight)
        return CostState(
            name=self.name,
            better=self.better,
            rows=len(decided),
            broken=len(decided) - int(np.count_nonzero(finite)),
            weighted=weights is not None,
            mean=RowMean.of(np.where(finite, decided, 0.0), weights),
            curve=curve,
            chosen=chosen,
        )


@dataclass(frozen=True, eq=False)
class CostState:
    """Costs summed up, as decided and at each of :data:`THRESHOLDS`.

    Attributes:
        name: Of the figure.
        better: Whether less or more of it is better.
        rows: Rows, unweighted.
        broken: Rows of which a cost is not finite.
        weighted: Whether rows carry weights.
        mean: Of the cost as decided.
        curve: Weighted sum of the costs at each threshold; ``None`` where there is none to choose.
        chosen: Weight of the rows that are answered with the positive class at each threshold.
    """

    name: str
    better: Better
    rows: int
    broken: int
    weighted: bool
    mean: RowMean
    curve: Floats | None
    chosen: Floats | None

    def merge(self, other: Self) -> Self:
        """The state over the rows of both."""
        return type(self)(
            name=self.name,
            better=self.better,
            rows=self.rows + other.rows,
            broken=self.broken + other.broken,
            weighted=self.weighted or other.weighted,
            mean=self.mean.merge(other.mean),
            curve=None if self.curve is None or other.curve is None else self.curve + other.curve,
            chosen=None if self.chosen is None or other.chosen is None else self.chosen + other.chosen,
        )

    def points(self) -> tuple[tuple[float, float, float], ...]:
        """The curve: (threshold, share of rows answered with the positive class, mean cost), for pictures.

        The last threshold is infinite: no row is answered so. Empty without rows or without thresholds.
        """
        if self.curve is None or self.chosen is None or self.broken or not self.mean.weight > 0:
            return ()
        shares, costs = self.chosen / self.mean.weight, self.curve / self.mean.weight
        return tuple(zip(THRESHOLDS.tolist(), shares.tolist(), costs.tolist(), strict=True))

    def measure(self, intervals: Intervals = CLOSED) -> Measured:
        """The mean cost as decided with its interval, the best mean cost at any threshold, and that threshold.

        Among thresholds of equal cost the middle one is told, so that it lies clear of either side; 1.01 says that
        no row should be answered with the positive class.
        """
        sheet = Sheet(self.rows)
        fault = _BROKEN.format(self.broken, self.rows) if self.broken else ""
        known = self.mean.weight > 0 and not fault
        why = fault or _NO_ROWS
        interval = self.mean.interval(intervals, weighted=self.weighted, low=-math.inf)
        sheet.put(self.name, self.mean.value if known else math.nan, why=why, interval=interval)
        if self.curve is not None:
            found = self.curve if self.better is Better.LOWER else -self.curve
            best = np.flatnonzero(found <= found.min() + 1e-12 * max(1.0, float(np.abs(found).max())))
            place = int(best[(len(best) - 1) // 2])
            least = float(self.curve[place]) / self.mean.weight if known else math.nan
            sheet.put(f"{self.name}_at_best", least, why=why)
            at = min(float(THRESHOLDS[place]), 1.01) if known else math.nan
            sheet.put(f"{self.name}_best_threshold", at, why=why)
        return sheet.done()


def _at_or_above(reached: Ints, amounts: Floats) -> Floats:
    """For each threshold the sum over the rows whose score reaches it; ``reached`` counts thresholds per row."""
    by_count = np.bincount(reached, amounts, minlength=len(THRESHOLDS) + 1)
    return np.cumsum(by_count[::-1])[::-1][1:].astype(np.float64)
