"""A figure over time: its value, its interval, its limits, and the windows that are past them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from mainspring.data.viewing.wording import moment
from mainspring.evaluation.drawing.frames import short, ticks
from mainspring.evaluation.drawing.lettering import escaped, shortened, width
from mainspring.evaluation.drawing.lettering import number as _n
from mainspring.monitoring.viewing.spans import Floats, Reduced, Span, time_ticks

_WIDE, _HIGH = 320.0, 132.0
_RIGHT, _TOP, _BOTTOM = 8.0, 10.0, 22.0
_LETTERS: Final = 10.5
_ROOM: Final = 0.35
"""How far an interval may stretch the plane beyond values and limits, as a share."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart, and the values that a script tells of it.

    Attributes:
        svg: The chart.
        values: By what they are, each as many as there are columns; ``None`` where nothing is known.
    """

    svg: str
    values: dict[str, Any] = field(default_factory=dict)


def bounds_of(figures: Sequence[Reduced]) -> tuple[float, float]:
    """The ends of an axis that holds figures and limits, and as much of the intervals as leaves them readable."""
    held = np.concatenate([part for one in figures for part in (one.least, one.most, one.floor, one.ceiling)])
    held = held[np.isfinite(held)]
    if not held.size:
        return 0.0, 1.0
    low, high = float(held.min()), float(held.max())
    room = (high - low) * _ROOM
    lows = np.concatenate([one.low for one in figures])
    highs = np.concatenate([one.high for one in figures])
    bottom = max(low - room, float(np.nanmin(lows))) if np.isfinite(lows).any() else low
    top = min(high + room, float(np.nanmax(highs))) if np.isfinite(highs).any() else high
    low, high = min(low, bottom), max(high, top)
    if 0 <= low <= 0.6 * high:
        low = 0.0
    air = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    return (low if low == 0.0 else low - air), high + air


def figure_plot(
    drawn: Reduced,
    span: Span,
    *,
    title: str,
    key: str,
    up: tuple[float, float] | None = None,
    beside: Reduced | None = None,
    names: tuple[str, str] = ("", ""),
) -> Plot:
    """A chart of a figure.

    Args:
        drawn: The figure.
        span: The time.
        title: What it is, for people who do not see it.
        key: By which a script finds the values.
        up: The ends of the axis; fitted by default.
        beside: Another figure on the same axes, drawn as a broken line.
        names: What the two are, if there are two.
    """
    plane = _Plane(span, up or bounds_of([drawn, *([beside] if beside is not None else [])]))
    body = plane.past(drawn.past) + plane.axes() + plane.area(drawn.low, drawn.high, "a1")
    body += plane.area(drawn.least, drawn.most, "env")
    limits, words = plane.limits(drawn)
    body += limits
    if beside is not None:
        body += plane.line(beside.mean, "l2")
    body += plane.line(drawn.mean, "l1") + plane.dots(drawn) + words
    label = _told(title, drawn, span)
    # The title would show as a second tooltip beside that of the script.
    svg = (
        f'<svg class="ms-pic plot" data-plot="{escaped(key)}" role="img" tabindex="0"'
        f' aria-label="{escaped(label)}" viewBox="0 0 {_n(_WIDE)} {_n(_HIGH)}"'
        f' data-left="{_n(plane.left)}" data-right="{_n(plane.right)}"'
        f' data-top="{_n(_TOP)}" data-bottom="{_n(plane.bottom)}">{body}<path class="cross"/></svg>'
    )
    return Plot(svg, _values(drawn, beside, names))


class _Plane:
    """The plane between the axes."""

    def __init__(self, span: Span, up: tuple[float, float]) -> None:
        self.span, self.up = span, up
        self.marks = ticks(*up, most=3)
        self.left = max(width(short(one), _LETTERS) for one in self.marks) + 8
        self.right, self.bottom = _WIDE - _RIGHT, _HIGH - _BOTTOM

    def x(self, place: float) -> float:
        return self.left + place / self.span.columns * (self.right - self.left)

    def y(self, value: float) -> float:
        low, high = self.up
        share = min(max((value - low) / (high - low), 0.0), 1.0)
        return self.bottom - share * (self.bottom - _TOP)

    def axes(self) -> str:
        grid = "".join(f"M{_n(self.left)} {_n(self.y(one))}H{_n(self.right)}" for one in self.marks)
        words = "".join(
            f'<text class="q" x="{_n(self.left - 5)}" y="{_n(self.y(one) + 3.6)}" text-anchor="end">'
            f"{short(one)}</text>"
            for one in self.marks
        )
        edge = 0.0
        for at, name in time_ticks(self.span, 4):
            middle = self.x(self.span.share(at) * self.span.columns)
            half = width(name, _LETTERS) / 2
            if middle - half < edge or middle + half > _WIDE:
                continue
            edge = middle + half + 6
            grid += f"M{_n(middle)} {_n(self.bottom)}v4"
            words += (
                f'<text class="q" x="{_n(middle)}" y="{_n(self.bottom + 16)}" text-anchor="middle">{name}</text>'
            )
        axis = f'<path class="axis" d="M{_n(self.left)} {_n(self.bottom)}H{_n(self.right)}"/>'
        return f'<g font-size="{_LETTERS}"><path class="grid" d="{grid}"/>{axis}{words}</g>'

    def past(self, past: np.ndarray) -> str:
        """The ground of columns in which a window is past a limit, and a bar below for those who see no red."""
        ground = bars = ""
        for first, last in _runs(past):
            left, right = self.x(first), self.x(last)
            ground += f"M{_n(left)} {_n(_TOP)}H{_n(right)}V{_n(self.bottom)}H{_n(left)}z"
            bars += f"M{_n(left)} {_n(self.bottom + 1)}H{_n(right)}v3H{_n(left)}z"
        return f'<path class="past" d="{ground}"/><path class="bad" d="{bars}"/>' if ground else ""

    def area(self, low: Floats, high: Floats, style: str) -> str:
        """The room between two lines; nothing where they are one."""
        known = np.isfinite(low) & np.isfinite(high)
        if not known.any() or np.array_equal(low[known], high[known]):
            return ""
        path = ""
        for first, last in _runs(known):
            if last - first == 1:
                left, right = self.x(first), self.x(last)
                top, foot = _n(self.y(high[first])), _n(self.y(low[first]))
                path += f"M{_n(left)} {top}H{_n(right)}V{foot}H{_n(left)}z"
                continue
            there = [f"{_n(self.x(one + 0.5))} {_n(self.y(high[one]))}" for one in range(first, last)]
            back = [f"{_n(self.x(one + 0.5))} {_n(self.y(low[one]))}" for one in reversed(range(first, last))]
            path += "M" + "L".join((*there, *back)) + "z"
        return f'<path class="{style}" d="{path}"/>'

    def line(self, values: Floats, style: str) -> str:
        path = ""
        for first, last in _runs(np.isfinite(values)):
            points = [f"{_n(self.x(one + 0.5))} {_n(self.y(values[one]))}" for one in range(first, last)]
            path += "M" + "L".join(points) + ("h0" if len(points) == 1 else "")
        return f'<path class="{style} thin" d="{path}"/>' if path else ""

    def limits(self, drawn: Reduced) -> tuple[str, str]:
        """The limits as steps, and their last values in words."""
        found = words = ""
        for values, sign, below in (
            (drawn.floor, "\N{GREATER-THAN OR EQUAL TO}", True),
            (drawn.ceiling, "\N{LESS-THAN OR EQUAL TO}", False),
        ):
            known = np.flatnonzero(np.isfinite(values))
            if not known.size:
                continue
            path = ""
            for first, last in _runs(np.isfinite(values)):
                path += f"M{_n(self.x(first))} {_n(self.y(values[first]))}"
                path += "".join(
                    f"V{_n(self.y(values[one]))}H{_n(self.x(one + 1))}"
                    for one in range(first, last)
                    if one + 1 == last or values[one + 1] != values[one]
                )
            last_value = float(values[known[-1]])
            height = self.y(last_value)
            above = height - 4 if height > _TOP + 12 and not (below and height + 14 < self.bottom) else height + 11
            found += f'<path class="limit" d="{path}"/>'
            words += (
                f'<text class="limit-word" font-size="{_LETTERS}" x="{_n(self.left + 4)}" y="{_n(above)}">'
                f"{sign} {short(float(f'{last_value:.3g}'))}</text>"
            )
        return found, words

    def dots(self, drawn: Reduced) -> str:
        """A dot at each column that is past a limit, while there are few enough to be told apart."""
        places = np.flatnonzero(drawn.past)
        if not places.size or self.span.columns > 90:
            return ""
        path = ""
        for one in places:
            over = drawn.most[one] > drawn.ceiling[one]
            value = drawn.most[one] if over else drawn.least[one]
            path += f"M{_n(self.x(one + 0.5))} {_n(self.y(value))}h0"
        return f'<path class="past-dots" d="{path}"/>'


def _runs(flags: np.ndarray) -> Iterator[tuple[int, int]]:
    """Stretches of true: first place, and the place after the last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _told(title: str, drawn: Reduced, span: Span) -> str:
    known = np.flatnonzero(np.isfinite(drawn.mean))
    if not known.size:
        return f"{title}: never measured"
    last, past = drawn.mean[known[-1]], int(drawn.past.sum())
    text = f"{title}, {moment(span.since)} to {moment(span.until)}: last {short(float(f'{last:.4g}'))}"
    for values, word in ((drawn.floor, "at least"), (drawn.ceiling, "at most")):
        limits = values[np.isfinite(values)]
        text += f", {word} {short(float(f'{limits[-1]:.4g}'))}" if limits.size else ""
    return text + (f"; past its limit in {past} of {known.size} columns" if past else "")


def _values(drawn: Reduced, beside: Reduced | None, names: tuple[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"v": _plain(drawn.mean)}
    if not np.array_equal(drawn.least, drawn.most, equal_nan=True):
        found |= {"a": _plain(drawn.least), "z": _plain(drawn.most)}
    for key, values in (("l", drawn.low), ("h", drawn.high), ("f", drawn.floor), ("c", drawn.ceiling)):
        if np.isfinite(values).any():
            known = values[np.isfinite(values)]
            constant = key in "fc" and known.size == values.size and (known == known[0]).all()
            found[key] = _plain(known[:1])[0] if constant else _plain(values)
    if beside is not None:
        found |= {"b": _plain(beside.mean), "n": [shortened(one, _LETTERS, 200) for one in names]}
    return found


def _plain(values: Floats) -> list[float | None]:
    return [None if math.isnan(one) else float(f"{one:.4g}") for one in values.tolist()]
