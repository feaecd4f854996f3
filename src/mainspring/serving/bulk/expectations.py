"""What is known of the data that a model was trained on, to be held against the data that it answers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from mainspring.models.signature import Signature

if TYPE_CHECKING:
    from mainspring.data.statistics import TableStatistics

_TRAIN: Final = "train"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnExpectation:
    """What a column held in training. What is not known is ``None``.

    Attributes:
        words: The categories that there were.
        low: The least number.
        high: The largest number.
        missing: The share of rows without a value.
        mean: The mean of its numbers.
    """

    words: tuple[str, ...] | None = None
    low: float | None = None
    high: float | None = None
    missing: float | None = None
    mean: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """What training data held.

    Attributes:
        columns: By the name of each column of the model.
        answers: The share of every class in the label.
    """

    columns: Mapping[str, ColumnExpectation] = field(default_factory=dict)
    answers: Mapping[str, float] = field(default_factory=dict)

    def column(self, name: str) -> ColumnExpectation:
        """What a column held; one of which nothing is known if there is none of that name."""
        return self.columns.get(name, ColumnExpectation())

    def with_statistics(self, statistics: TableStatistics) -> Expectations:
        """The same, with what the statistics of the training data say beside it."""
        columns = dict(self.columns)
        for name, known in self.columns.items():
            found = statistics.features.get(name)
            if found is None or not found.num_examples:
                continue
            mean = None if found.numbers is None else found.numbers.mean
            columns[name] = replace(
                known,
                missing=found.num_missing / found.num_examples,
                mean=None if mean is None or not math.isfinite(mean) else mean,
            )
        return replace(self, columns=columns)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Expectations:
        """The inverse of :meth:`as_dict`."""
        columns = {
            name: ColumnExpectation(**{**one, "words": None if one["words"] is None else tuple(one["words"])})
            for name, one in value["columns"].items()
        }
        return cls(columns=columns, answers=value["answers"])


def expectations_of(signature: Signature, details: Mapping[str, Any]) -> Expectations:
    """What a package tells of its training data.

    Args:
        signature: Its signature, with the categories of columns.
        details: How it was made.
    """
    ranges: Mapping[str, Any] = details.get("ranges") or {}
    columns = {}
    for one in signature.inputs:
        low, high = ranges.get(one.name, (None, None))
        columns[one.name] = ColumnExpectation(words=one.domain, low=low, high=high)
    datasets = details.get("datasets") or []
    label = next((one.get("label") for one in datasets if one.get("name") == _TRAIN), None) or {}
    return Expectations(columns=columns, answers=dict(label.get("shares") or {}))
