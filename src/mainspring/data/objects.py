"""Objects of other libraries, told apart by what they can do: none of those libraries is imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.core.errors import InputError


def opened(rows: Any) -> Any:
    """A mapping of columns, a list of rows, or something that speaks the Arrow C stream protocol.

    Raises:
        InputError: If the object is nothing of that.
    """
    library = type(rows).__module__.partition(".")[0]
    if library == "polars" and hasattr(rows, "collect"):
        return rows.collect()
    if library == "pandas" and hasattr(rows, "reset_index") and hasattr(rows, "columns"):
        return _of_pandas(rows)
    if hasattr(rows, "__arrow_c_stream__"):
        return _Stream(rows)
    names = getattr(getattr(rows, "dtype", None), "names", None)
    if names:
        return {name: rows[name] for name in names}
    if isinstance(rows, Mapping):
        return rows
    if isinstance(rows, Sequence) and not isinstance(rows, str | bytes):
        if not all(isinstance(row, Mapping) for row in rows):
            raise InputError(
                "a list of something else than rows", expected="a list of mappings of names to values"
            )
        return list(rows)
    raise InputError(
        f"a {type(rows).__name__} is no table",
        expected="a data frame, an Arrow table, a DuckDB relation, a structured array, columns or a list of rows",
    )


class _Stream:
    """An object without anything but its stream: the engine looks into those it knows, and refuses some."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._rows.__arrow_c_stream__(requested_schema)


def _of_pandas(frame: Any) -> Any:
    wrong = [name for name in frame.columns if not isinstance(name, str)]
    if wrong:
        raise InputError(
            f"names of columns are not text: {', '.join(map(repr, wrong[:10]))}",
            expected="text",
            fix="frame.columns = frame.columns.map(str)",
        )
    repeated = sorted(set(frame.columns[frame.columns.duplicated()]))
    if repeated:
        raise InputError(
            f"columns have the same name: {', '.join(map(repr, repeated[:10]))}", expected="different names"
        )
    # By way of Arrow pandas would need another library, and would keep the index.
    found = {}
    for name in frame.columns:
        column = frame[name]
        kind = getattr(column.dtype, "kind", "O")
        if (
            kind in "biuf"
            and hasattr(column.dtype, "itemsize")
            and type(column.dtype).__module__.startswith("numpy")
        ):
            found[name] = column.to_numpy()
        else:
            found[name] = column.astype(object).where(column.notna(), None).tolist()
    return found
