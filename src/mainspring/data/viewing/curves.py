"""Distributions small enough for a page: how many rows lie below each of a few dozen values.

From such a curve the page draws any histogram, by equal width, by quantiles or on a log scale, over any bins that
two data sets share. Where a feature has few different numbers the curve is the distribution itself; else what
lies between two points is interpolated, except at the edges of the histogram that was counted.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mainspring.data.sketches import Quantiles
    from mainspring.data.statistics import Histogram, Numbers


@dataclass(frozen=True, slots=True)
class Curve:
    """A distribution of numbers.

    Attributes:
        values: Numbers, ascending. In a curve that is not discrete a number occurs twice where many rows hold it.
        rows: Discrete: the rows that hold each. Else: the rows below each.
        discrete: Which of the two.
    """

    values: tuple[float, ...]
    rows: tuple[float, ...]
    discrete: bool


def curve(numbers: Numbers, *, points: int) -> Curve:
    """The distribution of the finite numbers in at most about this many points."""
    found = numbers.quantiles
    if found.exact and len(found.values) <= points:
        return Curve(_short(found.values), tuple(found.weights), discrete=True)
    values, rows = _thinned(*_steps(found, numbers), points=points)
    values, rows = _through(values, rows, numbers.histogram)
    return Curve(_short(values), tuple(float(f"{row:.6g}") for row in rows), discrete=False)


def non_uniformity(counts: Sequence[float]) -> float:
    """How far counts are from being equal: 0 if they are, 1 if one bin holds all (1 minus relative entropy).

    Example:
        >>> non_uniformity([1, 1]), non_uniformity([4, 0])
        (0.0, 1.0)
    """
    total = math.fsum(counts)
    if not total or len(counts) < 2:
        return 0.0
    entropy = -math.fsum(count / total * math.log(count / total) for count in counts if count > 0)
    return min(max(1.0 - entropy / math.log(len(counts)), 0.0), 1.0)


def _steps(found: Quantiles, numbers: Numbers) -> tuple[list[float], list[float]]:
    """Points of the distribution function: two where a value is more than one step of the summary."""
    usual = min(found.weights) * 1.5
    values: list[float] = []
    rows: list[float] = []
    reached = list(itertools.accumulate(found.weights))
    for value, weight, after in zip(found.values, found.weights, reached, strict=True):
        marks = (after - weight, after) if weight > usual else (after - weight / 2,)
        for mark in marks:
            values.append(value)
            rows.append(mark)
    if numbers.min is not None and numbers.max is not None:
        low, high = numbers.min, numbers.max
        values, rows = [low, *values, high], [0.0, *rows, reached[-1]]
    return values, rows


def _thinned(values: list[float], rows: list[float], *, points: int) -> tuple[list[float], list[float]]:
    """Points at even ranks and at even values, closer in both tails; the highest jumps; both ends."""
    last = len(values) - 1
    if last < points:
        return values, rows
    even = max((points - 18) // 3, 4)
    kept = {0, last}
    for place in range(even + 1):
        kept.add(min(bisect.bisect_left(rows, rows[-1] * place / even), last))
        wanted = values[0] + (values[-1] / even - values[0] / even) * place
        found = min(bisect.bisect_left(values, wanted), last)
        kept |= {found, max(found - 1, 0)}
    for power in range(3, 12):
        for share in (0.5**power, 1 - 0.5**power):
            kept.add(min(bisect.bisect_left(rows, rows[-1] * share), last))
    jumps = [place for place in range(last) if values[place] == values[place + 1]]
    for place in sorted(jumps, key=lambda place: rows[place] - rows[place + 1])[:even]:
        kept |= {place, place + 1}
    order = sorted(kept)
    return [values[place] for place in order], [rows[place] for place in order]


def _through(values: list[float], rows: list[float], counted: Histogram) -> tuple[list[float], list[float]]:
    """The curve led through the edges of a histogram, where the rows below are known and not estimated."""
    if not counted.exact or len(counted.edges) < 3 or not rows:
        return values, rows
    below = list(itertools.accumulate(counted.counts, initial=0))
    unit = rows[-1] / below[-1] if below[-1] else 1.0
    edges = counted.edges
    held = []
    for value, row in zip(values, rows, strict=True):
        bin_ = min(max(bisect.bisect_right(edges, value) - 1, 0), len(edges) - 2)
        held.append((value, min(max(row, below[bin_] * unit), below[bin_ + 1] * unit)))
    held += [(edges[place], below[place] * unit) for place in range(1, len(edges) - 1)]
    held.sort()
    return [value for value, _ in held], list(itertools.accumulate((row for _, row in held), max))


def _short(values: Sequence[float]) -> tuple[float, ...]:
    """Numbers with as many digits as a drawing can show."""
    if not values:
        return ()
    largest = max(abs(values[0]), abs(values[-1]))
    span = values[-1] - values[0]
    more = math.ceil(math.log10(largest / span)) if 0 < span < largest else 0
    digits = min(5 + max(more, 0), 17)
    return tuple(value if isinstance(value, int) else float(f"{value:.{digits}g}") for value in values)
