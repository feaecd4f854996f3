"""Figures as cards with charts, and as rows of a table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from mainspring.core.clock import iso
from mainspring.data.viewing.wording import counted, figure
from mainspring.evaluation.drawing import sparkline
from mainspring.evaluation.viewing.figures import sort_key
from mainspring.evaluation.viewing.material import Column, Entry, Grid
from mainspring.monitoring.seen import Series
from mainspring.monitoring.viewing.plots import bounds_of, figure_plot
from mainspring.monitoring.viewing.spans import Span, reduce
from mainspring.monitoring.viewing.standings import Standing

MOST_ROWS: Final = 250
"""Of a table of figures; what more there is, the command line tells."""

_POINTS: Final = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A figure with its chart.

    Attributes:
        title: What was measured.
        part: Of which rows; empty for all.
        value: Its last value.
        note: How that stands to the limit.
        bad: Whether it is past its limit.
        svg: The chart.
        legend: What its two lines are, if there are two.
    """

    title: str
    part: str = ""
    value: str
    note: str = ""
    bad: bool = False
    svg: str
    legend: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Canvas:
    """Where charts of one page are drawn: all over the same time.

    Attributes:
        span: The time, in columns.
        prefix: How the keys of its charts begin, where a page has several.
        plots: The values of charts by key, for the script; filled while cards are made.
    """

    span: Span
    prefix: str = "p"
    plots: dict[str, Any] = field(default_factory=dict)

    def card(
        self,
        one: Standing,
        *,
        up: tuple[float, float] | None = None,
        beside: Series | None = None,
        names: tuple[str, str] = ("", ""),
        title: str = "",
        part: str | None = None,
    ) -> Card:
        """A figure as a card.

        Args:
            one: The figure.
            up: The ends of its axis, where several cards share them.
            beside: Another figure on the same axes.
            names: What the two are.
            title: Instead of the subject.
            part: Instead of the slice.
        """
        key = f"{self.prefix}{len(self.plots)}"
        other = None if beside is None else reduce(beside, self.span)
        name = one.name.replace("|", " | ")
        plot = figure_plot(
            reduce(one.series, self.span), self.span, title=name, key=key, up=up, beside=other, names=names
        )
        self.plots[key] = plot.values
        return Card(
            title=title or one.subject,
            part=one.slice if part is None else part,
            value=figure(one.last),
            note=note_of(one),
            bad=one.bad,
            svg=plot.svg,
            legend=names if beside is not None else (),
        )

    def shared(self, many: Sequence[Standing]) -> list[Card]:
        """Figures side by side, on axes with the same ends."""
        up = bounds_of([reduce(one.series, self.span) for one in many])
        return [self.card(one, up=up, part=one.slice or "all rows") for one in many]

    @property
    def payload(self) -> Mapping[str, Any]:
        """What the script needs."""
        span = self.span
        return {"since": span.since, "width": span.width, "columns": span.columns, "plots": self.plots}


def note_of(one: Standing) -> str:
    """How a figure stands to its limit, in a few words."""
    if not one.limited:
        return "no limit"
    bounds = [f"at least {figure(round_to(one.floor))}"] if math.isfinite(one.floor) else []
    bounds += [f"at most {figure(round_to(one.ceiling))}"] if math.isfinite(one.ceiling) else []
    limit = ", ".join(bounds)
    if one.bad:
        return f"{limit}; {times(one.effect)} past it"
    return f"{limit}; {counted(one.past, 'window')} past it" if one.past else limit


def times(effect: float) -> str:
    r"""An effect in words.

    Example:
        >>> times(9.032) == "9 \N{MULTIPLICATION SIGN}"
        True
    """
    return f"{effect:.3g} \N{MULTIPLICATION SIGN}" if effect < 2 else f"{effect:.2g} \N{MULTIPLICATION SIGN}"


def round_to(value: float) -> float:
    """A limit with four digits."""
    return float(f"{value:.4g}")


def table_of(many: Sequence[Standing], span: Span, *, caption: str) -> Grid:
    """Figures as a folded table, a line each, those furthest past their limits first."""
    shown = many[:MOST_ROWS]
    left = len(many) - len(shown)
    more = f"; {left} more: mainspring monitor figures" if left else ""
    coarse = Span(span.since, span.until, min(span.columns, _POINTS))
    return Grid(
        caption=f"{caption} ({len(many)}{more})",
        columns=[
            Column(name="figure"),
            Column(name="over time", plain=True),
            Column(name="last", number=True),
            Column(name="median", number=True),
            Column(name="limit", number=True),
            Column(name="times limit", number=True),
            Column(name="windows past it", number=True),
        ],
        rows=[_row(one, coarse) for one in shown],
        find="part of a name" if len(shown) > 12 else "",
        folded=True,
    )


def _row(one: Standing, span: Span) -> Sequence[Entry]:
    drawn = reduce(one.series, span)
    limit = one.floor if math.isfinite(one.floor) else one.ceiling
    sign = "\N{GREATER-THAN OR EQUAL TO} " if math.isfinite(one.floor) else "\N{LESS-THAN OR EQUAL TO} "
    shape = np.where(np.isfinite(drawn.most), drawn.most, np.nan).tolist()
    return [
        Entry(text=one.title),
        Entry(text="", svg=sparkline(shape, title=f"{one.name} over time", size=(120.0, 24.0))),
        Entry(text=figure(one.last), sort=sort_key(one.last), tone="worse" if one.bad else ""),
        Entry(text=figure(one.usual), sort=sort_key(one.usual)),
        Entry(text=sign + figure(round_to(limit)) if one.limited else "", sort=sort_key(limit)),
        Entry(text=times(one.effect) if one.limited else "", sort=sort_key(one.effect)),
        Entry(text=f"{one.past:,}" if one.limited else "", sort=str(one.past)),
    ]


def clock_time(seconds: float) -> str:
    """A moment to the minute, in UTC.

    Example:
        >>> clock_time(0.0)
        '1970-01-01 00:00'
    """
    return iso(seconds)[:16].replace("T", " ")


def ago(seconds: float, now: float) -> str:
    """How long ago a moment is.

    Example:
        >>> ago(0.0, 90.0), ago(0.0, 10.0)
        ('2 min ago', 'just now')
    """
    gap = now - seconds
    for unit, name in ((86_400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if gap >= unit:
            return f"{gap / unit:.0f} {name} ago"
    return "just now"
