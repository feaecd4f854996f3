"""Why a schema says what it says: for each key, the figures of the data and the rule of inference behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mainspring.data.celltypes import ColumnType
from mainspring.data.schema.declaration import Declaration
from mainspring.data.schema.feature import Feature
from mainspring.data.schema.inference import DOMAIN_MASS, IDENTIFIER, chosen_split, infer_feature
from mainspring.data.schema.plain import plain, said
from mainspring.data.statistics import FeatureStatistics, Statistics


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a key says what it says.

    Attributes:
        path: The feature; empty for the whole schema.
        key: The key.
        value: What it says, as a plain value.
        why: The reason, as a sentence.
    """

    path: str
    key: str
    value: Any
    why: str

    def __str__(self) -> str:
        where = f"{self.path}.{self.key}" if self.path else self.key
        return f"{where} = {self.value}: {self.why}"


def explain(schema: Declaration, statistics: Statistics, *, split: str | None = None) -> tuple[Explanation, ...]:
    """Why every key of a schema says what it says.

    A key that the rules of inference would not give was set by people, and is called so.

    Args:
        statistics: What the schema was inferred from.
        split: The split it was inferred from; ``train``, or the first, if not given.

    Example:
        >>> from mainspring.data import Table, infer, summarize
        >>> statistics = summarize(Table.from_columns({"age": [7, 8, 9]}))
        >>> for one in explain(infer(statistics), statistics)[-2:]:
        ...     print(one)
        age.type = INT: all 3 values are whole numbers
        age.presence = 0: all 3 rows have a value; less a margin for chance
    """
    found = chosen_split(statistics, split)
    told = list(_whole(schema))
    for name, feature in schema.features.items():
        if name in found.features:
            told += _feature(schema, feature, found.features[name])
        else:
            why = f"set by people: there is no {name!r} in the data"
            told += [Explanation(name, key, value, why) for key, value in _keys(feature).items()]
    return tuple(told)


def _keys(feature: Feature) -> dict[str, Any]:
    keys = {"presence": feature.presence, **said(feature)}
    return {key: keys[key] for key in ("type", *keys) if key != "name"}


def _whole(schema: Declaration) -> Iterator[Explanation]:
    whys = {
        "label": "named as the column to be predicted",
        "min_examples": "data without a row is a mistake",
        "drift": "an effect that matters; noise is told from it by a test",
        "skew": "an effect that matters; noise is told from it by a test",
    }
    for key, why in whys.items():
        value = getattr(schema, key)
        if value is not None and value != type(value)():
            yield Explanation("", key, plain(value), why)


def _feature(schema: Declaration, feature: Feature, found: FeatureStatistics) -> Iterator[Explanation]:
    is_label = feature.name == schema.label
    usual = infer_feature(
        found,
        is_label=is_label,
        ranges=feature.min is not None or feature.max is not None,
        shapes=feature.shape is not None,
        unique=feature.unique is not None,
        categories=found.unique if feature.categorical else 0,
    )
    for key, value in _keys(feature).items():
        if getattr(usual, key) == getattr(feature, key):
            why = _WHY[key](found, usual) if key in _WHY else "as the rules of inference have it"
        elif key in {"time", "image", "language"}:
            why = "the values were recognised as such, or people said so"
        else:
            why = f"set by people; the rules of inference would say {plain(getattr(usual, key))}"
        if is_label and key == "presence" and usual.presence == feature.presence == 1.0:
            why = "it is the label, which must always be there"
        yield Explanation(feature.name, key, value, why)


def _type(found: FeatureStatistics, usual: Feature) -> str:
    if usual.type is ColumnType.OTHER:
        return "no value was seen yet, so nothing is known"
    if usual.type is not found.type and found.words is not None:
        total, numbers = found.words.frequencies.total, found.words.num_numbers
        rest = "ways to write that it is missing" if found.words.marks_missing() else "taken for mistakes"
        return f"{numbers:,} of {total:,} texts are numbers; the others are {rest}"
    kinds = {ColumnType.INT: "whole numbers", ColumnType.FLOAT: "numbers", ColumnType.STRING: "text"}
    return f"all {found.num_values:,} values are {kinds.get(found.type, f'of type {found.type}')}"


def _presence(found: FeatureStatistics, usual: Feature) -> str:
    if not found.num_non_missing:
        return "no row has a value"
    share = "all" if not found.num_missing else f"{found.num_non_missing:,} of"
    return f"{share} {found.num_examples:,} rows have a value; less a margin for chance"


def _lists(found: FeatureStatistics, usual: Feature) -> str:
    ends = [f"from {level.min_values} to {level.max_values}" for level in found.levels]
    return f"lists had {', inside '.join(ends)} values"


def _domain(found: FeatureStatistics, usual: Feature) -> str:
    counts = found.words.frequencies.counts if found.words is not None else {}
    once = sum(count == 1 for count in counts.values())
    return f"{len(counts):,} different words in {found.num_values:,} values, {once:,} of them seen only once"


def _mass(found: FeatureStatistics, usual: Feature) -> str:
    return f"new words come; up to {1 - DOMAIN_MASS:.0%} of the values may be others, with a warning"


def _flag(found: FeatureStatistics, usual: Feature) -> str:
    if found.numbers is not None:
        return f"all {found.num_values:,} numbers are 0 or 1, and both were seen"
    words = " and ".join(repr(word) for word in (found.words.frequencies.counts if found.words else ()))
    return f"all {found.num_values:,} texts are {words}"


def _end(found: FeatureStatistics, usual: Feature) -> str:
    ends = (found.numbers.min, found.numbers.max) if found.numbers is not None else ("?", "?")
    return f"numbers from {ends[0]} to {ends[1]} were seen; wider by half of that, and not past 0"


def _not_finite(found: FeatureStatistics, usual: Feature) -> str:
    numbers = found.numbers
    return f"{numbers.num_nan:,} NaN and {numbers.num_inf:,} infinities were seen" if numbers is not None else ""


def _unique(found: FeatureStatistics, usual: Feature) -> str:
    return f"all {found.num_values:,} values are different"


def _absent(found: FeatureStatistics, usual: Feature) -> str:
    return "it is the label, which is not known where predictions are asked for"


def _categorical(found: FeatureStatistics, usual: Feature) -> str:
    return f"{found.num_values:,} values, and only {found.unique:,} different ones"


def _tags(found: FeatureStatistics, usual: Feature) -> str:
    return _unique(found, usual) if IDENTIFIER in usual.tags else "as the rules of inference have it"


_WHY: Final[Mapping[str, Callable[[FeatureStatistics, Feature], str]]] = {
    "type": _type,
    "presence": _presence,
    "value_counts": _lists,
    "shape": _lists,
    "domain": _domain,
    "min_domain_mass": _mass,
    "bool_domain": _flag,
    "min": _end,
    "max": _end,
    "allow_nan": _not_finite,
    "allow_inf": _not_finite,
    "unique": _unique,
    "absent_in": _absent,
    "categorical": _categorical,
    "tags": _tags,
}
