"""Pictures of models: quality over versions, and which version held an alias when."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from mainspring.app.api.subjects.models.listing import is_lower_better, title_of
from mainspring.app.api.subjects.models.nouns import AliasChange
from mainspring.app.api.subjects.models.shelf import Shelf
from mainspring.core.clock import iso, now
from mainspring.evaluation.drawing import Line, line_chart, sparkline
from mainspring.evaluation.drawing.lettering import escaped, width
from mainspring.evaluation.drawing.lettering import number as _n

_WIDE: Final = 860.0
_LANE: Final = 40.0
_LEFT: Final = 118.0
_LEAST: Final = 3.0


def small_line(values: Sequence[float | None], title: str) -> str:
    """The shape of a metric over versions, for a cell; empty for a single version."""
    known = [math.nan if one is None else one for one in values]
    return sparkline(known, title=title) if len(known) > 1 else ""


def metric_charts(its: Shelf, metrics: Sequence[str]) -> Sequence[str]:
    """Each metric over the versions of a model."""
    if len(its.versions) < 2:
        return []
    charts = []
    for metric in metrics:
        points = [
            (float(place), one.metrics[metric])
            for place, one in enumerate(its.versions, start=1)
            if math.isfinite(one.metrics.get(metric, math.nan))
        ]
        if len(points) > 1:
            told = f"{title_of(metric)}, from {points[0][1]:.4g} to {points[-1][1]:.4g}"
            charts.append(
                line_chart(
                    [Line(name=title_of(metric), points=points, dots=len(points) <= 40)],
                    title=title_of(metric),
                    x="version, in the order of their numbers",
                    y=title_of(metric),
                    description=told,
                    x_bounds=(0.5, len(its.versions) + 0.5),
                    y_bounds=None,
                    size=(400, 230),
                )
            )
    return charts


def best_of(its: Shelf, metrics: Sequence[str]) -> Mapping[str, float]:
    """The best value of each metric over all versions."""
    found = {}
    for metric in metrics:
        known = [one.metrics[metric] for one in its.versions if math.isfinite(one.metrics.get(metric, math.nan))]
        if len(known) > 1:
            found[metric] = min(known) if is_lower_better(metric) else max(known)
    return found


def timeline(moves: Sequence[AliasChange]) -> str:
    """Which version each alias pointed at, over time; empty without moves.

    Args:
        moves: The newest first.
    """
    if not moves:
        return ""
    aliases = list(dict.fromkeys(one.alias for one in reversed(moves)))
    start, end = min(one.at for one in moves), now()
    end = max(end, start + 1.0)
    high = len(aliases) * _LANE + 30
    room = _WIDE - _LEFT - 10

    def along(at: float) -> float:
        return _LEFT + (at - start) / (end - start) * room

    body = ""
    for lane, alias in enumerate(aliases):
        top = lane * _LANE + 6
        body += f'<text class="b" x="0" y="{_n(top + 18)}">{escaped(alias)}</text>'
        for one in moves:
            if one.alias == alias:
                body += _held(one, along(one.at), along(one.until or end), top)
    foot = len(aliases) * _LANE + 20
    body += (
        f'<text class="q" x="{_n(_LEFT)}" y="{_n(foot)}">{escaped(_day(start, end))}</text>'
        f'<text class="q" x="{_n(_WIDE - 10)}" y="{_n(foot)}" text-anchor="end">now</text>'
    )
    words = "Which version each alias pointed at, over time"
    return (
        f'<svg class="ms-pic alias-time" role="img" aria-label="{words}" width="{_n(_WIDE)}" height="{_n(high)}" '
        f'viewBox="0 0 {_n(_WIDE)} {_n(high)}" font-size="13"><title>{words}</title>{body}</svg>'
    )


def _held(one: AliasChange, left: float, right: float, top: float) -> str:
    wide = max(right - left, _LEAST)
    kind = "back" if one.action == "rollback" else ("on" if one.until is None else "past")
    told = f"{one.alias}: {one.after} since {iso(one.at)[:16].replace('T', ' ')} by {one.by}: {one.reason}"
    fits = width(one.after, 13) + 14 <= wide
    word = f'<text x="{_n(left + 8)}" y="{_n(top + 18)}">{escaped(one.after)}</text>' if fits else ""
    return (
        f'<g class="held-{kind}"><title>{escaped(told)}</title><rect x="{_n(left)}" y="{_n(top)}" '
        f'width="{_n(max(wide - 1.5, _LEAST))}" height="27" rx="5"/>{word}</g>'
    )


def _day(start: float, end: float) -> str:
    text = iso(start)
    return text[:10] if end - start > 3 * 86400 else f"{text[:10]} {text[11:16]} UTC"
