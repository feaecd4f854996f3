"""Conditions on rows: a column, an operator and a value, never a piece of SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import msgspec

from mainspring.app.api.subjects.data.privacy import is_private
from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.celltypes import ColumnType

if TYPE_CHECKING:
    from mainspring.data.tables import Table

_COMPARED: Final[Mapping[str, str]] = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_ALONE: Final[Mapping[str, str]] = {"missing": "IS NULL", "present": "IS NOT NULL"}
OPERATORS: Final = (*_COMPARED, "contains", *_ALONE)
_NUMBERS: Final = frozenset({ColumnType.INT, ColumnType.FLOAT})
_CASTS: Final[Mapping[ColumnType, str]] = {
    ColumnType.INT: "DOUBLE",
    ColumnType.FLOAT: "DOUBLE",
    ColumnType.BOOL: "BOOLEAN",
    ColumnType.DATE: "DATE",
    ColumnType.TIMESTAMP: "TIMESTAMP",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold of a row.

    Attributes:
        column: The column.
        operator: One of :data:`OPERATORS`.
        value: What it is compared with, as text.
    """

    column: str
    operator: str
    value: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a JSON list: ``["age", ">=", "40"]``.

        Raises:
            InputError: If it is something else.

        Example:
            >>> Condition.parse('["age", ">=", 40]')
            Condition(column='age', operator='>=', value='40')
        """
        try:
            parts = msgspec.json.decode(text, type=list[str | float | int | bool | None])
        except msgspec.MsgspecError:
            parts = []
        if not 2 <= len(parts) <= 3 or not isinstance(parts[0], str) or parts[1] not in OPERATORS:
            raise InputError(
                f"the condition is {text!r}",
                expected='a JSON list of a column, an operator and a value, such as ["age", ">=", "40"]',
                fix="operators: " + ", ".join(OPERATORS),
            )
        value = "" if len(parts) < 3 or parts[2] is None else str(parts[2])
        return cls(parts[0], str(parts[1]), value)

    def as_text(self) -> str:
        """The JSON list that :meth:`parse` reads."""
        return msgspec.json.encode([self.column, self.operator, self.value]).decode()


def check_known(names: Sequence[str], wanted: Sequence[str]) -> None:
    """Refuse columns that are not there.

    Raises:
        InputError: With those that there are.
    """
    unknown = [one for one in wanted if one not in names]
    if unknown:
        more = " …" if len(names) > 20 else ""
        raise InputError(
            "there is no column " + ", ".join(map(repr, unknown)),
            expected="one of " + ", ".join(names[:20]) + more,
        )


def where_of(table: Table, conditions: Sequence[Condition], hidden: frozenset[str]) -> str:
    """SQL: whether all conditions hold.

    Raises:
        InputError: If a column is not there, a value does not fit its type, or it would tell a private value.
    """
    check_known(table.names, [one.column for one in conditions])
    return " AND ".join(_sql(table, one, hidden) for one in conditions) or "true"


def _sql(table: Table, one: Condition, hidden: frozenset[str]) -> str:
    name, kind = engine.quote(one.column), table.type_of(one.column)
    if one.operator in _ALONE:
        return f"{name} {_ALONE[one.operator]}"
    if is_private(one.column, hidden):
        raise InputError(
            f"the column {one.column!r} is private: a condition on it would tell its values",
            expected="missing or present",
        )
    if one.operator == "contains":
        return f"contains(lower(CAST({name} AS VARCHAR)), lower({engine.literal(one.value)}))"
    _check_value(one, kind)
    if kind not in _CASTS:
        return f"CAST({name} AS VARCHAR) {_COMPARED[one.operator]} {engine.literal(one.value)}"
    return f"{name} {_COMPARED[one.operator]} CAST({engine.literal(one.value.strip())} AS {_CASTS[kind]})"


def _check_value(one: Condition, kind: ColumnType) -> None:
    reading: Mapping[ColumnType, tuple[Callable[[str], object], str]] = {
        ColumnType.INT: (float, "a number"),
        ColumnType.FLOAT: (float, "a number"),
        ColumnType.BOOL: (_flag, "true or false"),
        ColumnType.DATE: (_moment, "a date such as 2026-11-20"),
        ColumnType.TIMESTAMP: (_moment, "a time such as 2026-11-20 08:00"),
    }
    if kind not in reading:
        return
    read, expected = reading[kind]
    try:
        read(one.value.strip())
    except ValueError:
        raise InputError(
            f"the column {one.column!r} is compared with {one.value!r}", expected=expected, where=one.column
        ) from None


def _flag(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


def _moment(text: str) -> object:
    from datetime import datetime

    return datetime.fromisoformat(text)
