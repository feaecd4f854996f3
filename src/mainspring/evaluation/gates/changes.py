"""Bounds on the change from a baseline: better by so much, or by such a share, overall and in every slice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from mainspring.core import Reason, Slice
from mainspring.evaluation.evaluation import ALL_ROWS, Evaluation
from mainspring.evaluation.gates.figures import ROUNDING, NoFigureError, On, pair_text, subject_of
from mainspring.evaluation.gates.linear import Sources, Term
from mainspring.evaluation.metrics.facts import Better

FirstRun = Literal["pass", "fail", "thresholds-only"]
Incomparable = Literal["fail", "first-run"]
MissingSlices = Literal["fail", "allow"]

Margins = Mapping[str, float | Mapping[str, float]]
"""Metric to margin, for every baseline; or the name of a baseline to such a mapping."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """What is done where there is nothing to compare with.

    Attributes:
        first_run: There is no baseline: bounds of change pass, fail, or pass beside a threshold that was judged.
        incomparable: The baseline cannot be judged on these rows: that fails, or counts as a first run.
        missing_slices: The baseline has a slice that the model lacks: that fails, or is allowed.
        min_slice_size: Slices with fewer rows are not judged by bounds on every slice.
        on: Whether figures are judged, or the worse ends of their intervals.
    """

    first_run: FirstRun = "pass"
    incomparable: Incomparable = "fail"
    missing_slices: MissingSlices = "fail"
    min_slice_size: int = 0
    on: On = "figure"


@dataclass(frozen=True, slots=True)
class Absent:
    """A baseline that cannot be compared with.

    Attributes:
        name: What it is called in sentences.
        why: Why it cannot be compared with; empty if there is none yet.
    """

    name: str
    why: str = ""

    def reason(self, subject: str, manners: Manners) -> Reason:
        """What that means for a bound of change."""
        if self.why and manners.incomparable == "fail":
            message = f"{subject}: {self.name} cannot be compared with: {self.why}"
            hint = ' (incomparable="first-run" would treat this as a first run)'
            return Reason(ok=False, code="NOT_COMPARABLE", message=message + hint, subject=subject)
        if self.why:
            told = f"{self.name} cannot be compared with ({self.why})"
        else:
            told = f"there is no {self.name.removeprefix('the ')} to compare with yet"
        if manners.first_run == "fail":
            message = f'{subject}: {told}, and first_run="fail" asks for one'
            return Reason(ok=False, code="FIRST_RUN", message=message, subject=subject)
        return Reason(ok=True, code="FIRST_RUN", message=f"{subject}: {told} (first run)", subject=subject)


@dataclass(frozen=True, slots=True)
class ChangeJudge:
    """Writes the reasons of bounds on change.

    Attributes:
        sources: The models; among them those baselines that can be compared with.
        absent: Name to each baseline that cannot.
        manners: What is done then.
    """

    sources: Sources
    absent: Mapping[str, Absent]
    manners: Manners

    def overall(self, margins: Margins, *, shares: bool) -> Iterator[Reason]:
        """Margins over all rows; as shares of the baseline's figure, or as they are."""
        for whose, metric, margin in self._each(margins):
            if whose in self.absent:
                yield self.absent[whose].reason(metric, self.manners)
            else:
                yield self._judged(Term(whose, ALL_ROWS, metric), margin, shares=shares)

    def slices(self, margins: Margins, *, shares: bool) -> Iterator[Reason]:
        """Margins in every slice of the model, and of the baseline."""
        candidate = self.sources.models[""]
        for whose, metric, margin in self._each(margins):
            if whose in self.absent:
                yield self.absent[whose].reason(metric, self.manners)
                continue
            for key in candidate.evaluation.slices:
                small = candidate.small(key, subject_of(metric, key), self.manners.min_slice_size)
                yield small or self._judged(Term(whose, key, metric), margin, shares=shares)
            yield from lost_slices(self.sources, whose, metric, self.manners)

    def _each(self, margins: Margins) -> Iterator[tuple[str, str, float]]:
        """Baseline, metric and margin: without a name for every baseline."""
        everyone = [name for name in (*self.sources.models, *self.absent) if name]
        for name, margin in margins.items():
            if isinstance(margin, Mapping):
                yield from ((name, metric, number) for metric, number in margin.items())
            else:
                yield from ((whose, name, margin) for whose in everyone)

    def _judged(self, term: Term, margin: float, *, shares: bool) -> Reason:
        try:
            return self._change(term, margin, shares=shares)
        except NoFigureError as fault:
            return fault.reason

    def _change(self, term: Term, margin: float, *, shares: bool) -> Reason:
        candidate, baseline = self.sources.models[""], self.sources.models[term.whose]
        subject, way = self.sources.subject(term), candidate.way(term.metric)
        if way is Better.NEITHER:
            message = f"{term.metric} is neither better high nor better low; bound it with at_least or at_most"
            return Reason(ok=False, code="NO_DIRECTION", message=message, subject=subject)
        now = self.sources.figure(term._replace(whose=""))
        before = self.sources.figure(term)
        needed = margin
        if shares:
            if abs(before.value) <= ROUNDING:
                message = f"{subject} of {baseline.name} is {before.value:g}: no share of it can be asked for"
                return Reason(ok=False, code="BASELINE_ZERO", message=message, subject=subject, observed=now.value)
            needed = margin * abs(before.value)
        higher = way is Better.HIGHER
        gain = now - before if higher else before - now
        worst, told = gain.value, ""
        if self.manners.on == "interval":
            interval, paired = self.sources.interval(gain)
            worst = interval.low
            ends = interval if higher else (-interval.high, -interval.low)
            how = "from pairs" if paired else "not from pairs, so it is rather too wide: give paired differences"
            told = f"; the difference lies between {ends[0]:+.3g} and {ends[1]:+.3g} ({how})"
        ok = worst >= needed - ROUNDING
        seen, old = pair_text(now.value, before.value)
        sign = "+" if (margin >= 0) == higher else "-"
        by = f"{abs(margin):.3g} of it" if shares else f"{abs(margin):g}"
        rule = f"needs {'≥' if higher else '≤'} {old} {sign} {by}"
        relation = _relation(now.value, before.value)
        return Reason(
            ok=ok,
            code="CHANGE_OK" if ok else "NOT_BETTER" if gain.value < needed - ROUNDING else "NOT_SURELY_BETTER",
            message=f"{subject} {seen} is {relation} {baseline.name}'s {old} ({rule}){told}",
            subject=subject,
            observed=now.value,
            expected=before.value + needed if higher else before.value - needed,
        )


def lost_slices(
    sources: Sources, whose: str, metric: str, manners: Manners, among: Callable[[Slice], bool] | None = None
) -> Iterator[Reason]:
    """Reasons about the slices that a baseline has and the model lacks; of all, or among some."""
    for key, count in sources.lost(whose).items():
        if (among is None or among(key)) and count >= manners.min_slice_size:
            names = sources.models[""].name, sources.models[whose].name
            message = f"{names[0]} has no figures for the slice {key}, and {names[1]} has ({count} rows)"
            ok = manners.missing_slices == "allow"
            yield Reason(ok=ok, code="SLICE_MISSING", message=message, subject=subject_of(metric, key))


def unlike(candidate: Evaluation, baseline: Evaluation) -> str:
    """Why two evaluations cannot be compared: empty if they can."""
    if baseline.unreadable is not None:
        return f"it cannot read the rows: {baseline.unreadable}"
    pairs = {
        "task": (candidate.task, baseline.task),
        "label": (candidate.label, baseline.label),
        "positive class": (candidate.positive, baseline.positive),
        "split": (candidate.split, baseline.split),
        "rows": (candidate.count, baseline.count),
        "weight": (candidate.weight, baseline.weight),
    }
    found = [f"{name} {old!r}, now {new!r}" for name, (new, old) in pairs.items() if new != old]
    return f"it was not judged in the same way: {'; '.join(found)}" if found else ""


def _relation(value: float, before: float) -> str:
    if abs(value - before) <= ROUNDING:
        return "equal to"
    return "above" if value > before else "below"
