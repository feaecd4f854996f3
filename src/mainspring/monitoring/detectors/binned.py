"""A column in bins that its reference fixes, so that windows can be counted, added up, and forgotten."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from mainspring.data.comparison import formulas
from mainspring.data.comparison.nouns import without_chance
from mainspring.data.comparison.ordered import Points, half_harmonic
from mainspring.data.comparison.sides import Side, aligned, comparable, side_of
from mainspring.data.sketches import Frequencies
from mainspring.data.statistics import FeatureStatistics

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_CELLS: Final = 10
_ATOM: Final = 0.02
"""A number that so many rows of the reference hold has a bin of its own."""
_WORDS: Final = 30
_SUPREMUM: Final = math.sqrt(math.pi**2 / 12)
"""Root mean square of the supremum of a Brownian bridge."""
NEW, OTHER, MISSING = "words that are new", "other words", "missing"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bins:
    """The bins of one column, and what its reference has in them.

    Numbers are cut at the deciles of the reference, the outer bins open, and beside each number that is frequent
    (so that a share of zeros is seen); NaN, infinite and missing rows have a bin each. Of words the 30 most
    frequent have a bin each, those that the reference does not know another.

    Attributes:
        side: The column of the reference.
        edges: Between bins of numbers: each holds what is less than its upper edge.
        words: With a bin of their own.
        counts: Rows of the reference, ``[bins]``, as many as its summary is worth.
        ordered: How many bins, from the first on, lie in order.
        names: Of the bins.
    """

    side: Side
    edges: Floats
    words: tuple[str, ...]
    counts: Floats
    ordered: int
    names: tuple[str, ...]

    @property
    def presence(self) -> bool:
        """Whether only rows with a value and without are told apart."""
        return len(self.counts) == 2

    def count(self, feature: FeatureStatistics) -> Floats | None:
        """The rows of another column in these bins, ``[bins]``; ``None`` if it holds something else."""
        reference, side = aligned(self.side, side_of(feature))
        if not comparable(reference, side):
            return None
        if self.presence:
            return np.array([side.rows - side.missing, side.missing])
        return _counted(side, self.edges, self.words, self.side.words)

    def places(self, values: npt.NDArray[np.generic]) -> Ints:
        """The bin of each row, ``[rows]``.

        Args:
            values: As :meth:`mainspring.data.Table.column` gives them; NaN is missing, as it is there.
        """
        if self.presence:
            there = [value is not None and value == value for value in values.tolist()]
            return np.where(there, 0, 1)
        if self.ordered:
            numbers = values.astype(np.float64) if values.dtype.kind == "f" else np.full(len(values), np.nan)
            found: Ints = np.searchsorted(self.edges, numbers, side="right")
            found[np.isinf(numbers)] = self.ordered + 1
            found[np.isnan(numbers)] = self.ordered + 2
            return found
        other, new, missing = range(len(self.words), len(self.words) + 3)
        known: dict[object, int] = {} if self.side.words is None else dict.fromkeys(self.side.words.counts, other)
        known |= {word: place for place, word in enumerate(self.words)}
        known[None] = missing
        unknown = new if self.side.words is not None and self.side.words.complete else other
        return np.array([known.get(value, unknown) for value in _texts(values)], dtype=np.int64)

    def distances(self, counts: Floats) -> dict[str, tuple[float, float]]:
        """How far rows in these bins are from the reference, by the name of the distance.

        Args:
            counts: Rows, ``[bins]``.

        Returns:
            Each distance, and the same without what chance alone adds on average; none if a side has no rows.
        """
        totals = float(self.counts.sum()), float(counts.sum())
        if not all(totals):
            return {}
        p, q = self.counts / totals[0], counts / totals[1]
        effective = half_harmonic(*totals)
        chance = (np.count_nonzero(self.counts + counts) - 1) / effective
        pooled = (self.counts + counts) / sum(totals)
        spread = pooled * (1 - pooled) / effective
        found = {
            "jensen_shannon": (formulas.jensen_shannon(p.tolist(), q.tolist()), chance / (8 * math.log(2))),
            "psi": (formulas.psi(p.tolist(), q.tolist()), chance),
            "hellinger": (formulas.hellinger(p.tolist(), q.tolist()), math.sqrt(chance / 8)),
            "total_variation": (float(np.abs(p - q).sum()) / 2, float(np.sqrt(spread / (2 * math.pi)).sum())),
        }
        if not self.side.listed:
            found["missing"] = float(abs(p[-1] - q[-1])), math.sqrt(float(spread[-1]))
        if self.ordered:
            reached = np.abs(np.cumsum((p - q)[: self.ordered]))
            largest = max(float(reached.max()), float(np.abs(p - q)[self.ordered :].max()))
            found["kolmogorov_smirnov"] = largest, _SUPREMUM / math.sqrt(effective)
        elif self.side.words is not None and not self.presence:
            found["l_infinity"] = self._largest_change(counts)
        return {name: (value, without_chance(name, value, added)) for name, (value, added) in found.items()}

    def _largest_change(self, counts: Floats) -> tuple[float, float]:
        """The largest change of a word's share among rows with a word, and what chance adds to it."""
        known, there = self.counts[:-1], counts[:-1]
        if not known.sum() or not there.sum():
            return 0.0, 0.0
        gaps = np.abs(known / known.sum() - there / there.sum())
        shares = (known + there) / (known.sum() + there.sum())
        place = int(gaps.argmax())
        size = half_harmonic(float(known.sum()), float(there.sum()))
        return float(gaps[place]), math.sqrt(float(shares[place] * (1 - shares[place])) / size)


def bins_of_reference(feature: FeatureStatistics, *, presence: bool = False) -> Bins:
    """The bins of a column, from the statistics of its reference.

    Args:
        feature: The column.
        presence: Tell only rows with a value and without apart, as for points in time, which move on by
            themselves.
    """
    side = side_of(feature)
    edges: Floats = np.empty(0)
    words: tuple[str, ...] = ()
    if presence or side.missing >= side.rows or (side.points is None and side.words is None):
        counts, ordered = np.array([side.rows - side.missing, side.missing]), 0
        names: tuple[str, ...] = ("present", MISSING)
    elif side.points is not None:
        edges = _edges(side.points)
        counts, ordered = _counted(side, edges, (), None), len(edges) + 1
        names = (*_cells(edges), "NaN", "infinite", MISSING)
    else:
        known = side.words or Frequencies({})
        words = tuple(word for word, _ in known.top(_WORDS))
        counts, ordered = _counted(side, edges, words, known), 0
        names = (*words, OTHER, NEW, MISSING)
    return Bins(side=side, edges=edges, words=words, counts=counts, ordered=ordered, names=names)


def _edges(points: Points) -> Floats:
    """Deciles, each frequent number between two edges."""
    if not len(points.values):
        return np.empty(0)
    weights = np.ones(len(points.values)) if points.weights is None else points.weights
    reached = np.cumsum(weights)
    wanted = np.arange(1, _CELLS) / _CELLS * reached[-1]
    deciles = points.values[np.minimum(np.searchsorted(reached, wanted), len(reached) - 1)]
    frequent = points.values[weights >= max(_ATOM * reached[-1], 2.0)]
    found: Floats = np.unique(np.concatenate([deciles, frequent, np.nextafter(frequent, np.inf)]))
    return found


def _counted(side: Side, edges: Floats, words: tuple[str, ...], known: Frequencies | None) -> Floats:
    if side.points is not None:
        inner = _below(side.points, edges)
        outer = [side.nan, side.infinite, 0.0 if side.listed else side.missing]
        worth = side.points.effective / side.points.total if side.points.total else 1.0
    else:
        inner = _by_word(side.words or Frequencies({}), words, known or Frequencies({}))
        outer, worth = [0.0 if side.listed else side.missing], 1.0
    counts: Floats = np.concatenate([inner, outer])
    total = counts.sum()
    # Elements of one list are not drawn one by one: all of them count as much as their rows.
    if side.listed and total:
        worth *= min((side.rows - side.missing) / total, 1.0)
    return counts * worth


def _below(points: Points, edges: Floats) -> Floats:
    weights = np.ones(len(points.values)) if points.weights is None else points.weights
    reached = np.concatenate([[0.0], np.cumsum(weights)])
    below = reached[np.searchsorted(points.values, edges, side="left")]
    found: Floats = np.diff(np.concatenate([[0.0], below, [reached[-1]]]))
    return found


def _by_word(found: Frequencies, words: tuple[str, ...], known: Frequencies) -> Floats:
    counts = [float(found.counts.get(word, 0)) for word in words]
    listed = found.total - found.rest
    # A word is new only where all words of the reference are known.
    new = sum(count for word, count in found.counts.items() if word not in known.counts) if known.complete else 0
    if not found.complete:
        new = 0
    return np.array([*counts, listed - sum(counts) - new + found.rest, new])


def _texts(values: npt.NDArray[np.generic]) -> list[object]:
    # Truth values come as 0.0 and 1.0, their words are false and true.
    if values.dtype.kind == "f":
        return [None if value != value else "true" if value else "false" for value in values.tolist()]
    return list(values.tolist())


def _cells(edges: Floats) -> list[str]:
    """What lies between edges, in words: a frequent number alone lies between itself and the next one there is."""
    if not edges.size:
        return ["any"]
    found = [f"below {edges[0]:g}"]
    for place, low in enumerate(edges):
        alone = place > 0 and low == np.nextafter(edges[place - 1], np.inf)
        begin = f"above {edges[place - 1]:g}" if alone else f"{low:g}"
        if place + 1 == len(edges):
            found.append(begin if alone else f"{begin} or more")
        elif edges[place + 1] == np.nextafter(low, np.inf):
            found.append(begin)
        else:
            found.append(f"{begin}, below {edges[place + 1]:g}" if alone else f"{begin} to {edges[place + 1]:g}")
    return found
