"""Charts with axes: curves, histograms, the confusion matrix."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from mainspring.core.digests import digest_text
from mainspring.evaluation.drawing.lettering import escaped, shortened, width
from mainspring.evaluation.drawing.lettering import number as _n

_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 12.0, 10.0, 40.0
_SMALL = 11.5
_MOST_NUMBERED = 12
Bounds = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A curve.

    Attributes:
        name: What it is, for the legend.
        points: (x, y) from left to right; points that are not finite are left out.
        dots: Whether each point is marked: few points, each a measurement.
    """

    name: str
    points: Sequence[tuple[float, float]]
    dots: bool = False


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
    size: tuple[float, float] = (320, 300),
) -> str:
    """Up to three curves over two axes; each has its own colour and dashes.

    Args:
        lines: The curves, the most important first; from the fourth on they look like the third.
        title: What it shows.
        x: Name of the x axis.
        y: Name of the y axis.
        description: What there is to see, for people who do not see it.
        x_bounds: Ends of the x axis; ``None`` to fit the points.
        y_bounds: Ends of the y axis; with ``diagonal`` and ``None``, both axes get the same.
        diagonal: Draw y = x: chance, or perfect calibration.
        size: Width and height in pixels.
    """
    finite = [(a, b) for line in lines for a, b in line.points if math.isfinite(a) and math.isfinite(b)]
    across, up = x_bounds or fitted([a for a, _ in finite]), y_bounds or fitted([b for _, b in finite])
    if diagonal and x_bounds is None and y_bounds is None:
        across = up = (min(across[0], up[0]), max(across[1], up[1]))
    frame = _Frame(size, across, up, legend=len(lines) > 1)
    body = frame.axes(x, y)
    if diagonal:
        low, high = max(across[0], up[0]), min(across[1], up[1])
        body += f'<path class="ghost" d="M{frame.at(low, low)}L{frame.at(high, high)}"/>'
    for place in reversed(range(len(lines))):  # the first one on top
        body += _curve(lines[place], min(place, 2) + 1, frame)
    if len(lines) > 1:
        body += _legend([line.name for line in lines], frame)
    return _chart(size, title, description or "; ".join(line.name for line in lines), body)


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
        size: Width and height in pixels.
    """
    top = max([*counts, *other], default=0.0) or 1.0
    frame = _Frame(size, (edges[0], edges[-1]), (0.0, top * 1.05), legend=bool(other))
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
                    f"<title>{_short(left)} to {_short(right)}: {_short(count)}</title></rect>"
                )
    if other:
        body += _legend(names, frame, bars=True)
    return _chart(size, title, description, body)


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
    names = [shortened(name, _SMALL, 108) for name in classes]
    left = max((width(name, _SMALL) for name in names), default=0.0) + 34
    top = 40.0
    span = side * len(classes)
    body = (
        f'<text class="q" x="{_n(left + span / 2)}" y="12" text-anchor="middle" font-size="11.5">predicted</text>'
        f'<text class="q" transform="translate(11 {_n(top + span / 2)}) rotate(-90)" text-anchor="middle"'
        ' font-size="11.5">true</text>'
    )
    told = []
    for down, (name, counts) in enumerate(zip(classes, rows, strict=False)):
        total = sum(counts)
        body += _class_names(names[down], down, (left, top, side), many=not numbered)
        for across, count in enumerate(counts):
            share = count / total if total else 0.0
            body += _cell((left + across * side, top + down * side, side), count, share, numbered=numbered)
            told.append(f"true {name}, predicted {classes[across]}: {_short(count)}")
    words = description or ("; ".join(told) if len(classes) <= 4 else "")
    return _chart((left + span + 4, top + span + 6), title, words, body, broad=len(classes) > 4)


def fitted(values: Sequence[float]) -> Bounds:
    """Ends of an axis that holds all values, with a little air."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    air = (high - low) * 0.04 or abs(high) * 0.1 or 1.0
    return low - air, high + air


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round figures between two ends, at steps of 1, 2 or 5 times a power of ten.

    Example:
        >>> ticks(0.0, 1.0)
        [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return [low]
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{place * step:.14g}") for place in range(first, last + 1)]


class _Frame:
    """The plane between the axes."""

    def __init__(self, size: tuple[float, float], across: Bounds, up: Bounds, *, legend: bool) -> None:
        self.across, self.up = across, up
        self.left, self.right = _LEFT, size[0] - _RIGHT
        self.top, self.bottom = _TOP + (20 if legend else 0), size[1] - _BOTTOM

    def x(self, value: float) -> float:
        return self.left + _share(value, self.across) * (self.right - self.left)

    def y(self, value: float) -> float:
        return self.bottom - _share(value, self.up) * (self.bottom - self.top)

    def at(self, x: float, y: float) -> str:
        return f"{_n(self.x(x))} {_n(self.y(y))}"

    def axes(self, x: str, y: str) -> str:
        """Grid, figures and names."""
        grid, words = "", ""
        for value in ticks(*self.up, most=5):
            grid += f"M{_n(self.left)} {_n(self.y(value))}H{_n(self.right)}"
            words += (
                f'<text class="q" x="{_n(self.left - 7)}" y="{_n(self.y(value) + 3.8)}"'
                f' text-anchor="end">{_short(value)}</text>'
            )
        for value in ticks(*self.across, most=max(int((self.right - self.left) / 56), 2)):
            words += (
                f'<text class="q" x="{_n(self.x(value))}" y="{_n(self.bottom + 16)}"'
                f' text-anchor="middle">{_short(value)}</text>'
            )
        return (
            f'<g font-size="11"><path class="grid" d="{grid}"/>'
            f'<path class="axis" d="M{_n(self.left)} {_n(self.bottom)}H{_n(self.right)}"/>{words}'
            f'<text x="{_n((self.left + self.right) / 2)}" y="{_n(self.bottom + 34)}" text-anchor="middle"'
            f' font-size="11.5">{escaped(x)}</text>'
            f'<text transform="translate(10 {_n((self.top + self.bottom) / 2)}) rotate(-90)"'
            f' text-anchor="middle" font-size="11.5">{escaped(y)}</text></g>'
        )


def _curve(line: Line, style: int, frame: _Frame) -> str:
    places = [frame.at(a, b) for a, b in line.points if math.isfinite(a) and math.isfinite(b)]
    if not places:
        return ""
    drawn = f'<path class="l{style}" d="M{"L".join(places)}"><title>{escaped(line.name)}</title></path>'
    if line.dots:
        pairs = [place.split() for place in places]
        drawn += "".join(f'<circle class="f{style}" cx="{a}" cy="{b}" r="3"/>' for a, b in pairs)
    return drawn


def _legend(names: Sequence[str], frame: _Frame, *, bars: bool = False) -> str:
    room = (frame.right - frame.left) / max(len(names), 1)
    drawn, x = "", frame.left
    for place, name in enumerate(names):
        style = min(place, 2) + 1
        text = shortened(name, _SMALL, room - 30)
        sign = (
            f'<rect class="f{style}" x="{_n(x)}" y="6" width="10" height="10" rx="2"/>'
            if bars
            else f'<path class="l{style}" d="M{_n(x)} 11h18"/>'
        )
        start = x + (15 if bars else 23)
        drawn += f'{sign}<text x="{_n(start)}" y="15" font-size="{_SMALL}">{escaped(text)}</text>'
        x = start + width(text, _SMALL) + 14
    return drawn


def _class_names(name: str, place: int, frame: tuple[float, float, float], *, many: bool) -> str:
    left, top, side = frame
    if many and side < 12:
        return ""
    across = shortened(name, _SMALL, side - 2)
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
    gap = 2.0 if side > 20 else 0.5
    box = f'x="{_n(x)}" y="{_n(y)}" width="{_n(side - gap)}" height="{_n(side - gap)}"'
    body = f'<rect class="track" {box} rx="3"/>' if side > 20 else f'<rect class="track" {box}/>'
    if share > 0:
        rounded = ' rx="3"' if side > 20 else ""
        body += f'<rect class="f1" fill-opacity="{0.05 + 0.4 * share:.2f}" {box}{rounded}/>'
    if numbered and (count or side > 60):
        middle = _n(x + (side - gap) / 2)
        body += (
            f'<text class="b" x="{middle}" y="{_n(y + side / 2 + 1)}" text-anchor="middle" font-size="13">'
            f"{_short(count)}</text>"
            f'<text x="{middle}" y="{_n(y + side / 2 + 16)}" text-anchor="middle" font-size="11">'
            f"{share * 100:.0f} %</text>"
        )
    return body


def _share(value: float, bounds: Bounds) -> float:
    low, high = bounds
    return min(max((value - low) / (high - low), 0.0), 1.0) if high > low else 0.5


def _short(value: float) -> str:
    """A figure for an axis or a cell."""
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value):,}"
    if abs(value) >= 1e6:
        return f"{value:.3g}".replace("e+0", "e")
    return f"{value:.4g}"


def _chart(size: tuple[float, float], title: str, description: str, body: str, *, broad: bool = False) -> str:
    name = "c" + digest_text(title + description + body)[7:15]
    return (
        f'<svg class="ms-pic ms-chart{" ms-broad" if broad else ""}" role="img"'
        f' aria-labelledby="{name}t {name}d" width="{_n(size[0])}"'
        f' height="{_n(size[1])}" viewBox="0 0 {_n(size[0])} {_n(size[1])}">'
        f'<title id="{name}t">{escaped(title)}</title><desc id="{name}d">{escaped(description)}</desc>{body}</svg>'
    )
