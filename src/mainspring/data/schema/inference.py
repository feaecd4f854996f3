"""Inferring a schema from statistics, by stated rules.

1. **Type**: as read. Text of which at least 95 %, but not all, are numbers becomes INT (if those are whole) or
   FLOAT: the rest are taken for mistakes, and validation names them. So does text of which half are numbers and
   all the rest are ways to write "missing", such as ``NA``. A column without any value is OTHER: not
   known yet.
2. **Presence**: what was seen, less a margin for chance: at least 1 percentage point (5 where values were missing
   already), 5 rows, and 4 standard errors. The label must always be there.
3. **Lists**: each level may have any number of values from the least to the largest that was seen. With
   ``shapes=True``, lists that were always there and always of the same length get a fixed ``shape``.
4. **Flags**: at least 100 whole numbers of which both 0 and 1, and no other, were seen; or as many texts of
   exactly two different words that are a known pair, such as ``yes`` and ``no``, ``Y`` and ``N``. A column of ones
   alone is no flag, nor is a column of zeros. Text in the label keeps a domain: its words are classes.
5. **Domain**: text with at most 100 different words gets them as its domain, if words seen only once make up no
   more than 1 % of the rows (Good and Turing's estimate of what is yet unseen; more means an open vocabulary).
   5 % of other words are let pass with a warning; none in the label. Flags have no domain.
6. **Times, images, language**: what :func:`mainspring.data.profiling.recognition.recognise` told, if it is given,
   or the generator ``recognition`` found.
7. **Identifiers**: text or whole numbers that are all different in at least 1,000 rows get the tag
   ``identifier``. With ``unique=True`` there must always be at least as many different ones, less 1 %: for data
   that comes in parts of one size.
8. **NaN and infinity** are allowed where they were seen.
9. **Ranges** are left to people. With ``ranges=True`` numbers get the range that was seen, wider at both ends by
   half of its width; no end passes 0, whole numbers stay whole.
10. **Categories**: with ``categories=n``, whole numbers with at most n different values, each seen 5 times on
    average, are called categorical.
11. **Environments**: the label is absent in SERVING. **Drift** and **skew** of all columns are limited to 0.1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from mainspring.core.errors import InputError
from mainspring.data.celltypes import ColumnType
from mainspring.data.schema.constraints import DriftLimits, Range, ValueCount
from mainspring.data.schema.declaration import SERVING
from mainspring.data.schema.domains import BoolDomain, ImageDomain, LanguageDomain, TimeDomain
from mainspring.data.schema.feature import Feature
from mainspring.data.schema.schema import Schema
from mainspring.data.statistics import FeatureStatistics, Statistics, TableStatistics
from mainspring.data.statistics.recognition import Kind, Recognition, recognitions

if TYPE_CHECKING:
    from mainspring.data.examples import Examples
    from mainspring.data.tables import Table

MOSTLY_NUMBERS: Final = 0.95
MOST_WORDS: Final = 100
MOST_UNSEEN: Final = 0.01
DOMAIN_MASS: Final = 0.95
LEAST_IDENTIFIERS: Final = 1000
IDENTIFIER_SHARE: Final = 0.99
IDENTIFIER: Final = "identifier"
"""The tag of columns whose values are all different."""
LEAST_FLAGS: Final = 100
PAIRS: Final = (
    ("true", "false"),
    ("t", "f"),
    ("yes", "no"),
    ("y", "n"),
    ("on", "off"),
    ("set", "clear"),
    ("1", "0"),
)
"""Words for true and false, in any letter case."""


def infer(
    statistics: Statistics | Examples | Mapping[str, Table] | Table,
    *,
    label: str | None = None,
    split: str | None = None,
    ranges: bool = False,
    shapes: bool = False,
    unique: bool = False,
    categories: int = 0,
    recognised: Mapping[str, Recognition] | None = None,
) -> Schema:
    """The schema that the data follows.

    Args:
        statistics: Of the data, or the data itself.
        label: The column to be predicted.
        split: The split to infer from; ``train``, or the first, if not given.
        ranges: Whether numbers get a range, with a margin.
        shapes: Whether lists of one fixed length get a shape.
        unique: Whether identifiers must stay different.
        categories: Whole numbers with at most so many different values are categories.
        recognised: What the values of a feature are, by
            :func:`mainspring.data.profiling.recognition.recognise`: times, images, language; if not given, what
            the generator ``recognition`` found for the statistics, if it was at work.

    Raises:
        InputError: If there is no column named like the label.

    Example:
        >>> from mainspring.data import Table, summarize
        >>> infer(summarize(Table.from_columns({"paid": [0, 1] * 50}))).features["paid"].bool_domain
        BoolDomain(true_value=None, false_value=None)
    """
    from mainspring.data.profiling import described

    found = chosen_split(described(statistics), split)
    if label is not None and label not in found.features:
        near = get_close_matches(label, found.features, 1)
        raise InputError(
            f"there is no column {label!r} to be the label",
            expected="one of " + ", ".join(found.features),
            fix=f"use the label {near[0]!r}" if near else _header_hint(found),
        )
    told = recognitions(found) if recognised is None else recognised
    features = {
        name: infer_feature(
            feature,
            is_label=name == label,
            ranges=ranges,
            shapes=shapes,
            unique=unique,
            categories=categories,
            recognised=told.get(name),
        )
        for name, feature in found.features.items()
    }
    return Schema(features=features, label=label, min_examples=1, skew=DriftLimits(0.1, 0.1))


def chosen_split(statistics: Statistics, split: str | None) -> TableStatistics:
    """The split to infer from: the one named, else ``train``, else the first."""
    return statistics.split(split or ("train" if "train" in statistics.splits else next(iter(statistics.splits))))


def _header_hint(found: TableStatistics) -> str | None:
    """If columns are named like numbers, the first row of data was most likely taken for the names."""
    numbers = [name for name in found.features if name.strip().lstrip("-").replace(".", "", 1).isdigit()]
    if not numbers:
        return None
    return f"if {numbers[0]!r} is no name but a value, read the file with header=False and names=[…]"


def infer_feature(
    found: FeatureStatistics,
    *,
    is_label: bool = False,
    ranges: bool = False,
    shapes: bool = False,
    unique: bool = False,
    categories: int = 0,
    recognised: Recognition | None = None,
) -> Feature:
    """What one column should look like; the options are those of :func:`infer`."""
    type_ = _type(found)
    feature = Feature(
        name=found.name,
        type=type_,
        presence=1.0 if is_label and found.num_missing == 0 else _presence(found),
        bool_domain=None if is_label and type_ is ColumnType.STRING else _flag(found, type_),
        allow_nan=found.numbers is not None and found.numbers.num_nan > 0,
        allow_inf=found.numbers is not None and found.numbers.num_inf > 0,
        absent_in=(SERVING,) if is_label else (),
    )
    feature = _listed(feature, found, shapes=shapes)
    if feature.bool_domain is None:
        feature = _meaning(feature, recognised)
        domain = _domain(found, feature)
        mass = 1.0 if domain is None or is_label else DOMAIN_MASS
        feature = replace(feature, domain=domain, min_domain_mass=mass)
        if not is_label and _is_identifier(found, type_):
            least = Range(min=math.floor(found.num_values * IDENTIFIER_SHARE))
            feature = replace(feature, tags=(IDENTIFIER,), unique=least if unique else None)
        feature = _range(feature, found) if ranges else feature
        feature = replace(feature, categorical=_is_categorical(found, type_, categories))
    return feature


def _type(found: FeatureStatistics) -> ColumnType:
    if not found.num_values:
        return ColumnType.OTHER
    if found.type is ColumnType.STRING and found.words is not None:
        numbers, total = found.words.num_numbers, found.words.frequencies.total
        if MOSTLY_NUMBERS * total <= numbers < total or found.words.marks_missing():
            return ColumnType.INT if found.words.num_whole == numbers else ColumnType.FLOAT
    return found.type


def _presence(found: FeatureStatistics) -> float:
    rows, share = found.num_examples, found.presence
    if not rows or not found.num_non_missing or (found.levels and not found.num_values):
        return 0.0
    margin = max(0.05 if found.num_missing else 0.01, 5 / rows, 4 * math.sqrt(share * (1 - share) / rows))
    return math.floor(max(share - margin, 0.0) * 100 + 1e-9) / 100


def _flag(found: FeatureStatistics, type_: ColumnType) -> BoolDomain | None:
    if found.num_values < LEAST_FLAGS:
        return None
    if type_ is ColumnType.INT and found.numbers is not None:
        numbers = found.numbers
        return BoolDomain() if (numbers.min, numbers.max, numbers.unique) == (0, 1, 2) else None
    if type_ is not ColumnType.STRING or found.words is None:
        return None
    words = found.words.frequencies
    if not words.complete or len(words.counts) != 2:
        return None
    by_name = {word.lower(): word for word in words.counts}
    for true, false in PAIRS:
        if by_name.keys() == {true, false}:
            return BoolDomain(by_name[true], by_name[false])
    return None


def _listed(feature: Feature, found: FeatureStatistics, *, shapes: bool) -> Feature:
    if not found.levels:
        return feature
    fixed = all(level.min_values == level.max_values for level in found.levels)
    gaps = found.num_missing + sum(level.num_missing for level in found.levels[1:])
    if shapes and fixed and not gaps and found.num_values:
        return replace(feature, shape=tuple(level.max_values or 0 for level in found.levels))
    counts = tuple(ValueCount(level.min_values, level.max_values) for level in found.levels)
    return replace(feature, value_counts=counts)


def _meaning(feature: Feature, recognised: Recognition | None) -> Feature:
    if recognised is None:
        return feature
    type_ = feature.type
    if recognised.kind is Kind.TIME and recognised.format and type_ is ColumnType.STRING:
        of_day = not any(part in recognised.format for part in ("%Y", "%y", "%d"))
        return replace(feature, time=TimeDomain(recognised.format, of_day=of_day))
    if recognised.kind is Kind.TIME and recognised.unit and type_ is ColumnType.INT:
        return replace(feature, time=TimeDomain(unit=f"UNIX_{recognised.unit.upper()}"))
    if recognised.kind is Kind.IMAGE and type_ in {ColumnType.BYTES, ColumnType.STRING}:
        return replace(feature, image=ImageDomain(math.floor(recognised.share * 100) / 100))
    if recognised.kind is Kind.LANGUAGE and type_ is ColumnType.STRING:
        return replace(feature, language=LanguageDomain())
    return feature


def _domain(found: FeatureStatistics, feature: Feature) -> tuple[str, ...] | None:
    meant = (feature.time, feature.image, feature.language)
    if feature.type is not ColumnType.STRING or found.words is None or any(one is not None for one in meant):
        return None
    frequencies = found.words.frequencies
    if not frequencies.complete or len(frequencies.counts) > MOST_WORDS:
        return None
    once = sum(count == 1 for count in frequencies.counts.values())
    return tuple(sorted(frequencies.counts)) if once <= MOST_UNSEEN * frequencies.total else None


def _is_identifier(found: FeatureStatistics, type_: ColumnType) -> bool:
    plain = type_ in {ColumnType.STRING, ColumnType.INT} and type_ is found.type and not found.levels
    return plain and found.num_values >= LEAST_IDENTIFIERS and found.unique == found.num_values


def _range(feature: Feature, found: FeatureStatistics) -> Feature:
    numbers = found.numbers
    if not feature.type.is_numeric or numbers is None or numbers.min is None or numbers.max is None:
        return feature
    least, most = numbers.min, numbers.max
    margin = (most / 2 - least / 2) or abs(most) / 2
    low = 0 if least == 0 else max(least - margin, 0) if least > 0 else least - margin
    high = 0 if most == 0 else min(most + margin, 0) if most < 0 else most + margin
    if not (math.isfinite(low) and math.isfinite(high)):
        return feature
    if feature.type is ColumnType.INT:
        low, high = math.floor(low), math.ceil(high)
    return replace(feature, min=low, max=high)


def _is_categorical(found: FeatureStatistics, type_: ColumnType, most: int) -> bool:
    if type_ is not ColumnType.INT or found.numbers is None:
        return False
    return 0 < found.numbers.unique <= most and found.numbers.count >= 5 * found.numbers.unique
