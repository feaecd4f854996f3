"""Windows, alerts, what changed and what was decided, along one line of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from mainspring.data.viewing.wording import counted, moment, shortened
from mainspring.evaluation.drawing.lettering import number as _n
from mainspring.monitoring.alerts import Alert
from mainspring.monitoring.monitor.decisions import moment_of
from mainspring.monitoring.viewing.spans import Span, time_ticks
from mainspring.monitoring.viewing.watch import SeenWindow, Watch

MOST_COLUMNS: Final = 240
MOST_BARS: Final = 12
OVER: Final = "alerts-over"
"""The part of the page that tells of alerts that are over."""

_HIGH: Final = 40.0
_CALM: Final = 0.45
"""How high a column is where all was well, as a share of the strip."""

_LEAST_BAD: Final = 0.12
_LEAST_BAR: Final = 0.006
_APART: Final = 0.022
"""Marks closer than this are shown as one."""

_SIGNS: Final = {"asked": ("\N{BLACK CIRCLE}", "asked"), "waiting": ("\N{WHITE CIRCLE}", "waiting")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """An alert as long as it lasted: ``left`` and ``wide`` in percent of the line."""

    id: str
    link: str
    name: str
    severity: str
    state: str
    left: float
    wide: float
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that happened at a moment: ``left`` in percent of the line."""

    left: float
    kind: str
    sign: str
    told: str
    many: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The line of time of a page.

    Attributes:
        windows: A picture of all windows.
        told: What it shows, in words.
        bars: Alerts.
        bars_left_out: How many more there are.
        changes: What changed upstream.
        decisions: What the retraining policy said.
        ticks: Names of moments, each with where it stands, in percent.
    """

    windows: str
    told: str
    bars: Sequence[Bar]
    bars_left_out: int
    changes: Sequence[Mark]
    decisions: Sequence[Mark]
    ticks: Sequence[tuple[float, str]]


def timeline_of(watch: Watch, span: Span) -> Timeline:
    """The line of time of a page.

    Args:
        watch: What was seen.
        span: The time, in columns of windows.
    """
    bars = [one for one in watch.alerts if one.fired_at is not None and _end(one, span) > span.since]
    bars = [one for one in bars if one.since < span.until]
    changes = [
        Mark(left=100 * span.share(one.at), kind="change", sign="\N{BLACK UP-POINTING TRIANGLE}", told=one.what)
        for one in watch.changes
        if span.since <= one.at <= span.until
    ]
    decisions = []
    for noted in watch.decisions:
        at = moment_of(noted)
        if span.since <= at <= span.until and noted.outcome != "settled":
            sign, kind = _SIGNS.get(noted.outcome, ("\N{MULTIPLICATION SIGN}", "blocked"))
            told = f"{moment(at)}, {noted.outcome}: {shortened(noted.because, 200)}"
            decisions.append(Mark(left=100 * span.share(at), kind=kind, sign=sign, told=told))
    picture, told = windows_picture(watch.windows, span)
    return Timeline(
        windows=picture,
        told=told,
        bars=[_bar(one, span) for one in bars[:MOST_BARS]],
        bars_left_out=max(len(bars) - MOST_BARS, 0),
        changes=list(_together(changes)),
        decisions=list(_together(decisions)),
        ticks=[(100 * span.share(at), name) for at, name in time_ticks(span, 6)],
    )


def windows_picture(windows: Sequence[SeenWindow], span: Span, *, high: float = _HIGH) -> tuple[str, str]:
    """Windows as columns: low where all was well, high where all failed, parted in between; empty without any.

    Returns:
        A picture that stretches to any width, and what it shows, in words.
    """
    counts, failed = np.zeros(span.columns), np.zeros(span.columns)
    if windows:
        places = span.places(np.array([one.since for one in windows]))
        inside = (places >= 0) & (places < span.columns)
        bad = np.array([not one.ok for one in windows])
        counts = np.bincount(places[inside], minlength=span.columns).astype(float)
        failed = np.bincount(places[inside & bad], minlength=span.columns).astype(float)
    total, wrong = int(counts.sum()), int(failed.sum())
    shown = span.sources(counts > 0)
    counts, failed = (np.where(shown < 0, 0.0, one[shown]) for one in (counts, failed))
    good = broken = empty = ""
    for place in range(span.columns):
        if not counts[place]:
            empty += f"M{place + 0.1:.1f} {_n(high - 3)}h0.8v2h-0.8z"
            continue
        share = failed[place] / counts[place]
        tall = high * (_CALM + (1 - _CALM) * share)
        top = high - tall
        # A single bad window among many is still seen.
        foot = top + max(tall * share, _LEAST_BAD * high) if share else top
        if share:
            broken += f"M{place + 0.1:.1f} {_n(top)}h0.8V{_n(foot)}h-0.8z"
        if foot < high:
            good += f"M{place + 0.1:.1f} {_n(foot)}h0.8V{_n(high)}h-0.8z"
    body = "".join(
        f'<path class="{style}" d="{path}"/>'
        for style, path in (("w-good", good), ("w-bad", broken), ("w-none", empty))
        if path
    )
    gaps = int((counts == 0).sum())
    told = f"{counted(total, 'window')} judged, {wrong:,} of them not in order"
    told += f"; no data in {gaps} of {span.columns} columns" if gaps and total else ""
    svg = (
        f'<svg class="ms-pic strip" role="img" aria-label="{told}" preserveAspectRatio="none"'
        f' viewBox="0 0 {span.columns} {_n(high)}">{body}</svg>'
    )
    return svg, told


def _bar(alert: Alert, span: Span) -> Bar:
    left, right = span.share(alert.since), span.share(_end(alert, span))
    wide = max(right - left, _LEAST_BAR)
    over = "open" if alert.open else f"over at {moment(alert.resolved_at)}"
    return Bar(
        id=alert.id,
        link=f"alert-{alert.id}" if alert.open else OVER,
        name=f"{alert.check}: {alert.subject}" if alert.subject else alert.check,
        severity=str(alert.severity),
        state=str(alert.state),
        left=100 * min(left, 1 - wide),
        wide=100 * wide,
        told=f"{alert.severity}, since {moment(alert.since)}, {over}",
    )


def _end(alert: Alert, span: Span) -> float:
    """Where the bar of an alert ends: where its last bad window did, if it is over."""
    return span.until if alert.open else alert.last_seen


def _together(marks: Sequence[Mark]) -> Iterator[Mark]:
    """Marks that would lie on each other as one."""
    group: list[Mark] = []
    for mark in sorted(marks, key=lambda one: one.left):
        if group and mark.left - group[0].left > 100 * _APART:
            yield _one(group)
            group = []
        group.append(mark)
    if group:
        yield _one(group)


def _one(group: Sequence[Mark]) -> Mark:
    # What was asked for counts more than what was not.
    first = min(group, key=lambda one: one.kind)
    told = "\n".join(one.told for one in group[:5]) + (f"\nand {len(group) - 5} more" if group[5:] else "")
    return Mark(left=group[0].left, kind=first.kind, sign=first.sign, told=told, many=len(group))
