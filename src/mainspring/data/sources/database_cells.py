"""From the values that database drivers give to text cells with one type per column."""

from __future__ import annotations

import datetime
import decimal
import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from mainspring.core.errors import InputError
from mainspring.data.celltypes import ColumnType
from mainspring.data.columns import joined_type


def _stamp(value: datetime.datetime) -> str:
    return (value.astimezone(datetime.UTC).replace(tzinfo=None) if value.tzinfo else value).isoformat(sep=" ")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


_WAYS: Final[dict[type, tuple[ColumnType, Callable[[Any], str]]]] = {
    bool: (ColumnType.BOOL, lambda value: "true" if value else "false"),
    int: (ColumnType.INT, str),
    float: (ColumnType.FLOAT, repr),
    decimal.Decimal: (ColumnType.FLOAT, str),
    str: (ColumnType.STRING, str),
    bytes: (ColumnType.BYTES, bytes.hex),
    bytearray: (ColumnType.BYTES, bytearray.hex),
    memoryview: (ColumnType.BYTES, memoryview.hex),
    datetime.datetime: (ColumnType.TIMESTAMP, _stamp),
    datetime.date: (ColumnType.DATE, str),
    list: (ColumnType.STRING, _json),
    dict: (ColumnType.STRING, _json),
}
_OTHERS: Final = (ColumnType.STRING, str)
_NO_DATE: Final = "0000-00-00"


class Gathered:
    """One column: finds the type of its values, batch after batch.

    Args:
        declared: The type that the database says, ``None`` if the values decide.
    """

    def __init__(self, name: str, declared: ColumnType | None) -> None:
        self.name = name
        self._declared = declared
        self._first: dict[ColumnType, int] = {}
        self._rows = 0

    def texts(self, values: Sequence[Any]) -> list[str | None]:
        """The text cells of some more rows."""
        found = [self._text(value, place) for place, value in enumerate(values, start=self._rows + 1)]
        self._rows += len(values)
        return found

    def type(self) -> ColumnType:
        """The type of all values.

        Raises:
            InputError: If they are of several.
        """
        if self._declared is not None:
            return self._declared
        found: ColumnType | None = None
        for kind in self._first:
            found = kind if found is None else joined_type(found, kind)
            if found is None:
                listed = " and ".join(f"{one} (first in row {row})" for one, row in self._first.items())
                raise InputError(
                    f"column {self.name!r} is {listed}",
                    expected="values of one type",
                    fix=f"cast it in the query: CAST({self.name} AS …)",
                )
        return found or ColumnType.STRING

    def _text(self, value: Any, row: int) -> str | None:
        if value is None:
            return None
        kind, write = _WAYS.get(type(value), _OTHERS)
        if kind not in self._first:
            self._first[kind] = row
        if self._declared in {ColumnType.DATE, ColumnType.TIMESTAMP} and kind is ColumnType.STRING:
            # MySQL and MariaDB write a missing date so.
            return None if value.startswith(_NO_DATE) else str(value)
        return write(value)
