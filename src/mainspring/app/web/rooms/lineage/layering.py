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
_TALL: Final = 1.5
_GAP: Final = 480

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
    """The layer of each box: below all it came from, and near what it leads to.

    The longest way through the graph is its spine. What leads to the spine is as low as that lets it, so that what
    a late run used is beside that run; everything else is as high as what it came from lets it. Arrows that close
    a circle are passed over.
    """
    order = _ordered(count, above, below)
    rank = [0] * count
    for place, at in enumerate(order):
        rank[at] = place
    highest, height, following = [0] * count, [0] * count, [-1] * count
    for at in order:
        for target in below[at]:
            if rank[target] > rank[at]:
                highest[target] = max(highest[target], highest[at] + 1)
    for at in reversed(order):
        for target in below[at]:
            if rank[target] > rank[at] and height[target] >= height[at]:
                height[at], following[at] = height[target] + 1, target
    deepest = max(highest)
    leads = [False] * count
    for at in reversed(order):
        leads[at] = highest[at] + height[at] == deepest or (following[at] >= 0 and leads[following[at]])
    layer = [0] * count
    for at in order:
        before = [layer[source] + 1 for source in above[at] if rank[source] < rank[at]]
        layer[at] = deepest - height[at] if leads[at] else max(before, default=0)
    for at in order:
        if not above[at] and below[at] and not leads[at]:
            layer[at] = max(0, min(layer[target] for target in below[at]) - 1)
    return layer


def _ordered(count: int, above: Sequence[Sequence[int]], below: Sequence[Sequence[int]]) -> list[int]:
    """Every box after all that it came from; a circle is opened at its first box."""
    waiting = [len(one) for one in above]
    taken = [not one for one in waiting]
    order = [at for at in range(count) if taken[at]]
    following = opened = 0
    while following < count:
        if following == len(order):
            while taken[opened]:
                opened += 1
            taken[opened] = True
            order.append(opened)
        for target in below[order[following]]:
            waiting[target] -= 1
            if not waiting[target] and not taken[target]:
                taken[target] = True
                order.append(target)
        following += 1
    return order


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
    if len(row) == 1:
        x[row[0]] = wanted[row[0]]
        return
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
    spans = sorted(max(x[at] for at in row) - min(x[at] for at in row) + WIDTH for row in rows)
    usual, high = spans[len(spans) * 4 // 5], sum(heights)
    strips = 1 if high < _TALL * (max(x) - min(x)) else max(1, round(math.sqrt(high / (usual + _GAP) * _ASPECT)))
    xs, ys = [0] * len(x), [0] * len(x)
    left = 0.0
    for strip in _parts(heights, high / strips):
        shift = left - min(x[at] for row in strip for at in rows[row])
        top = 0
        for row in strip:
            for place, at in enumerate(rows[row]):
                xs[at] = round(x[at] + shift)
                ys[at] = top + place % depths[row] * _ROW
            top += heights[row]
        left = max(xs[at] for row in strip for at in rows[row]) + WIDTH + _GAP
    return Placed(xs, ys, max(xs) + WIDTH, max(ys) + HEIGHT)


def _parts(heights: Sequence[int], room: float) -> list[list[int]]:
    """The numbers of layers, in columns of about a height."""
    found: list[list[int]] = [[]]
    top = 0.0
    for row, height in enumerate(heights):
        if found[-1] and top + height / 2 > room * len(found):
            found.append([])
        found[-1].append(row)
        top += height
    return found


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
