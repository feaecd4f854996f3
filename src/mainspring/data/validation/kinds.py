"""Whether values are of the type that the schema says."""

from __future__ import annotations

import re
from typing import Final

from mainspring.data.celltypes import ColumnType
from mainspring.data.schema import Feature
from mainspring.data.statistics import FeatureStatistics, Numbers, Words
from mainspring.data.validation.anomalies import Anomaly, AnomalyType
from mainspring.data.validation.findings import finding, listed, plural

_NUMBER: Final = re.compile(r"\s*[+-]?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_WHOLE: Final = re.compile(r"\s*[+-]?(0|[1-9]\d*)\s*", re.ASCII)
_OTHER_TYPES: Final = {
    ColumnType.INT: AnomalyType.INT_TYPE_INT_EXPECTED,
    ColumnType.FLOAT: AnomalyType.FLOAT_TYPE_NOT_FLOAT,
}


def check_type(feature: Feature, found: FeatureStatistics) -> Anomaly | None:
    """Values of another type. Whole numbers may stand for categories, whatever they are kept as."""
    wanted, given = feature.type, found.type
    if wanted is given or (wanted is ColumnType.FLOAT and given is ColumnType.INT):
        return None
    if found.numbers is not None and is_whole(found.numbers) and wanted in {ColumnType.INT, ColumnType.STRING}:
        return None
    if found.words is not None and given is ColumnType.STRING and wanted.is_numeric:
        return _text_for_number(feature, found.words)
    type_ = AnomalyType.UNEXPECTED_DATA_TYPE
    if not (given.is_numeric or given is ColumnType.STRING):
        type_ = _OTHER_TYPES.get(wanted, type_)
    return other_type(type_, feature, found)


def other_type(type_: AnomalyType, feature: Feature, found: FeatureStatistics) -> Anomaly:
    """The anomaly of values that have another type."""
    return finding(
        type_,
        feature.name,
        found=f"the values are {found.type}{_examples(found)}",
        expected=str(feature.type),
        edit=f"type: {found.type}",
    )


def is_whole(numbers: Numbers) -> bool:
    """Whether all numbers are whole."""
    return numbers.whole == numbers.count and not numbers.num_nan and not numbers.num_inf


def is_number(text: str, *, whole: bool) -> bool:
    """Whether a text is a number."""
    return (_WHOLE if whole else _NUMBER).fullmatch(text) is not None


def _examples(found: FeatureStatistics) -> str:
    if found.words is not None and found.words.frequencies.counts:
        return ", such as " + ", ".join(repr(word) for word, _ in found.words.frequencies.top(3))
    if found.numbers is not None and found.numbers.min is not None:
        return f", from {found.numbers.min:g} to {found.numbers.max:g}"
    return ""


def _text_for_number(feature: Feature, words: Words) -> Anomaly | None:
    whole = feature.type is ColumnType.INT
    total = words.frequencies.total
    wrong = total - (words.num_whole if whole else words.num_numbers)
    if not wrong:
        # The text that made the column STRING is in another split.
        return None
    named = [
        f"{offender.value!r} (row {offender.row:,}"
        + (f", {plural(offender.count, 'row')})" if offender.count > 1 else ")")
        for offender in words.offenders
    ]
    if not named:
        strange = [item for item in words.frequencies.counts.items() if not is_number(item[0], whole=whole)]
        named = [f"{word!r} ({plural(count, 'row')})" for word, count in strange]
    kind = "whole number" if whole else "number"
    only_numbers = words.num_numbers == total
    return finding(
        AnomalyType.INT_TYPE_NOT_INT_STRING if whole else AnomalyType.FLOAT_TYPE_STRING_NOT_FLOAT,
        feature.name,
        found=f"{wrong:,} of {total:,} values "
        + (f"is not a {kind}: " if wrong == 1 else f"are not {kind}s: ")
        + listed(named),
        expected="whole numbers (INT)" if whole else "numbers (FLOAT)",
        edit=f"type: {ColumnType.FLOAT if whole and only_numbers else ColumnType.STRING}" + _hint(words),
        observed=wrong,
        limit=0,
    )


def _hint(words: Words) -> str:
    if not words.marks_missing():
        return ""
    named = ", ".join(repr(offender.value) for offender in words.offenders)
    return f"; or, if that means missing, read the file with missing=[{named}]"
