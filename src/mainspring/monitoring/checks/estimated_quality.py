"""How good are the answers likely to be, while nobody knows the truth?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import TYPE_CHECKING, ClassVar, Final, TypeAlias

import numpy as np

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.core.slices import Slice
from mainspring.core.verdicts import Reason, Verdict
from mainspring.evaluation.metrics import Better, Measured, better
from mainspring.evaluation.metrics.intervals import CLOSED, deviations
from mainspring.evaluation.slicing import slice_rows
from mainspring.monitoring.quality.answers import read_answers
from mainspring.monitoring.quality.bounds import LEVEL, Bound, Key, Wanted, check_wanted, judge_figures
from mainspring.monitoring.quality.confidence import ASSUMPTION, Confidence
from mainspring.monitoring.quality.costs import COST
from mainspring.monitoring.quality.measuring import HEADLINES, USUAL
from mainspring.monitoring.quality.realised import reference_quality
from mainspring.monitoring.seen import Judged, Seen

if TYPE_CHECKING:
    from mainspring.data import Table
    from mainspring.monitoring.quality.answers import Ints
    from mainspring.monitoring.quality.loss import LossEstimator

    Estimator: TypeAlias = Confidence | LossEstimator

ALL_ROWS: Final = Slice()


@dataclass(frozen=True, kw_only=True)
class EstimatedQualityCheck:
    """Estimates the quality of windows without labels: of classes by their probabilities, of values by their loss.

    What it assumes stands among its reasons: it sees what other inputs do to quality, and not that inputs lead to
    another truth than they did. Keep :class:`~mainspring.monitoring.checks.quality.QualityCheck` beside it.

    Attributes:
        metrics: Figures to estimate; the usual ones of the task without any. Of values: mae, mse, rmse, mape,
            msle, rmsle.
        at_least: Smallest values, by metric; an alarm if the interval of the estimate leaves them out.
        at_most: Largest values, likewise.
        worse: How much worse than the reference a metric may be, likewise.
        deviations: Accuracy and AUC (of values: the mean absolute error) of which nothing else is said may be so
            many standard deviations worse than windows of as many rows of the reference are on average.
        tolerance: They may be worse by this share of the reference's figure whatever chance explains.
        costs: Truth to answer to what that costs; the mean cost of a row is then estimated as ``expected_cost``.
        slices: Columns to slice by, instead of those of the model.
        adapt: Whether probabilities are calibrated on reference rows weighed to look like the window: right under
            larger covariate shifts, for a few seconds more.
        positive: The class that a binary task is about; the last in sorted order without it.
        least_rows: With fewer rows nothing is said.
        least_slice: The fewest rows of a slice.
        level: How unlikely by chance an alarm must be, after correction.
        seed: Of all draws.

    Raises:
        InputError: With all options that make no sense.
    """

    name: ClassVar[str] = "estimated_quality"
    on_truth: ClassVar[bool] = False

    metrics: tuple[str, ...] = ()
    at_least: Mapping[str, float] = field(default_factory=dict)
    at_most: Mapping[str, float] = field(default_factory=dict)
    worse: Mapping[str, float] = field(default_factory=dict)
    deviations: float = 3.0
    tolerance: float = 0.02
    costs: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    slices: tuple[str, ...] = ()
    adapt: bool = False
    positive: str = ""
    least_rows: int = 100
    least_slice: int = 100
    level: float = LEVEL
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        check_wanted(self.metrics, self._wanted, where=self.name, level=self.level)
        if not self.deviations > 0 or not self.tolerance >= 0 or self.least_rows < 1 or self.least_slice < 1:
            raise InputError(
                f"deviations {self.deviations}, tolerance {self.tolerance}, "
                f"least_rows {self.least_rows}, least_slice {self.least_slice}",
                expected="all above 0",
                where=self.name,
            )

    def judge(self, seen: Seen, memory: Mapping[str, Value]) -> Judged:
        """Judge a window; see :class:`mainspring.monitoring.ports.Check`."""
        table, reference = seen.window.table, seen.reference.rows
        if reference is None:
            return self._silent("NO_REFERENCE", "the reference has no rows to learn from how good answers are")
        try:
            answers = read_answers(table, positive=self.positive or None)
            rows = 0 if answers is None else int(np.count_nonzero(answers.known))
            if answers is None or rows < self.least_rows:
                return self._silent("TOO_FEW_ROWS", f"{rows} rows have an answer, {self.least_rows} are needed")
            metrics = self._metrics(USUAL[answers.kind])
            estimator = self._estimator(reference, table, classified=answers.classes is not None)
            found = estimator.estimate(table, metrics=metrics, parts=self._parts(seen))
            bounds = self._bounds(seen, estimator, found, HEADLINES[answers.kind])
        except InputError as error:
            return self._silent("CANNOT_ESTIMATE", f"the quality cannot be estimated: {error.found}")
        reasons, figures = judge_figures(found, bounds, level=self.level)
        said = Reason(ok=True, code="ASSUMES", message=ASSUMPTION)
        details = {"rows": rows, "reference_rows": reference.num_rows, "assumes": ASSUMPTION}
        return Judged(verdict=Verdict.of(self.name, [*reasons, said], details), figures=figures)

    @property
    def _wanted(self) -> Wanted:
        return Wanted(at_least=self.at_least, at_most=self.at_most, worse=self.worse)

    def _metrics(self, usual: tuple[str, ...]) -> tuple[str, ...]:
        cost = (COST,) if self.costs else ()
        return tuple(dict.fromkeys([*(self.metrics or usual), *self._wanted.named, *cost]))

    def _estimator(self, reference: Table, table: Table, *, classified: bool) -> Estimator:
        if not classified:
            return _loss(reference, self._metrics(USUAL["regression"]), self.seed)
        if not self.adapt:
            costs = tuple((truth, said, cost) for truth, row in self.costs.items() for said, cost in row.items())
            return _confidence(reference, self.positive, self._metrics(()), costs, self.seed)
        from mainspring.monitoring.quality.adapting import adapted_weights  # needs scikit-learn

        return Confidence.fit(
            reference,
            positive=self.positive or None,
            metrics=self._metrics(()),
            costs=self.costs,
            weights=adapted_weights(reference, table, seed=self.seed),
            seed=self.seed,
        )

    def _parts(self, seen: Seen) -> Mapping[Slice, Ints]:
        by = [name for name in self.slices or seen.slices if name in seen.window.table.names]
        return slice_rows(seen.window.table, by, min_slice_size=self.least_slice).rows if by else {}

    def _bounds(
        self, seen: Seen, estimator: Estimator, found: Mapping[Slice, Measured], headlines: tuple[str, ...]
    ) -> dict[Key, Bound]:
        """Those that were said, and for headlines of which nothing is said what windows of the reference do."""
        names = tuple(found[ALL_ROWS].values)
        before = self._before(seen, names)
        bounds: dict[Key, Bound] = {}
        for part, measured in found.items():
            for metric in measured.values:
                bound = self._wanted.bound(metric, before.get(part))
                if bound is not None:
                    bounds[part, metric] = bound
        rows = found[ALL_ROWS].count
        usual = (estimator.usual if self.adapt else partial(_usual, estimator))(_rounded(rows), names)
        for metric in headlines:
            if metric in names and metric not in self._wanted.named and metric in usual.intervals:
                bounds[ALL_ROWS, metric] = self._as_usual(metric, usual, rows, estimator.reference_rows)
        return bounds

    def _before(self, seen: Seen, names: tuple[str, ...]) -> Mapping[Slice, Measured]:
        """The realised figures of the reference, if anything is held against them."""
        rows = seen.reference.rows
        if rows is None or not self.worse:
            return {}
        known = tuple(name for name in names if name != COST)
        by = tuple(self.slices or seen.slices)
        found = reference_quality(rows, known, (), by, self.positive, self.least_slice)
        return {} if found is None else found.measured

    def _as_usual(self, metric: str, usual: Measured, rows: int, reference_rows: int) -> Bound:
        low, high = usual.intervals[metric]
        # Drawn for about as many rows: spreads are as the root of their number.
        spread = (high - low) / (2 * deviations(CLOSED.level)) * math.sqrt(_rounded(rows) / rows)
        value = usual.values[metric]
        # The mean of the reference is itself one draw, of another number of rows.
        chance = self.deviations * spread * math.sqrt(1 + rows / max(reference_rows, 1))
        if chance >= (least := self.tolerance * abs(value)):
            told = f"{self.deviations:g} standard deviations worse than windows of the reference, {value:.4g}"
        else:
            told = f"{least:.3g} worse than windows of the reference, {value:.4g}"
        allowed = max(chance, least)
        if better(metric) is Better.LOWER:
            return Bound(most=value + allowed, sharp=True, told=told)
        return Bound(least=value - allowed, sharp=True, told=told)

    def _silent(self, code: str, message: str) -> Judged:
        return Judged(verdict=Verdict.of(self.name, [Reason(ok=True, code=code, message=message)]))


def _rounded(rows: int) -> int:
    """To two digits, so that windows of about as many rows share what was drawn for them."""
    digits = max(len(str(rows)) - 2, 0)
    return max(round(rows, -digits), 1)


@lru_cache(maxsize=256)
def _usual(estimator: Estimator, rows: int, names: tuple[str, ...]) -> Measured:
    """Drawn once for many windows."""
    return estimator.usual(rows, names)


@lru_cache(maxsize=4)
def _confidence(
    reference: Table, positive: str, metrics: tuple[str, ...], costs: tuple[tuple[str, str, float], ...], seed: int
) -> Confidence:
    """Learned once for many windows."""
    told: dict[str, dict[str, float]] = {}
    for truth, said, cost in costs:
        told.setdefault(truth, {})[said] = cost
    return Confidence.fit(reference, positive=positive or None, metrics=metrics, costs=told, seed=seed)


@lru_cache(maxsize=4)
def _loss(reference: Table, metrics: tuple[str, ...], seed: int) -> LossEstimator:
    """Learned once for many windows."""
    from mainspring.monitoring.quality.loss import LossEstimator  # needs scikit-learn

    return LossEstimator.fit(reference, metrics=metrics, seed=seed)
