"""Where thousands of boxes go: layers, in time that grows with the number of boxes and arrows.

As in :mod:`mainspring.evaluation.drawing.graphs.layout`, after K. Sugiyama, S. Tagawa and M. Toda, *Methods for
visual understanding of hierarchical system structures* (1981), without what is dear in large graphs: arrows have
no bends, the sweeps are few, very wide layers are folded into several rows, and a graph that is far higher
than wide is continued at its right, as the columns of a newspaper are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 176
HEIGHT: Final = 46
_ACROSS: Final = WIDTH + 24
_DOWN: Final = 96
_ROW: Final = HEIGHT + 14
_SWEEPS: Final = 6
_PULLS: Final = 4
_ASPECT: Final = 0.7
_TALL: Final = 3.0

Pairs = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Placed:
    """Where boxes go.

    Attributes:
        x: The left edge of each box.
        y: The upper edge of each box.
        width: Of the whole.
        height: Of the whole.
    """

    x: Sequence[int]
    y: Sequence[int]
    width: int
    height: int


def placed(count: int, pairs: Pairs) -> Placed:
    """Place boxes of one size; arrows are pairs of their numbers."""
    if not count:
        return Placed((), (), 0, 0)
    above, below = _neighbours(count, pairs)
    layer = layers(count, above, below)
    rows = _rows(layer)
    _untangle(rows, layer, above, below)
    most = max(24, math.ceil(math.sqrt(count) * 0.9))
    depths = [math.ceil(len(row) / most) for row in rows]
    x = _pulled(rows, depths, above, below)
    return _columns(x, rows, depths)


def layers(count: int, above: Sequence[Sequence[int]], below: Sequence[Sequence[int]]) -> list[int]:
    """The layer of each box: below all it came from; what came from nothing is just above what first used it.

    Arrows that close a circle are passed over: the circle is opened at its first box.
    """
    waiting = [len(one) for one in above]
    layer, done = [0] * count, [False] * count
    order = [at for at in range(count) if not waiting[at]]
    following = opened = 0
    while following < count:
        if following == len(order):
            while done[opened]:
                opened += 1
            order.append(opened)
        at = order[following]
        following += 1
        done[at] = True
        for target in below[at]:
            waiting[target] -= 1
            if not done[target]:
                layer[target] = max(layer[target], layer[at] + 1)
                if not waiting[target]:
                    order.append(target)
    for at in reversed(order):
        lower = [layer[target] for target in below[at] if layer[target] > layer[at]]
        if lower and not above[at]:
            layer[at] = min(lower) - 1
    return layer


def _neighbours(count: int, pairs: Pairs) -> tuple[list[list[int]], list[list[int]]]:
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for source, target in pairs:
        if source != target:
            below[source].append(target)
            above[target].append(source)
    return above, below


def _rows(layer: Sequence[int]) -> list[list[int]]:
    rows: list[list[int]] = [[] for _ in range(max(layer) + 1)]
    for at, depth in enumerate(layer):
        rows[depth].append(at)
    return rows


def _untangle(
    rows: list[list[int]],
    layer: Sequence[int],
    above: Sequence[Sequence[int]],
    below: Sequence[Sequence[int]],
) -> None:
    """Sort each layer by the mean place of its neighbours, down and up."""
    at = [0.0] * len(layer)
    for row in rows:
        _number(row, at)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        near = above if down else below
        for row in rows if down else reversed(rows):
            if len(row) > 1:
                row.sort(key={one: _mean([at[n] for n in near[one]], at[one]) for one in row}.__getitem__)
                _number(row, at)


def _number(row: Sequence[int], at: list[float]) -> None:
    """Places from 0 to 1, so that layers of different widths can be compared."""
    for place, one in enumerate(row):
        at[one] = (place + 0.5) / len(row)


def _pulled(
    rows: Sequence[Sequence[int]],
    depths: Sequence[int],
    above: Sequence[Sequence[int]],
    below: Sequence[Sequence[int]],
) -> list[float]:
    """The middle of each box: as near to its neighbours as the order of its layer lets it."""
    x = [0.0] * sum(map(len, rows))
    for row, depth in zip(rows, depths, strict=True):
        _settle(row, depth, dict.fromkeys(row, 0.0), x)
    for turn in range(_PULLS):
        near = above if turn % 2 == 0 else below
        turned = list(zip(rows, depths, strict=True))
        for row, depth in turned if turn % 2 == 0 else reversed(turned):
            wanted = {at: _mean([x[n] for n in near[at] or above[at] or below[at]], x[at]) for at in row}
            _settle(row, depth, wanted, x)
    return x


def _settle(row: Sequence[int], depth: int, wanted: dict[int, float], x: list[float]) -> None:
    """Least squares to the wanted places under the order (pool adjacent violators); boxes that are folded into one
    column of several rows go together.
    """
    columns = [row[start : start + depth] for start in range(0, len(row), depth)]
    blocks: list[tuple[int, float]] = []
    for place, column in enumerate(columns):
        count, total = 1, sum(wanted[at] for at in column) / len(column) - place * _ACROSS
        while blocks and blocks[-1][1] * count > total * blocks[-1][0]:
            before = blocks.pop()
            count, total = count + before[0], total + before[1]
        blocks.append((count, total))
    place = 0
    for count, total in blocks:
        for _ in range(count):
            for at in columns[place]:
                x[at] = total / count + place * _ACROSS
            place += 1


def _columns(x: Sequence[float], rows: Sequence[Sequence[int]], depths: Sequence[int]) -> Placed:
    """The upper left corners: layer below layer, in as many columns as make it about as wide as high."""
    heights = [_DOWN + (depth - 1) * _ROW for depth in depths]
    left = min(x)
    wide, high = max(x) - left + WIDTH, sum(heights)
    strips = 1 if high < _TALL * wide else max(1, round(math.sqrt(high / (wide + _ACROSS) * _ASPECT)))
    room = high / strips
    xs, ys = [0] * len(x), [0] * len(x)
    strip, start, top, furthest, lowest = 0, 0.0, 0.0, 0.0, 0.0
    for row, depth, height in zip(rows, depths, heights, strict=True):
        if top - start >= room and strip < strips - 1:
            strip, start = strip + 1, top
        for place, at in enumerate(row):
            xs[at] = round(x[at] - left + strip * (wide + 2 * _ACROSS))
            ys[at] = round(top - start + place % depth * _ROW)
            furthest, lowest = max(furthest, xs[at] + WIDTH), max(lowest, ys[at] + HEIGHT)
        top += height
    return Placed(xs, ys, round(furthest), round(lowest))


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
