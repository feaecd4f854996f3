"""Features by windows as a map of heat: how far each is past its limit, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.drawing.lettering import escaped
from mainspring.monitoring.seen import Series
from mainspring.monitoring.viewing.spans import Span
from mainspring.monitoring.viewing.standings import Standing

COLUMNS: Final = 72
LEVELS: Final = (0.5, 1.0, 2.0, 4.0)
"""Shares of the limit at which the next colour begins."""

_NAMES: Final = ("far below its limit", "below its limit", "past its limit", "twice past it", "four times past it")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatRow:
    """A figure over the windows: its cells as a picture, and how it stands."""

    standing: Standing
    svg: str


def heat_rows(many: Sequence[Standing], span: Span) -> list[HeatRow]:
    """The rows of a map, in the order given."""
    return [HeatRow(standing=one, svg=_drawn(one, span)) for one in many]


def levels_of(series: Series, span: Span) -> npt.NDArray[np.int64]:
    """For each column the level of its worst window, from 0; -1 where nothing was measured.

    Without an upper limit the lower one counts, as for alerts: half of what it has to be is twice past it.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        over, under = series.values / series.most, series.least / series.values
    ratio = np.fmax(
        np.where(np.isfinite(series.most), over, np.nan), np.where(np.isfinite(series.least), under, np.nan)
    )
    found = np.full(span.columns, -1, dtype=np.int64)
    places = span.places(series.times)
    inside = (places >= 0) & (places < span.columns) & ~np.isnan(ratio)
    places, ratio = places[inside], ratio[inside]
    if not places.size:
        return found
    # Windows come in the order of time, so those of a column lie beside each other.
    starts = np.flatnonzero(np.diff(places, prepend=-1))
    worst = np.maximum.reduceat(ratio, starts)
    found[places[starts]] = np.searchsorted(LEVELS, worst, side="right")
    known = span.sources(found >= 0)
    return np.where(known < 0, -1, found[known])


def _drawn(one: Standing, span: Span) -> str:
    levels = levels_of(one.series, span)
    body = ""
    for level in range(len(LEVELS) + 1):
        path = "".join(f"M{first} 0H{last}V1H{first}z" for first, last in _runs(levels == level))
        body += f'<path class="h{level}" d="{path}"/>' if path else ""
    told = f"{one.title}: {_told(levels)}"
    return (
        f'<svg class="heat" role="img" aria-label="{escaped(told)}" viewBox="0 0 {span.columns} 1"'
        f' preserveAspectRatio="none">{body}</svg>'
    )


def _told(levels: npt.NDArray[np.int64]) -> str:
    known = levels[levels >= 0]
    if not known.size:
        return "never measured against a limit"
    past = int((known >= 2).sum())
    return f"past its limit in {past} of {known.size} columns, at worst {_NAMES[int(known.max())]}"


def _runs(flags: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
