"""Out of the domain: values that training did not know, or that a schema does not allow."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from mainspring.data.celltypes import ColumnType
from mainspring.data.profiling.paths import escaped
from mainspring.data.schema import Schema
from mainspring.data.statistics.features import FeatureStatistics
from mainspring.data.statistics.table import TableStatistics

MOST_WORDS: Final = 100
"""A column with more different words has an open vocabulary: new ones are to be expected."""

_FLAGS: Final = {"true": 1.0, "false": 0.0}


class Allowed(msgspec.Struct, frozen=True, kw_only=True):
    """What a column may hold.

    Attributes:
        name: Of the column.
        low: The least number.
        high: The largest number.
        words: All words or flags; ``None`` for any.
        missing: Whether values may be missing.
    """

    name: str
    low: float = -math.inf
    high: float = math.inf
    words: frozenset[Any] | None = None
    missing: bool = True

    def outside(self, values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Which values may not be there, ``[rows]``."""
        listed = values.reshape(-1)
        if listed.dtype != object:
            absent = np.isnan(listed)
            if self.words is None:
                odd = (listed < self.low) | (listed > self.high)
            else:
                odd = ~absent & ~np.isin(listed, list(self.words))
            return odd if self.missing else odd | absent
        known, missing = self.words, self.missing
        found = (
            not missing if value is None else known is not None and value not in known for value in listed.tolist()
        )
        return np.fromiter(found, np.bool_, count=len(listed))


class Domain:
    """Counts the values of a row that are out of the domain. Safe for threads.

    Args:
        allowed: What each column may hold.

    Attributes:
        columns: Their names.
    """

    def __init__(self, allowed: Iterable[Allowed]) -> None:
        self._allowed = tuple(allowed)
        self.columns = tuple(one.name for one in self._allowed)

    def outside(self, columns: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.bool_]:
        """Which values are out of the domain, ``[rows, columns]``."""
        return np.stack([one.outside(columns[one.name]) for one in self._allowed], axis=1)

    def blame(self, columns: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.float64]:
        """1 for each value that is out of the domain, ``[rows, columns]``."""
        return self.outside(columns).astype(np.float64)

    def scores(self, columns: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.float64]:
        """How many values of each row are, ``[rows]``."""
        found: npt.NDArray[np.float64] = self.outside(columns).sum(axis=1).astype(np.float64)
        return found


def domain_of(statistics: TableStatistics, schema: Schema | None, names: Iterable[str]) -> Domain:
    """What columns may hold: as the schema says; where it says nothing, what was seen in training.

    Args:
        statistics: Of the rows of training.
        schema: What rows should look like.
        names: The columns to choose from.
    """
    found = (_allowed(statistics.features[name], schema) for name in names if name in statistics.features)
    return Domain([one for one in found if one is not None])


def _allowed(feature: FeatureStatistics, schema: Schema | None) -> Allowed | None:
    if feature.levels or feature.type == ColumnType.BYTES:
        return None
    features = {} if schema is None else schema.features
    wanted = features.get(feature.name) or features.get(escaped(feature.name))
    numbers, words = feature.numbers, feature.words
    missing = feature.num_missing > 0 or (numbers is not None and numbers.num_nan > 0)
    if numbers is not None:
        low, high = (None, None) if wanted is None else (wanted.min, wanted.max)
        return Allowed(
            name=feature.name,
            low=_bound(low if low is not None else numbers.min, -math.inf),
            high=_bound(high if high is not None else numbers.max, math.inf),
            missing=missing,
        )
    domain = None if wanted is None else wanted.domain
    if domain is not None:
        return Allowed(name=feature.name, words=frozenset(domain), missing=missing)
    if words is None or feature.times is not None or words.unique > MOST_WORDS or not words.frequencies.complete:
        return None if missing else Allowed(name=feature.name, missing=False)
    seen = dict(words.rank_histogram())
    flags = feature.type == ColumnType.BOOL
    return Allowed(
        name=feature.name, words=frozenset(_FLAGS[word] if flags else word for word in seen), missing=missing
    )


def _bound(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else float(value)
