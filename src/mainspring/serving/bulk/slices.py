"""Some rows of the data as the model takes them, and which of them it cannot take."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mainspring.data import engine
from mainspring.models.inputs import LEAST, LONGEST_VALUE, MOST
from mainspring.serving.bulk.binding import Binding
from mainspring.serving.bulk.cells import Cell, expected

Array = npt.NDArray[Any]

_NUMBER: Final = "mainspring_row"
_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be answered.

    Attributes:
        row: Its number in the data, from 0.
        reasons: Everything that is wrong with it.
        values: The row itself, as JSON.
    """

    row: int
    reasons: tuple[str, ...]
    values: str = ""

    @property
    def reason(self) -> str:
        """All reasons as one text."""
        return "; ".join(self.reasons)


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows of the data, one after the other.

    Attributes:
        sql: What gives them inside the engine.
        start: The number of the first of them, from 0.
        rows: How many.
        columns: Column of the model to its values, as ``Table.column`` gives them.
        wrong: Column of the model to where its values do not fit; only columns with such values.
    """

    sql: str
    start: int
    rows: int
    columns: Mapping[str, Array]
    wrong: Mapping[str, npt.NDArray[np.bool_]]

    @property
    def bad(self) -> npt.NDArray[np.int64]:
        """Which rows cannot be answered, from 0 at the start of the slice, ascending."""
        if not self.wrong:
            return np.empty(0, dtype=np.int64)
        return np.flatnonzero(np.logical_or.reduce(list(self.wrong.values())))


def read_slice(sql: str, start: int, binding: Binding) -> Slice:
    """Read rows as the model takes them.

    Args:
        sql: A query that gives the rows in their order.
        start: The number of the first of them in the data.
        binding: How columns are read.
    """
    picks = [f"{cell.value} AS v{place}" for place, cell in enumerate(binding.cells)]
    checked = [(place, cell) for place, cell in enumerate(binding.cells) if cell.wrong is not None]
    picks += [f"{cell.wrong} AS w{place}" for place, cell in checked]
    with engine.cursor() as found:
        given: Mapping[str, Array] = found.sql(sql).project(", ".join(picks)).fetchnumpy()
    columns: dict[str, Array] = {}
    wrong: dict[str, npt.NDArray[np.bool_]] = {}
    for place, cell in enumerate(binding.cells):
        values = _plain(given[f"v{place}"], cell)
        unfit = _unfit(values, cell)
        if cell.wrong is not None:
            unread = np.asarray(given[f"w{place}"], dtype=np.bool_)
            unfit = unread if unfit is None else unfit | unread
        if unfit is not None and unfit.any():
            wrong[cell.field.name] = unfit
        columns[cell.field.name] = values
    rows = len(next(iter(columns.values()), ()))
    return Slice(sql, start, rows, columns, wrong)


def bad_rows(
    found: Slice, binding: Binding, failed: Mapping[int, str], *, whole: bool, most: int | None = None
) -> Iterator[BadRow]:
    """Say what is wrong with rows, in their order; some are read again for that.

    Args:
        found: The slice that they lie in.
        binding: How its columns were read.
        failed: Rows, from 0 at the start of the slice, on which the model itself failed, and how.
        whole: Whether the rows themselves are wanted.
        most: At most so many rows.
    """
    places = sorted({*found.bad.tolist(), *failed})[:most]
    cells = [cell for cell in binding.cells if cell.field.name in found.wrong]
    for start in range(0, len(places), _AT_ONCE):
        some = places[start : start + _AT_ONCE]
        for place, values, texts in _again(found, cells, some, whole=whole):
            reasons = [
                _reason(cell, text)
                for cell, text in zip(cells, texts, strict=True)
                if found.wrong[cell.field.name][place]
            ]
            if place in failed:
                reasons.append(failed[place])
            yield BadRow(found.start + place, tuple(reasons), values)


def _again(
    found: Slice, cells: Sequence[Cell], places: Sequence[int], *, whole: bool
) -> list[tuple[int, str, Sequence[str | None]]]:
    """Rows by their place, as JSON if wanted, with the texts of some of their cells."""
    names = [engine.quote(str(cell.column)) for cell in cells if cell.column is not None]
    texts = [f"CAST({name} AS VARCHAR)" for name in names]
    row = "to_json(these)" if whole else "''"
    with engine.cursor() as cursor:
        numbered = cursor.sql(found.sql).project(f"row_number() OVER () - 1 AS {_NUMBER}, *")
        chosen = numbered.filter(f"{_NUMBER} IN ({', '.join(map(str, places))})").order(_NUMBER).set_alias("these")
        rows: list[tuple[Any, ...]] = chosen.project(", ".join([_NUMBER, row, *texts])).fetchall()
    return [(int(one[0]), _without_number(one[1]), one[2:]) for one in rows]


def _without_number(text: str) -> str:
    if not text:
        return ""
    values = json.loads(text)
    values.pop(_NUMBER, None)
    return json.dumps(values, ensure_ascii=False)


def _reason(cell: Cell, text: str | None) -> str:
    wanted = expected(cell.field)
    if text is None or text.lower() == "nan":
        return f"column {cell.column!r} has no value; expected {wanted}"
    shown = repr(text) if len(text) <= LONGEST_VALUE else repr(text[: LONGEST_VALUE - 1] + "…")
    return f"column {cell.column!r} holds {shown}; expected {wanted}"


def _plain(values: Array, cell: Cell) -> Array:
    """An array as a model takes it: no masks, ``None`` for a missing text."""
    if not cell.is_text:
        numbers = np.asarray(values, dtype=np.float64)
        return _words(numbers) if cell.as_words else numbers
    if isinstance(values, np.ma.MaskedArray):
        missing = np.ma.getmaskarray(values)
        values = np.asarray(values.data, dtype=object)
        values[missing] = None
    return np.asarray(values, dtype=object)


def _words(numbers: Array) -> Array:
    """Numbers as texts. Mostly a few different ones: each is written once."""
    # Imported here: it takes longer than all the rest, and hardly any model needs it.
    from mainspring.data.transforms.kinds import as_words

    different, places = np.unique(numbers, return_inverse=True, equal_nan=True)
    texts = np.empty(len(different), dtype=object)
    texts[:] = as_words(different)
    return texts[places]


def _unfit(values: Array, cell: Cell) -> npt.NDArray[np.bool_] | None:
    """Where values that were read are none that the model takes; ``None`` if all are."""
    field = cell.field
    if field.datatype == "BYTES":
        if field.nullable:
            return None
        return np.fromiter((value is None for value in values), np.bool_, len(values))
    # One sum tells whether any value is NaN or infinite.
    unfit = None
    if not np.isfinite(values.sum()):
        unfit = np.isinf(values) if field.nullable else ~np.isfinite(values)
    if field.datatype == "INT64":
        whole = np.rint(values) == values
        within = (values >= LEAST) & (values <= MOST)
        odd = ~(whole & within | np.isnan(values))
        unfit = odd if unfit is None else unfit | odd
    elif field.datatype == "BOOL":
        odd = ~((values == 0.0) | (values == 1.0) | np.isnan(values))
        unfit = odd if unfit is None else unfit | odd
    return unfit
