"""One answer's contributions: how they lead from what is known of no row to the answer."""

from __future__ import annotations

from itertools import pairwise

from mainspring.core.errors import InputError
from mainspring.evaluation.drawing.frames import chart, fitted
from mainspring.evaluation.drawing.lettering import escaped, number, shortened, width
from mainspring.evaluation.explanation.attributions import Attributions, Contribution
from mainspring.evaluation.explanation.plots.lanes import FIGURE, WIDE, Lanes, about, plain, signed, told

STEPS = 10
"""So many features have a step of their own in a waterfall."""

_BAR, _TIP = 15.0, 5.0
_PIECES = 6
_HUES = {1: "accent", 2: "second"}
"""The colours of what pulls down and of what pushes up, by the number of their style."""


def waterfall(attributions: Attributions, row: int = 0, *, most: int = STEPS) -> str:
    """One answer, step by step from the base: the largest contributions first, the rest in one step.

    Args:
        attributions: Contributions.
        row: The answer, by its place.
        most: So many features have a step of their own.

    Raises:
        InputError: If there is no such row.
    """
    found, base, answer = _of(attributions, row)
    steps = [(f"{one.feature} = {told(one.value)}", one.amount, one.error) for one in found[:most]]
    if rest := found[most:]:
        steps.append((f"{len(rest)} more", sum(one.amount for one in rest), float("nan")))
    ends = [base]
    for _, amount, _ in steps:
        ends.append(ends[-1] + amount)
    names = ["base", *(name for name, _, _ in steps), "answer"]
    low, high = fitted([*ends, answer])
    room = (high - low) * 0.28  # figures stand beside the bars, tiny ones with a power
    lanes = Lanes(names, (low - room, high + room))
    body = lanes.drawn(about(attributions.output, attributions.scale)) + _level(lanes, 0, base)
    for lane, ((name, amount, error), (start, end)) in enumerate(zip(steps, pairwise(ends), strict=True), start=1):
        body += _step(lanes, lane, start, end, name, error)
        body += _thread(lanes, lane - 1, start)
        body += _beside(lanes, lane, max(start, end) if amount >= 0 else min(start, end), amount)
    body += _thread(lanes, len(steps), ends[-1]) + _level(lanes, len(names) - 1, answer)
    words = f"From {plain(base)} to {plain(answer)}: " + "; ".join(
        f"{name} {signed(amount)}" for name, amount, _ in steps
    )
    return lanes.whole(f"{attributions.method}: one answer", words, body)


def force(attributions: Attributions, row: int = 0) -> str:
    """One answer between what pushes it up, on the left, and what pushes it down, on the right.

    Args:
        attributions: Contributions.
        row: The answer, by its place.

    Raises:
        InputError: If there is no such row.
    """
    found, base, answer = _of(attributions, row)
    up, down = [one for one in found if one.amount > 0], [one for one in found if one.amount < 0]
    low = min(answer - sum(one.amount for one in up), base)
    high = max(answer - sum(one.amount for one in down), base)
    left, right, top = 10.0, WIDE - 10.0, 40.0
    span = (high - low) or 1.0

    def at(value: float) -> float:
        return left + (value - low) / span * (right - left)

    body = ""
    for style, side, way in ((2, up, -1.0), (1, down, 1.0)):
        near = answer
        for one in _pieces(side):
            far = near + way * abs(one.amount)
            body += _push(at(near), at(far), style, one, top)
            near = far
    body += _marked(at(base), f"base {plain(base)}", top, above=False, bold=False)
    body += _marked(at(answer), f"answer {plain(answer)}", top, above=True, bold=True)
    legend, high_end = "", top + 94
    for style, side, x, anchor in ((2, up, left, "start"), (1, down, right, "end")):
        for line, one in enumerate(side[:3]):
            text = shortened(f"{one.feature} = {told(one.value)}", FIGURE, 165)
            legend += (
                f'<text x="{number(x)}" y="{number(top + 74 + 18 * line)}" text-anchor="{anchor}"'
                f' font-size="{FIGURE}">{escaped(text)} <tspan class="b" style="fill:var(--{_HUES[style]})">'
                f"{signed(one.amount)}</tspan></text>"
            )
            high_end = max(high_end, top + 82 + 18 * line)
    words = f"base {plain(base)}, answer {plain(answer)}; " + "; ".join(
        f"{one.feature} = {told(one.value)} {signed(one.amount)}" for one in found[:6]
    )
    title = f"{attributions.method}: what pushes the {about(attributions.output, attributions.scale)}"
    return chart((WIDE, high_end), title, words, body + legend, broad=True)


def _of(attributions: Attributions, row: int) -> tuple[tuple[Contribution, ...], float, float]:
    if not 0 <= row < len(attributions):
        raise InputError(f"there is no row {row}", expected=f"0 to {len(attributions) - 1}")
    return attributions.row(row), float(attributions.base[row]), float(attributions.outputs[row])


def _pieces(side: list[Contribution]) -> list[Contribution]:
    """The largest, and the others as one."""
    if len(side) <= _PIECES + 1:
        return side
    rest = side[_PIECES:]
    return [
        *side[:_PIECES],
        Contribution(feature=f"{len(rest)} more", value="", amount=sum(one.amount for one in rest)),
    ]


def _level(lanes: Lanes, lane: int, value: float) -> str:
    x, y = lanes.x(value), lanes.y(lane)
    return (
        f'<circle style="fill:var(--ink)" cx="{number(x)}" cy="{number(y)}" r="4"/>'
        f'<text class="b" x="{number(x + 9)}" y="{number(y + 4.2)}" font-size="{FIGURE}">'
        f"{plain(value)}</text>"
    )


def _step(lanes: Lanes, lane: int, start: float, end: float, name: str, error: float) -> str:
    """A bar with a point at its end."""
    a, b, y = lanes.x(start), lanes.x(end), lanes.y(lane)
    style, half = (2, _BAR / 2) if end >= start else (1, _BAR / 2)
    tip = min(_TIP, abs(b - a)) * (1 if b >= a else -1)
    path = (
        f"M{number(a)} {number(y - half)}H{number(b - tip)}L{number(b)} {number(y)}L{number(b - tip)}"
        f" {number(y + half)}H{number(a)}z"
    )
    more = f" \N{PLUS-MINUS SIGN} {plain(1.96 * error)}" if error == error and error > 0 else ""
    return f'<path class="f{style}" d="{path}"><title>{escaped(name)} {signed(end - start)}{more}</title></path>'


def _thread(lanes: Lanes, lane: int, value: float) -> str:
    """A thin line down to where the next step begins."""
    x = number(lanes.x(value))
    return (
        f'<path class="axis" d="M{x} {number(lanes.y(lane) + _BAR / 2)}V{number(lanes.y(lane + 1) - _BAR / 2)}"/>'
    )


def _beside(lanes: Lanes, lane: int, edge: float, amount: float) -> str:
    x, anchor = (lanes.x(edge) + 6, "start") if amount >= 0 else (lanes.x(edge) - 6, "end")
    text = signed(amount)
    if anchor == "end" and x - width(text, FIGURE) < lanes.left:
        # No room on the left: behind the bar's other end.
        x, anchor = lanes.x(edge - amount) + 6, "start"
    return (
        f'<text x="{number(x)}" y="{number(lanes.y(lane) + 4.2)}" text-anchor="{anchor}"'
        f' font-size="{FIGURE}">{text}</text>'
    )


def _push(near: float, far: float, style: int, one: Contribution, top: float) -> str:
    """A piece of the bar whose point looks at the answer."""
    high, way = 26.0, 1.0 if far > near else -1.0
    tip = way * min(6.0, abs(far - near))
    gap = way * min(0.8, abs(far - near) / 4)
    path = (
        f"M{number(near)} {number(top + high / 2)}L{number(near + tip)} {number(top)}H{number(far - gap)}"
        f"L{number(far - gap - tip)} {number(top + high / 2)}L{number(far - gap)} {number(top + high)}"
        f"H{number(near + tip)}z"
    )
    cell = "" if one.value == "" else f" = {told(one.value)}"
    words = escaped(f"{one.feature}{cell} {signed(one.amount)}")
    return f'<path class="f{style}" d="{path}"><title>{words}</title></path>'


def _marked(x: float, text: str, top: float, *, above: bool, bold: bool) -> str:
    half = width(text, FIGURE) / 2
    middle = min(max(x, half + 2), WIDE - half - 2)
    line = f"M{number(x)} {number(top - 8)}V{number(top + 26)}" if above else f"M{number(x)} {number(top)}v34"
    style = ' class="b"' if bold else ' class="q"'
    return (
        f'<path class="{"here" if bold else "axis"}" d="{line}" style="stroke-dasharray:none"/>'
        f'<text{style} x="{number(middle)}" y="{number(top - 14 if above else top + 47)}" text-anchor="middle"'
        f' font-size="{FIGURE}">{escaped(text)}</text>'
    )
