"""Mergeable summaries of the values of a column: quantiles, frequent values, how many are different.

Each keeps everything exactly while there are at most 1,000 different values, and a bounded summary beyond.
Merging two summaries of parts gives the summary of the whole: the same one while it is exact, one within the
stated bound after.
"""

from __future__ import annotations

import bisect
import functools
import hashlib
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    import numpy as np

EXACT_VALUES: Final = 1000
"""Up to this many different values are kept with their exact counts."""
POINTS: Final = 500
"""How many points stand for a distribution with more different values."""
_REGISTERS: Final = 4096
_HASH_BITS: Final = 60
_INDEX_BITS: Final = 12


@dataclass(frozen=True, slots=True)
class Quantiles:
    """A distribution of finite numbers as weighted points in ascending order.

    Exact while there are at most 1,000 different numbers. Beyond, 500 points of equal weight stand for it: a
    rank is off by at most 0.1 % of the rows, and by about 0.1 % times the square root of the number of merges
    after merging (systematic resampling with an offset that depends on the content alone, so that errors do not
    add up one way).

    Attributes:
        values: Different numbers, ascending.
        weights: How many rows each stands for.
        exact: Whether values and weights are the distribution itself.
    """

    values: tuple[int | float, ...] = ()
    weights: tuple[int | float, ...] = ()
    exact: bool = True

    @classmethod
    def of_sorted(cls, values: np.ndarray) -> Self:
        """The summary of finite numbers in ascending order."""
        import numpy as np

        if not len(values):
            return cls()
        starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
        if len(starts) <= EXACT_VALUES:
            counts = np.diff(np.append(starts, len(values)))
            return cls(tuple(values[starts].tolist()), tuple(counts.tolist()))
        middles = ((np.arange(POINTS) + 0.5) * (len(values) / POINTS)).astype(np.int64)
        return cls(*_collapsed(values[middles].tolist(), itertools.repeat(len(values) / POINTS)), exact=False)

    @property
    def total(self) -> float:
        """How many rows it stands for."""
        return math.fsum(self.weights)

    @classmethod
    def merged(cls, parts: Sequence[Quantiles]) -> Quantiles:
        """The summary of the rows of all parts."""
        pairs = sorted(pair for part in parts for pair in zip(part.values, part.weights, strict=True))
        values, weights = _collapsed([value for value, _ in pairs], (weight for _, weight in pairs))
        exact = all(part.exact for part in parts)
        if len(values) <= (EXACT_VALUES if exact else POINTS):
            return Quantiles(values, weights, exact)
        return Quantiles(*_resampled(values, weights), exact=False)

    def merge(self, other: Quantiles) -> Quantiles:
        """The summary of the rows of both."""
        return self.merged([self, other])

    def at(self, share: float) -> float:
        """The quantile: the least number that is not less than this share of the rows.

        Where the share falls exactly between two numbers it is their mean (definition 2 of Hyndman and Fan,
        1996), so that ``at(0.5)`` is the usual median. NaN if there are no rows.
        """
        if not self.values:
            return math.nan
        reached = list(itertools.accumulate(self.weights))
        wanted = share * reached[-1]
        # Weights are whole numbers or halves of a percent of a row; closer than this is the same rank.
        place = bisect.bisect_left(reached, wanted - 1e-9 * reached[-1])
        place = min(place, len(self.values) - 1)
        between = abs(reached[place] - wanted) <= 1e-9 * reached[-1] and 0.0 < share < 1.0
        if between and place + 1 < len(self.values):
            return (self.values[place] + self.values[place + 1]) / 2
        return self.values[place]

    def mass_below(self, bound: float) -> float:
        """How many rows hold a number less than ``bound``."""
        return math.fsum(self.weights[: bisect.bisect_left(self.values, bound)])


def _collapsed(values: Sequence[float], weights: Iterable[float]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    kept: list[float] = []
    sums: list[float] = []
    for value, weight in zip(values, weights, strict=False):
        if kept and kept[-1] == value:
            sums[-1] += weight
        else:
            kept.append(value)
            sums.append(weight)
    return tuple(kept), tuple(sums)


def _resampled(values: Sequence[float], weights: Sequence[float]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    reached = list(itertools.accumulate(weights))
    step = reached[-1] / POINTS
    seed = hashlib.md5(repr((values[0], values[-1], reached[-1], len(values))).encode(), usedforsecurity=False)
    offset = int(seed.hexdigest()[:8], 16) / 2**32
    picked = [
        values[min(bisect.bisect_left(reached, (place + offset) * step), len(values) - 1)]
        for place in range(POINTS)
    ]
    return _collapsed(picked, itertools.repeat(step))


@dataclass(frozen=True, slots=True)
class Frequencies:
    """How often each word occurs: all words while there are at most 1,000, beyond that the most frequent 1,000.

    Attributes:
        counts: Word to the number of rows, most frequent first, then by word.
        rest: Rows with a word that is not listed.
        floor: No unlisted word occurs more often than this, and no listed one more than its count plus ``slack``.
        slack: How much a listed count may be too low; 0 unless incomplete lists were merged.
    """

    counts: Mapping[str, int]
    rest: int = 0
    floor: int = 0
    slack: int = 0

    @property
    def complete(self) -> bool:
        """Whether every word is listed with its exact count."""
        return self.rest == 0

    @property
    def total(self) -> int:
        """How many rows hold a word."""
        return sum(self.counts.values()) + self.rest

    def top(self, number: int) -> tuple[tuple[str, int], ...]:
        """The most frequent words with their counts."""
        return tuple(itertools.islice(self.counts.items(), number))

    @classmethod
    def merged(cls, parts: Sequence[Frequencies]) -> Frequencies:
        """The frequencies in the rows of all parts."""
        sums: dict[str, int] = {}
        bound: dict[str, int] = {}
        for part in parts:
            surplus = part.slack - part.floor
            for word, count in part.counts.items():
                sums[word] = sums.get(word, 0) + count
                if surplus:
                    bound[word] = bound.get(word, 0) + surplus
        ranked = sorted(sums.items(), key=lambda item: (-item[1], item[0]))
        kept, dropped = ranked[:EXACT_VALUES], ranked[EXACT_VALUES:]
        floor = sum(part.floor for part in parts)
        # A word that a part does not list may still occur there, up to that part's floor.
        slack = max((floor + bound.get(word, 0) for word in sums), default=0)
        floor = max([floor, *(count + slack for _, count in dropped[:1])])
        rest = sum(part.rest for part in parts) + sum(count for _, count in dropped)
        return Frequencies(dict(kept), rest, floor, slack)

    def merge(self, other: Frequencies) -> Frequencies:
        """The frequencies in the rows of both."""
        return self.merged([self, other])


@dataclass(frozen=True, slots=True)
class Distinct:
    """How many values are different: a HyperLogLog of 4,096 registers, standard error 1.6 %.

    Merging takes the larger of each pair of registers, so that merged parts equal the whole exactly. The estimate
    is Ertl's ("New cardinality estimation algorithms for HyperLogLog sketches", 2017, algorithm 6), without bias
    over the whole range.
    """

    registers: bytes

    @classmethod
    def of_hashes(cls, hashes: np.ndarray) -> Self:
        """From 60-bit hashes."""
        import numpy as np

        found = np.zeros(_REGISTERS, dtype=np.uint8)
        rest_bits = _HASH_BITS - _INDEX_BITS
        index = (hashes >> rest_bits).astype(np.int64)
        rest = (hashes & ((1 << rest_bits) - 1)).astype(np.float64)
        # frexp gives the number of bits of a whole number below 2**53 exactly.
        rank = rest_bits + 1 - np.frexp(rest)[1]
        np.maximum.at(found, index, rank.astype(np.uint8))
        return cls(found.tobytes())

    @classmethod
    def of_words(cls, words: Iterable[str]) -> Self:
        """From the words themselves."""
        import numpy as np

        return cls.of_hashes(np.array([hash_word(word) for word in words], dtype=np.int64))

    @classmethod
    def of_numbers(cls, numbers: Sequence[float] | np.ndarray) -> Self:
        """From numbers."""
        return cls.of_hashes(hash_numbers(numbers))

    @classmethod
    def merged(cls, parts: Sequence[Distinct]) -> Distinct:
        """Of the values of all parts."""
        import numpy as np

        found = np.frombuffer(parts[0].registers, dtype=np.uint8)
        for part in parts[1:]:
            found = np.maximum(found, np.frombuffer(part.registers, dtype=np.uint8))
        return Distinct(found.tobytes())

    def merge(self, other: Distinct) -> Distinct:
        """Of the values of both."""
        return self.merged([self, other])

    def estimate(self) -> int:
        """About how many values are different."""
        limit = _HASH_BITS - _INDEX_BITS
        histogram = [0] * (limit + 2)
        for register in self.registers:
            histogram[register] += 1
        found = _REGISTERS * _tau(1.0 - histogram[limit + 1] / _REGISTERS)
        for rank in range(limit, 0, -1):
            found = 0.5 * (found + histogram[rank])
        found += _REGISTERS * _sigma(histogram[0] / _REGISTERS)
        return round(_REGISTERS**2 / (2 * math.log(2)) / found) if math.isfinite(found) else 0


def hash_word(word: str) -> int:
    """The first 60 bits of a word's MD5, the same as in the engine's SQL."""
    return int(hashlib.md5(word.encode(), usedforsecurity=False).hexdigest()[:15], 16)


def hash_numbers(numbers: Sequence[float] | np.ndarray) -> np.ndarray:
    """60-bit hashes of numbers as float64 (the finalizer of SplitMix64)."""
    import numpy as np

    # Adding 0.0 makes one of the two zeros.
    bits = (np.asarray(numbers, dtype=np.float64) + 0.0).view(np.uint64)
    with np.errstate(over="ignore"):
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (bits ^ (bits >> np.uint64(31))) >> np.uint64(64 - _HASH_BITS)


@functools.cache
def _sigma(x: float) -> float:
    if x == 1.0:
        return math.inf
    power, found = 1.0, x
    while True:
        x *= x
        before = found
        found += x * power
        power += power
        if found == before:
            return found


@functools.cache
def _tau(x: float) -> float:
    if x in {0.0, 1.0}:
        return 0.0
    power, found = 1.0, 1.0 - x
    while True:
        x = math.sqrt(x)
        before = found
        power *= 0.5
        found -= (1.0 - x) ** 2 * power
        if found == before:
            return found / 3.0
