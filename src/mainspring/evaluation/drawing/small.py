"""Pictures that fit a cell of a table: bars, a value with its interval, the shape of a series."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mainspring.evaluation.drawing.lettering import escaped
from mainspring.evaluation.drawing.lettering import number as _n


def mini_bars(
    counts: Sequence[float],
    other: Sequence[float] = (),
    *,
    title: str,
    size: tuple[float, float] = (112, 28),
) -> str:
    """A histogram for a table cell.

    Args:
        counts: The height of each bar; only their proportions matter.
        other: Bars over the same bins to compare with, scaled on their own and drawn as an outline.
        title: What it shows, for people who do not see it.
        size: Width and height in pixels.

    Returns:
        SVG markup; without any count above zero, a base line.
    """
    wide, high = size
    body = f'<path class="axis" d="M0 {_n(high - 0.5)}h{_n(wide)}"/>'
    step = wide / max(len(counts), 1)
    heights = _scaled(counts, high - 3)
    bars = "".join(
        f"M{_n(place * step + 0.5)} {_n(high - 1)}v-{_n(tall)}h{_n(max(step - 1, 1))}v{_n(tall)}z"
        for place, tall in enumerate(heights)
        if tall
    )
    if bars:
        body = f'<path class="f1 bar" d="{bars}"/>' + body
    if len(other) == len(counts) and any(other):
        levels = _scaled(other, high - 3)
        outline = f"M0 {_n(high - 1)}" + "".join(
            f"V{_n(high - 1 - tall)}H{_n((place + 1) * step)}" for place, tall in enumerate(levels)
        )
        body += f'<path class="over" d="{outline}V{_n(high - 1)}"/>'
    return _small(size, title, body)


def interval_bar(
    value: float,
    low: float | None = None,
    high: float | None = None,
    *,
    title: str,
    mark: float | None = None,
    bounds: tuple[float, float] = (0.0, 1.0),
    size: tuple[float, float] = (132, 16),
) -> str:
    """A value as a bar from the lower bound, with its interval as a whisker.

    Args:
        value: The figure.
        low: Lower end of its interval, if there is one.
        high: Upper end.
        title: What it shows, for people who do not see it.
        mark: Another figure on the same scale, drawn as a tick: the baseline, or all rows.
        bounds: The figures at the two ends of the scale.
        size: Width and height in pixels.
    """
    wide, tall = size
    middle = tall / 2
    body = f'<rect class="track" x="0" y="{_n(middle - 4)}" width="{_n(wide)}" height="8" rx="2"/>'
    if math.isfinite(value):
        reach = _along(value, bounds, wide)
        body += f'<rect class="f1 bar" x="0" y="{_n(middle - 4)}" width="{_n(reach)}" height="8" rx="2"/>'
    if low is not None and high is not None and math.isfinite(low) and math.isfinite(high):
        left, right = _along(low, bounds, wide), _along(high, bounds, wide)
        body += (
            f'<path class="whisker" d="M{_n(left)} {_n(middle)}H{_n(right)}'
            f'M{_n(left)} {_n(middle - 4)}v8M{_n(right)} {_n(middle - 4)}v8"/>'
        )
    if mark is not None and math.isfinite(mark):
        body += f'<path class="tick" d="M{_n(_along(mark, bounds, wide))} {_n(middle - 7)}v14"/>'
    return _small(size, title, body)


def difference_bar(
    value: float,
    low: float | None = None,
    high: float | None = None,
    *,
    whole: float,
    title: str,
    tone: str = "",
    bounds: tuple[float, float] = (0.0, 1.0),
    size: tuple[float, float] = (180, 18),
) -> str:
    """How far a value lies from that of the whole: a bar between the two, with the value's interval as a whisker.

    Args:
        value: The figure.
        low: Lower end of its interval, if there is one; what lies beyond the scale is cut off.
        high: Upper end.
        whole: The figure of all rows, drawn as an upright line.
        title: What it shows, for people who do not see it.
        tone: ``"better"`` or ``"worse"``, which gives the colour.
        bounds: The figures at the two ends of the scale.
        size: Width and height in pixels.
    """
    wide, tall = size
    middle, room = tall / 2, wide - 8
    body = f'<path class="grid" d="M4 {_n(middle)}h{_n(room)}"/>'
    start = 4 + _along(whole, bounds, room) if math.isfinite(whole) else 4.0
    if math.isfinite(value):
        end = 4 + _along(value, bounds, room)
        colour = {"better": "good", "worse": "bad"}.get(tone, "f1")
        left = min(start, end)
        body += (
            f'<rect class="{colour} bar" x="{_n(left)}" y="{_n(middle - 4)}"'
            f' width="{_n(abs(end - start))}" height="8"/>'
            f'<circle class="{colour}" cx="{_n(end)}" cy="{_n(middle)}" r="3.5"/>'
        )
    if low is not None and high is not None and math.isfinite(low) and math.isfinite(high):
        left, right = 4 + _along(low, bounds, room), 4 + _along(high, bounds, room)
        body += f'<path class="whisker" d="M{_n(left)} {_n(middle)}H{_n(right)}"/>'
    body += f'<path class="tick" d="M{_n(start)} 1v{_n(tall - 2)}"/>' if math.isfinite(whole) else ""
    return _small(size, title, body)


def sparkline(values: Sequence[float], *, title: str, size: tuple[float, float] = (112, 28)) -> str:
    """The shape of a series, its last value marked; values that are not finite leave a gap."""
    wide, high = size
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return _small(size, title, f'<path class="axis" d="M0 {_n(high - 0.5)}h{_n(wide)}"/>')
    bounds = (min(finite), max(finite))
    step = (wide - 6) / max(len(values) - 1, 1)
    path, pen, last = "", "M", (0.0, 0.0)
    for place, value in enumerate(values):
        if not math.isfinite(value):
            pen = "M"
            continue
        last = (3 + place * step, high - 3 - _along(value, bounds, high - 6))
        path += f"{pen}{_n(last[0])} {_n(last[1])}"
        pen = "L"
    dot = f'<circle class="f1" cx="{_n(last[0])}" cy="{_n(last[1])}" r="2.5"/>'
    return _small(size, title, f'<path class="l1" d="{path}"/>{dot}')


def _scaled(counts: Sequence[float], room: float) -> list[float]:
    """Heights; what is not nothing is seen."""
    top = max((count for count in counts if math.isfinite(count)), default=0.0)
    if top <= 0:
        return [0.0] * len(counts)
    return [max(count / top * room, 1.0) if math.isfinite(count) and count > 0 else 0.0 for count in counts]


def _along(value: float, bounds: tuple[float, float], room: float) -> float:
    low, high = bounds
    # Halves, because the whole span of the largest numbers is not a number.
    share = (value / 2 - low / 2) / (high / 2 - low / 2) if high / 2 > low / 2 else 0.5
    return min(max(share, 0.0), 1.0) * room


def _small(size: tuple[float, float], title: str, body: str) -> str:
    wide, high = size
    return (
        f'<svg class="ms-pic" role="img" aria-label="{escaped(title)}" width="{_n(wide)}" height="{_n(high)}"'
        f' viewBox="0 0 {_n(wide)} {_n(high)}"><title>{escaped(title)}</title>{body}</svg>'
    )
