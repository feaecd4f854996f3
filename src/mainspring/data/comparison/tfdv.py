"""The distances that TensorFlow Data Validation would give, for limits that were set there.

They are not what to judge new data by. Histograms of ten equal bins between least and largest value move with
one outlier, numbers are spread evenly inside bins, and the buckets of infinities and NaN never agree, not even
with themselves: Chicago's ``trip_miles``, rows 1 to 10,000 against the rest, are 0.76 apart by these rules,
while their deciles are 0.01 apart. The rules are those of ``anomalies/metrics.cc`` and of the histograms in
``utils/quantiles_util.py`` of that project.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from mainspring.data.comparison.formulas import jensen_shannon

if TYPE_CHECKING:
    from mainspring.data.statistics import FeatureStatistics, Numbers

BUCKETS: Final = 10
_KNOTS: Final = 1_000


class Source(StrEnum):
    """Which of the two histograms of numbers is compared."""

    STANDARD = "STANDARD"
    """Ten buckets of equal width, their counts interpolated between quantiles. The default there."""
    QUANTILES = "QUANTILES"
    """Ten buckets between the deciles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TfdvDistances:
    """How far apart two columns are by TensorFlow Data Validation's rules.

    Attributes:
        l_infinity: The largest difference of a word's share; 0 for numbers.
        at: The word with the largest difference; the last in the order of the text where several are.
        normalized_absolute_difference: The largest difference of a word's count over all counts; 0 for numbers.
        jensen_shannon: Divergence in bits: of the words' counts, or of the standard histograms of numbers.
        jensen_shannon_quantiles: Of the quantiles histograms; ``None`` for words.
    """

    l_infinity: float
    at: str
    normalized_absolute_difference: float
    jensen_shannon: float | None
    jensen_shannon_quantiles: float | None = None


def tfdv_distances(one: FeatureStatistics, other: FeatureStatistics) -> TfdvDistances | None:
    """The compatible distances; ``None`` if one side holds numbers and the other words, or one has neither.

    Words are compared by their rank histograms: the 1,000 most frequent of each side, normalised by themselves.
    A side without any value has no divergence.
    """
    if one.numbers is not None and other.numbers is not None:
        return TfdvDistances(
            l_infinity=0.0,
            at="",
            normalized_absolute_difference=0.0,
            jensen_shannon=of_numbers(one.numbers, other.numbers, Source.STANDARD),
            jensen_shannon_quantiles=of_numbers(one.numbers, other.numbers, Source.QUANTILES),
        )
    if one.words is None or other.words is None:
        return None
    ours, theirs = dict(one.words.rank_histogram()), dict(other.words.rank_histogram())
    totals = sum(ours.values()), sum(theirs.values())
    words = sorted({*ours, *theirs})
    pairs = [(ours.get(word, 0), theirs.get(word, 0)) for word in words]
    shares = [(a / (totals[0] or 1), b / (totals[1] or 1)) for a, b in pairs]
    gap, at = max(((abs(p - q), word) for (p, q), word in zip(shares, words, strict=True)), default=(0.0, ""))
    return TfdvDistances(
        l_infinity=gap,
        at=at,
        normalized_absolute_difference=max((abs(a - b) for a, b in pairs), default=0) / (sum(totals) or 1),
        jensen_shannon=jensen_shannon([p for p, _ in shares], [q for _, q in shares]) if all(totals) else None,
    )


def of_numbers(one: Numbers, other: Numbers, source: Source) -> float | None:
    """Jensen-Shannon divergence in bits of two histograms; ``None`` if a side has no values at all."""
    make = standard_buckets if source is Source.STANDARD else quantiles_buckets
    return histogram_divergence(
        make(one), make(other), infinite=(one.num_inf, other.num_inf), nan=(one.num_nan, other.num_nan)
    )


def histogram_divergence(
    one: Sequence[Bucket],
    other: Sequence[Bucket],
    *,
    infinite: tuple[float, float] = (0, 0),
    nan: tuple[float, float] = (0, 0),
) -> float | None:
    """Divergence of two lists of buckets over the union of their edges, mass spread evenly inside each.

    Buckets without width are point masses. Infinite values and NaN of one side agree with nothing of the other.
    """
    edges = sorted({edge for low, high, _ in (*one, *other) if low != high for edge in (low, high)})
    pairs = list(zip(_spread(one, edges), _spread(other, edges), strict=True))
    points = _point_masses(one), _point_masses(other)
    pairs += [(points[0].get(value, 0.0), points[1].get(value, 0.0)) for value in sorted({*points[0], *points[1]})]
    for ours, theirs in (infinite, nan):
        pairs += [(float(ours), 0.0), (0.0, float(theirs))]
    totals = math.fsum(a for a, _ in pairs), math.fsum(b for _, b in pairs)
    if not all(totals):
        return None
    return jensen_shannon([a / totals[0] for a, _ in pairs], [b / totals[1] for _, b in pairs])


Bucket = tuple[float, float, float]
"""Lower edge, upper edge, count."""


def standard_buckets(numbers: Numbers) -> list[Bucket]:
    """Ten buckets of equal width whose counts are interpolated between a thousand quantiles, as fractions."""
    if numbers.min is None or numbers.max is None:
        return []
    low, high = float(numbers.min), float(numbers.max)
    if low == high:
        return [(low, high, float(numbers.count))]
    knots = [numbers.quantile(place / _KNOTS) for place in range(_KNOTS + 1)]
    edges = [low + (high / BUCKETS - low / BUCKETS) * place for place in range(BUCKETS)] + [high]
    reached = [_interpolated(knots, edge) * numbers.count for edge in edges]
    reached[0], reached[-1] = 0.0, float(numbers.count)
    ends, counts = itertools.pairwise(edges), itertools.pairwise(reached)
    return [(*between, after - before) for between, (before, after) in zip(ends, counts, strict=True)]


def quantiles_buckets(numbers: Numbers) -> list[Bucket]:
    """Ten buckets between the deciles, each with the values above its lower edge and up to its upper one."""
    deciles = numbers.deciles()
    reached = [0.0, *(numbers.quantiles.mass_below(math.nextafter(edge, math.inf)) for edge in deciles[1:])]
    ends, counts = itertools.pairwise(deciles), itertools.pairwise(reached)
    return [
        (float(low), float(high), after - before)
        for (low, high), (before, after) in zip(ends, counts, strict=False)
    ]


def _interpolated(knots: Sequence[float], value: float) -> float:
    """The share of the values up to one, evenly spread between knots."""
    place = bisect_right(knots, value)
    if place in {0, len(knots)}:
        return float(place > 0)
    low, high = knots[place - 1], knots[place]
    return (place - 1 + (value - low) / (high - low)) / (len(knots) - 1)


def _spread(buckets: Sequence[Bucket], edges: Sequence[float]) -> Iterator[float]:
    """The mass of buckets with a width, between each two edges. Every edge of a bucket is among them."""
    wide = [bucket for bucket in buckets if bucket[0] != bucket[1]]
    for low, high in itertools.pairwise(edges):
        yield math.fsum(
            count * ((high - low) / (end - start)) for start, end, count in wide if start <= low and high <= end
        )


def _point_masses(buckets: Sequence[Bucket]) -> Mapping[float, float]:
    found: dict[float, float] = {}
    for low, high, count in buckets:
        if low == high:
            found[low] = found.get(low, 0.0) + count
    return found
