"""Are the answers still good where the truth has become known? Overall, by slice, against bounds and reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.core.verdicts import Reason, Verdict
from mainspring.evaluation.metrics.intervals import wilson
from mainspring.evaluation.reference import TRUTH
from mainspring.monitoring.quality.bounds import LEVEL, Bound, Key, Wanted, check_wanted, judge_figures
from mainspring.monitoring.quality.labels import labelled_differ, review_weights
from mainspring.monitoring.quality.measuring import HEADLINES
from mainspring.monitoring.quality.realised import Realised, realised_quality, reference_quality
from mainspring.monitoring.seen import Figure, Judged, Seen

if TYPE_CHECKING:
    from mainspring.data import Table
    from mainspring.monitoring.quality.answers import Floats

LABELS: Final = ("auto", "all", "reviewed")
_KNOWN_ENOUGH: Final = 0.9


@dataclass(frozen=True, kw_only=True)
class QualityCheck:
    """Measures windows by the truth, as far as it is known.

    A figure is an alarm if it is past its bound by more than chance explains: its interval leaves the bound out,
    also after correcting for the number of figures, those of slices apart from those of all rows.

    Attributes:
        metrics: Figures to measure; the usual ones of the task, and those that have a bound, without any.
        at_least: Smallest values, by metric; they hold for slices too.
        at_most: Largest values.
        worse: How much worse than in the reference a metric may be, in its own units: ``{"accuracy": 0.03}``.
        tolerance: How much worse accuracy and AUC (of values: the mean absolute error) may be where nothing else
            is said of them, as a share of the reference's figure.
        slices: Columns to slice by, instead of those of the model.
        labels: Which rows count. ``all`` that have a truth; ``reviewed``: those that were chosen to be reviewed,
            weighed by the inverse of the probability of that; ``auto``: reviewed ones if there are enough and
            fewer than nine tenths of the others have a truth.
        positive: The class that a binary task is about; the last in sorted order without it.
        least_rows: With fewer rows whose truth is known nothing is said.
        least_slice: The fewest such rows of a slice.
        level: How unlikely by chance an alarm must be, after correction.

    Raises:
        InputError: With all options that make no sense.
    """

    name: ClassVar[str] = "quality"
    on_truth: ClassVar[bool] = True

    metrics: tuple[str, ...] = ()
    at_least: Mapping[str, float] = field(default_factory=dict)
    at_most: Mapping[str, float] = field(default_factory=dict)
    worse: Mapping[str, float] = field(default_factory=dict)
    tolerance: float = 0.05
    slices: tuple[str, ...] = ()
    labels: str = "auto"
    positive: str = ""
    least_rows: int = 100
    least_slice: int = 50
    level: float = LEVEL

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        check_wanted(self.metrics, self._wanted(()), where=self.name, level=self.level)
        if self.labels not in LABELS:
            raise InputError(f"labels is {self.labels!r}", expected="one of " + ", ".join(LABELS), where=self.name)
        if self.least_rows < 1 or self.least_slice < 1:
            raise InputError("fewer than one row is asked for", expected="1 or more", where=self.name)

    def judge(self, seen: Seen, memory: Mapping[str, Value]) -> Judged:
        """Judge a window; see :class:`mainspring.monitoring.ports.Check`."""
        table = seen.window.table
        if TRUTH not in table.names:
            return self._silent("NO_LABELS", "no truth is known of any row yet")
        by = tuple(name for name in self.slices or seen.slices if name in table.names)
        try:
            weights, how = self._weights(table)
            found = self._measure(table, by, weights)
            before = self._before(seen.reference.rows, by)
        except InputError as error:
            return self._silent("CANNOT_MEASURE", f"the rows cannot be measured: {error.found}")
        if found is None:
            return self._silent("NO_ANSWERS", "the rows have no answers")
        known = {"labelled": _share(found.labelled, table.num_rows)}
        if found.labelled < self.least_rows:
            message = f"the truth of {found.labelled} rows is known, {self.least_rows} are needed"
            return self._silent("TOO_FEW_LABELS", message, known)
        bounds = self._bounds(found, before)
        reasons, figures = judge_figures(found.measured, bounds, level=self.level)
        if not bounds:
            message = "figures have no bound: none is said, and the reference has no rows with answers and truth"
            reasons = [*reasons, Reason(ok=True, code="NO_LIMIT", message=message)]
        notes = [*_about_labels(table, how), *(_note(text) for text in found.notes)]
        details = {"rows": table.num_rows, "labelled": found.labelled, "labels": how}
        return Judged(
            verdict=Verdict.of(self.name, [*reasons, *notes], details),
            figures={**figures, **known},
            rows=found.worst,
        )

    def _measure(self, table: Table, by: tuple[str, ...], weights: Floats | None) -> Realised | None:
        return realised_quality(
            table,
            metrics=self.metrics,
            also=self._wanted(()).named,
            slices=by,
            positive=self.positive or None,
            weights=weights,
            min_slice_size=self.least_slice,
        )

    def _before(self, rows: Table | None, by: tuple[str, ...]) -> Realised | None:
        if rows is None:
            return None
        return reference_quality(rows, self.metrics, self._wanted(()).named, by, self.positive, self.least_slice)

    def _wanted(self, headlines: tuple[str, ...]) -> Wanted:
        return Wanted(
            at_least=self.at_least,
            at_most=self.at_most,
            worse=self.worse,
            tolerance=self.tolerance,
            headlines=headlines,
        )

    def _bounds(self, found: Realised, before: Realised | None) -> dict[Key, Bound]:
        wanted = self._wanted(HEADLINES[found.kind])
        there = {} if before is None else before.measured
        bounds: dict[Key, Bound] = {}
        for part, measured in found.measured.items():
            for metric in measured.values:
                bound = wanted.bound(metric, there.get(part))
                if bound is not None:
                    bounds[part, metric] = bound
        return bounds

    def _weights(self, table: Table) -> tuple[Floats | None, str]:
        """How rows count, and in a word which do."""
        weights = None if self.labels == "all" else review_weights(table)
        if weights is None:
            if self.labels == "reviewed":
                raise InputError("no row was chosen to be reviewed", fix="mainspring review fill")
            return None, "all"
        if self.labels == "auto":
            known = np.array([value is not None and value == value for value in table.column(TRUTH).tolist()])
            others = known[weights == 0]
            enough = int(np.count_nonzero(known & (weights > 0))) >= self.least_rows
            if not enough or (len(others) and float(others.mean()) >= _KNOWN_ENOUGH):
                return None, "all"
        return weights, "reviewed"

    def _silent(self, code: str, message: str, figures: Mapping[str, Figure] | None = None) -> Judged:
        reason = Reason(ok=True, code=code, message=message)
        return Judged(verdict=Verdict.of(self.name, [reason]), figures=figures or {})


def _share(part: int, whole: int) -> Figure:
    low, high = wilson(part, whole)
    return Figure(value=part / whole if whole else float("nan"), low=low, high=high)


def _note(text: str) -> Reason:
    return Reason(ok=True, code="NOTE", message=text)


def _about_labels(table: Table, how: str) -> list[Reason]:
    """What there is to say of rows without a truth."""
    if how == "reviewed":
        return [_note("the figures are of reviewed rows, weighed by how probable it was to choose them")]
    different = labelled_differ(table)
    if not different:
        return []
    names = ", ".join(f"{one.path!r} ({one.metric} {one.value:.2g})" for one in different[:3])
    return [
        Reason(
            ok=True,
            code="LABELLED_DIFFER",
            message=f"rows whose truth is known differ from the others in {names}: the figures may not hold for "
            "all; have a sample reviewed (mainspring review fill)",
            subject=different[0].path,
            observed=different[0].value,
            expected=different[0].limit,
        )
    ]
