"""Windows, alerts, changes and decisions along one line of time, drawn so that each leads to its page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from mainspring.core.clock import iso
from mainspring.data.viewing.wording import counted
from mainspring.evaluation.drawing.lettering import escaped
from mainspring.evaluation.drawing.lettering import number as _n
from mainspring.monitoring.viewing import SeenWindow, Watch
from mainspring.monitoring.viewing.spans import Span, span_of
from mainspring.monitoring.viewing.timeline import Bar, Mark, timeline_of

COLUMNS: Final = 168

_HIGH: Final = 44.0
_CALM: Final = 0.45
"""How high a column is where all was well."""
_LEAST_BAD: Final = 0.14

Link = Callable[[float, float, int], str]
"""The address of a column: from when, until when, and how many windows are in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A line of the timeline: its name, what it shows, and where that leads."""

    name: str
    svg: str
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A timeline.

    Attributes:
        lanes: Windows first, then what changed, what was decided, and alerts.
        told: What the windows show, in words.
        left_out: Alerts that are not shown.
        signs: Which signs are in it: ``change``, ``asked``, ``waiting``, ``blocked``, ``none``.
    """

    lanes: Sequence[Lane]
    told: str
    left_out: int
    signs: frozenset[str]


def drawn(watch: Watch, link: Link, alert: Callable[[str], str]) -> Drawn:
    """The timeline of a model.

    Args:
        watch: What was seen.
        link: The address of a column of windows.
        alert: The path of the page of an alert, by its id.
    """
    since, until = watch.bounds
    span = span_of(since, until, window=watch.window, most=COLUMNS)
    line = timeline_of(watch, span)
    lanes = [Lane(name="windows", svg=strip(watch.windows, span, link, line.told))]
    lanes += [
        Lane(name=name, svg=_marks(marks))
        for name, marks in (("changes", line.changes), ("retraining", line.decisions))
        if marks
    ]
    lanes += [Lane(name=bar.name, svg=_bar(bar, path), path=path) for bar in line.bars for path in [alert(bar.id)]]
    lanes.append(Lane(name="", svg=_ticks(line.ticks)))
    signs = {one.kind for one in (*line.changes, *line.decisions)} | (
        {"none"} if "no data" in line.told else set()
    )
    return Drawn(lanes=lanes, told=line.told, left_out=line.bars_left_out, signs=frozenset(signs))


def strip(windows: Sequence[SeenWindow], span: Span, link: Link, told: str) -> str:
    """Windows as columns: low where all was well, high where all failed, parted in between; each is a link."""
    columns: dict[int, list[SeenWindow]] = {}
    for one in windows:
        place = int((one.since - span.since) / span.width + 1e-9)
        if 0 <= place < span.columns:
            columns.setdefault(place, []).append(one)
    wide = 100 / span.columns
    body, before = "", list[SeenWindow]()
    for place in range(span.columns):
        # One window by count lasts until the next one begins.
        found = columns.get(place) or (before[-1:] if span.holds else [])
        before = found
        if not found:
            body += f'<rect class="w-none" x="{_n(place * wide)}%" width="{_n(wide * 0.8)}%" y="42" height="2"/>'
            continue
        begin, end = (found[0].since, found[-1].until)
        body += (
            f'<a href="{escaped(link(begin, end, len(found)))}" tabindex="-1">'
            f"<title>{escaped(_told(found))}</title>{_column(found, place * wide, wide)}</a>"
        )
    return f'<svg class="strip" role="group" aria-label="{escaped(told)}">{body}</svg>'


def _column(found: Sequence[SeenWindow], left: float, wide: float) -> str:
    share = sum(not one.ok for one in found) / len(found)
    tall = _HIGH * (_CALM + (1 - _CALM) * share)
    bad = max(tall * share, _LEAST_BAD * _HIGH) if share else 0.0
    x, width, top = _n(left), _n(wide * 0.8), _HIGH - tall
    # The ground makes low columns as easy to hit as high ones.
    drawn_ = f'<rect class="w-ground" x="{x}%" width="{_n(wide)}%" y="0" height="{_n(_HIGH)}"/>'
    if bad:
        drawn_ += f'<rect class="w-bad" x="{x}%" width="{width}%" y="{_n(top)}" height="{_n(bad)}"/>'
    if tall - bad > 0.5:
        drawn_ += f'<rect class="w-good" x="{x}%" width="{width}%" y="{_n(top + bad)}" height="{_n(tall - bad)}"/>'
    return drawn_


def _told(found: Sequence[SeenWindow]) -> str:
    begin, end = iso(found[0].since)[:16].replace("T", " "), iso(found[-1].until)[:16].replace("T", " ")
    rows, bad = sum(one.rows for one in found), sum(not one.ok for one in found)
    if len(found) == 1:
        return f"{begin} UTC: {'not in order' if bad else 'in order'}, {rows:,} rows"
    return f"{begin} to {end} UTC: {counted(len(found), 'window')}, {bad} not in order, {rows:,} rows"


def _bar(bar: Bar, path: str) -> str:
    return (
        f'<svg class="lane-track"><a href="{escaped(path)}"><title>{escaped(bar.told)}</title>'
        f'<rect class="alert-bar {bar.severity} {bar.state}" x="{_n(bar.left)}%" width="{_n(bar.wide)}%" y="4"'
        f' height="12" rx="3"/></a></svg>'
    )


def _marks(marks: Sequence[Mark]) -> str:
    body = "".join(
        f'<text class="mark {one.kind}" x="{_n(one.left)}%" y="15" text-anchor="{_anchor(one.left)}">'
        f"<title>{escaped(one.told)}</title>{escaped(one.sign)}"
        + (f'<tspan class="many" dy="-4">{one.many}</tspan>' if one.many > 1 else "")
        + "</text>"
        for one in marks
    )
    return f'<svg class="lane-track">{body}</svg>'


def _ticks(ticks: Sequence[tuple[float, str]]) -> str:
    body = "".join(
        f'<text class="tick" x="{_n(left)}%" y="12" text-anchor="{_anchor(left)}">{escaped(name)}</text>'
        for left, name in ticks
    )
    return f'<svg class="lane-track ticks" aria-hidden="true">{body}</svg>'


def _anchor(left: float) -> str:
    return "start" if left < 4 else "end" if left > 96 else "middle"
