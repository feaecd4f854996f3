"""Pictures of models: quality over versions, and which version held an alias when."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from mainspring.app.api.subjects.models.listing import is_lower_better, title_of
from mainspring.app.api.subjects.models.nouns import AliasChange
from mainspring.app.api.subjects.models.shelf import Shelf
from mainspring.app.web.figures import measured
from mainspring.core.clock import iso, now
from mainspring.evaluation.drawing import sparkline
from mainspring.evaluation.drawing.lettering import escaped, width
from mainspring.evaluation.drawing.lettering import number as _n

_WIDE: Final = 940.0
_LANE: Final = 40.0
_LEFT: Final = 118.0
_LEAST: Final = 3.0
_DOTS: Final = 60


def small_line(values: Sequence[float | None], title: str) -> str:
    """The shape of a metric over versions, for a cell; empty for a single version."""
    known = [math.nan if one is None else one for one in values]
    return sparkline(known, title=title) if len(known) > 1 else ""


def metric_charts(its: Shelf, metrics: Sequence[str]) -> Sequence[tuple[str, str]]:
    """Each metric over the versions of a model: its title, and the picture."""
    if len(its.versions) < 2:
        return []
    names = [str(one.version) for one in its.versions]
    drawn = []
    for metric in metrics:
        values = [one.metrics.get(metric, math.nan) for one in its.versions]
        if sum(map(math.isfinite, values)) > 1:
            drawn.append((title_of(metric), _chart(names, values, title_of(metric))))
    return drawn


def _chart(names: Sequence[str], values: Sequence[float], title: str) -> str:
    """A metric over versions, which are named below."""
    known = [one for one in values if math.isfinite(one)]
    low, high = min(known), max(known)
    pad = (high - low) * 0.12 or abs(high) * 0.05 or 1.0
    wide, tall, left, foot = 400.0, 190.0, 52.0, 26.0
    room, depth = wide - left - 24, tall - foot - 14

    def x(place: int) -> float:
        return left + 8 + place / (len(values) - 1) * room

    def y(value: float) -> float:
        return 10 + (high + pad - value) / (high - low + 2 * pad) * depth

    body = "".join(
        f'<path class="grid" d="M{_n(left)} {_n(y(level))}H{_n(wide - 8)}"/>'
        f'<text class="q" x="{_n(left - 8)}" y="{_n(y(level) + 4)}" text-anchor="end">'
        f"{measured(float(level), 3)}</text>"
        for level in ((low, (low + high) / 2, high) if high > low else (high,))
    )
    every = max(1, math.ceil(len(names) * max(width(one, 12) + 16 for one in names) / room))
    for place in range(len(names) - 1, -1, -every):
        end = "middle" if 0 < place < len(names) - 1 else ("end" if place else "start")
        shift = {"end": 14, "start": -14, "middle": 0}[end]
        body += (
            f'<text class="q" x="{_n(x(place) + shift)}" y="{_n(tall - 4)}" text-anchor="{end}">'
            f"{escaped(names[place])}</text>"
        )
    points = [(x(place), y(one)) for place, one in enumerate(values) if math.isfinite(one)]
    body += '<path class="l1" d="M' + "L".join(f"{_n(one)} {_n(other)}" for one, other in points) + '"/>'
    if len(values) <= _DOTS:
        body += "".join(
            f'<circle class="f1" cx="{_n(x(place))}" cy="{_n(y(one))}" r="3.5">'
            f"<title>{escaped(names[place])}: {measured(one)}</title></circle>"
            for place, one in enumerate(values)
            if math.isfinite(one)
        )
    words = f"{title} over {len(names)} versions, from {measured(known[0])} to {measured(known[-1])}"
    return (
        f'<svg class="ms-pic" role="img" aria-label="{escaped(words)}" width="{_n(wide)}" height="{_n(tall)}" '
        f'viewBox="0 0 {_n(wide)} {_n(tall)}" font-size="12"><title>{escaped(words)}</title>{body}</svg>'
    )


def best_of(its: Shelf, metrics: Sequence[str]) -> Mapping[str, float]:
    """The best value of each metric over all versions."""
    found = {}
    for metric in metrics:
        known = [one.metrics[metric] for one in its.versions if math.isfinite(one.metrics.get(metric, math.nan))]
        if len(known) > 1:
            found[metric] = min(known) if is_lower_better(metric) else max(known)
    return found


def timeline(moves: Sequence[AliasChange]) -> str:
    """Which version each alias pointed at, over time, the names in a picture of their own; empty without moves.

    Args:
        moves: The newest first.
    """
    if not moves:
        return ""
    aliases = list(dict.fromkeys(one.alias for one in reversed(moves)))
    start = min(one.at for one in moves)
    end = max(now(), start + 1.0)
    gap = max(width(one.after, 13) for one in moves) + 16
    places = _places([*(one.at for one in moves), end], gap)
    wide, high = places[end] + 10, len(aliases) * _LANE + 30
    names = body = ""
    for lane, alias in enumerate(aliases):
        top = lane * _LANE + 6
        names += f'<text class="b" x="0" y="{_n(top + 18)}">{escaped(alias)}</text>'
        for one in moves:
            if one.alias == alias:
                body += _held(one, places[one.at], places[one.until or end], top)
    foot = len(aliases) * _LANE + 20
    body += (
        f'<text class="q" x="{_n(_LEFT)}" y="{_n(foot)}">{escaped(_day(start, end))}</text>'
        f'<text class="q" x="{_n(wide - 10)}" y="{_n(foot)}" text-anchor="end">now</text>'
    )
    words = "Which version each alias pointed at, over time"
    beside = max(width(alias, 13) for alias in aliases) * 1.1 + 16
    return (
        f'<svg class="ms-pic alias-names" aria-hidden="true" width="{_n(beside)}" height="{_n(high)}" '
        f'viewBox="0 0 {_n(beside)} {_n(high)}" font-size="13">{names}</svg>'
        f'<svg class="ms-pic alias-time" role="img" aria-label="{words}" width="{_n(wide - _LEFT)}" '
        f'height="{_n(high)}" viewBox="{_n(_LEFT)} 0 {_n(wide - _LEFT)} {_n(high)}" font-size="13">'
        f"<title>{words}</title>{body}</svg>"
    )


def _places(moments: Sequence[float], gap: float) -> dict[float, float]:
    """Where moments lie: as far apart as they are, but never so close that a version between them is not seen."""
    ordered = sorted(set(moments))
    gaps = len(ordered) - 1
    room = max(_WIDE - _LEFT - gaps * gap, 0.0)
    whole = (ordered[-1] - ordered[0]) or 1.0
    found, place = {}, _LEFT
    for number, at in enumerate(ordered):
        if number:
            place += gap + room * (at - ordered[number - 1]) / whole
        found[at] = place
    return found


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
