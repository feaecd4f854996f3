"""Mergeable summaries of the values of a column: quantiles, frequent values, how many are different.

Each keeps everything exactly while there are at most 1,000 different values, and a bounded summary beyond.
Merging two summaries of parts gives the summary of the whole: the same one while it is exact, one within the
stated bound after.
"""

from __future__ import annotations

import array
import bisect
import functools
import hashlib
import heapq
import itertools
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    import numpy as np

EXACT_VALUES: Final = 1000
"""Up to this many different values are kept with their exact counts."""
HASHED: Final = 256
"""From more different values than this on, their number is sketched too, so that merging need not look at them."""
POINTS: Final = 500
"""How many points stand for a distribution with more different values."""
_MOST_POINTS: Final = 100_000
_LONGEST_STRIDE: Final = 20
_STEP: Final = 7
_LEAST_LISTED: Final = 100
_REGISTERS: Final = 4096
_HASH_BITS: Final = 60
_INDEX_BITS: Final = 12


@dataclass(frozen=True, slots=True)
class Quantiles:
    """A distribution of finite numbers as weighted points in ascending order.

    Exact while there are at most 1,000 different numbers. Beyond, 500 points of equal weight stand for it: a
    rank is off by at most 0.1 % of the rows. Merging any number of summaries in one go adds at most 0.2 %; merging
    one after the other adds about 0.1 % times the square root of the number of merges (systematic resampling with
    an offset that depends on the content alone, so that errors do not add up one way).

    Attributes:
        values: Different numbers, ascending.
        weights: How many rows each stands for.
        exact: Whether values and weights are the distribution itself.
    """

    values: tuple[int | float, ...] = ()
    weights: tuple[int | float, ...] = ()
    exact: bool = True

    @classmethod
    def of_sorted(cls, values: np.ndarray, *, rows: int | None = None) -> Self:
        """The summary of finite numbers in ascending order.

        Args:
            rows: How many rows they are a sample of; the summary is then never exact.
        """
        import numpy as np

        if not len(values):
            return cls()
        starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
        counts = np.diff(np.append(starts, len(values)))
        return cls.of_counts(values[starts], counts, rows=rows)

    @classmethod
    def of_counts(cls, values: np.ndarray, counts: np.ndarray, *, rows: int | None = None) -> Self:
        """The summary of different finite numbers in ascending order, with how often each occurs."""
        import numpy as np

        if not len(values):
            return cls()
        if len(values) <= EXACT_VALUES and rows is None:
            return cls(tuple(values.tolist()), tuple(counts.tolist()))
        reached = np.cumsum(counts)
        middles = ((np.arange(POINTS) + 0.5) * (int(reached[-1]) / POINTS)).astype(np.int64)
        picked = values[np.searchsorted(reached, middles, side="right")]
        each = (int(reached[-1]) if rows is None else rows) / POINTS
        return cls(*_collapsed(picked.tolist(), itertools.repeat(each)), exact=False)

    @property
    def total(self) -> float:
        """How many rows it stands for."""
        return math.fsum(self.weights)

    @classmethod
    def merged(cls, parts: Sequence[Quantiles]) -> Quantiles:
        """The summary of the rows of all parts."""
        import numpy as np

        held = [part for part in parts if part.values]
        exact = all(part.exact for part in held)
        if not held:
            return cls()
        if not exact:
            held = _thinned(held)
        values = np.concatenate([_as_array(part.values) for part in held])
        weights = np.concatenate([_as_array(part.weights) for part in held])
        if weights.min() == weights.max():
            values = np.sort(values)
        else:
            order = np.argsort(values)
            values, weights = values[order], weights[order]
        starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
        if exact and len(starts) <= EXACT_VALUES:
            return cls(tuple(values[starts].tolist()), tuple(np.add.reduceat(weights, starts).tolist()))
        if len(starts) <= POINTS:
            values, weights = values[starts], np.add.reduceat(weights, starts)
            return cls(tuple(values.tolist()), tuple(weights.tolist()), exact=False)
        return cls(*_resampled(values, weights), exact=False)

    def _every(self, stride: int, *, start: int) -> Quantiles:
        """Every so manieth point of points that weigh the same, with the weight of all."""
        values = self.values[start::stride]
        return Quantiles(values, (POINTS * self.weights[0] / len(values),) * len(values), exact=False)

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


def _as_array(numbers: Sequence[float]) -> np.ndarray:
    import numpy as np

    if type(numbers[0]) is not float:
        found = np.array(numbers)
        return found if found.dtype.kind in "if" else found.astype(np.float64)
    if numbers[0] == numbers[-1] and numbers.count(numbers[0]) == len(numbers):
        return np.full(len(numbers), numbers[0])
    return np.frombuffer(array.array("d", numbers))


def _thinned(parts: list[Quantiles]) -> list[Quantiles]:
    """Fewer points of each part, where there are very many parts.

    A part then says its rank less exactly by a few tenths of a percent, one up and the next down, so that hundreds
    of parts together lose nothing that counts.
    """
    stride = min(sum(len(part.values) for part in parts) // _MOST_POINTS, _LONGEST_STRIDE)
    if stride < 2:
        return parts
    return [
        part._every(stride, start=place * _STEP % stride)
        if len(part.values) == POINTS and not part.exact
        else part
        for place, part in enumerate(parts)
    ]


def _resampled(values: np.ndarray, weights: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    import numpy as np

    reached = np.cumsum(weights)
    total = float(reached[-1])
    step = total / POINTS
    seed = hashlib.md5(
        repr((float(values[0]), float(values[-1]), total, len(values))).encode(), usedforsecurity=False
    )
    offset = int(seed.hexdigest()[:8], 16) / 2**32
    wanted = (np.arange(POINTS) + offset) * step
    places = np.minimum(np.searchsorted(reached, wanted, side="left"), len(values) - 1)
    return _collapsed(values[places].tolist(), itertools.repeat(step))


@dataclass(frozen=True, slots=True)
class Frequencies:
    """How often each word occurs: all words while there are at most 1,000, beyond that the most frequent ones.

    Then a word is listed if fewer than 1,000 others occur as often or more often. Words as frequent as each
    other at the end of the list say little: of these only as many stand there as make the list 100 words long.

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

    @classmethod
    def of_counts(
        cls, counts: Mapping[str, int], *, total: int | None = None, floor: int = 0, most: int = EXACT_VALUES
    ) -> Self:
        """The most frequent of some words.

        Args:
            counts: Words with their rows, the most frequent ones at least.
            total: Rows with a word, if there are more words than these.
            floor: No other word occurs more often than this.
            most: How many words to list.
        """
        kept, cut = _most_frequent(counts, most)
        rest = (sum(counts.values()) if total is None else total) - sum(kept.values())
        return cls(kept, rest, max(floor, cut) if rest else 0)

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
        sums: Counter[str] = Counter()
        known = sums.get
        for part in parts:
            if next(iter(part.counts.values()), 0) == 1:
                # The most frequent word occurs once, so all do.
                sums.update(part.counts.keys())
            else:
                for word, count in part.counts.items():
                    sums[word] = known(word, 0) + count
        kept, cut = _most_frequent(sums, EXACT_VALUES)
        # At least one part lists a listed word; in each other part it may occur up to that part's floor.
        unseen = [max(part.floor, part.slack) for part in parts]
        slack = sum(unseen) - min(most - part.slack for most, part in zip(unseen, parts, strict=True))
        floor = max(sum(part.floor for part in parts), cut + slack if cut else 0)
        rest = sum(part.rest for part in parts) + sums.total() - sum(kept.values())
        return cls(kept, rest, floor if rest else 0, slack)

    def merge(self, other: Frequencies) -> Frequencies:
        """The frequencies in the rows of both."""
        return self.merged([self, other])


def _most_frequent(counts: Mapping[str, int], most: int) -> tuple[dict[str, int], int]:
    """The words to list, and how often the most frequent of the others occurs."""
    import numpy as np

    cut = 0
    chosen = list(counts.items())
    if len(chosen) > most:
        place = len(chosen) - most - 1
        cut = int(np.partition(np.fromiter(counts.values(), dtype=np.int64, count=len(chosen)), place)[place])
        more = [item for item in chosen if item[1] > cut]
        if len(more) < _LEAST_LISTED:
            ties = (word for word, count in chosen if count == cut)
            more += [(word, cut) for word in heapq.nsmallest(_LEAST_LISTED - len(more), ties)]
        chosen = more
    return dict(sorted(chosen, key=lambda item: (-item[1], item[0]))), cut


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
        # The exponent of a float is the number of bits of a whole number below 2**53.
        rank = np.minimum(rest_bits + 1023 - (rest.view(np.int64) >> 52), rest_bits + 1)
        np.maximum.at(found, index, rank.astype(np.uint8))
        return cls(found.tobytes())

    @classmethod
    def of_digests(cls, digests: np.ndarray) -> Self:
        """From the first eight bytes of the words' MD5, as whole numbers whose first byte is the lowest."""
        return cls.of_hashes((digests.byteswap() >> (64 - _HASH_BITS)).astype("int64"))

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
