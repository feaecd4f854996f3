"""What is known of the data that a model was trained on, to be held against the data that it answers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from mainspring.models.signature import Signature

if TYPE_CHECKING:
    from mainspring.data.statistics import FeatureStatistics, TableStatistics

_TRAIN: Final = "train"
_CLASSES: Final = 1000


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

    def with_statistics(self, statistics: TableStatistics, *, label: str | None = None) -> Expectations:
        """The same, with what the statistics of the training data say beside it.

        Args:
            statistics: Of the rows that the model was trained on.
            label: The column that was to be predicted.
        """
        columns = dict(self.columns)
        for name, known in self.columns.items():
            found = statistics.features.get(name)
            if found is not None and found.num_examples:
                columns[name] = _with_feature(known, found)
        target = statistics.features.get(label or "")
        answers = self.answers or ({} if target is None else _shares(target))
        return replace(self, columns=columns, answers=answers)

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
    shares = {_class(name, signature.classes or ()): share for name, share in (label.get("shares") or {}).items()}
    return Expectations(columns=columns, answers=shares)


def _class(name: str, classes: Sequence[str]) -> str:
    """The class that a value of a label is: a number in a column of numbers is ``1.0``, the class ``1``."""
    if name in classes:
        return name
    try:
        return _name(float(name))
    except ValueError:
        return name


def _with_feature(known: ColumnExpectation, found: FeatureStatistics) -> ColumnExpectation:
    missing = found.num_missing / found.num_examples
    numbers = found.numbers
    if numbers is None or numbers.mean is None or not math.isfinite(numbers.mean):
        return replace(known, missing=missing)
    return replace(
        known,
        missing=missing,
        mean=numbers.mean,
        low=numbers.min if known.low is None else known.low,
        high=numbers.max if known.high is None else known.high,
    )


def _shares(label: FeatureStatistics) -> dict[str, float]:
    """The shares of the classes of a label; nothing where they are not known exactly."""
    if label.words is not None and label.words.frequencies.complete:
        counts = dict(label.words.frequencies.top(_CLASSES))
    elif label.numbers is not None and label.numbers.quantiles.exact:
        quantiles = label.numbers.quantiles
        named = zip(map(_name, quantiles.values), quantiles.weights, strict=True)
        counts = {name: int(weight) for name, weight in named}
    else:
        return {}
    total = sum(counts.values())
    return {name: count / total for name, count in counts.items()} if total else {}


def _name(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else repr(number)
