"""Statistics as plain JSON, in the names that tools of the field use: what ``--json`` prints."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from mainspring.data.sketches import Distinct, Frequencies, Quantiles
from mainspring.data.viewing.themes import crosses_form

if TYPE_CHECKING:
    from mainspring.data.statistics import (
        FeatureStatistics,
        Histogram,
        ListLevel,
        Numbers,
        Statistics,
        TableStatistics,
        Words,
    )

TOP_VALUES: Final = 20
_SHARES: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)


def statistics_form(statistics: Statistics) -> dict[str, Any]:
    """The statistics of a data set: those of its table, or of each split under ``datasets`` if there are several.

    Every value is plain JSON: numbers, text, lists and objects; what is no number is ``None``.
    """
    if len(statistics.splits) == 1:
        return table_form(next(iter(statistics.splits.values())))
    return {"datasets": {name: table_form(split) for name, split in statistics.splits.items()}}


def table_form(table: TableStatistics) -> dict[str, Any]:
    """The statistics of one table: ``num_examples``, ``features``, and slices where there are any."""
    found: dict[str, Any] = {"num_examples": table.num_examples}
    if table.weight is not None:
        found |= {"weight": table.weight, "num_examples_weighted": table.num_examples_weighted}
    if table.label is not None:
        found["label"] = table.label
    if table.sample is not None:
        found["sample"] = plain(table.sample)
    found["features"] = [feature_form(feature) for feature in table.features.values()]
    if table.slices:
        found["slices"] = {name: table_form(part) for name, part in table.slices.items()}
    if table.composites:
        found["composites"] = plain(table.composites)
    crosses = crosses_form(table)
    if crosses:
        found["crosses"] = plain(crosses)
    return found


def feature_form(feature: FeatureStatistics) -> dict[str, Any]:
    """The statistics of one feature. What its kind does not have, such as the mean of words, is ``None``."""
    numbers, words = feature.numbers, feature.words
    found: dict[str, Any] = {
        "name": feature.name,
        "type": str(feature.type.value),
        "num_non_missing": feature.num_non_missing,
        "num_missing": feature.num_missing,
        "unique": feature.unique,
        **_numbers(numbers),
        **_words(words),
        "top_values": [{"value": value, "frequency": count} for value, count in top_values(feature, TOP_VALUES)],
    }
    if feature.times is not None:
        found["times"] = _numbers(feature.times)
    if feature.levels:
        found["levels"] = [_level(level) for level in feature.levels]
    for more in ("sizes", "weighted", "text", "images", "custom"):
        if getattr(feature, more):
            found[more] = plain(getattr(feature, more))
    form: dict[str, Any] = plain(found)
    return form


def top_values(feature: FeatureStatistics, most: int) -> list[tuple[Any, int | float]]:
    """The most frequent values with their counts; of numbers only where all of them were counted."""
    if feature.words is not None:
        return list(feature.words.frequencies.top(most))
    if feature.numbers is not None and feature.numbers.quantiles.exact:
        points = feature.numbers.quantiles
        pairs = zip(points.values, points.weights, strict=True)
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:most]
    return []


def plain(value: Any) -> Any:
    """A value as plain JSON: nouns as objects, infinities and NaN as ``None``.

    Example:
        >>> plain({"a": (1, float("nan"))})
        {'a': [1, None]}
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    if isinstance(value, bytes):
        return None  # registers of a sketch: nothing to read
    if isinstance(value, Quantiles):
        return quantiles(value)
    if isinstance(value, Frequencies):
        return [{"value": word, "frequency": count} for word, count in value.top(TOP_VALUES)]
    if isinstance(value, Distinct):
        return None
    fields = getattr(type(value), "__dataclass_fields__", None)
    if fields is not None:
        return {name: plain(getattr(value, name)) for name in fields}
    item = getattr(value, "item", None)
    return plain(item()) if callable(item) else str(value)


def _numbers(numbers: Numbers | None) -> dict[str, Any]:
    if numbers is None:
        return dict.fromkeys(("mean", "std_dev", "num_zeros", "min", "median", "max"))
    return {
        "mean": numbers.mean,
        "std_dev": numbers.std_dev,
        "num_zeros": numbers.zeros,
        "min": numbers.min,
        "median": numbers.median,
        "max": numbers.max,
        "num_nan": numbers.num_nan,
        "num_inf": numbers.num_inf,
        "quantiles": quantiles(numbers.quantiles),
        "histograms": {
            "standard": _histogram(numbers.histogram),
            "quantiles": _histogram(numbers.quantile_histogram()),
        },
    }


def quantiles(points: Quantiles) -> dict[str, float]:
    """The usual quantiles by their share; empty if there are no numbers."""
    return {f"{share:g}": points.at(share) for share in _SHARES} if points.values else {}


def _histogram(histogram: Histogram) -> list[dict[str, Any]]:
    ends = zip(histogram.edges, histogram.edges[1:], histogram.counts, strict=False)
    return [{"low": low, "high": high, "count": count} for low, high, count in ends]


def _words(words: Words | None) -> dict[str, Any]:
    if words is None:
        return {"avg_length": None}
    return {
        "avg_length": words.avg_length,
        "min_length": words.min_length,
        "max_length": words.max_length,
        "num_empty": words.num_empty,
        "num_invalid_utf8": words.num_invalid_utf8,
    }


def _level(level: ListLevel) -> dict[str, Any]:
    return {
        "num_lists": level.num_lists,
        "num_missing": level.num_missing,
        "num_empty": level.num_empty,
        "min_values": level.min_values,
        "avg_values": level.avg_values,
        "max_values": level.max_values,
        "total_values": level.total_values,
        "histogram": _histogram(level.histogram()),
    }
