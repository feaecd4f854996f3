"""Whether lists have the depth, the number of values and the shape that the schema says."""

from __future__ import annotations

import math
from collections.abc import Iterator

from mainspring.data.schema import Feature
from mainspring.data.statistics import FeatureStatistics
from mainspring.data.validation.anomalies import Anomaly, AnomalyType
from mainspring.data.validation.findings import finding

EMBEDDING = "embedding"
"""The tag of a feature whose lists are embeddings."""


def check_lists(feature: Feature, found: FeatureStatistics) -> Iterator[Anomaly]:
    """Lists of another depth, with too few or too many values, or of another shape."""
    if feature.shape is not None:
        yield from _shape(feature, feature.shape, found)
        return
    wanted, given = len(feature.value_counts), len(found.levels)
    if wanted == given:
        yield from _counts(feature, found)
        yield from _no_values(feature, found)
        return
    yield finding(
        AnomalyType.VALUE_NESTEDNESS_MISMATCH if wanted else AnomalyType.FEATURE_TYPE_UNEXPECTED_REPEATED,
        feature.name,
        found=f"the values are {_depth(given)}",
        expected=_depth(wanted),
        edit=f"value_counts: {_as_counts(found)}",
        observed=given,
        limit=wanted,
    )


def _depth(levels: int) -> str:
    return "lists of " * levels + "single values"


def _counts(feature: Feature, found: FeatureStatistics) -> Iterator[Anomaly]:
    for place, (wanted, given) in enumerate(zip(feature.value_counts, found.levels, strict=True)):
        level = f" at level {place + 1}" if len(found.levels) > 1 else ""
        for type_, key, value, limit in (
            (AnomalyType.FEATURE_TYPE_LOW_NUMBER_VALUES, "min", given.min_values, wanted.min),
            (AnomalyType.FEATURE_TYPE_HIGH_NUMBER_VALUES, "max", given.max_values, wanted.max),
        ):
            if value is None or limit is None or (value >= limit if key == "min" else value <= limit):
                continue
            yield finding(
                type_,
                feature.name,
                found=f"the {'shortest' if key == 'min' else 'longest'} list{level} has {_values(value)}",
                expected=f"at {'least' if key == 'min' else 'most'} {_values(limit)}",
                edit=f"value_counts: {_counts_with(feature, place, key, value)}",
                observed=value,
                limit=limit,
            )


def _counts_with(feature: Feature, place: int, key: str, value: int) -> str:
    """The counts of all levels, one of them changed."""
    told = []
    for level, count in enumerate(feature.value_counts):
        ends = {"min": count.min, "max": count.max, **({key: value} if level == place else {})}
        told.append("{" + ", ".join(f"{end}: {limit}" for end, limit in ends.items() if limit is not None) + "}")
    return f"[{', '.join(told)}]"


def _values(count: int) -> str:
    return f"{count:,} value" + ("" if count == 1 else "s")


def _no_values(feature: Feature, found: FeatureStatistics) -> Iterator[Anomaly]:
    if not found.levels or found.levels[-1].total_values or not found.num_non_missing:
        return
    demanded = any(one.min for one in feature.value_counts)
    if (feature.presence > 0 or feature.min_count) and not demanded:
        yield finding(
            AnomalyType.FEATURE_TYPE_NO_VALUES,
            feature.name,
            found=f"{found.num_non_missing:,} rows have lists, and not one holds a value",
            expected="values in the lists",
            edit="presence: 0.0" if feature.presence else "min_count: 0",
            observed=0,
            limit=1,
        )


def _shape(feature: Feature, shape: tuple[int, ...], found: FeatureStatistics) -> Iterator[Anomaly]:
    levels = found.levels
    told = []
    missing = found.num_missing + sum(level.num_missing for level in levels[1:])
    if missing:
        told.append(f"{missing:,} of the lists are missing")
    ends = [(level.min_values, level.max_values) for level in levels]
    uneven = [(least, most) for least, most in ends if least != most]
    told += [f"lists have from {least} to {most} values" for least, most in uneven]
    if not uneven and found.num_non_missing:
        given = [least or 0 for least, _ in ends]
        if math.prod(given) != math.prod(shape):
            told.append(f"the shape is {given}")
    if told:
        given = [most or 0 for _, most in ends]
        embedding = EMBEDDING in feature.tags
        type_ = AnomalyType.EMBEDDING_SHAPE_INVALID if embedding else AnomalyType.INVALID_FEATURE_SHAPE
        even = not uneven and not missing
        yield finding(
            type_,
            feature.name,
            found="; ".join(told),
            expected=f"in every row a value of shape {list(shape)}",
            edit=f"shape: {given}" if even else f"value_counts: {_as_counts(found)}; leave out shape",
        )


def _as_counts(found: FeatureStatistics) -> str:
    counts = [f"{{min: {level.min_values or 0}, max: {level.max_values or 0}}}" for level in found.levels]
    return f"[{', '.join(counts)}]"
