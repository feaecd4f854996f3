"""Features that say yes or no, however they are kept: as bools, as text, as numbers."""

from __future__ import annotations

from collections.abc import Iterator

from mainspring.data.celltypes import ColumnType
from mainspring.data.schema import BoolDomain, Feature
from mainspring.data.statistics import FeatureStatistics, Numbers
from mainspring.data.validation.anomalies import Anomaly, AnomalyType
from mainspring.data.validation.findings import finding, listed, plural
from mainspring.data.validation.kinds import is_number, other_type


def is_flag(feature: Feature) -> bool:
    """Whether the schema says that a feature is yes or no."""
    return feature.type is ColumnType.BOOL or feature.bool_domain is not None


def flag_values(feature: Feature, *, as_numbers: bool) -> tuple[str, str]:
    """The texts of true and false, in a column of numbers or of text."""
    return (feature.bool_domain or BoolDomain()).values(numeric=as_numbers)


def check_flag(feature: Feature, found: FeatureStatistics) -> Iterator[Anomaly]:
    """Values that are neither yes nor no, as the schema writes them."""
    if found.type is ColumnType.BOOL and feature.type is ColumnType.BOOL:
        return
    if found.numbers is not None and found.type.is_numeric:
        wrong = list(_numbers(feature, found, found.numbers))
    elif found.words is not None and found.type is ColumnType.STRING:
        wrong = list(_texts(feature, found))
    else:
        wrong = [other_type(AnomalyType.UNEXPECTED_DATA_TYPE, feature, found)]
    if not wrong and feature.bool_domain is None:
        # 0 and 1, or 'true' and 'false': good flags, but not the type that is read elsewhere.
        wrong = [other_type(AnomalyType.UNEXPECTED_DATA_TYPE, feature, found)]
    yield from wrong


def _numbers(feature: Feature, found: FeatureStatistics, numbers: Numbers) -> Iterator[Anomaly]:
    texts = flag_values(feature, as_numbers=True)
    if not all(is_number(text, whole=False) for text in texts):
        yield finding(
            AnomalyType.BOOL_TYPE_INVALID_CONFIG,
            feature.name,
            found=f"the values are {found.type}, the words for true and false {texts[0]!r} and {texts[1]!r}",
            expected="numbers for true and false, or a column of text",
            edit="bool_domain: {true_value: '1', false_value: '0'}",
        )
        return
    low, high = sorted(map(float, texts))
    if found.type is ColumnType.INT:
        yield from _ends(feature, numbers, low, high)
        return
    strange = [value for value in numbers.quantiles.values if value not in {low, high}]
    told = [f"{value:g}" for value in strange]
    told += [plural(numbers.num_nan, "NaN", "NaNs")] * bool(numbers.num_nan)
    told += [plural(numbers.num_inf, "infinity", "infinities")] * bool(numbers.num_inf)
    if told:
        yield finding(
            AnomalyType.BOOL_TYPE_UNEXPECTED_FLOAT,
            feature.name,
            found=f"values that are neither {low:g} nor {high:g}: {listed(told)}",
            expected=f"{low:g} and {high:g}",
            edit=_without_flag(feature, found),
        )


def _ends(feature: Feature, numbers: Numbers, low: float, high: float) -> Iterator[Anomaly]:
    for type_, value, limit, past in (
        (AnomalyType.BOOL_TYPE_SMALL_INT, numbers.min, low, numbers.min is not None and numbers.min < low),
        (AnomalyType.BOOL_TYPE_BIG_INT, numbers.max, high, numbers.max is not None and numbers.max > high),
    ):
        if past and value is not None:
            yield finding(
                type_,
                feature.name,
                found=f"the {'least' if limit == low else 'largest'} value is {value:,}",
                expected=f"{low:g} and {high:g}",
                edit="type: INT; leave out bool_domain",
                observed=value,
                limit=limit,
            )


def _texts(feature: Feature, found: FeatureStatistics) -> Iterator[Anomaly]:
    texts = flag_values(feature, as_numbers=False)
    frequencies = found.words.frequencies if found.words is not None else None
    if frequencies is None:
        return
    strange = [(word, count) for word, count in frequencies.counts.items() if word not in texts]
    wrong = sum(count for _, count in strange) + frequencies.rest
    if wrong:
        yield finding(
            AnomalyType.BOOL_TYPE_UNEXPECTED_STRING,
            feature.name,
            found=f"{wrong:,} of {frequencies.total:,} values are neither {texts[0]!r} nor {texts[1]!r}: "
            + listed([f"{word!r} ({plural(count, 'row')})" for word, count in strange]),
            expected=f"{texts[0]!r} and {texts[1]!r}",
            edit=_two_words(feature, found) or _without_flag(feature, found),
            observed=wrong,
            limit=0,
        )


def _two_words(feature: Feature, found: FeatureStatistics) -> str:
    """If a feature without words of its own holds just two, they may be what it means."""
    words = list(found.words.frequencies.counts) if found.words is not None else []
    if feature.bool_domain is not None or len(words) != 2 or found.words is None or found.words.frequencies.rest:
        return ""
    return f"type: STRING, bool_domain: {{true_value: {words[0]!r}, false_value: {words[1]!r}}}"


def _without_flag(feature: Feature, found: FeatureStatistics) -> str:
    return f"type: {found.type}" + ("; leave out bool_domain" if feature.bool_domain is not None else "")
