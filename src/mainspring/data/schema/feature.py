"""What one column should look like."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Final, TypeAlias

from mainspring.data.celltypes import ColumnType
from mainspring.data.schema.constraints import DriftLimits, Range, Stage, ValueCount
from mainspring.data.schema.domains import TIME_UNITS, BoolDomain, ImageDomain, LanguageDomain, TimeDomain


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """What one column should look like, or one field of a structure in it.

    Attributes:
        name: The column; a field of a structure has a path, such as ``person.age``.
        type: The type of its values, the innermost ones of lists; OTHER if none was ever seen.
        required: Whether the column must be there at all.
        presence: The least fraction of rows that have a value.
        min_count: The least number of rows that have a value.
        value_counts: How many values lists may have, the outermost level first.
        shape: The exact number of values on each level of lists, instead of ``value_counts``.
        domain: The values that a STRING may have; ``None`` for any.
        min_domain_mass: The least fraction of the values that must come from the domain. What is outside up to
            that is a warning.
        min: The least number.
        max: The largest number.
        allow_nan: Whether NaN ("not a number", beside missing) is fine.
        allow_inf: Whether infinities are fine.
        categorical: Whether numbers stand for categories.
        bool_domain: The two values of a feature that says yes or no.
        time: Values are points in time, written so.
        language: Values are natural language.
        image: Values are images.
        unique: How many different values there may be.
        length: How many characters a STRING, or how many bytes a BYTES, may have.
        present_in: The only environments in which the column is there; empty for all.
        absent_in: Environments in which the column is not there, such as ``("SERVING",)`` for a label.
        stage: How far the feature has come in its life; only some stages are validated.
        drift: Limits of its own between the data before and the data now, instead of the schema's.
        skew: Limits of its own between training and serving data, instead of the schema's.
        protected: Whether it tells of a person what must not decide, such as sex or race.
        frozen: Whether updates must leave it as it is.
        description: What it means, for people.
        tags: Words to find it by.
        severities: Anomaly type to ``ERROR``, ``WARNING`` or ``IGNORE``, instead of the usual.
    """

    name: str
    type: ColumnType
    required: bool = True
    presence: float = 0.0
    min_count: int | None = None
    value_counts: tuple[ValueCount, ...] = ()
    shape: tuple[int, ...] | None = None
    domain: tuple[str, ...] | None = None
    min_domain_mass: float = 1.0
    min: int | float | None = None
    max: int | float | None = None
    allow_nan: bool = False
    allow_inf: bool = False
    categorical: bool = False
    bool_domain: BoolDomain | None = None
    time: TimeDomain | None = None
    language: LanguageDomain | None = None
    image: ImageDomain | None = None
    unique: Range | None = None
    length: Range | None = None
    present_in: tuple[str, ...] = ()
    absent_in: tuple[str, ...] = ()
    stage: Stage = Stage.PRODUCTION
    drift: DriftLimits = field(default_factory=DriftLimits)
    skew: DriftLimits = field(default_factory=DriftLimits)
    protected: bool = False
    frozen: bool = False
    description: str = ""
    tags: tuple[str, ...] = ()
    severities: Mapping[str, str] = field(default_factory=dict)

    def is_in(self, environment: str) -> bool:
        """Whether the column is there in an environment."""
        return environment not in self.absent_in and (not self.present_in or environment in self.present_in)

    def problems(self) -> tuple[tuple[str, str, str], ...]:
        """What contradicts itself in here: the key, the anomaly type that stands for it, and the sentence."""
        return tuple(found for check in _CHECKS for found in check(self))


_Found: TypeAlias = Iterator[tuple[str, str, str]]
_SCHEMA: Final = "INVALID_SCHEMA_SPECIFICATION"
_DOMAIN: Final = "INVALID_DOMAIN_SPECIFICATION"
_SEVERITIES: Final = ("ERROR", "WARNING", "IGNORE")


def range_problems(key: str, found: Range | ValueCount | None, *, negative: bool = False) -> Iterator[str]:
    """What is wrong with a range, as sentences."""
    if found is None:
        return
    for end in ("min", "max"):
        value = getattr(found, end)
        if value is not None and (not math.isfinite(value) or (value < 0 and not negative)):
            yield f"{key}: {end} is {value}, not {'a finite number' if negative else '0 or more'}"
    if found.min is not None and found.max is not None and found.min > found.max:
        yield f"{key}: min {found.min} is larger than max {found.max}"


def limit_problems(key: str, limits: DriftLimits) -> Iterator[str]:
    """What is wrong with limits of distances, as sentences."""
    for one in fields(limits):
        value = getattr(limits, one.name)
        most = math.inf if one.name in {"psi", "wasserstein"} else 1.0
        if value is not None and not (0.0 <= value <= most and math.isfinite(value)):
            yield f"{key}: {one.name} is {value}, not {'0 or more' if most > 1 else 'between 0 and 1'}"


def severity_problems(severities: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with severities, as sentences."""
    for kind, severity in severities.items():
        if severity not in _SEVERITIES:
            yield f"the severity of {kind} is {severity!r}, not one of {', '.join(_SEVERITIES)}"


def _wrong_type(feature: Feature) -> str:
    return "FEATURE_MISSING_TYPE" if feature.type is ColumnType.OTHER else "DOMAIN_INVALID_FOR_TYPE"


def _shares(feature: Feature) -> _Found:
    for key in ("presence", "min_domain_mass"):
        if not 0.0 <= getattr(feature, key) <= 1.0:
            yield key, _SCHEMA, f"{key} is {getattr(feature, key)}, not between 0 and 1"
    if feature.min_count is not None and feature.min_count < 0:
        yield "min_count", _SCHEMA, f"min_count is {feature.min_count}, not 0 or more"


def _lists(feature: Feature) -> _Found:
    if feature.value_counts and feature.shape is not None:
        yield "shape", _SCHEMA, "there are both value_counts and a shape; one of them says it all"
    for level, count in enumerate(feature.value_counts, 1):
        for why in range_problems(f"value_counts of level {level}", count):
            yield "value_counts", _SCHEMA, why
    if feature.shape is not None and any(size < 0 for size in feature.shape):
        yield "shape", _SCHEMA, f"the shape {list(feature.shape)} has a negative size"


def _numbers(feature: Feature) -> _Found:
    for key in ("min", "max"):
        value = getattr(feature, key)
        if value is not None and not math.isfinite(value):
            yield key, _DOMAIN, f"{key} is {value}, not a finite number"
    if feature.min is not None and feature.max is not None and feature.min > feature.max:
        yield "min", _DOMAIN, f"min {feature.min} is larger than max {feature.max}"
    if (feature.min is not None or feature.max is not None) and not feature.type.is_numeric:
        key = "min" if feature.min is not None else "max"
        yield key, _wrong_type(feature), f"a {feature.type} has no min and max"
    if feature.categorical and not feature.type.is_numeric:
        yield (
            "categorical",
            _wrong_type(feature),
            f"a {feature.type} cannot be categorical, numbers can",
        )


def _words(feature: Feature) -> _Found:
    kinds = ("domain", "bool_domain", "time", "language", "image")
    given = [key for key in kinds if getattr(feature, key) is not None]
    if len(given) > 1:
        yield given[1], _DOMAIN, f"there are both {' and '.join(given)}; a feature has one domain"
    if feature.domain is None:
        return
    if feature.type is not ColumnType.STRING:
        yield "domain", _wrong_type(feature), f"a {feature.type} has no domain of words"
    repeated = sorted(word for word, count in Counter(feature.domain).items() if count > 1)
    if repeated:
        yield "domain", _DOMAIN, f"the domain lists {', '.join(map(repr, repeated))} more than once"


def _flags(feature: Feature) -> _Found:
    if feature.bool_domain is None:
        return
    numeric = feature.type.is_numeric
    values = feature.bool_domain.values(numeric=numeric)
    if feature.type not in {ColumnType.BOOL, ColumnType.INT, ColumnType.FLOAT, ColumnType.STRING}:
        yield "bool_domain", _wrong_type(feature), f"a {feature.type} has no bool_domain"
    if values[0] == values[1]:
        yield "bool_domain", _DOMAIN, f"true and false are the same value, {values[0]!r}"
    if numeric and not all(_is_number(value) for value in values):
        yield (
            "bool_domain",
            "BOOL_TYPE_INVALID_CONFIG",
            f"true {values[0]!r} and false {values[1]!r} are not both numbers, as a {feature.type} needs",
        )


def _is_number(word: str) -> bool:
    try:
        return math.isfinite(float(word))
    except ValueError:
        return False


def _times(feature: Feature) -> _Found:
    if feature.time is None:
        return
    wanted = feature.time
    if (wanted.format is None) == (wanted.unit is None):
        yield (
            "time",
            _DOMAIN,
            f"time has {'both' if wanted.format else 'neither'} of format and unit",
        )
    if wanted.format is not None and feature.type is not ColumnType.STRING:
        yield "time", _wrong_type(feature), f"a {feature.type} has no time format, only a STRING has"
    if wanted.unit is not None and not feature.type.is_numeric:
        yield "time", _wrong_type(feature), f"a {feature.type} has no time unit, only numbers have"
    if wanted.unit is not None and wanted.unit not in TIME_UNITS:
        yield "time", _DOMAIN, f"the time unit {wanted.unit!r} is not one of {', '.join(TIME_UNITS)}"
    if wanted.format is not None and "%" not in wanted.format:
        yield "time", _DOMAIN, f"the time format {wanted.format!r} has no directive such as %Y"


def _language(feature: Feature) -> _Found:
    if feature.language is None:
        return
    wanted = feature.language
    if feature.type not in {ColumnType.STRING, ColumnType.BYTES, ColumnType.INT}:
        yield "language", _wrong_type(feature), f"a {feature.type} holds no natural language"
    if wanted.min_coverage is not None and not 0.0 <= wanted.min_coverage <= 1.0:
        yield "language", _DOMAIN, f"min_coverage is {wanted.min_coverage}, not between 0 and 1"
    for why in range_problems("sequence_length", wanted.sequence_length):
        yield "language", _DOMAIN, why
    tokens = Counter(one.token for one in wanted.token_constraints)
    for token in sorted(token for token, count in tokens.items() if count > 1):
        yield "language", _DOMAIN, f"the token {token!r} is constrained more than once"
    for one in wanted.token_constraints:
        ranges = {
            f"token {one.token!r} per sequence": Range(one.min_per_sequence, one.max_per_sequence),
            f"fraction of sequences with {one.token!r}": Range(one.min_fraction, one.max_fraction),
        }
        for key, found in ranges.items():
            for why in range_problems(key, found):
                yield "language", _DOMAIN, why


def _images(feature: Feature) -> _Found:
    if feature.image is None:
        return
    wanted = feature.image
    if feature.type not in {ColumnType.BYTES, ColumnType.STRING}:
        yield "image", _wrong_type(feature), f"a {feature.type} holds no images"
    if wanted.min_supported_fraction is not None and not 0.0 <= wanted.min_supported_fraction <= 1.0:
        yield "image", _DOMAIN, f"min_supported_fraction is {wanted.min_supported_fraction}, not between 0 and 1"
    if wanted.max_bytes is not None and wanted.max_bytes < 0:
        yield "image", _DOMAIN, f"max_bytes is {wanted.max_bytes}, not 0 or more"


def _extents(feature: Feature) -> _Found:
    for why in range_problems("unique", feature.unique):
        yield "unique", _SCHEMA, why
    for why in range_problems("length", feature.length):
        yield "length", _SCHEMA, why
    if feature.length is not None and feature.type not in {ColumnType.STRING, ColumnType.BYTES}:
        yield "length", _wrong_type(feature), f"a {feature.type} has no length"


def _places(feature: Feature) -> _Found:
    both = [place for place in feature.present_in if place in feature.absent_in]
    if both:
        yield "present_in", _SCHEMA, f"{', '.join(both)} is both in present_in and in absent_in"


def _limits(feature: Feature) -> _Found:
    for key in ("drift", "skew"):
        for why in limit_problems(key, getattr(feature, key)):
            yield key, _SCHEMA, why
    for why in severity_problems(feature.severities):
        yield "severities", _SCHEMA, why


_CHECKS: Final = (
    *(_shares, _lists, _numbers, _words, _flags, _times, _language, _images),
    *(_extents, _places, _limits),
)
