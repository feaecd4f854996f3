"""Effects: how the answer moves along a feature, or along two."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from mainspring.evaluation.drawing import Line
from mainspring.evaluation.drawing.charts import curve
from mainspring.evaluation.drawing.frames import Frame, chart, fitted, legend, short
from mainspring.evaluation.drawing.lettering import escaped, number, shortened, width
from mainspring.evaluation.explanation.attributions import Cell
from mainspring.evaluation.explanation.effects.effect import ALE, Effect
from mainspring.evaluation.explanation.plots.lanes import FIGURE, MOST, WIDE, Lanes, about, plain, spread, told

SINGLE = 120
"""So many rows have a curve of their own."""

_HIGH, _RUG = 300.0, 34.0
_NAMES = {ALE: "accumulated local effects", "partial_dependence": "partial dependence"}


def effect_curve(effect: Effect) -> str:
    """The effect of a number as a curve, of words as bars, of two features as a map.

    Curves of single rows lie thin behind the mean; the bars at the foot say how many rows there are nearby.
    """
    if len(effect.features) == 2:
        return _map(effect)
    points = effect.grid[0]
    if all(_is_number(point) for point in points if point is not None) and any(p is not None for p in points):
        return _curve(effect)
    return _bars(effect)


def _curve(effect: Effect) -> str:
    numbers = [(place, float(point)) for place, point in enumerate(effect.grid[0]) if point is not None]
    inside = [place for place, _ in numbers]
    across = [point for _, point in numbers]
    mean = effect.values[inside].tolist()
    gap = [float(effect.values[place]) for place, point in enumerate(effect.grid[0]) if point is None]
    single = np.empty((0, len(inside)))
    if effect.individual is not None and len(effect.individual):
        ranked = np.argsort(effect.individual.mean(axis=1), kind="stable")
        single = effect.individual[ranked[spread(len(ranked), SINGLE)]][:, inside]
    heights = [value for value in (*mean, *gap, *single.ravel().tolist()) if math.isfinite(value)]
    low, high = fitted(heights)
    size = (WIDE, _HIGH)
    name = about(effect.output, effect.scale)
    up = f"change of the {name}" if effect.method == ALE or effect.parameters.get("centred") else name
    # The bars stand below the lowest curve.
    low -= (high - low) * _RUG / (_HIGH - 60 - _RUG)
    names = ["mean of rows", *(["where it is missing"] if gap else [])]
    frame = Frame(size, (across[0], across[-1]), (low, high), legend=names if gap or len(single) else ())
    body = frame.axes(effect.features[0], up)
    body += _rug(across, effect.counts[inside].tolist(), frame, between=effect.method == ALE)
    threads = "".join(
        "M" + "L".join(frame.at(x, y) for x, y in zip(across, line, strict=True))
        for line in single.tolist()
        if all(map(math.isfinite, line))
    )
    if threads:
        body += f'<path class="l6" style="stroke-width:.8;stroke-opacity:.3;stroke-dasharray:none" d="{threads}"/>'
    lines = [Line(name="mean", points=list(zip(across, mean, strict=True)), dots=len(across) <= 12)]
    if gap:
        lines.append(Line(name="missing", points=[(across[0], gap[0]), (across[-1], gap[0])]))
    for style in range(len(lines), 0, -1):
        body += curve(lines[style - 1], style, frame)
    if gap or threads:
        body += legend(frame)
    if threads:
        x = frame.left + sum(width(one, FIGURE) + 37 for one in names)
        body += (
            f'<path class="l6" style="stroke-width:1;stroke-dasharray:none" d="M{number(x)} 11h18"/>'
            f'<text x="{number(x + 23)}" y="15" font-size="{FIGURE}">single rows</text>'
        )
    words = "; ".join(
        f"{told(effect.grid[0][place])}: {plain(float(effect.values[place]))}"
        for place in spread(len(effect.grid[0]), 6)
    )
    return chart(size, _title(effect), words, body, broad=True)


def _bars(effect: Effect) -> str:
    points, values = effect.grid[0], effect.values
    shown = list(range(len(points)))[:MOST]
    names = [f"{told(points[place])} ({int(effect.counts[place]):,})" for place in shown]
    quarter: dict[int, tuple[float, float]] = {}
    if effect.individual is not None and len(effect.individual):
        for place in shown:
            low, high = np.quantile(effect.individual[:, place], (0.1, 0.9)).tolist()
            quarter[place] = (low, high)
    ends = [float(values[place]) for place in shown if math.isfinite(values[place])]
    ends += [end for pair in quarter.values() for end in pair]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    high = high if high > low else 1.0
    air = (high - low) * 0.14
    lanes = Lanes(names, (low - air if low < 0 else 0.0, high + air))
    name = about(effect.output, effect.scale)
    body = lanes.drawn(f"change of the {name}" if low < 0 else name, zero=True)
    for lane, place in enumerate(shown):
        body += _level_bar(lanes, lane, float(values[place]), quarter.get(place))
    words = "; ".join(f"{told(points[place])}: {plain(float(values[place]))}" for place in shown[:8])
    return lanes.whole(_title(effect), words, body)


def _level_bar(lanes: Lanes, lane: int, value: float, between: tuple[float, float] | None) -> str:
    y = lanes.y(lane)
    if not math.isfinite(value):
        return (
            f'<text class="q" x="{number(lanes.x(0) + 6)}" y="{number(y + 4)}" font-size="{FIGURE}">no rows</text>'
        )
    start, end = sorted((lanes.x(0), lanes.x(value)))
    style, edge = (2 if value >= 0 else 1) if lanes.bounds[0] < 0 else 1, end
    body = (
        f'<rect class="f{style} bar" x="{number(start)}" y="{number(y - 7)}"'
        f' width="{number(max(end - start, 0.6))}" height="14" rx="1.5"/>'
    )
    if between is not None:
        left, right = lanes.x(between[0]), lanes.x(between[1])
        edge = max(right, end)
        body += (
            f'<path class="whisker" d="M{number(left)} {number(y)}H{number(right)}M{number(left)} {number(y - 4)}'
            f'v8M{number(right)} {number(y - 4)}v8"><title>four of five rows</title></path>'
        )
    text = plain(value)
    return body + f'<text x="{number(edge + 6)}" y="{number(y + 4.2)}" font-size="{FIGURE}">{text}</text>'


def _map(effect: Effect) -> str:
    """Two features: a cell for each pair of points, darker for more; where there are no rows it is left open."""
    down, across = effect.grid
    rows, columns = len(down), len(across)
    names = [shortened(told(point), FIGURE, 110) for point in down]
    left = max((width(name, FIGURE) for name in names), default=0.0) + 34
    side = min(34.0, 340 / max(rows, 1))
    broad = (WIDE - left - 10) / max(columns, 1)
    top = 34.0
    known = effect.values[np.isfinite(effect.values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    two_sided = low < 0 < high
    body = ""
    for i in range(rows):
        for j in range(columns):
            value = float(effect.values[i, j])
            words = f"{told(down[i])}, {told(across[j])}: " + (
                f"{plain(value)} ({int(effect.counts[i, j]):,} rows)" if math.isfinite(value) else "no rows"
            )
            body += (
                f'<rect {_fill(value, low, high, two_sided)} x="{number(left + j * broad)}"'
                f' y="{number(top + i * side)}" width="{number(broad + 0.2)}" height="{number(side + 0.2)}">'
                f"<title>{escaped(words)}</title></rect>"
            )
    bottom = top + rows * side
    every = max(1, math.ceil(15 / side))
    for i in range(0, rows, every):
        body += (
            f'<text class="q" x="{number(left - 7)}" y="{number(top + (i + 0.5) * side + 4)}" text-anchor="end">'
            f"{escaped(names[i])}</text>"
        )
    body += _across(across, left, broad, bottom)
    middle = top + rows * side / 2
    body += (
        f'<text x="{number(left + columns * broad / 2)}" y="{number(bottom + 35)}" text-anchor="middle">'
        f"{escaped(shortened(effect.features[1], FIGURE, WIDE - left))}</text>"
        f'<text transform="translate(12 {number(middle)}) rotate(-90)" text-anchor="middle">'
        f"{escaped(shortened(effect.features[0], FIGURE, max(rows * side, 80)))}</text>"
    )
    body += _scale(low, high, two_sided)
    words = f"from {plain(low)} to {plain(high)} over {rows} by {columns} points"
    return chart((WIDE, bottom + 44), _title(effect), words, f'<g font-size="{FIGURE}">{body}</g>', broad=True)


def _fill(value: float, low: float, high: float, two_sided: bool) -> str:
    """Colour and strength of a cell: blue for less and orange for more, where the values have both signs."""
    if not math.isfinite(value):
        return 'class="track"'
    if two_sided:
        most = max(-low, high)
        return f'class="{"f2" if value > 0 else "f1"}" fill-opacity="{abs(value) / most * 0.9 + 0.03:.2f}"'
    share = (value - low) / (high - low) if high > low else 0.5
    return f'class="f1" fill-opacity="{share * 0.9 + 0.06:.2f}"'


def _across(points: Sequence[Cell], left: float, broad: float, bottom: float) -> str:
    """Names below the columns, as many as there is room for; the last one, which may be missing, in any case."""
    drawn = ""
    placed: list[tuple[float, str]] = []
    last = len(points) - 1
    for place in (last, *range(last)):
        text = shortened(told(points[place]), FIGURE, broad - 4 if broad >= 40 else 64.0)
        half = width(text, FIGURE) / 2
        middle = min(left + (place + 0.5) * broad, WIDE - half)
        if any(abs(middle - other) < half + width(name, FIGURE) / 2 + 8 for other, name in placed):
            continue
        placed.append((middle, text))
    for middle, text in placed:
        drawn += (
            f'<text class="q" x="{number(middle)}" y="{number(bottom + 16)}" text-anchor="middle">'
            f"{escaped(text)}</text>"
        )
    return drawn


def _scale(low: float, high: float, two_sided: bool) -> str:
    """What the shades mean, in the upper right corner."""
    text = plain(high)
    x, steps = WIDE - 10 - width(text, FIGURE) - 6 - 96, 12
    body = f'<text x="{number(WIDE - 10)}" y="18" text-anchor="end">{text}</text>'
    for step in range(steps):
        value = low + (high - low) * (step + 0.5) / steps
        shade = _fill(value, low, high, two_sided)
        body += f'<rect {shade} x="{number(x + 8 * step)}" y="9" width="8.2" height="10"/>'
    least = plain(low)
    return body + f'<text x="{number(x - 6)}" y="18" text-anchor="end">{least}</text>'


def _rug(points: Sequence[float], counts: Sequence[float], frame: Frame, *, between: bool) -> str:
    """Rows near each point, or between it and the one before, as bars at the foot: dense parts are higher."""
    if between:
        edges, counts, points = list(points), counts[1:], points[1:]
    else:
        edges = [points[0], *((a + b) / 2 for a, b in pairwise(points)), points[-1]]
    spans = [max(frame.x(b) - frame.x(a), 1.5) for a, b in pairwise(edges)]
    dense = [count / span for count, span in zip(counts, spans, strict=True)]
    most = max(dense, default=0.0)
    if most <= 0:
        return ""
    body = ""
    for place, (span, level) in enumerate(zip(spans, dense, strict=True)):
        # The root, so that sparse parts are seen beside crowded ones.
        tall = math.sqrt(level / most) * (_RUG - 8)
        if tall > 0:
            body += (
                f'<rect class="soft" x="{number(frame.x(edges[place]))}" y="{number(frame.bottom - tall)}"'
                f' width="{number(max(span - 0.3, 1.0))}" height="{number(tall)}">'
                f"<title>{told(points[place])}: {short(counts[place])} rows</title></rect>"
            )
    return body


def _title(effect: Effect) -> str:
    return f"{_NAMES.get(effect.method, effect.method)}: {' and '.join(effect.features)}"


def _is_number(point: Cell) -> bool:
    return isinstance(point, int | float) and not isinstance(point, bool)
