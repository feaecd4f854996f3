"""How figures stand to their limits, and what their names say."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from mainspring.monitoring.alerts.findings import effect_of
from mainspring.monitoring.seen import Series


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A figure and how it stands.

    Attributes:
        name: Its name: ``quality/accuracy|sex=Female``.
        check: The check: ``quality``.
        subject: What was measured: ``accuracy``.
        slice: Of which rows: ``sex=Female``; empty for all.
        series: The figure over time.
        last: Its last value; NaN if it was never measured.
        usual: Its median.
        floor: Its limit below, in the last window that had one; NaN without one.
        ceiling: Its limit above.
        effect: How many times past its limit it is in the last window, as an alert counts it: above 1 is past;
            0 if it has no limit.
        worst: The same in the worst window.
        past: In how many windows it was past its limit.
    """

    name: str
    check: str
    subject: str
    slice: str
    series: Series
    last: float
    usual: float
    floor: float
    ceiling: float
    effect: float
    worst: float
    past: int

    @property
    def limited(self) -> bool:
        """Whether it has a limit."""
        return math.isfinite(self.floor) or math.isfinite(self.ceiling)

    @property
    def bad(self) -> bool:
        """Whether it is past its limit in the last window that measured it."""
        return self.last < self.floor or self.last > self.ceiling

    @property
    def title(self) -> str:
        """What was measured, of which rows."""
        return f"{self.subject}, {self.slice}" if self.slice else self.subject


def standing_of(name: str, series: Series) -> Standing:
    """How a figure stands.

    Args:
        name: Its name.
        series: It, over time.
    """
    check, _, rest = name.partition("/")
    subject, _, part = rest.partition("|")
    known = np.flatnonzero(np.isfinite(series.values))
    last = float(series.values[known[-1]]) if known.size else math.nan
    floor, ceiling = _latest(series.least), _latest(series.most)
    return Standing(
        name=name,
        check=check,
        subject=subject,
        slice=part,
        series=series,
        last=last,
        usual=float(np.median(series.values[known])) if known.size else math.nan,
        floor=floor,
        ceiling=ceiling,
        effect=_effect(last, floor, ceiling),
        worst=_worst(series),
        past=int(np.count_nonzero((series.values < series.least) | (series.values > series.most))),
    )


def standings(figures: Mapping[str, Series]) -> list[Standing]:
    """All figures, those furthest past their limits first."""
    return worst_first(standing_of(name, series) for name, series in figures.items())


def worst_first(found: Iterable[Standing]) -> list[Standing]:
    """Figures in order: the furthest past its limit in the last window, then in any; those without limits last."""
    return sorted(found, key=lambda one: (-one.effect, -one.worst, one.name))


def most_unusual(found: Iterable[Standing]) -> list[Standing]:
    """Figures that vary, those whose last value is furthest from the usual one first, measured by their spread."""
    known = [(one, one.series.values[np.isfinite(one.series.values)]) for one in found]
    varied = [(one, float(values.std())) for one, values in known if values.size > 1 and values.std() > 0]
    return [one for one, spread in sorted(varied, key=lambda pair: -abs(pair[0].last - pair[0].usual) / pair[1])]


def _effect(value: float, floor: float, ceiling: float) -> float:
    if not math.isfinite(value):
        return 0.0
    sides = [effect_of(value, floor, low=True)] if math.isfinite(floor) else []
    return max([*sides, *([effect_of(value, ceiling, low=False)] if math.isfinite(ceiling) else [])], default=0.0)


def _worst(series: Series) -> float:
    over, under = series.values - series.most, series.least - series.values
    places = [int(np.nanargmax(one)) for one in (over, under) if np.isfinite(one).any()]
    return max(
        (_effect(float(series.values[one]), float(series.least[one]), float(series.most[one])) for one in places),
        default=0.0,
    )


def _latest(values: np.ndarray) -> float:
    known = np.flatnonzero(np.isfinite(values))
    return float(values[known[-1]]) if known.size else math.nan
