"""Where the boxes of a layered drawing go, and how the arrows run.

The method of K. Sugiyama, S. Tagawa and M. Toda, *Methods for visual understanding of hierarchical system
structures* (1981): layers by longest path, bends for arrows that span layers, barycentre sweeps against
crossings, then x positions that pull each box over its neighbours without changing the order.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_SWEEPS = 8
_PULLS = 8

Neighbours = list[list[int]]


@dataclass(frozen=True, slots=True)
class Layout:
    """A placed graph.

    Attributes:
        x: Centre of each box, by its position in the input.
        layer: Layer of each box, 0 on top.
        bends: For each arrow the x of its bends, one per layer between its ends.
        layers: How many layers there are.
    """

    x: tuple[float, ...]
    layer: tuple[int, ...]
    bends: tuple[tuple[float, ...], ...]
    layers: int


def place(widths: Sequence[float], edges: Sequence[tuple[int, int]], *, gap: float = 28.0) -> Layout:
    """Place boxes of given widths; arrows are pairs of positions in ``widths``.

    Arrows that close a circle are laid out as if they ran the other way.
    """
    layer = layers(len(widths), edges)
    graph = _Graph(list(widths), layer, edges)
    graph.untangle()
    return graph.pull(gap)


def layers(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The layer of each node: as high as its inputs let it, but no higher than its first reader needs it."""
    below: Neighbours = [[] for _ in range(count)]
    waiting = [0] * count
    for source, target in edges:
        if source != target:
            below[source].append(target)
            waiting[target] += 1
    layer = [0] * count
    order: list[int] = []
    ready = [node for node in range(count) if not waiting[node]]
    placed = [False] * count
    while len(order) < count:
        if not ready:  # a circle: go on with its first node
            ready = [placed.index(False)]
        node = ready.pop(0)
        if placed[node]:
            continue
        placed[node] = True
        order.append(node)
        for target in below[node]:
            waiting[target] -= 1
            if not placed[target]:
                layer[target] = max(layer[target], layer[node] + 1)
                if not waiting[target]:
                    ready.append(target)
    fed = {target for _, target in edges}
    for node in reversed(order):
        lower = [layer[target] for target in below[node] if layer[target] > layer[node]]
        if lower and node not in fed:
            layer[node] = min(lower) - 1
    return layer


class _Graph:
    """Boxes and bends in layers. Bends have width 0 and come after the boxes."""

    def __init__(self, widths: list[float], layer: list[int], edges: Sequence[tuple[int, int]]) -> None:
        self.boxes = len(widths)
        self.widths, self.layer = list(widths), list(layer)
        self.above: Neighbours = [[] for _ in widths]
        self.below: Neighbours = [[] for _ in widths]
        self.chains: list[list[int]] = []
        for source, target in edges:
            self._chain(source, target)
        depth = max(self.layer, default=-1) + 1
        self.rows: Neighbours = [[] for _ in range(depth)]
        for node, at in enumerate(self.layer):
            self.rows[at].append(node)

    def _chain(self, source: int, target: int) -> None:
        top, bottom = (source, target) if self.layer[source] <= self.layer[target] else (target, source)
        bends = []
        last = top
        for at in range(self.layer[top] + 1, self.layer[bottom]):
            bend = len(self.widths)
            self.widths.append(0.0)
            self.layer.append(at)
            self.above.append([])
            self.below.append([])
            self._join(last, bend)
            bends.append(bend)
            last = bend
        if self.layer[top] != self.layer[bottom]:
            self._join(last, bottom)
        self.chains.append(bends if top == source else bends[::-1])

    def _join(self, upper: int, lower: int) -> None:
        self.below[upper].append(lower)
        self.above[lower].append(upper)

    def untangle(self) -> None:
        """Sort each layer by where its neighbours are, down and up, and keep the order with fewest crossings."""
        best, fewest = [list(row) for row in self.rows], self.crossings()
        for sweep in range(_SWEEPS):
            if not fewest:
                break
            down = sweep % 2 == 0
            neighbours = self.above if down else self.below
            for row, fixed in self._pairs(down=down):
                _sort_by_neighbours(row, fixed, neighbours)
            found = self.crossings()
            if found < fewest:
                best, fewest = [list(row) for row in self.rows], found
        self.rows = best

    def _pairs(self, *, down: bool) -> list[tuple[list[int], list[int]]]:
        rows = self.rows if down else self.rows[::-1]
        return [(rows[i], rows[i - 1]) for i in range(1, len(rows))]

    def crossings(self) -> int:
        """How many pairs of arrows cross."""
        total = 0
        for upper, lower in zip(self.rows, self.rows[1:], strict=False):
            at = {node: place for place, node in enumerate(lower)}
            passed: list[int] = []
            for node in upper:
                ends = sorted(at[target] for target in self.below[node])
                total += sum(len(passed) - bisect_right(passed, end) for end in ends)
                for end in ends:
                    insort(passed, end)
        return total

    def pull(self, gap: float) -> Layout:
        """Give x positions: each layer in turn moves as near to its neighbours as the order allows."""
        x = [0.0] * len(self.widths)
        for row in self.rows:
            self._settle(row, dict.fromkeys(row, 0.0), x, gap)
        for turn in range(_PULLS):
            rows = self.rows if turn % 2 == 0 else self.rows[::-1]
            for row in rows:
                near = self.above if turn % 2 == 0 else self.below
                wanted = {}
                for node in row:
                    neighbours = near[node] or self.above[node] or self.below[node]
                    wanted[node] = _mean([x[n] for n in neighbours], x[node])
                self._settle(row, wanted, x, gap)
        return self._finished(x)

    def _settle(self, row: list[int], wanted: Mapping[int, float], x: list[float], gap: float) -> None:
        """Least squares to the wanted places under the order and the gaps (pool adjacent violators)."""
        offsets, offset = [], 0.0
        for place, node in enumerate(row):
            if place:
                before = row[place - 1]
                narrow = before >= self.boxes and node >= self.boxes
                offset += (self.widths[before] + self.widths[node]) / 2 + (gap / 2 if narrow else gap)
            offsets.append(offset)
        blocks: list[list[float]] = []  # weight, weighted sum, members
        for node, shift in zip(row, offsets, strict=True):
            weight = 4.0 if node >= self.boxes else 1.0  # long arrows want to run straight
            blocks.append([weight, weight * (wanted[node] - shift), 1.0])
            while len(blocks) > 1 and blocks[-2][1] * blocks[-1][0] > blocks[-1][1] * blocks[-2][0]:
                last = blocks.pop()
                blocks[-1] = [a + b for a, b in zip(blocks[-1], last, strict=True)]
        members = iter(zip(row, offsets, strict=True))
        for weight, total, size in blocks:
            for _ in range(int(size)):
                node, shift = next(members)
                x[node] = total / weight + shift

    def _finished(self, x: list[float]) -> Layout:
        left = min((x[n] - self.widths[n] / 2 for n in range(len(x))), default=0.0)
        return Layout(
            x=tuple(round(x[n] - left, 1) for n in range(self.boxes)),
            layer=tuple(self.layer[: self.boxes]),
            bends=tuple(tuple(round(x[n] - left, 1) for n in chain) for chain in self.chains),
            layers=len(self.rows),
        )


def _sort_by_neighbours(row: list[int], fixed: list[int], neighbours: Neighbours) -> None:
    """Sort a layer by the mean place of its neighbours in the layer that stays."""
    at = {node: place for place, node in enumerate(fixed)}
    centre = {node: _mean([at[n] for n in neighbours[node]], place) for place, node in enumerate(row)}
    row.sort(key=centre.__getitem__)


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
