"""What pictures with one line for each feature stand on: names on the left, an axis of figures below."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mainspring.evaluation.drawing.frames import Bounds, chart, short, ticks
from mainspring.evaluation.drawing.lettering import escaped, number, shortened, width
from mainspring.evaluation.explanation.attributions import Cell

WIDE = 480.0
"""How wide pictures are, in pixels: small enough for a telephone, where they shrink by a third."""

MOST = 20
"""So many features have a line of their own."""

NAME, FIGURE = 12.5, 11.5
HIGH = 25.0
_ROOM, _RIGHT, _TOP, _BOTTOM, _GAP = 156.0, 14.0, 8.0, 40.0, 10.0
_BROADER = 1.13
"""The broadest of the fonts that may be there is so much broader than is reckoned with."""


class Lanes:
    """Lines under each other, over one axis of figures.

    Args:
        names: What each line is, from the top.
        bounds: The figures at the two ends of the axis.
        high: How high a line is, in pixels.
        head: Room above the first line.
    """

    def __init__(self, names: Sequence[str], bounds: Bounds, *, high: float = HIGH, head: float = 0.0) -> None:
        self.names, self.bounds, self.high = names, bounds, high
        told = [shortened(name, NAME, _ROOM) for name in names]
        self._told = told
        self.left = max((width(name, NAME) for name in told), default=0.0) * _BROADER + _GAP
        self.right = WIDE - _RIGHT
        self.top = _TOP + head
        self.bottom = self.top + high * len(names) + 2

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the picture, in pixels."""
        return WIDE, self.bottom + _BOTTOM

    def x(self, value: float) -> float:
        """Where a figure lies across, in pixels; beyond the ends at the nearer one."""
        low, high = self.bounds
        span = high / 2 - low / 2  # halves, because the whole span of the largest numbers is not a number
        share = (value / 2 - low / 2) / span if span > 0 else 0.5
        return self.left + min(max(share, 0.0), 1.0) * (self.right - self.left)

    def y(self, lane: int) -> float:
        """The middle of a line, in pixels."""
        return self.top + self.high * (lane + 0.5)

    def drawn(self, axis: str, *, zero: bool = False) -> str:
        """Names, grid, figures and the name of the axis; ``zero`` draws a line where the figure is 0."""
        low, high = self.bounds
        grid, words = "", ""
        for value in ticks(low, high, most=max(int((self.right - self.left) / 60), 2)):
            at = number(self.x(value))
            grid += f"M{at} {number(self.top)}V{number(self.bottom)}"
            words += (
                f'<text class="q" x="{at}" y="{number(self.bottom + 15)}" text-anchor="middle">'
                f"{short(value)}</text>"
            )
        for lane, (name, told) in enumerate(zip(self.names, self._told, strict=True)):
            whole = f"<title>{escaped(name)}</title>" if told != name else ""
            words += (
                f'<text x="{number(self.left - _GAP)}" y="{number(self.y(lane) + 4.3)}" text-anchor="end"'
                f' font-size="{NAME}">{escaped(told)}{whole}</text>'
            )
        body = f'<path class="grid" d="{grid}"/>' if grid else ""
        if zero and low <= 0 <= high:
            body += f'<path class="axis" d="M{number(self.x(0))} {number(self.top)}V{number(self.bottom)}"/>'
        middle = (self.left + self.right) / 2
        named = shortened(axis, FIGURE, 2 * min(middle, WIDE - middle))
        return (
            f'<g font-size="{FIGURE}">{body}{words}'
            f'<text x="{number(middle)}" y="{number(self.bottom + 32)}" text-anchor="middle">'
            f"{escaped(named)}</text></g>"
        )

    def whole(self, title: str, description: str, body: str) -> str:
        """The picture."""
        return chart(self.size, title, description, body, broad=True)


def signed(value: float) -> str:
    """A change in three digits, with its sign.

    Example:
        >>> signed(0.12345), signed(2.0), signed(0.0)
        ('+0.123', '+2', '0')
    """
    return ("+" if value > 0 and math.isfinite(value) else "") + plain(value)


def plain(value: float) -> str:
    """A figure in three digits.

    Example:
        >>> plain(0.12345), plain(1234.0), plain(float("nan"))
        ('0.123', '1,230', '—')
    """
    if not math.isfinite(value):
        return "\N{EM DASH}"
    return short(float(f"{value:.3g}")).replace("-", "\N{MINUS SIGN}", 1)


def told(cell: Cell) -> str:
    """A cell in words.

    Example:
        >>> told(37.0), told(None), told("clerk")
        ('37', 'missing', 'clerk')
    """
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return "missing"
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return str(cell)
    return short(float(f"{cell:.4g}")) if math.isfinite(cell) else str(cell)


def about(output: str | None, scale: str) -> str:
    """What is explained, in words.

    Example:
        >>> about("rich", "probability"), about("rich", "logit"), about(None, "value")
        ('probability of rich', 'log-odds of rich', 'value')
    """
    if output is None:
        return "value"
    return f"{'log-odds' if scale == 'logit' else scale} of {output}"


def spread(count: int, most: int) -> list[int]:
    """At most so many places out of ``count``, evenly spread, the first and the last among them.

    Example:
        >>> spread(3, 5), spread(10, 4)
        ([0, 1, 2], [0, 3, 6, 9])
    """
    if count <= most:
        return list(range(count))
    return [round(place * (count - 1) / (most - 1)) for place in range(most)]
