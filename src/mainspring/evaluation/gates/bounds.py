"""Absolute bounds: a figure over all rows, or in slices, must be at least or at most a number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mainspring.core import Reason, Slice
from mainspring.evaluation.evaluation import ALL_ROWS
from mainspring.evaluation.gates.figures import ROUNDING, NoFigureError, On, Source, nearest, pair_text, subject_of
from mainspring.evaluation.metrics.facts import Better

Bounds = Mapping[str, float]
SliceBounds = Mapping[str, float | Bounds]


@dataclass(frozen=True, slots=True)
class BoundJudge:
    """Writes the reasons of absolute bounds.

    Attributes:
        source: The model that is judged.
        min_slice_size: Slices with fewer rows are not judged by bounds on every slice.
        on: Whether figures are judged, or the worse ends of their intervals.
    """

    source: Source
    min_slice_size: int = 0
    on: On = "figure"

    def overall(self, bounds: Bounds, side: Better, key: Slice = ALL_ROWS) -> Iterator[Reason]:
        """Bounds on one slice, or on all rows."""
        for metric, bound in bounds.items():
            try:
                yield self._bound(key, metric, bound, side)
            except NoFigureError as fault:
                yield fault.reason

    def slices(self, bounds: SliceBounds, side: Better) -> Iterator[Reason]:
        """Bounds on every slice, or on named ones."""
        named = {str(key): key for key in self.source.evaluation.slices}
        for name, bound in bounds.items():
            if isinstance(bound, Mapping):
                key = named.get(name) or named.get(_sorted_name(name))
                yield from [_no_slice(name, named)] if key is None else self.overall(bound, side, key)
            elif not named:
                message = f"{name} is bounded in every slice, but the evaluation has no slices"
                yield Reason(ok=False, code="SLICE_MISSING", message=message, subject=name)
            else:
                for key in named.values():
                    small = self.source.small(key, subject_of(name, key), self.min_slice_size)
                    yield from [small] if small else self.overall({name: bound}, side, key)

    def _bound(self, key: Slice, metric: str, bound: float, side: Better) -> Reason:
        subject, higher = subject_of(metric, key), side is Better.HIGHER
        value = judged = self.source.value(key, metric)
        if self.on == "interval":
            low, high = self.source.interval(key, metric)
            judged = low if higher else high
        ok = judged >= bound - ROUNDING if higher else judged <= bound + ROUNDING
        seen, wanted = pair_text(judged, bound)
        if self.on == "interval":
            whole, _ = pair_text(value, judged)
            seen = f"{whole}, the {'low' if higher else 'high'} end {seen} of its interval,"
        relation = ("at least" if ok else "below") if higher else ("at most" if ok else "above")
        return Reason(
            ok=ok,
            code="METRIC_OK" if ok else "METRIC_BELOW_THRESHOLD" if higher else "METRIC_ABOVE_THRESHOLD",
            message=f"{subject} {seen} is {relation} {wanted}",
            subject=subject,
            observed=judged,
            expected=bound,
        )


def _no_slice(name: str, named: Mapping[str, Slice]) -> Reason:
    message = f"no slice {name!r}{nearest(name, list(named))}"
    return Reason(ok=False, code="SLICE_MISSING", message=message, subject=name)


def _sorted_name(name: str) -> str:
    return ", ".join(sorted(part.strip() for part in name.split(",")))
