"""Charts of a few points that have names, such as models between which one has to choose."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mainspring.evaluation.drawing.frames import Frame, chart, fitted, short
from mainspring.evaluation.drawing.lettering import escaped, shortened, width
from mainspring.evaluation.drawing.lettering import number as _n

_SMALL = 11.5
_ROOM = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPoint:
    """One point.

    Attributes:
        name: What it is.
        x: Its place across.
        y: Its place up.
        interval: Ends of its interval in y, if it has one.
        chosen: Whether it is the one to look at.
    """

    name: str
    x: float
    y: float
    interval: tuple[float, float] | None = None
    chosen: bool = False


def named_points_chart(
    points: Sequence[NamedPoint],
    *,
    title: str,
    x: str,
    y: str,
    level: float | None = None,
    description: str = "",
    size: tuple[float, float] = (420, 300),
) -> str:
    """Points over two axes that fit them, each with its name and its interval.

    Args:
        points: The points; those that are not finite are left out.
        title: What it shows.
        x: Name of the x axis.
        y: Name of the y axis.
        level: Where to draw a line across, such as a bound.
        description: What there is to see, for people who do not see it; without it every point in words.
        size: Width and height in pixels.
    """
    finite = [one for one in points if math.isfinite(one.x) and math.isfinite(one.y)]
    heights = [value for one in finite for value in (one.y, *(one.interval or ()))]
    across = fitted([one.x for one in finite])
    frame = Frame(size, across, fitted(heights + ([] if level is None else [level])))
    body = frame.axes(x, y)
    if level is not None:
        body += f'<path class="ghost" d="M{_n(frame.left)} {_n(frame.y(level))}H{_n(frame.right)}"/>'
    body += "".join(_point(one, frame) for one in finite)
    told = "; ".join(f"{one.name}: {x} {short(one.x)}, {y} {short(one.y)}" for one in finite)
    return chart(size, title, description or told, body)


def _point(point: NamedPoint, frame: Frame) -> str:
    left, high = frame.x(point.x), frame.y(point.y)
    style = 2 if point.chosen else 1
    drawn = ""
    if point.interval is not None:
        low, top = frame.y(point.interval[0]), frame.y(point.interval[1])
        drawn += f'<path class="axis" d="M{_n(left)} {_n(low)}V{_n(top)}"/>'
    drawn += f'<circle class="f{style}" cx="{_n(left)}" cy="{_n(high)}" r="{5 if point.chosen else 4}"/>'
    name = shortened(point.name, _SMALL, _ROOM)
    # A name stands to the left of its point where it would run out of the picture.
    fits = left + 9 + width(name, _SMALL) <= frame.right
    place = f'x="{_n(left + 8)}"' if fits else f'x="{_n(left - 8)}" text-anchor="end"'
    return drawn + f'<text {place} y="{_n(high - 6)}" font-size="{_SMALL}">{escaped(name)}</text>'
