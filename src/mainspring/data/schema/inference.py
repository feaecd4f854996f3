"""Inferring a schema from statistics, by stated rules.

1. **Type**: as read. Text of which at least 95 %, but not all, are numbers becomes INT (if those are whole) or
   FLOAT: the rest are taken for mistakes, and validation names them. So does text of which half are numbers and
   all the rest are ways to write "missing", such as ``NA``. A column without any value is OTHER: not
   known yet.
2. **Presence**: what was seen, less a margin for chance: at least 1 percentage point (5 where values were missing
   already), 5 rows, and 4 standard errors. The label must always be there.
3. **Domain**: text with at most 100 different words gets them as its domain, if words seen only once make up no
   more than 1 % of the rows (Good and Turing's estimate of what is yet unseen; more means an open vocabulary).
   5 % of other words are let pass with a warning; none in the label.
4. **NaN and infinity** are allowed where they were seen. **Ranges** are left to people.
5. **Environments**: the label is absent in SERVING.
"""

from __future__ import annotations

import math
from difflib import get_close_matches
from typing import Final

from mainspring.core.errors import InputError
from mainspring.data.celltypes import ColumnType
from mainspring.data.schema.declaration import SERVING
from mainspring.data.schema.feature import Feature
from mainspring.data.schema.schema import Schema
from mainspring.data.statistics import FeatureStatistics, Statistics, TableStatistics

MOSTLY_NUMBERS: Final = 0.95
MOST_WORDS: Final = 100
MOST_UNSEEN: Final = 0.01
DOMAIN_MASS: Final = 0.95


def infer(statistics: Statistics, *, label: str | None = None, split: str | None = None) -> Schema:
    """The schema that the data follows.

    Args:
        label: The column to be predicted.
        split: The split to infer from; ``train``, or the first, if not given.

    Raises:
        InputError: If there is no column named like the label.
    """
    chosen = split or ("train" if "train" in statistics.splits else next(iter(statistics.splits)))
    found = statistics.split(chosen)
    if label is not None and label not in found.features:
        near = get_close_matches(label, found.features, 1)
        raise InputError(
            f"there is no column {label!r} to be the label",
            expected="one of " + ", ".join(found.features),
            fix=f"use the label {near[0]!r}" if near else _header_hint(found),
        )
    features = {name: _feature(feature, is_label=name == label) for name, feature in found.features.items()}
    return Schema(features=features, label=label, min_examples=1)


def _header_hint(found: TableStatistics) -> str | None:
    """If columns are named like numbers, the first row of data was most likely taken for the names."""
    numbers = [name for name in found.features if name.strip().lstrip("-").replace(".", "", 1).isdigit()]
    if not numbers:
        return None
    return f"if {numbers[0]!r} is no name but a value, read the file with header=False and names=[…]"


def _feature(found: FeatureStatistics, *, is_label: bool) -> Feature:
    type_ = _type(found)
    domain = _domain(found, type_)
    return Feature(
        name=found.name,
        type=type_,
        presence=1.0 if is_label and found.num_missing == 0 else _presence(found),
        domain=domain,
        min_domain_mass=1.0 if domain is None or is_label else DOMAIN_MASS,
        allow_nan=found.numbers is not None and found.numbers.num_nan > 0,
        allow_inf=found.numbers is not None and found.numbers.num_inf > 0,
        absent_in=(SERVING,) if is_label else (),
    )


def _type(found: FeatureStatistics) -> ColumnType:
    if not found.num_non_missing:
        return ColumnType.OTHER
    if found.type is ColumnType.STRING and found.words is not None:
        numbers, total = found.words.num_numbers, found.num_non_missing
        if MOSTLY_NUMBERS * total <= numbers < total or found.words.marks_missing():
            return ColumnType.INT if found.words.num_whole == numbers else ColumnType.FLOAT
    return found.type


def _presence(found: FeatureStatistics) -> float:
    rows, share = found.num_examples, found.presence
    if not rows or not found.num_non_missing:
        return 0.0
    margin = max(0.05 if found.num_missing else 0.01, 5 / rows, 4 * math.sqrt(share * (1 - share) / rows))
    return math.floor(max(share - margin, 0.0) * 100 + 1e-9) / 100


def _domain(found: FeatureStatistics, type_: ColumnType) -> tuple[str, ...] | None:
    if type_ is not ColumnType.STRING or found.words is None:
        return None
    frequencies = found.words.frequencies
    if not frequencies.complete or len(frequencies.counts) > MOST_WORDS:
        return None
    once = sum(count == 1 for count in frequencies.counts.values())
    return tuple(sorted(frequencies.counts)) if once <= MOST_UNSEEN * frequencies.total else None
