"""Which type a column of text cells has. Decided over all cells, never over a sample.

The rules, in this order (a missing cell is never counted):

1. BOOL: every cell is ``true`` or ``false``, in any letter case.
2. INT: every cell is a whole number that fits 64 bits. ``007`` is a code, not a number.
3. FLOAT: every cell is a number; ``nan`` and ``inf`` are. Whole numbers too long for 64 bits make the column
   STRING (they are identifiers and would lose digits), unless another cell has a point or an exponent.
4. DATE: every cell is ``YYYY-MM-DD``; TIMESTAMP: every cell is ``YYYY-MM-DD hh:mm[:ss[.ffffff]][Z or offset]``,
   with a space or a ``T``; offsets are converted to UTC.
5. STRING otherwise, and for columns without any value.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final


class ColumnType(StrEnum):
    """The types a column may have."""

    INT = "INT"
    FLOAT = "FLOAT"
    STRING = "STRING"
    BOOL = "BOOL"
    TIMESTAMP = "TIMESTAMP"
    DATE = "DATE"
    BYTES = "BYTES"
    LIST = "LIST"
    """Any number of values of one type, in order; they may be lists or structures again."""
    STRUCT = "STRUCT"
    """Values under names."""
    OTHER = "OTHER"
    """Maps and whatever else a Parquet file may hold; in a schema: not known yet."""

    @property
    def is_numeric(self) -> bool:
        """Whether values are numbers: INT or FLOAT."""
        return self in {ColumnType.INT, ColumnType.FLOAT}

    @property
    def is_nested(self) -> bool:
        """Whether values hold other values: LIST or STRUCT."""
        return self in {ColumnType.LIST, ColumnType.STRUCT}


ENGINE_TYPES: Final = {
    ColumnType.INT: "BIGINT",
    ColumnType.FLOAT: "DOUBLE",
    ColumnType.STRING: "VARCHAR",
    ColumnType.BOOL: "BOOLEAN",
    ColumnType.TIMESTAMP: "TIMESTAMP",
    ColumnType.DATE: "DATE",
    ColumnType.BYTES: "BLOB",
}
"""The one engine type that holds each type."""

_NAMES: Final = {
    "TINYINT": ColumnType.INT,
    "SMALLINT": ColumnType.INT,
    "INTEGER": ColumnType.INT,
    "BIGINT": ColumnType.INT,
    "UTINYINT": ColumnType.INT,
    "USMALLINT": ColumnType.INT,
    "UINTEGER": ColumnType.INT,
    "UBIGINT": ColumnType.FLOAT,
    "HUGEINT": ColumnType.FLOAT,
    "UHUGEINT": ColumnType.FLOAT,
    "FLOAT": ColumnType.FLOAT,
    "DOUBLE": ColumnType.FLOAT,
    "BOOLEAN": ColumnType.BOOL,
    "VARCHAR": ColumnType.STRING,
    "UUID": ColumnType.STRING,
    "DATE": ColumnType.DATE,
    "BLOB": ColumnType.BYTES,
    "NULL": ColumnType.STRING,
    '"NULL"': ColumnType.STRING,
}

_WHOLE = r"[+-]?(0|[1-9][0-9]*)"
_DECIMAL = r"[+-]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
_NUMBER = _DECIMAL + "|[+-]?(nan|NaN|NAN|inf|Inf|INF|infinity|Infinity)"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_STAMP = _DATE + r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?"


def from_engine(name: str) -> ColumnType:
    """The type that an engine type is read as. Unsigned 64-bit and longer whole numbers become FLOAT."""
    if name.endswith("]"):
        return ColumnType.LIST
    if name.startswith("STRUCT("):
        return ColumnType.STRUCT
    if name.startswith("DECIMAL"):
        return ColumnType.FLOAT
    if name.startswith("ENUM"):
        return ColumnType.STRING
    if name.startswith("TIMESTAMP"):
        return ColumnType.TIMESTAMP
    return _NAMES.get(name, ColumnType.OTHER)


def engine_type(name: str) -> str:
    """The engine type that one is read as: the same all through a list or structure.

    Example:
        >>> engine_type("STRUCT(a TINYINT, b DECIMAL(3,1)[])")
        'STRUCT(a BIGINT, b DOUBLE[])'
    """
    type_ = from_engine(name)
    if not type_.is_nested:
        return ENGINE_TYPES.get(type_, name)
    parsed = _parsed(name)
    if type_ is ColumnType.LIST:
        return engine_type(str(parsed.children[0][1])) + "[]"
    return _struct({field: engine_type(str(kind)) for field, kind in parsed.children})


def joined_engine_type(one: str, other: str) -> str | None:
    """The engine type that holds the values of both, ``None`` if there is none; fields may be in any order."""
    kinds = {from_engine(one), from_engine(other)}
    if one == other:
        return one
    if kinds == {ColumnType.INT, ColumnType.FLOAT}:
        return ENGINE_TYPES[ColumnType.FLOAT]
    if kinds == {ColumnType.LIST}:
        element = joined_engine_type(*(str(_parsed(name).children[0][1]) for name in (one, other)))
        return element and element + "[]"
    if kinds == {ColumnType.STRUCT}:
        first, second = ({field: str(kind) for field, kind in _parsed(name).children} for name in (one, other))
        fields = {field: joined_engine_type(kind, second.get(field, kind)) for field, kind in first.items()}
        found = {field: kind for field, kind in (second | fields).items() if kind}
        return (
            _struct({field: found[field] for field in first | second}) if found.keys() >= fields.keys() else None
        )
    return None


def _parsed(name: str) -> Any:
    import duckdb

    return duckdb.sqltype(name)


def _struct(fields: Mapping[str, str]) -> str:
    quoted = (f'"{field.replace(chr(34), chr(34) * 2)}" {kind}' for field, kind in fields.items())
    return str(_parsed(f"STRUCT({', '.join(quoted)})"))


def is_whole(cell: str) -> str:
    """SQL: whether a text is a whole number of 64 bits. NULL for a missing cell, as in all of these."""
    slow = _both(cell, _WHOLE, "TRY_CAST({text} AS BIGINT) IS NOT NULL")
    # Most numbers are written as the engine writes them: three times as fast as the pattern.
    return f"CASE WHEN CAST(TRY_CAST({cell} AS BIGINT) AS VARCHAR) = {cell} THEN true ELSE {slow} END"


def is_long_whole(cell: str) -> str:
    """SQL: whether a text is a whole number too long for 64 bits."""
    return _both(cell, _WHOLE, "TRY_CAST({text} AS BIGINT) IS NULL")


def _both(cell: str, pattern: str, condition: str) -> str:
    text = f"trim({cell})"
    matched = f"regexp_full_match({text}, '{pattern}')"
    # Without the case, NULL AND FALSE would count a missing cell as a wrong one.
    return f"CASE WHEN {cell} IS NOT NULL THEN {matched} AND {condition.format(text=text)} END"


def is_number(cell: str) -> str:
    """SQL: whether a text is a number."""
    return f"regexp_full_match(trim({cell}), '{_NUMBER}')"


def has_fraction(cell: str) -> str:
    """SQL: whether the text of a number has a point, an exponent, or stands for NaN or infinity."""
    return f"regexp_matches({cell}, '[.eEnN]')"


def is_quantity(cell: str) -> str:
    """SQL: whether a text is a number, and not one so long that it can only be an identifier."""
    return f"({is_number(cell)} AND NOT {is_long_whole(cell)})"


def fits(cell: str, type_: ColumnType) -> str:
    """SQL: whether a text is a value of the type. NULL for a missing cell."""
    match type_:
        case ColumnType.INT:
            return is_whole(cell)
        case ColumnType.FLOAT:
            return is_number(cell)
        case ColumnType.BOOL:
            return f"(lower(trim({cell})) IN ('true', 'false'))"
        case ColumnType.DATE:
            return _both(cell, _DATE, "TRY_CAST({text} AS DATE) IS NOT NULL")
        case ColumnType.TIMESTAMP:
            return _both(cell, _STAMP, "TRY_CAST({text} AS TIMESTAMPTZ) IS NOT NULL")
        case _:
            return f"CASE WHEN {cell} IS NOT NULL THEN true END"


def convert(cell: str, type_: ColumnType) -> str:
    """SQL: the value of a text that fits the type."""
    match type_:
        case ColumnType.TIMESTAMP:
            return f"CAST(CAST(trim({cell}) AS TIMESTAMPTZ) AS TIMESTAMP)"
        case ColumnType.BYTES:
            return f"encode({cell})"
        case ColumnType.STRING | ColumnType.OTHER:
            return cell
        case _:
            return f"CAST(trim({cell}) AS {ENGINE_TYPES[type_]})"


CANDIDATES: Final = (
    ColumnType.BOOL,
    ColumnType.INT,
    ColumnType.FLOAT,
    ColumnType.DATE,
    ColumnType.TIMESTAMP,
)
"""The types a text column may turn out to have, the narrowest first."""
