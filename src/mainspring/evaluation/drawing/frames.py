"""What charts with axes stand on: the plane between the axes, round figures along them, the legend, the title."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mainspring.core.digests import digest_text
from mainspring.evaluation.drawing.lettering import escaped, shortened, width
from mainspring.evaluation.drawing.lettering import number as _n

Bounds = tuple[float, float]

STYLES = 6
"""How many lines and bars can be told apart, each by its colour and its dashes."""

SMALL = 11.5
"""Size of the letters of a legend."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 12.0, 10.0, 40.0
_TICK = 11.0
_ROW = 17.0
"""Height of a row of a legend."""

_SIGN = 23.0
"""What the sign before a name in a legend takes."""

_LEAST = 1e-300
"""Steps below this have no power of ten."""

_NAME = 24.0
"""What the name of the y axis and the gaps beside it take, left of the figures."""


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
    rough = (high - low) / most if math.isfinite(low) and math.isfinite(high) else 0.0
    if not _LEAST < rough < math.inf:
        return [low]
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{place * step:.14g}") for place in range(first, last + 1)]


class Frame:
    """The plane between the axes."""

    def __init__(
        self, size: tuple[float, float], across: Bounds, up: Bounds, *, legend: Sequence[str] = ()
    ) -> None:
        self.across, self.up = across, up
        broadest = max((width(short(value), _TICK) for value in ticks(*up)), default=0.0)
        self.left, self.right = max(_LEFT, _NAME + broadest), size[0] - _RIGHT
        self.legend = _laid_out(legend, self.right - self.left)
        rows = 1 + max((row for row, _, _ in self.legend), default=-1)
        self.top, self.bottom = _TOP + (3 + _ROW * rows if rows else 0), size[1] - _BOTTOM

    def x(self, value: float) -> float:
        """Where a figure lies across, in pixels; beyond the ends at the nearer one."""
        return self.left + _share(value, self.across) * (self.right - self.left)

    def y(self, value: float) -> float:
        """Where a figure lies up, in pixels."""
        return self.bottom - _share(value, self.up) * (self.bottom - self.top)

    def at(self, x: float, y: float) -> str:
        """A point as a path has it."""
        return f"{_n(self.x(x))} {_n(self.y(y))}"

    def words(self) -> str:
        """Its edges in pixels (left, right, top, bottom) and the figures at them, for scripts."""
        edges = (self.left, self.right, self.top, self.bottom, *self.across, *self.up)
        return " ".join(f"{edge:.6g}" for edge in edges)

    def mark(self, at: tuple[float, float]) -> str:
        """A ring at a point, or an upright line where the point has no height."""
        x, y = at
        if math.isfinite(y):
            return f'<circle class="here" cx="{_n(self.x(x))}" cy="{_n(self.y(y))}" r="5.5"/>'
        return f'<path class="here" d="M{_n(self.x(x))} {_n(self.top)}V{_n(self.bottom)}"/>'

    def axes(self, x: str, y: str) -> str:
        """Grid, figures and names."""
        grid, words = "", ""
        for value in ticks(*self.up, most=5):
            grid += f"M{_n(self.left)} {_n(self.y(value))}H{_n(self.right)}"
            words += (
                f'<text class="q" x="{_n(self.left - 7)}" y="{_n(self.y(value) + 3.8)}"'
                f' text-anchor="end">{short(value)}</text>'
            )
        for value in ticks(*self.across, most=max(int((self.right - self.left) / 56), 2)):
            words += (
                f'<text class="q" x="{_n(self.x(value))}" y="{_n(self.bottom + 16)}"'
                f' text-anchor="middle">{short(value)}</text>'
            )
        return (
            f'<g font-size="11"><path class="grid" d="{grid}"/>'
            f'<path class="axis" d="M{_n(self.left)} {_n(self.bottom)}H{_n(self.right)}"/>{words}'
            f'<text x="{_n((self.left + self.right) / 2)}" y="{_n(self.bottom + 34)}" text-anchor="middle"'
            f' font-size="11.5">{escaped(x)}</text>'
            f'<text transform="translate(10 {_n((self.top + self.bottom) / 2)}) rotate(-90)"'
            f' text-anchor="middle" font-size="11.5">{escaped(y)}</text></g>'
        )


def legend(frame: Frame, *, bars: bool = False) -> str:
    """What the curves or bars are, above the plane, in the order of their styles."""
    drawn = ""
    for place, (row, along, text) in enumerate(frame.legend):
        style, x, y = min(place + 1, STYLES), frame.left + along, _ROW * row
        sign = (
            f'<rect class="f{style}" x="{_n(x)}" y="{_n(y + 6)}" width="10" height="10" rx="2"/>'
            if bars
            else f'<path class="l{style}" d="M{_n(x)} {_n(y + 11)}h18"/>'
        )
        start = x + (15 if bars else _SIGN)
        drawn += f'{sign}<text x="{_n(start)}" y="{_n(y + 15)}" font-size="{SMALL}">{escaped(text)}</text>'
    return drawn


def _laid_out(names: Sequence[str], room: float) -> list[tuple[int, float, str]]:
    """For each name its row, how far along that it stands, and as much of it as a row holds."""
    found, row, along = [], 0, 0.0
    for name in names:
        text = shortened(name, SMALL, room - _SIGN)
        needed = _SIGN + width(text, SMALL)
        if along and along + needed > room:
            row, along = row + 1, 0.0
        found.append((row, along, text))
        along += needed + 14
    return found


def _share(value: float, bounds: Bounds) -> float:
    low, high = bounds
    return min(max((value - low) / (high - low), 0.0), 1.0) if high > low else 0.5


def short(value: float) -> str:
    """A figure for an axis or a cell."""
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value):,}"
    if abs(value) >= 1e6:
        return f"{value:.3g}".replace("e+0", "e")
    return f"{value:.4g}"


def chart(
    size: tuple[float, float],
    title: str,
    description: str,
    body: str,
    *,
    broad: bool = False,
    frame: Frame | None = None,
) -> str:
    """A picture from its parts.

    Args:
        size: Width and height in pixels.
        title: What it shows.
        description: What there is to see, for people who do not see it.
        body: Markup of all that is drawn.
        broad: It wants the whole width of a page.
        frame: Where the plane lies, for a script that moves a mark in it.
    """
    name = "c" + digest_text(title + description + body)[7:15]
    plane = f' data-plane="{frame.words()}"' if frame is not None else ""
    return (
        f'<svg class="ms-pic ms-chart{" ms-broad" if broad else ""}" role="img"'
        f' aria-labelledby="{name}t {name}d" width="{_n(size[0])}"'
        f' height="{_n(size[1])}" viewBox="0 0 {_n(size[0])} {_n(size[1])}"{plane}>'
        f'<title id="{name}t">{escaped(title)}</title><desc id="{name}d">{escaped(description)}</desc>{body}</svg>'
    )
