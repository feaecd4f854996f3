"""What a feature holds when every row counts as much as its weight."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mainspring.core.errors import InputError
from mainspring.data.sketches import EXACT_VALUES, Quantiles
from mainspring.data.statistics.merging import merge_present
from mainspring.data.statistics.numbers import (
    BINS,
    Histogram,
    binned,
    least,
    merged_histogram,
    merged_moments,
    most,
)


@dataclass(frozen=True, slots=True)
class WeightedNumbers:
    """What a feature of numbers holds, each number counted by the weight of its row.

    Numbers of rows with weight 0 do not count at all.

    Attributes:
        weight: Sum of the weights of the finite numbers.
        num_nan: Weight of the NaNs.
        num_inf: Weight of the infinities.
        mean: Of the finite numbers; ``None`` if they have no weight.
        m2: Weighted sum of squared differences from the mean.
        min: The least finite number; ``None`` if there is none, as is ``max``.
        quantiles: The distribution, by weight.
        histogram: Weight per bin of equal width.
    """

    weight: float = 0.0
    num_nan: float = 0.0
    num_inf: float = 0.0
    mean: float | None = None
    m2: float = 0.0
    min: int | float | None = None
    max: int | float | None = None
    quantiles: Quantiles = field(default_factory=Quantiles)
    histogram: Histogram = field(default_factory=lambda: Histogram((), ()))

    @property
    def std_dev(self) -> float:
        """Weighted standard deviation of the population; NaN if there is no weight."""
        return math.sqrt(self.m2 / self.weight) if self.weight else math.nan

    @property
    def median(self) -> float:
        """The number below and above which half of the weight lies."""
        return self.quantiles.at(0.5)

    def quantile(self, share: float) -> float:
        """The least number up to which at least this share of the weight lies; NaN if there is no weight."""
        if self.min is not None and share <= 0.0:
            return self.min
        if self.max is not None and share >= 1.0:
            return self.max
        return self.quantiles.at(share)

    def quantile_histogram(self) -> Histogram:
        """Bins that hold a tenth of the weight each; fewer where a number is so heavy that deciles coincide."""
        edges = tuple(dict.fromkeys(self.quantile(place / BINS) for place in range(BINS + 1)))
        if self.min is None:
            return Histogram((), ())
        return binned(self.quantiles, edges * 2 if len(edges) == 1 else edges)

    @classmethod
    def merged(cls, parts: Sequence[WeightedNumbers]) -> WeightedNumbers:
        """Of the rows of all parts."""
        mean, m2 = merged_moments((part.weight, part.mean, part.m2) for part in parts)
        low, high = least(part.min for part in parts), most(part.max for part in parts)
        quantiles = Quantiles.merged([part.quantiles for part in parts])
        return WeightedNumbers(
            weight=math.fsum(part.weight for part in parts),
            num_nan=math.fsum(part.num_nan for part in parts),
            num_inf=math.fsum(part.num_inf for part in parts),
            mean=mean,
            m2=m2,
            min=low,
            max=high,
            quantiles=quantiles,
            histogram=merged_histogram([part.histogram for part in parts], quantiles, low, high),
        )

    def merge(self, other: WeightedNumbers) -> WeightedNumbers:
        """Of the rows of both."""
        return self.merged([self, other])


@dataclass(frozen=True, slots=True)
class WeightedWords:
    """What a feature of words holds, each word counted by the weight of its row.

    All words are listed while there are at most 1,000, beyond that the heaviest 1,000.

    Attributes:
        weights: Word to its weight, the heaviest first, then by word.
        rest: Weight of the words that are not listed.
        floor: No unlisted word weighs more than this.
        slack: How much a listed weight may be too low; 0 unless incomplete lists were merged.
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    rest: float = 0.0
    floor: float = 0.0
    slack: float = 0.0

    @property
    def total(self) -> float:
        """Weight of all words."""
        return math.fsum([*self.weights.values(), self.rest])

    @property
    def complete(self) -> bool:
        """Whether every word is listed with all its weight."""
        return not self.rest

    def top(self, number: int) -> tuple[tuple[str, float], ...]:
        """The heaviest words with their weights."""
        return tuple(itertools.islice(self.weights.items(), number))

    def rank_histogram(self) -> tuple[tuple[str, float], ...]:
        """The 1,000 heaviest words with their weights."""
        return self.top(EXACT_VALUES)

    @classmethod
    def merged(cls, parts: Sequence[WeightedWords]) -> WeightedWords:
        """Of the rows of all parts."""
        shares: dict[str, list[float]] = {}
        for part in parts:
            for word, weight in part.weights.items():
                shares.setdefault(word, []).append(weight)
        # Sums are rounded once, so that they do not depend on the order of the parts.
        sums = {word: math.fsum(found) for word, found in shares.items()}
        ranked = sorted(sums.items(), key=lambda item: (-item[1], item[0]))
        kept, dropped = ranked[:EXACT_VALUES], ranked[EXACT_VALUES:]
        floors = math.fsum(part.floor for part in parts)
        # A word may be missing from all lists but the one that keeps it lowest.
        slack = floors - min(part.floor for part in parts) + math.fsum(part.slack for part in parts)
        return WeightedWords(
            weights=dict(kept),
            rest=math.fsum([*(part.rest for part in parts), *(weight for _, weight in dropped)]),
            floor=max([floors, *(weight + slack for _, weight in dropped[:1])]),
            slack=slack,
        )

    def merge(self, other: WeightedWords) -> WeightedWords:
        """Of the rows of both."""
        return self.merged([self, other])


@dataclass(frozen=True, slots=True)
class WeightedLevel:
    """The lists of one nest level of a feature, each counted by the weight of its row.

    Attributes:
        num_lists: Weight of the lists that are there, empty ones among them.
        num_missing: Weight of the missing ones.
        num_empty: Weight of the empty ones.
        total_values: Sum over the lists of weight times number of values.
        lengths: The distribution of the number of values per list, by weight.
    """

    num_lists: float = 0.0
    num_missing: float = 0.0
    num_empty: float = 0.0
    total_values: float = 0.0
    lengths: Quantiles = field(default_factory=Quantiles)

    @property
    def avg_values(self) -> float:
        """Weighted mean number of values per list; 0 if the lists have no weight."""
        return self.total_values / self.num_lists if self.num_lists else 0.0

    @classmethod
    def merged(cls, parts: Sequence[WeightedLevel]) -> WeightedLevel:
        """Of the lists of all parts."""
        return WeightedLevel(
            num_lists=math.fsum(part.num_lists for part in parts),
            num_missing=math.fsum(part.num_missing for part in parts),
            num_empty=math.fsum(part.num_empty for part in parts),
            total_values=math.fsum(part.total_values for part in parts),
            lengths=Quantiles.merged([part.lengths for part in parts]),
        )

    def merge(self, other: WeightedLevel) -> WeightedLevel:
        """Of the lists of both."""
        return self.merged([self, other])


@dataclass(frozen=True, slots=True)
class Weighted:
    """What a feature holds, each row counted by its weight.

    Attributes:
        num_missing: Weight of the rows without a value.
        num_non_missing: Weight of the rows with one.
        numbers: For INT and FLOAT.
        words: For other types.
        levels: The lists, the outermost first; none for a plain column.
        by: The column of weights.
    """

    num_missing: float = 0.0
    num_non_missing: float = 0.0
    numbers: WeightedNumbers | None = None
    words: WeightedWords | None = None
    levels: tuple[WeightedLevel, ...] = ()
    by: str = ""

    @property
    def presence(self) -> float:
        """The share of the weight that lies on rows with a value; 1.0 if there is no weight."""
        total = self.num_missing + self.num_non_missing
        return self.num_non_missing / total if total else 1.0

    @classmethod
    def merged(cls, parts: Sequence[Weighted]) -> Weighted:
        """Of the rows of all parts.

        Raises:
            InputError: If they are weighted by different columns, or their lists nest differently.
        """
        columns = sorted({part.by for part in parts})
        depths = {len(part.levels) for part in parts}
        if len(columns) > 1 or len(depths) > 1:
            raise InputError(
                f"parts are weighted by {' and by '.join(map(repr, columns))}"
                if len(columns) > 1
                else "lists are nested to different depths",
                expected="the same weights and the same types in all parts",
            )
        return Weighted(
            num_missing=math.fsum(part.num_missing for part in parts),
            num_non_missing=math.fsum(part.num_non_missing for part in parts),
            numbers=merge_present([part.numbers for part in parts]),
            words=merge_present([part.words for part in parts]),
            levels=tuple(WeightedLevel.merged(level) for level in zip(*(part.levels for part in parts))),  # noqa: B905 - checked above
            by=parts[0].by,
        )

    def merge(self, other: Weighted) -> Weighted:
        """Of the rows of both."""
        return self.merged([self, other])
