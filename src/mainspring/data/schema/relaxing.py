"""Relaxing one feature to what was observed: each key by its own rule, as validation reads it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from mainspring.data.celltypes import ColumnType
from mainspring.data.schema.constraints import Range, ValueCount
from mainspring.data.schema.feature import Feature
from mainspring.data.statistics import FeatureStatistics, Numbers, Words

_NUMBER: Final = re.compile(r"\s*[+-]?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_WHOLE: Final = re.compile(r"\s*[+-]?(0|[1-9]\d*)\s*", re.ASCII)
_WORDED: Final = (ColumnType.STRING, ColumnType.BYTES)


def relax(feature: Feature, found: Sequence[FeatureStatistics], most_words: int, notes: list[str]) -> Feature:
    """The feature, as little wider as is needed for all of the statistics to pass.

    Args:
        most_words: The largest domain that words are added to.
        notes: Takes a sentence for what no edit can accept.
    """
    for one in found:
        feature = _presence(feature, one)
    filled = [one for one in found if one.num_non_missing]
    if feature.type is ColumnType.OTHER or not filled:
        return feature
    feature = _lists(feature, filled)
    valued = [one for one in filled if one.num_values]
    if feature.type is not ColumnType.OTHER:
        feature = _typed(feature, valued)
    if feature.type is ColumnType.OTHER:
        return feature
    for one in valued:
        if not _is_flag(feature):
            feature = _numbers(feature, one)
        feature = _words(feature, one, most_words, notes)
        feature = _unique(feature, one)
        feature = _times(feature, one)
        feature = _images(feature, one)
    return feature


def floor(share: float) -> float:
    """A share cut after four digits."""
    return math.floor(share * 10_000) / 10_000


def _presence(feature: Feature, found: FeatureStatistics) -> Feature:
    if not found.num_examples:
        return feature
    count = feature.min_count
    if count is not None and found.num_non_missing < count:
        feature = replace(feature, min_count=found.num_non_missing or None)
    if found.presence < feature.presence:
        feature = replace(feature, presence=floor(found.presence) if found.num_non_missing else 0.0)
    return feature


def _lists(feature: Feature, found: Sequence[FeatureStatistics]) -> Feature:
    depth = len(found[0].levels)
    if any(len(one.levels) != depth for one in found):
        # Lists in one split and single values in another: nothing can be said that holds for both.
        return replace(_retyped(feature, ColumnType.OTHER), shape=None, value_counts=())
    if feature.shape is not None and not all(_fits_shape(feature.shape, one) for one in found):
        counts = tuple(ValueCount(None, None) for _ in range(depth))
        feature = replace(feature, shape=None, value_counts=_widened(counts, found, fresh=True))
    elif feature.shape is None and any(len(one.levels) != len(feature.value_counts) for one in found):
        counts = tuple(ValueCount(None, None) for _ in range(depth))
        feature = replace(feature, value_counts=_widened(counts, found, fresh=True))
    elif feature.value_counts:
        feature = replace(feature, value_counts=_widened(feature.value_counts, found, fresh=False))
    demanded = any(count.min for count in feature.value_counts)
    empty = any(one.levels and not one.levels[-1].total_values for one in found)
    if empty and feature.shape is None and not demanded and (feature.presence or feature.min_count):
        feature = replace(feature, presence=0.0, min_count=None)
    return feature


def _fits_shape(shape: tuple[int, ...], found: FeatureStatistics) -> bool:
    even = all(level.min_values == level.max_values for level in found.levels)
    missing = found.num_missing + sum(level.num_missing for level in found.levels[1:])
    return even and not missing and math.prod(level.min_values or 0 for level in found.levels) == math.prod(shape)


def _widened(
    counts: tuple[ValueCount, ...], found: Sequence[FeatureStatistics], *, fresh: bool
) -> tuple[ValueCount, ...]:
    widened = []
    for place, count in enumerate(counts):
        levels = [one.levels[place] for one in found if place < len(one.levels)]
        least = min((level.min_values for level in levels if level.min_values is not None), default=None)
        most = max((level.max_values for level in levels if level.max_values is not None), default=None)
        if fresh:
            widened.append(ValueCount(least, most))
        else:
            widened.append(ValueCount(_lower(count.min, least), _higher(count.max, most)))
    return tuple(widened)


def _lower(limit: int | None, observed: int | None) -> int | None:
    return limit if limit is None or observed is None else min(limit, observed)


def _higher(limit: int | None, observed: int | None) -> int | None:
    return limit if limit is None or observed is None else max(limit, observed)


def _is_flag(feature: Feature) -> bool:
    return feature.type is ColumnType.BOOL or feature.bool_domain is not None


def _typed(feature: Feature, found: Sequence[FeatureStatistics]) -> Feature:
    """The feature with the narrowest type that takes all of the values; OTHER if there is none."""
    if _is_flag(feature):
        if all(_fits_flag(feature, one) for one in found):
            return feature
        feature = replace(feature, bool_domain=None)
    wanted = [feature.type, ColumnType.FLOAT, ColumnType.STRING, *(one.type for one in found)]
    for type_ in wanted:
        if type_ is ColumnType.FLOAT and feature.type is ColumnType.STRING:
            continue
        if all(_fits_type(type_, one) for one in found):
            return feature if type_ is feature.type else _retyped(feature, type_)
    return _retyped(feature, ColumnType.OTHER)


def _retyped(feature: Feature, type_: ColumnType) -> Feature:
    changed = replace(feature, type=type_, time=None, language=None, image=None, bool_domain=None)
    if not type_.is_numeric:
        changed = replace(changed, min=None, max=None, categorical=False)
    if type_ is not ColumnType.STRING:
        changed = replace(changed, domain=None)
    return changed if type_ in _WORDED else replace(changed, length=None)


def _fits_flag(feature: Feature, found: FeatureStatistics) -> bool:
    if found.type is ColumnType.BOOL:
        return feature.type is ColumnType.BOOL
    if feature.bool_domain is None:
        return False
    if found.numbers is not None and found.type.is_numeric:
        words = feature.bool_domain.values(numeric=True)
        if not all(_NUMBER.fullmatch(word) for word in words):
            return False
        low, high = sorted(map(float, words))
        return _fits_two(feature, found, found.numbers, low, high)
    if found.words is None or found.type is not ColumnType.STRING:
        return False
    known = {*feature.bool_domain.values(numeric=False)}
    return found.words.frequencies.counts.keys() <= known and not found.words.frequencies.rest


def _fits_two(feature: Feature, found: FeatureStatistics, numbers: Numbers, low: float, high: float) -> bool:
    if found.type is ColumnType.INT or feature.type is ColumnType.INT:
        return numbers.min is None or numbers.max is None or (numbers.min >= low and numbers.max <= high)
    return {*numbers.quantiles.values} <= {low, high} and not numbers.num_nan and not numbers.num_inf


def _fits_type(type_: ColumnType, found: FeatureStatistics) -> bool:
    given = found.type
    if type_ is given or (type_ is ColumnType.FLOAT and given is ColumnType.INT):
        return True
    if found.numbers is not None and type_ in {ColumnType.INT, ColumnType.STRING}:
        numbers = found.numbers
        return numbers.whole == numbers.count and not numbers.num_nan and not numbers.num_inf
    if found.words is not None and given is ColumnType.STRING and type_.is_numeric:
        right = found.words.num_whole if type_ is ColumnType.INT else found.words.num_numbers
        return right == found.words.frequencies.total
    return False


def _numbers(feature: Feature, found: FeatureStatistics) -> Feature:
    if not feature.type.is_numeric:
        return feature
    if found.numbers is not None:
        least, most = found.numbers.min, found.numbers.max
        if found.numbers.num_nan and not feature.allow_nan:
            feature = replace(feature, allow_nan=True)
        if found.numbers.num_inf and not feature.allow_inf:
            feature = replace(feature, allow_inf=True)
    else:
        least, most = _ends(found.words, whole=feature.type is ColumnType.INT)
    if least is not None and feature.min is not None and least < feature.min:
        feature = replace(feature, min=least)
    if most is not None and feature.max is not None and most > feature.max:
        feature = replace(feature, max=most)
    return feature


def _ends(words: Words | None, *, whole: bool) -> tuple[int | float | None, int | float | None]:
    counts = words.frequencies.counts if words is not None else {}
    texts = [word for word in counts if (_WHOLE if whole else _NUMBER).fullmatch(word)]
    numbers: list[int | float] = [int(word) if whole else float(word) for word in texts]
    finite = [number for number in numbers if math.isfinite(number)]
    return min(finite, default=None), max(finite, default=None)


def _frequencies(found: FeatureStatistics) -> tuple[dict[str, int], bool]:
    """The words with their counts, and whether these are all."""
    if found.numbers is not None:
        points = found.numbers.quantiles
        words: dict[str, int] = {}
        for value, count in zip(points.values, points.weights, strict=True):
            word = str(int(value)) if float(value).is_integer() else str(value)
            words[word] = words.get(word, 0) + round(count)
        return words, points.exact
    if found.words is not None:
        return dict(found.words.frequencies.counts), not found.words.frequencies.rest
    return {}, True


def _words(feature: Feature, found: FeatureStatistics, most_words: int, notes: list[str]) -> Feature:
    words, complete = _frequencies(found)
    if feature.domain is not None:
        strange = sorted(words.keys() - set(feature.domain))
        grown = (*feature.domain, *strange)
        if not complete or (strange and len(grown) > most_words):
            feature = replace(feature, domain=None, min_domain_mass=1.0)
        elif strange:
            feature = replace(feature, domain=grown)
    if found.words is not None and found.words.num_invalid_utf8 and feature.type is not ColumnType.BYTES:
        notes.append(f"{feature.name} holds text that is not UTF-8, which no edit of the schema accepts")
    if feature.length is not None:
        least, most = _lengths(found, words)
        lengths = Range(
            feature.length.min if feature.length.min is None or least is None else min(feature.length.min, least),
            feature.length.max if feature.length.max is None or most is None else max(feature.length.max, most),
        )
        feature = replace(feature, length=lengths)
    return feature


def _lengths(found: FeatureStatistics, words: dict[str, int]) -> tuple[int | None, int | None]:
    if found.sizes is not None:
        return found.sizes.min, found.sizes.max
    if found.words is not None:
        return found.words.min_length, found.words.max_length
    return min(map(len, words), default=None), max(map(len, words), default=None)


def _unique(feature: Feature, found: FeatureStatistics) -> Feature:
    if feature.unique is None:
        return feature
    if found.numbers is None and found.words is None and found.times is None:
        return replace(feature, unique=None)
    least, most = feature.unique.min, feature.unique.max
    wide = Range(
        least if least is None else min(least, found.unique), most if most is None else max(most, found.unique)
    )
    return replace(feature, unique=wide)


def _times(feature: Feature, found: FeatureStatistics) -> Feature:
    form = feature.time.format if feature.time is not None else None
    if form is None or found.words is None or found.type is not ColumnType.STRING:
        return feature
    from mainspring.data import engine

    words = list(found.words.frequencies.counts)
    query = "SELECT count(*) FROM (SELECT unnest($words) AS v) WHERE TRY_STRPTIME(v, $form) IS NULL"
    strange = engine.fetch(query, {"words": words, "form": form})[0][0] if words else 0
    return replace(feature, time=None) if strange else feature


def _images(feature: Feature, found: FeatureStatistics) -> Feature:
    image = feature.image
    if image is None:
        return feature
    share, largest = image.min_supported_fraction, image.max_bytes
    if share is not None and found.images is not None and found.images.num_values:
        share = share if found.images.supported_fraction >= share else floor(found.images.supported_fraction)
    seen = found.images.max_bytes if found.images is not None else found.sizes.max if found.sizes else None
    if largest is not None and seen is not None:
        largest = max(largest, seen)
    return replace(feature, image=replace(image, min_supported_fraction=share, max_bytes=largest))
