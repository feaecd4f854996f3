"""Charts of points: single rows scattered over a plane, and the reliability diagram."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mainspring.evaluation.drawing.charts import Line, curve
from mainspring.evaluation.drawing.frames import Bounds, Frame, chart, fitted, legend, short
from mainspring.evaluation.drawing.lettering import escaped
from mainspring.evaluation.drawing.lettering import number as _n

Bin = tuple[float, float, float]
_STRIP = 54.0


def scatter_chart(
    points: Sequence[tuple[float, float]],
    *,
    title: str,
    x: str,
    y: str,
    description: str = "",
    diagonal: bool = False,
    level: float | None = None,
    size: tuple[float, float] = (320, 300),
) -> str:
    """Points over two axes that fit them; where many lie together it is darker.

    Args:
        points: (x, y); points that are not finite are left out.
        title: What it shows.
        x: Name of the x axis.
        y: Name of the y axis.
        description: What there is to see, for people who do not see it.
        diagonal: Give both axes the same ends and draw y = x.
        level: Where to draw a line across, such as 0 for errors.
        size: Width and height in pixels.
    """
    finite = [(a, b) for a, b in points if math.isfinite(a) and math.isfinite(b)]
    levels = [] if level is None else [level]
    across, up = fitted([a for a, _ in finite]), fitted([b for _, b in finite] + levels)
    if diagonal:
        across = up = (min(across[0], up[0]), max(across[1], up[1]))
    frame = Frame(size, across, up)
    body = frame.axes(x, y)
    if diagonal:
        low, high = across
        body += f'<path class="ghost" d="M{frame.at(low, low)}L{frame.at(high, high)}"/>'
    if level is not None:
        body += f'<path class="ghost" d="M{_n(frame.left)} {_n(frame.y(level))}H{_n(frame.right)}"/>'
    # One path of short round strokes: a tenth of the size of as many circles.
    dots = "".join(f"M{frame.at(a, b)}h0" for a, b in finite)
    body += f'<path class="dots" d="{dots}"/>' if dots else ""
    return chart(size, title, description, body)


def reliability_chart(
    bins: Sequence[Bin],
    other: Sequence[Bin] = (),
    *,
    title: str,
    x: str,
    y: str,
    names: tuple[str, str] = ("this model", "baseline"),
    intervals: Sequence[tuple[float, float]] = (),
    x_bounds: Bounds | None = (0.0, 1.0),
    description: str = "",
    size: tuple[float, float] = (320, 300),
) -> str:
    """What came true against what was said, in groups of rows, with the number of rows in each below.

    Args:
        bins: (mean prediction, share of positives or mean label, rows), by rising prediction.
        other: The same of a model to compare with.
        title: What it shows.
        x: Name of the x axis.
        y: Name of the y axis.
        names: What the first and the second are, for the legend.
        intervals: For each of the first bins an interval of its share, drawn as a whisker.
        x_bounds: Ends of both axes; ``None`` to fit the points.
        description: What there is to see, for people who do not see it.
        size: Width and height in pixels.
    """
    points, others = [(a, b) for a, b, _ in bins], [(a, b) for a, b, _ in other]
    bounds = x_bounds or fitted([value for point in (*points, *others) for value in point])
    wide, high = size
    frame = Frame((wide, high - _STRIP + 10), bounds, bounds, legend=names if others else ())
    low, up = bounds
    body = frame.axes("", y) + f'<path class="ghost" d="M{frame.at(low, low)}L{frame.at(up, up)}"/>'
    if others:
        body += curve(Line(name=names[1], points=others, dots=True), 2, frame) + legend(frame)
    for (a, _), (least, most) in zip(points, intervals, strict=False):
        if math.isfinite(least) and math.isfinite(most):
            body += f'<path class="whisker" d="M{frame.at(a, least)}V{_n(frame.y(most))}"/>'
    body += curve(Line(name=names[0], points=points, dots=True), 1, frame)
    return chart(size, title, description, body + _counts(bins, frame, high, x))


def _counts(bins: Sequence[Bin], frame: Frame, high: float, x: str) -> str:
    """The rows of each bin as bars below the plane."""
    ground, top = high - 18, max((rows for _, _, rows in bins), default=0.0)
    room = _STRIP - 34
    body = f'<path class="axis" d="M{_n(frame.left)} {_n(ground)}H{_n(frame.right)}"/>'
    for mean, share, rows in bins:
        if rows > 0:
            tall = max(rows / top * room, 1.0)
            words = f"{short(rows)} rows: {short(round(share, 4))} where {short(round(mean, 4))} was said"
            body += (
                f'<rect class="f1 bar" x="{_n(frame.x(mean) - 3)}" y="{_n(ground - tall)}" width="6"'
                f' height="{_n(tall)}"><title>{escaped(words)}</title></rect>'
            )
    middle = (frame.left + frame.right) / 2
    return body + (
        f'<g font-size="11"><text class="q" x="{_n(frame.left - 7)}" y="{_n(ground)}"'
        ' text-anchor="end">rows</text>'
        f'<text x="{_n(middle)}" y="{_n(high - 4)}" text-anchor="middle" font-size="11.5">{escaped(x)}</text></g>'
    )
