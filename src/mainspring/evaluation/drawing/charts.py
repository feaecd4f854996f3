"""Charts with axes: curves, histograms, the confusion matrix."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from mainspring.evaluation.drawing.frames import SMALL, STYLES, Bounds, Frame, chart, fitted, legend, short
from mainspring.evaluation.drawing.lettering import escaped, shortened, width
from mainspring.evaluation.drawing.lettering import number as _n

_MOST_NUMBERED = 12
_MOST_TOLD = 4
_BROAD = 420.0
"""A chart wider than this wants the whole width of a page."""
_FINE = 20.0
"""Cells up to this size share one ground and have no rounded corners: there are thousands of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A curve.

    Attributes:
        name: What it is, for the legend.
        points: (x, y) from left to right; points that are not finite are left out.
        dots: Whether each point is marked: few points, each a measurement.
        step: Whether it keeps its height up to the next point.
        area: Whether the room below it is shaded.
    """

    name: str
    points: Sequence[tuple[float, float]]
    dots: bool = False
    step: bool = False
    area: bool = False


def line_chart(
    lines: Sequence[Line],
    *,
    title: str,
    x: str,
    y: str,
    description: str = "",
    x_bounds: Bounds | None = (0.0, 1.0),
    y_bounds: Bounds | None = (0.0, 1.0),
    diagonal: bool = False,
    mark: tuple[float, float] | None = None,
    size: tuple[float, float] = (320, 300),
) -> str:
    """Up to six curves over two axes; each has its own colour and dashes.

    Args:
        lines: The curves, the most important first; from the seventh on they look like the sixth.
        title: What it shows.
        x: Name of the x axis.
        y: Name of the y axis.
        description: What there is to see, for people who do not see it.
        x_bounds: Ends of the x axis; ``None`` to fit the points.
        y_bounds: Ends of the y axis; with ``diagonal`` and ``None``, both axes get the same.
        diagonal: Draw y = x: chance, or perfect calibration.
        mark: A point to ring; a height that is NaN draws an upright line.
        size: Width and height in pixels.
    """
    finite = [(a, b) for line in lines for a, b in line.points if math.isfinite(a) and math.isfinite(b)]
    across, up = x_bounds or fitted([a for a, _ in finite]), y_bounds or fitted([b for _, b in finite])
    if diagonal and x_bounds is None and y_bounds is None:
        across = up = (min(across[0], up[0]), max(across[1], up[1]))
    frame = Frame(size, across, up, legend=[line.name for line in lines] if len(lines) > 1 else ())
    body = frame.axes(x, y)
    if diagonal:
        low, high = max(across[0], up[0]), min(across[1], up[1])
        body += f'<path class="ghost" d="M{frame.at(low, low)}L{frame.at(high, high)}"/>'
    for place in reversed(range(len(lines))):  # the first one on top
        body += curve(lines[place], min(place + 1, STYLES), frame)
    if len(lines) > 1:
        body += legend(frame)
    if mark is not None:
        body += frame.mark(mark)
    words = description or "; ".join(line.name for line in lines)
    return chart(size, title, words, body, broad=size[0] > _BROAD, frame=frame)


def histogram(
    edges: Sequence[float],
    counts: Sequence[float],
    other: Sequence[float] = (),
    *,
    title: str,
    x: str,
    y: str = "rows",
    names: tuple[str, str] = ("", ""),
    description: str = "",
    mark: float | None = None,
    size: tuple[float, float] = (320, 300),
) -> str:
    """Bars over bins; a second set of counts stands beside the first in each bin.

    Args:
        edges: One more than there are bins.
        counts: The height of each bar.
        other: The heights of the second bars, if there are any.
        title: What it shows.
        x: Name of the x axis.
        y: Name of the y axis.
        names: What the first and the second bars are, for the legend.
        description: What there is to see, for people who do not see it.
        mark: Where to draw an upright line.
        size: Width and height in pixels.
    """
    top = max([*counts, *other], default=0.0) or 1.0
    frame = Frame(size, (edges[0], edges[-1]), (0.0, top * 1.05), legend=names if other else ())
    body = frame.axes(x, y)
    for place, (left, right) in enumerate(pairwise(edges)):
        start, end = frame.x(left) + 0.5, frame.x(right) - 0.5
        sets = [one[place] for one in (counts, other) if one]
        share = (end - start) / max(len(sets), 1)
        for side, count in enumerate(sets):
            if count > 0:
                high = frame.y(count)
                body += (
                    f'<rect class="f{side + 1}" x="{_n(start + side * share)}" y="{_n(high)}"'
                    f' width="{_n(max(share - 0.3, 0.8))}" height="{_n(frame.y(0) - high)}">'
                    f"<title>{short(left)} to {short(right)}: {short(count)}</title></rect>"
                )
    if other:
        body += legend(frame, bars=True)
    if mark is not None:
        body += frame.mark((mark, math.nan))
    return chart(size, title, description, body, frame=frame)


def confusion_matrix(
    classes: Sequence[str], rows: Sequence[Sequence[float]], *, title: str, description: str = ""
) -> str:
    """Rows by true class (down) and predicted class (across), each shaded by its share of the true class.

    Args:
        classes: The classes.
        rows: For each true class, how many rows were given each predicted class.
        title: What it shows.
        description: What there is to see; without it, each cell in words while there are few.
    """
    numbered = len(classes) <= _MOST_NUMBERED
    side = 84.0 if len(classes) <= 3 else (56.0 if numbered else max(360 / len(classes), 7.0))
    names = [shortened(name, SMALL, 108) for name in classes]
    left = max((width(name, SMALL) for name in names), default=0.0) + 34
    top = 40.0
    span = side * len(classes)
    body = (
        f'<text class="q" x="{_n(left + span / 2)}" y="12" text-anchor="middle" font-size="11.5">predicted</text>'
        f'<text class="q" transform="translate(11 {_n(top + span / 2)}) rotate(-90)" text-anchor="middle"'
        ' font-size="11.5">true</text>'
    )
    told = []
    if side <= _FINE:
        body += f'<rect class="track" x="{_n(left)}" y="{_n(top)}" width="{_n(span)}" height="{_n(span)}"/>'
    for down, (name, counts) in enumerate(zip(classes, rows, strict=False)):
        total = sum(counts)
        body += _class_names(names[down], down, (left, top, side), many=not numbered)
        for across, count in enumerate(counts):
            share = count / total if total else 0.0
            if side > _FINE or share > 0:
                body += _cell((left + across * side, top + down * side, side), count, share, numbered=numbered)
            if len(classes) <= _MOST_TOLD:
                told.append(f"true {name}, predicted {classes[across]}: {short(count)}")
    words = description or "; ".join(told)
    return chart((left + span + 4, top + span + 6), title, words, body, broad=len(classes) > 4)


def curve(line: Line, style: int, frame: Frame) -> str:
    """A line in one of the styles, within a plane."""
    places = [frame.at(a, b) for a, b in line.points if math.isfinite(a) and math.isfinite(b)]
    if not places:
        return ""
    path = "M" + "L".join(places)
    if line.step:
        pairs = [place.split() for place in places]
        path = f"M{places[0]}" + "".join(f"H{x}V{y}" for x, y in pairs[1:])
    drawn = f'<path class="l{style}" d="{path}"><title>{escaped(line.name)}</title></path>'
    if line.area:
        first, last = places[0].split()[0], places[-1].split()[0]
        ground = _n(frame.bottom)
        drawn = f'<path class="a{style}" d="{path}L{last} {ground}L{first} {ground}z"/>' + drawn
    if line.dots:
        pairs = [place.split() for place in places]
        drawn += "".join(f'<circle class="f{style}" cx="{a}" cy="{b}" r="3"/>' for a, b in pairs)
    return drawn


def _class_names(name: str, place: int, frame: tuple[float, float, float], *, many: bool) -> str:
    left, top, side = frame
    if many and side < 12:
        return ""
    across = shortened(name, SMALL, side - 2)
    middle = place * side + side / 2
    drawn = (
        f'<text x="{_n(left - 8)}" y="{_n(top + middle + 4)}" text-anchor="end" font-size="11.5">'
        f"{escaped(name)}</text>"
    )
    if not many:
        drawn += (
            f'<text x="{_n(left + middle)}" y="{_n(top - 9)}" text-anchor="middle" font-size="11.5">'
            f"{escaped(across)}</text>"
        )
    return drawn


def _cell(frame: tuple[float, float, float], count: float, share: float, *, numbered: bool) -> str:
    x, y, side = frame
    gap = 2.0 if side > _FINE else 0.5
    box = f'x="{_n(x)}" y="{_n(y)}" width="{_n(side - gap)}" height="{_n(side - gap)}"'
    body = f'<rect class="track" {box} rx="3"/>' if side > _FINE else ""
    if share > 0:
        rounded = ' rx="3"' if side > _FINE else ""
        body += f'<rect class="f1" fill-opacity="{0.05 + 0.4 * share:.2f}" {box}{rounded}/>'
    if numbered and (count or side > 60):
        middle = _n(x + (side - gap) / 2)
        body += (
            f'<text class="b" x="{middle}" y="{_n(y + side / 2 + 1)}" text-anchor="middle" font-size="13">'
            f"{short(count)}</text>"
            f'<text x="{middle}" y="{_n(y + side / 2 + 16)}" text-anchor="middle" font-size="11">'
            f"{share * 100:.0f} %</text>"
        )
    return body
