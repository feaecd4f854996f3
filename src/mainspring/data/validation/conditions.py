"""The schema as SQL: for each thing that a single row can show, the condition of the rows that are wrong."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mainspring.data import engine
from mainspring.data.celltypes import ColumnType, is_number, is_whole
from mainspring.data.profiling.paths import Path, paths
from mainspring.data.schema import Feature
from mainspring.data.schema.declaration import Declaration
from mainspring.data.tables import Table
from mainspring.data.validation.anomalies import AnomalyType, Severity
from mainspring.data.validation.flags import flag_values, is_flag
from mainspring.data.validation.kinds import is_number as is_number_text
from mainspring.data.validation.lists import EMBEDDING
from mainspring.data.validation.times import format_problem

_V: Final = "\0"
"""Stands for the value in a condition, and in no word of a domain."""
_OTHER_TYPES: Final = {
    ColumnType.INT: AnomalyType.INT_TYPE_INT_EXPECTED,
    ColumnType.FLOAT: AnomalyType.FLOAT_TYPE_NOT_FLOAT,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that can be wrong with a row.

    Attributes:
        path: The feature.
        type: Which kind of anomaly it is.
        sql: True for the rows that are wrong; false or NULL for the others.
        expected: What the schema asks for.
        columns: The columns that it looks at.
        severity: How bad it is.
    """

    path: str
    type: AnomalyType
    sql: str
    expected: str
    columns: tuple[str, ...]
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class _Test:
    """A condition on one value, which is written as ``_V``."""

    type: AnomalyType
    sql: str
    expected: str
    severity: Severity = Severity.ERROR


def conditions(schema: Declaration, table: Table, *, environment: str) -> tuple[Condition, ...]:
    """Everything that can be wrong with a row of a table, in the order of the schema."""
    there = {path.name: path for path in paths(table)}
    return tuple(
        condition
        for feature in schema.in_environment(environment)
        if feature.stage.is_validated and feature.name in there
        for condition in _of_feature(feature, there[feature.name])
    )


def _of_feature(feature: Feature, path: Path) -> Iterator[Condition]:
    if feature.presence >= 1.0:
        yield Condition(
            feature.name,
            AnomalyType.FEATURE_TYPE_LOW_FRACTION_PRESENT,
            f"({path.cell}) IS NULL",
            "a value in every row",
            (path.column,),
        )
    if feature.type is ColumnType.OTHER:
        return
    yield from _lists(feature, path)
    if path.type is ColumnType.STRUCT and feature.type is ColumnType.STRUCT:
        return
    for test in (*_flags(feature, path.type), *_types(feature, path.type), *_values(feature, path.type)):
        yield Condition(
            feature.name, test.type, _anywhere(path, test.sql), test.expected, (path.column,), test.severity
        )


def _anywhere(path: Path, sql: str) -> str:
    """The condition of a value as one of a row: in lists, any of the values."""
    cell = _flat(path.cell, path.depth)
    if path.is_plain:
        return sql.replace(_V, f"({cell})")
    return f"len(list_filter({cell}, lambda v: coalesce({sql.replace(_V, 'v')}, false))) > 0"


def _flat(cell: str, depth: int) -> str:
    for _ in range(depth - 1):
        cell = f"flatten({cell})"
    return cell


def _lists(feature: Feature, path: Path) -> Iterator[Condition]:
    def wrong(type_: AnomalyType, sql: str, expected: str) -> Condition:
        return Condition(feature.name, type_, sql, expected, (path.column,))

    if feature.shape is not None:
        embedding = EMBEDDING in feature.tags
        type_ = AnomalyType.EMBEDDING_SHAPE_INVALID if embedding else AnomalyType.INVALID_FEATURE_SHAPE
        yield wrong(type_, _misshapen(feature.shape, path), f"a value of shape {list(feature.shape)}")
        return
    if len(feature.value_counts) != path.depth:
        repeated = not feature.value_counts
        yield wrong(
            AnomalyType.FEATURE_TYPE_UNEXPECTED_REPEATED if repeated else AnomalyType.VALUE_NESTEDNESS_MISMATCH,
            f"({path.cell}) IS NOT NULL",
            "lists of " * len(feature.value_counts) + "single values",
        )
        return
    for place, count in enumerate(feature.value_counts):
        for type_, sign, limit in (
            (AnomalyType.FEATURE_TYPE_LOW_NUMBER_VALUES, "<", count.min),
            (AnomalyType.FEATURE_TYPE_HIGH_NUMBER_VALUES, ">", count.max),
        ):
            if limit is not None:
                least = "least" if sign == "<" else "most"
                yield wrong(type_, _counted(path, place, f"{sign} {limit:d}"), f"at {least} {limit:,} values")


def _counted(path: Path, level: int, bound: str) -> str:
    """SQL: whether any list of a level (from 0, the outermost) has a length past a bound."""
    if level == 0:
        return f"len({path.cell}) {bound}"
    lists = _flat(path.cell, level)
    return f"len(list_filter({lists}, lambda v: coalesce(len(v) {bound}, false))) > 0"


def _misshapen(shape: tuple[int, ...], path: Path) -> str:
    if path.is_plain:
        return f"({path.cell}) IS NULL" if math.prod(shape) == 1 else "true"
    if len(shape) == path.depth:
        sizes = [_counted(path, level, f"<> {size:d}") for level, size in enumerate(shape)]
        return f"({path.cell}) IS NULL OR " + " OR ".join(f"coalesce({size}, true)" for size in sizes)
    return f"coalesce(len({_flat(path.cell, path.depth)}) <> {math.prod(shape):d}, true)"


def _flags(feature: Feature, given: ColumnType) -> Iterator[_Test]:
    if not is_flag(feature) or (given is ColumnType.BOOL and feature.type is ColumnType.BOOL):
        return
    texts = flag_values(feature, as_numbers=given.is_numeric)
    expected = f"{texts[0]} or {texts[1]}"
    if given.is_numeric and all(is_number_text(text, whole=False) for text in texts):
        low, high = sorted(map(float, texts))
        if given is ColumnType.INT:
            yield _Test(AnomalyType.BOOL_TYPE_SMALL_INT, f"{_V} < {low!r}", expected)
            yield _Test(AnomalyType.BOOL_TYPE_BIG_INT, f"{_V} > {high!r}", expected)
        else:
            strange = f"{_V} NOT IN ({low!r}, {high!r})"
            yield _Test(AnomalyType.BOOL_TYPE_UNEXPECTED_FLOAT, strange, expected)
    elif given.is_numeric:
        yield _Test(AnomalyType.BOOL_TYPE_INVALID_CONFIG, f"{_V} IS NOT NULL", "numbers for true and false")
    elif given is ColumnType.STRING:
        strange = f"{_V} NOT IN ({', '.join(map(engine.literal, texts))})"
        yield _Test(AnomalyType.BOOL_TYPE_UNEXPECTED_STRING, strange, expected)
    if feature.bool_domain is None or not (given.is_numeric or given is ColumnType.STRING):
        yield _Test(AnomalyType.UNEXPECTED_DATA_TYPE, f"{_V} IS NOT NULL", str(feature.type))


def _types(feature: Feature, given: ColumnType) -> Iterator[_Test]:
    wanted = feature.type
    if is_flag(feature) or wanted is given or (wanted is ColumnType.FLOAT and given is ColumnType.INT):
        return
    if given is ColumnType.INT and wanted is ColumnType.STRING:
        return
    if given is ColumnType.FLOAT and wanted in {ColumnType.INT, ColumnType.STRING}:
        yield _Test(
            AnomalyType.UNEXPECTED_DATA_TYPE, f"NOT isfinite({_V}) OR {_V} <> trunc({_V})", "whole numbers"
        )
    elif given is ColumnType.STRING and wanted is ColumnType.INT:
        yield _Test(AnomalyType.INT_TYPE_NOT_INT_STRING, f"NOT ({is_whole(_V)})", "whole numbers")
    elif given is ColumnType.STRING and wanted is ColumnType.FLOAT:
        yield _Test(AnomalyType.FLOAT_TYPE_STRING_NOT_FLOAT, f"NOT ({is_number(_V)})", "numbers")
    else:
        usual = AnomalyType.UNEXPECTED_DATA_TYPE
        type_ = usual if given is ColumnType.STRING else _OTHER_TYPES.get(wanted, usual)
        yield _Test(type_, f"{_V} IS NOT NULL", str(wanted))


def _values(feature: Feature, given: ColumnType) -> Iterator[_Test]:
    if feature.type.is_numeric and not is_flag(feature):
        yield from _ranges(feature, given)
    if feature.domain is not None and given in _AS_WORDS:
        known = ", ".join(map(engine.literal, feature.domain))
        sql = f"{_AS_WORDS[given]} NOT IN ({known})" if known else f"{_V} IS NOT NULL"
        severity = Severity.ERROR if feature.min_domain_mass >= 1.0 else Severity.WARNING
        expected = f"one of the {len(feature.domain)} words of the domain"
        yield _Test(AnomalyType.ENUM_TYPE_UNEXPECTED_STRING_VALUES, sql, expected, severity)
    if feature.length is not None and given in _LENGTHS:
        for type_, sign, limit in (
            (AnomalyType.STRING_TYPE_TOO_SHORT, "<", feature.length.min),
            (AnomalyType.STRING_TYPE_TOO_LONG, ">", feature.length.max),
        ):
            if limit is not None:
                least = "least" if sign == "<" else "most"
                yield _Test(type_, f"{_LENGTHS[given]} {sign} {limit!r}", f"a length of at {least} {limit:,}")
    if feature.time is not None and feature.time.format is not None and given is ColumnType.STRING:
        yield _time(feature.time.format)
    if feature.image is not None and feature.image.max_bytes is not None and given is ColumnType.BYTES:
        most = feature.image.max_bytes
        sql = f"octet_length({_V}) > {most:d}"
        yield _Test(AnomalyType.MAX_IMAGE_BYTE_SIZE_EXCEEDED, sql, f"at most {most:,} bytes")


_AS_WORDS: Final = {
    ColumnType.STRING: _V,
    ColumnType.INT: f"CAST({_V} AS VARCHAR)",
    ColumnType.FLOAT: f"coalesce(CAST(TRY_CAST({_V} AS BIGINT) AS VARCHAR), CAST({_V} AS VARCHAR))",
}
_LENGTHS: Final = {
    **{given: f"length({word})" for given, word in _AS_WORDS.items()},
    ColumnType.BYTES: f"octet_length({_V})",
}


def _time(form: str) -> _Test:
    if format_problem(form):
        type_ = AnomalyType.INVALID_DOMAIN_SPECIFICATION
        return _Test(type_, f"{_V} IS NOT NULL", "a time format as strptime takes it")
    sql = f"{_V} IS NOT NULL AND TRY_STRPTIME({_V}, {engine.literal(form)}) IS NULL"
    return _Test(AnomalyType.TIME_TYPE_UNEXPECTED_FORMAT, sql, f"a time written as {form}")


def _ranges(feature: Feature, given: ColumnType) -> Iterator[_Test]:
    whole = feature.type is ColumnType.INT
    if given is ColumnType.STRING:
        number, finite = (
            f"TRY_CAST(trim({_V}) AS DOUBLE)",
            f"({is_whole(_V) if whole else is_number(_V)}) AND ",
        )
        finite += f"isfinite(TRY_CAST(trim({_V}) AS DOUBLE)) AND "
    elif given is ColumnType.FLOAT:
        number, finite = _V, f"isfinite({_V}) AND "
    elif given is ColumnType.INT:
        number, finite = _V, ""
    else:
        return
    small = AnomalyType.INT_TYPE_SMALL_INT if whole else AnomalyType.FLOAT_TYPE_SMALL_FLOAT
    big = AnomalyType.INT_TYPE_BIG_INT if whole else AnomalyType.FLOAT_TYPE_BIG_FLOAT
    if feature.min is not None:
        yield _Test(small, f"{finite}{number} < {feature.min!r}", f"at least {feature.min:,}")
    if feature.max is not None:
        yield _Test(big, f"{finite}{number} > {feature.max!r}", f"at most {feature.max:,}")
    if given is ColumnType.FLOAT and not whole:
        if not feature.allow_nan:
            yield _Test(AnomalyType.FLOAT_TYPE_HAS_NAN, f"isnan({_V})", "finite numbers")
        if not feature.allow_inf:
            yield _Test(AnomalyType.FLOAT_TYPE_HAS_INF, f"isinf({_V})", "finite numbers")
