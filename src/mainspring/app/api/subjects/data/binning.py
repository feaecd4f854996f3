"""Bins that several distributions of a column share, so that they can be laid over each other."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainspring.app.api.subjects.data.figures import Bar, cut
from mainspring.core.clock import iso
from mainspring.data.statistics.numbers import equal_width

if TYPE_CHECKING:
    from mainspring.data.statistics import FeatureStatistics, Numbers

WORDS: Final = 12
"""So many words have a bar; the others are not drawn."""
_TAIL: Final = 0.01


@dataclass(frozen=True, slots=True)
class Bins:
    """Bins.

    Attributes:
        names: What they are called: words, or the lower edges.
        edges: The edges of numbers and times; empty for words.
        values: The words as they are.
    """

    names: tuple[str, ...]
    edges: tuple[float, ...] = ()
    values: tuple[str, ...] = ()


def shared_bins(parts: Sequence[FeatureStatistics]) -> Bins:
    """Bins of equal width for numbers and times, the most frequent words for all others.

    The outermost bins hold what lies beyond them, so that a single far value does not squeeze all others.
    """
    lines = [each for part in parts for each in [part.times or part.numbers] if each is not None]
    ends = [one for one in map(_ends, lines) if one is not None]
    if ends and len(lines) == len(parts):
        edges = equal_width(min(low for low, _ in ends), max(high for _, high in ends))
        timed = any(part.times is not None for part in parts)
        return Bins(tuple(iso(edge)[:10] if timed else _short(edge) for edge in edges[:-1]), tuple(edges))
    totals: dict[str, float] = {}
    for part in parts:
        if part.words is not None and part.words.frequencies.total:
            for word, count in part.words.frequencies.top(WORDS):
                totals[word] = totals.get(word, 0.0) + count / part.words.frequencies.total
    words = sorted(totals, key=lambda word: (-totals[word], word))[:WORDS]
    return Bins(tuple(map(cut, words)), values=tuple(words))


def shares_in(part: FeatureStatistics, bins: Bins) -> list[float]:
    """The share of the values in each bin."""
    numbers = part.times or part.numbers
    if bins.edges and numbers is not None:
        counts = [0.0] * (len(bins.edges) - 1)
        for value, weight in zip(numbers.quantiles.values, numbers.quantiles.weights, strict=True):
            counts[min(max(bisect.bisect_right(bins.edges, value) - 1, 0), len(counts) - 1)] += weight
        total = sum(counts) or 1.0
        return [count / total for count in counts]
    if part.words is None or not bins.values:
        return []
    total = part.words.frequencies.total or 1
    return [part.words.frequencies.counts.get(word, 0) / total for word in bins.values]


def bars_beside(one: FeatureStatistics, other: FeatureStatistics | None) -> list[Bar]:
    """The distribution of a column, beside that of another set of rows."""
    parts = [one] if other is None else [one, other]
    bins = shared_bins(parts)
    sides = [shares_in(part, bins) for part in parts]
    beside = sides[1] if len(sides) > 1 and len(sides[1]) == len(sides[0]) else [0.0] * len(sides[0])
    ends: Sequence[tuple[float | None, float | None]] = [(None, None)] * len(bins.names)
    if bins.edges and one.times is None:
        ends = list(zip(bins.edges, bins.edges[1:], strict=False))
    return [
        Bar(name=name, one=mine, other=theirs, low=low, high=high)
        for name, mine, theirs, (low, high) in zip(bins.names, sides[0], beside, ends, strict=False)
    ]


def _ends(numbers: Numbers) -> tuple[float, float] | None:
    if numbers.min is None or numbers.max is None:
        return None
    low, high = float(numbers.min), float(numbers.max)
    inner = numbers.quantile(_TAIL), numbers.quantile(1 - _TAIL)
    middle = inner[1] - inner[0]
    if math.isfinite(middle) and middle > 0:
        low, high = max(low, inner[0] - middle), min(high, inner[1] + middle)
    return low, high


def _short(value: float) -> str:
    return f"{value:,.4g}" if abs(value) < 1e6 else f"{value:.4g}"
