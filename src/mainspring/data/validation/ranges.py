"""Whether numbers are in their range, and are numbers at all."""

from __future__ import annotations

import math
from collections.abc import Iterator

from mainspring.data.celltypes import ColumnType
from mainspring.data.schema import Feature
from mainspring.data.statistics import FeatureStatistics, Numbers, Words
from mainspring.data.validation.anomalies import Anomaly, AnomalyType
from mainspring.data.validation.findings import finding
from mainspring.data.validation.kinds import is_number


def check_numbers(feature: Feature, found: FeatureStatistics) -> Iterator[Anomaly]:
    """Numbers, or texts that are numbers, outside the range; NaN and infinities."""
    if not feature.type.is_numeric:
        return
    if found.numbers is not None:
        yield from _range(feature, found.numbers.min, found.numbers.max)
        yield from _not_finite(feature, found.numbers)
    elif found.words is not None:
        yield from _range(feature, *_ends_of_texts(feature, found.words))


def _ends_of_texts(feature: Feature, words: Words) -> tuple[float | None, float | None]:
    whole = feature.type is ColumnType.INT
    kind = int if whole else float
    numbers = [kind(word) for word in words.frequencies.counts if is_number(word, whole=whole)]
    finite = [number for number in numbers if math.isfinite(number)]
    return min(finite, default=None), max(finite, default=None)


def _range(feature: Feature, least: float | None, largest: float | None) -> Iterator[Anomaly]:
    whole = feature.type is ColumnType.INT
    if least is not None and feature.min is not None and least < feature.min:
        yield finding(
            AnomalyType.INT_TYPE_SMALL_INT if whole else AnomalyType.FLOAT_TYPE_SMALL_FLOAT,
            feature.name,
            found=f"the least value is {least:,}",
            expected=f"at least {feature.min:,}",
            edit=f"min: {least}",
            observed=least,
            limit=feature.min,
        )
    if largest is not None and feature.max is not None and largest > feature.max:
        yield finding(
            AnomalyType.INT_TYPE_BIG_INT if whole else AnomalyType.FLOAT_TYPE_BIG_FLOAT,
            feature.name,
            found=f"the largest value is {largest:,}",
            expected=f"at most {feature.max:,}",
            edit=f"max: {largest}",
            observed=largest,
            limit=feature.max,
        )


def _not_finite(feature: Feature, found: Numbers) -> Iterator[Anomaly]:
    for key, allowed, type_, count, kind in (
        ("allow_nan", feature.allow_nan, AnomalyType.FLOAT_TYPE_HAS_NAN, found.num_nan, "NaN"),
        ("allow_inf", feature.allow_inf, AnomalyType.FLOAT_TYPE_HAS_INF, found.num_inf, "infinite"),
    ):
        if count and not allowed:
            yield finding(
                type_,
                feature.name,
                found=f"{count:,} {'value is' if count == 1 else 'values are'} {kind}",
                expected="finite numbers",
                edit=f"{key}: true",
                observed=count,
                limit=0,
            )
