"""The model gate: is a model good enough, and better than the one before it?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from mainspring.core import Reason, Slice, Verdict
from mainspring.evaluation.evaluation import ALL_ROWS, Evaluation
from mainspring.evaluation.metrics.directions import better
from mainspring.evaluation.metrics.facts import Better

Bounds = Mapping[str, float]
SliceBounds = Mapping[str, float | Bounds]

_ROUNDING = 1e-12


def compare(
    evaluation: Evaluation,
    *,
    at_least: Bounds | None = None,
    at_most: Bounds | None = None,
    baseline: Evaluation | None = None,
    better_by: Bounds | None = None,
    slices_at_least: SliceBounds | None = None,
    slices_at_most: SliceBounds | None = None,
    slices_better_by: Bounds | None = None,
    min_slice_size: int = 0,
    gate: str = "model gate",
) -> Verdict:
    """Judge an evaluation by thresholds and against a baseline.

    Args:
        evaluation: The candidate's.
        at_least: Metric to the lowest figure allowed over all rows, itself allowed.
        at_most: Metric to the highest figure allowed.
        baseline: The evaluation of the blessed model on the same rows; ``None`` on the first run, on which
            the thresholds of change are passed and this is said.
        better_by: Metric to the margin by which the candidate must beat the baseline: 0 lets an equal
            model through, a negative margin tolerates a loss. For metrics of which less is better, the
            candidate must be lower by the margin.
        slices_at_least: Metric to the lowest figure allowed in every slice; or a slice's name
            (``"sex=Female"``) to such a mapping.
        slices_at_most: The same for the highest.
        slices_better_by: Metric to margin, for every slice of the candidate.
        min_slice_size: Slices with fewer rows are not judged by bounds on every slice; this is said.
        gate: Name of the gate in the verdict.

    Returns:
        A verdict with one reason per bound, passed or not. A metric or slice that does not exist fails, a
        figure that is NaN fails, and a gate without any bound fails: nothing is waved through.

    Example:
        ``compare(evaluation, at_least={"auc": 0.8}, baseline=blessed, better_by={"auc": 0.0})``
    """
    judge = _Judge(evaluation, baseline, min_slice_size)
    reasons = [
        *judge.bounds(ALL_ROWS, at_least or {}, Better.HIGHER),
        *judge.bounds(ALL_ROWS, at_most or {}, Better.LOWER),
        *judge.changes(better_by or {}, slices_better_by or {}),
        *judge.slices(slices_at_least or {}, Better.HIGHER),
        *judge.slices(slices_at_most or {}, Better.LOWER),
    ]
    if not reasons:
        missing = "no threshold was given, so nothing was judged; give at_least, at_most or better_by"
        reasons = [Reason(ok=False, code="NO_THRESHOLDS", message=missing)]
    details = {"split": evaluation.split, "count": evaluation.count, "baseline": baseline is not None}
    return Verdict.of(gate, reasons, details)


@dataclass(frozen=True, slots=True)
class _Judge:
    """Writes the reasons."""

    candidate: Evaluation
    baseline: Evaluation | None
    min_slice_size: int

    def bounds(self, key: Slice, bounds: Bounds, side: Better) -> Iterator[Reason]:
        """Absolute bounds on one slice, or on all rows."""
        for metric, bound in bounds.items():
            subject = _subject(metric, key)
            value, fault = self._figure(self.candidate, key, metric, "the model")
            if fault is not None:
                yield fault
                continue
            ok = value >= bound - _ROUNDING if side is Better.HIGHER else value <= bound + _ROUNDING
            seen, wanted = _figures(value, bound)
            if side is Better.HIGHER:
                message = f"{subject} {seen} is {'at least' if ok else 'below'} {wanted}"
                code = "METRIC_OK" if ok else "METRIC_BELOW_THRESHOLD"
            else:
                message = f"{subject} {seen} is {'at most' if ok else 'above'} {wanted}"
                code = "METRIC_OK" if ok else "METRIC_ABOVE_THRESHOLD"
            yield Reason(ok=ok, code=code, message=message, subject=subject, observed=value, expected=bound)

    def changes(self, margins: Bounds, slice_margins: Bounds) -> Iterator[Reason]:
        """Bounds on the change from the baseline."""
        if not margins and not slice_margins:
            return
        if self.baseline is None:
            for metric in dict.fromkeys((*margins, *slice_margins)):
                message = f"{metric}: there is no blessed model to compare with yet (first run)"
                yield Reason(ok=True, code="FIRST_RUN", message=message, subject=metric)
            return
        unlike = _unlike(self.candidate, self.baseline)
        if unlike:
            message = f"the blessed model was not judged in the same way: {'; '.join(unlike)}"
            yield Reason(ok=False, code="NOT_COMPARABLE", message=message)
            return
        for metric, margin in margins.items():
            yield self._change(self.baseline, ALL_ROWS, metric, margin)
        for metric, margin in slice_margins.items():
            for key in self.candidate.slices:
                yield self._small(key, metric) or self._change(self.baseline, key, metric, margin)

    def slices(self, bounds: SliceBounds, side: Better) -> Iterator[Reason]:
        """Absolute bounds on every slice, or on named ones."""
        named = {str(key): key for key in self.candidate.slices}
        for name, bound in bounds.items():
            if isinstance(bound, Mapping):
                key = named.get(name) or named.get(_sorted_name(name))
                yield from [_no_slice(name, named)] if key is None else self.bounds(key, bound, side)
            elif not named:
                message = f"{name} is bounded in every slice, but the evaluation has no slices"
                yield Reason(ok=False, code="SLICE_MISSING", message=message, subject=name)
            else:
                for key in named.values():
                    small = self._small(key, name)
                    yield from [small] if small else self.bounds(key, {name: bound}, side)

    def _change(self, baseline: Evaluation, key: Slice, metric: str, margin: float) -> Reason:
        subject, way = _subject(metric, key), better(metric)
        if way is Better.NEITHER:
            message = f"{metric} is neither better high nor better low; bound it with at_least or at_most"
            return Reason(ok=False, code="NO_DIRECTION", message=message, subject=subject)
        value, fault = self._figure(self.candidate, key, metric, "the model")
        before, missing = self._figure(baseline, key, metric, "the blessed model")
        if fault or missing:
            return fault or missing or Reason(ok=False, code="METRIC_MISSING", message=subject)
        higher = way is Better.HIGHER
        bound = before + margin if higher else before - margin
        ok = value >= bound - _ROUNDING if higher else value <= bound + _ROUNDING
        seen, old = _figures(value, before)
        sign = "+" if (margin >= 0) == higher else "-"
        rule = f"needs {'≥' if higher else '≤'} {old} {sign} {abs(margin):g}"
        message = f"{subject} {seen} is {_relation(value, before)} the blessed model's {old} ({rule})"
        code = "CHANGE_OK" if ok else "NOT_BETTER"
        return Reason(ok=ok, code=code, message=message, subject=subject, observed=value, expected=bound)

    def _small(self, key: Slice, metric: str) -> Reason | None:
        count = self.candidate.measured[key].count
        if count >= self.min_slice_size:
            return None
        subject = _subject(metric, key)
        message = f"{subject} was not judged: {count} rows, fewer than {self.min_slice_size}"
        return Reason(ok=True, code="SLICE_TOO_SMALL", message=message, subject=subject, observed=count)

    def _figure(self, evaluation: Evaluation, key: Slice, metric: str, whose: str) -> tuple[float, Reason | None]:
        """A figure, or the reason against it."""
        subject = _subject(metric, key)
        found = evaluation.measured.get(key)
        if found is None:
            message = f"{whose} has no figures for the slice {key}"
            return math.nan, Reason(ok=False, code="SLICE_MISSING", message=message, subject=subject)
        if metric not in found.values:
            known = ", ".join(found.values)
            message = f"{whose} has no metric {metric!r}; there are {known}"
            return math.nan, Reason(ok=False, code="METRIC_MISSING", message=message, subject=subject)
        value = found.values[metric]
        if math.isnan(value):
            message = f"{subject} of {whose} does not exist: {found.reasons.get(metric, 'it is not a number')}"
            return math.nan, Reason(ok=False, code="METRIC_NAN", message=message, subject=subject)
        return value, None


def _unlike(candidate: Evaluation, baseline: Evaluation) -> list[str]:
    pairs = {
        "task": (candidate.task, baseline.task),
        "label": (candidate.label, baseline.label),
        "positive class": (candidate.positive, baseline.positive),
        "split": (candidate.split, baseline.split),
        "rows": (candidate.count, baseline.count),
    }
    return [f"{name} {old!r}, now {new!r}" for name, (new, old) in pairs.items() if new != old]


def _no_slice(name: str, named: Mapping[str, Slice]) -> Reason:
    near = get_close_matches(name, named, n=3) or list(named)[:3]
    hint = f"; there are {', '.join(near)} …" if near else "; the evaluation has no slices"
    return Reason(ok=False, code="SLICE_MISSING", message=f"no slice {name!r}{hint}", subject=name)


def _sorted_name(name: str) -> str:
    return ", ".join(sorted(part.strip() for part in name.split(",")))


def _subject(metric: str, key: Slice) -> str:
    return metric if key == ALL_ROWS else f"{metric} | {key}"


def _relation(value: float, before: float) -> str:
    if abs(value - before) <= _ROUNDING:
        return "equal to"
    return "above" if value > before else "below"


def _figures(first: float, second: float) -> tuple[str, str]:
    """Two figures as texts, with as many digits as it takes to tell them apart, three at least."""
    for digits in range(3, 16):
        texts = f"{first:.{digits}g}", f"{second:.{digits}g}"
        if texts[0] != texts[1] or abs(first - second) <= _ROUNDING:
            return texts
    return repr(first), repr(second)
