"""The checks of one column against what the schema says about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from mainspring.data.celltypes import ColumnType
from mainspring.data.schema import Feature
from mainspring.data.sketches import Frequencies
from mainspring.data.statistics import FeatureStatistics, Numbers, Words
from mainspring.data.validation.anomalies import Anomaly, AnomalyType, Severity

_SHOWN: Final = 5
_NUMBER: Final = re.compile(r"\s*[+-]?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_WHOLE: Final = re.compile(r"\s*[+-]?(0|[1-9]\d*)\s*", re.ASCII)


def check_feature(feature: Feature, found: FeatureStatistics, split: str) -> Iterator[Anomaly]:
    """Everything about one column that is not as the schema says."""
    yield from _presence(feature, found, split)
    if not found.num_non_missing or feature.type is ColumnType.OTHER:
        return
    mismatch = _type(feature, found, split)
    if mismatch is not None:
        yield mismatch
        return
    if found.numbers is not None and feature.type.is_numeric:
        yield from _numbers(feature, found.numbers, split)
    frequencies = _frequencies(found)
    if frequencies is not None and feature.domain is not None:
        yield from _domain(feature, feature.domain, frequencies, split)


def _frequencies(found: FeatureStatistics) -> Frequencies | None:
    if found.numbers is not None and found.numbers.quantiles.exact:
        quantiles = found.numbers.quantiles
        return Frequencies(
            {str(int(value)): int(count) for value, count in zip(quantiles.values, quantiles.weights, strict=True)}
        )
    return found.words.frequencies if found.words is not None else None


def _presence(feature: Feature, found: FeatureStatistics, split: str) -> Iterator[Anomaly]:
    if not found.num_examples or found.presence >= feature.presence - 1e-12:
        return
    absent = not found.num_non_missing
    kept = f"{_floor(found.presence)}"
    yield Anomaly(
        path=feature.name,
        split=split,
        type=AnomalyType.FEATURE_TYPE_NOT_PRESENT if absent else AnomalyType.FEATURE_TYPE_LOW_FRACTION_PRESENT,
        found="no row has a value"
        if absent
        else f"{found.num_missing:,} of {found.num_examples:,} rows have no value ({found.presence:.2%} have one)",
        expected=f"a value in at least {feature.presence:.2%} of the rows",
        edit=f"presence: {kept}",
        observed=found.presence,
        limit=feature.presence,
    )


def _floor(share: float) -> float:
    return int(share * 10_000) / 10_000


def _type(feature: Feature, found: FeatureStatistics, split: str) -> Anomaly | None:
    wanted, given = feature.type, found.type
    if wanted is given or (wanted is ColumnType.FLOAT and given is ColumnType.INT):
        return None
    whole = found.numbers is not None and found.numbers.whole == found.num_non_missing
    if whole and wanted in {ColumnType.INT, ColumnType.STRING}:
        # Whole numbers may stand for categories: their text is the word.
        return None
    if found.words is not None and given is ColumnType.STRING and wanted.is_numeric:
        return _text_for_number(feature, found, found.words, split)
    type_ = AnomalyType.UNEXPECTED_DATA_TYPE
    if wanted is ColumnType.BOOL and given is ColumnType.STRING:
        type_ = AnomalyType.BOOL_TYPE_UNEXPECTED_STRING
    if wanted is ColumnType.BOOL and given is ColumnType.FLOAT:
        type_ = AnomalyType.BOOL_TYPE_UNEXPECTED_FLOAT
    return Anomaly(
        path=feature.name,
        split=split,
        type=type_,
        found=f"the values are {given}{_examples(found)}",
        expected=str(wanted),
        edit=f"type: {given}",
    )


def _examples(found: FeatureStatistics) -> str:
    if found.words is not None:
        return ", such as " + ", ".join(repr(word) for word, _ in found.words.frequencies.top(3))
    if found.numbers is not None and found.numbers.min is not None:
        return f", from {found.numbers.min:g} to {found.numbers.max:g}"
    return ""


def _text_for_number(feature: Feature, found: FeatureStatistics, words: Words, split: str) -> Anomaly | None:
    whole = feature.type is ColumnType.INT
    wrong = found.num_non_missing - (words.num_whole if whole else words.num_numbers)
    if not wrong:
        # The text that made the column STRING is in another split.
        return None
    fits = _WHOLE if whole else _NUMBER
    named = [
        f"{offender.value!r} (row {offender.row:,}"
        + (f", {_rows(offender.count)})" if offender.count > 1 else ")")
        for offender in words.offenders
    ]
    if not named:
        strange = [item for item in words.frequencies.counts.items() if not fits.fullmatch(item[0])]
        named = [f"{word!r} ({_rows(count)})" for word, count in strange]
    kind = "whole number" if whole else "number"
    only_numbers = words.num_numbers == found.num_non_missing
    return Anomaly(
        path=feature.name,
        split=split,
        type=AnomalyType.INT_TYPE_NOT_INT_STRING if whole else AnomalyType.FLOAT_TYPE_STRING_NOT_FLOAT,
        found=f"{wrong:,} of {found.num_non_missing:,} values "
        + (f"is not a {kind}: " if wrong == 1 else f"are not {kind}s: ")
        + _listed(named),
        expected="whole numbers (INT)" if whole else "numbers (FLOAT)",
        edit=f"type: {ColumnType.FLOAT if whole and only_numbers else ColumnType.STRING}" + _hint(words),
        observed=float(wrong),
        limit=0.0,
    )


def _hint(words: Words) -> str:
    if not words.marks_missing():
        return ""
    listed = ", ".join(repr(offender.value) for offender in words.offenders)
    return f"; or, if that means missing, read the file with missing=[{listed}]"


def _rows(count: int) -> str:
    return f"{count:,} row" if count == 1 else f"{count:,} rows"


def _listed(items: Sequence[str]) -> str:
    return ", ".join(items[:_SHOWN]) + (" …" if len(items) > _SHOWN else "")


def _numbers(feature: Feature, found: Numbers, split: str) -> Iterator[Anomaly]:
    whole = feature.type is ColumnType.INT
    small = AnomalyType.INT_TYPE_SMALL_INT if whole else AnomalyType.FLOAT_TYPE_SMALL_FLOAT
    big = AnomalyType.INT_TYPE_BIG_INT if whole else AnomalyType.FLOAT_TYPE_BIG_FLOAT
    below: Callable[[float, float], bool] = lambda value, limit: value < limit  # noqa: E731
    above: Callable[[float, float], bool] = lambda value, limit: value > limit  # noqa: E731
    for key, type_, value, limit, past in (
        ("min", small, found.min, feature.min, below),
        ("max", big, found.max, feature.max, above),
    ):
        if value is not None and limit is not None and past(value, limit):
            yield Anomaly(
                path=feature.name,
                split=split,
                type=type_,
                found=f"the {'least' if key == 'min' else 'largest'} value is {value:,}",
                expected=f"at {'least' if key == 'min' else 'most'} {limit:,}",
                edit=f"{key}: {value}",
                observed=float(value),
                limit=float(limit),
            )
    for key, type_, count in (
        ("allow_nan", AnomalyType.FLOAT_TYPE_HAS_NAN, found.num_nan),
        ("allow_inf", AnomalyType.FLOAT_TYPE_HAS_INF, found.num_inf),
    ):
        if count and not getattr(feature, key):
            yield Anomaly(
                path=feature.name,
                split=split,
                type=type_,
                found=f"{count:,} values are {'NaN' if key == 'allow_nan' else 'infinite'}",
                expected="finite numbers",
                edit=f"{key}: true",
                observed=float(count),
                limit=0.0,
            )


def _domain(feature: Feature, domain: Sequence[str], found: Frequencies, split: str) -> Iterator[Anomaly]:
    known = set(domain)
    outside = [(word, count) for word, count in found.counts.items() if word not in known]
    strange = sum(count for _, count in outside) + found.rest
    if not strange:
        return
    total = found.total
    mass = (total - strange) / total
    enough = mass >= feature.min_domain_mass - 1e-12
    named = [f"{word!r} ({_rows(count)})" for word, count in outside]
    words = ", ".join(repr(word) for word, _ in outside[:_SHOWN])
    yield Anomaly(
        path=feature.name,
        split=split,
        type=AnomalyType.ENUM_TYPE_UNEXPECTED_STRING_VALUES,
        severity=Severity.WARNING if enough else Severity.ERROR,
        found=f"{strange:,} of {total:,} values ({strange / total:.2%}) are outside the domain: " + _listed(named),
        expected=f"at least {feature.min_domain_mass:.2%} of the values from the domain of {len(domain)} words",
        edit=f"domain: add {words}"
        + (" …" if len(outside) > _SHOWN else "")
        + ("" if enough else f"; or min_domain_mass: {_floor(mass)}"),
        observed=mass,
        limit=feature.min_domain_mass,
    )
