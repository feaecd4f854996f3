"""Columns as small integers: what one look at the whole table found, and the code of every row of a chunk.

The engine computes a key per row (a word, a number, or the place of a range) and how often keys occur; what is
kept of a column is at most a hundred of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError
from mainspring.data import engine
from mainspring.data.celltypes import ColumnType, from_engine
from mainspring.data.columns import Column, as_text
from mainspring.evaluation.slicing.specs import MISSING, Part

if TYPE_CHECKING:
    from mainspring.data import Table

Ints: TypeAlias = "npt.NDArray[np.int64]"

MOST_NUMBERS: Final = 12
"""A numeric column with more distinct values than this is cut into quartile ranges."""
_MOST_SORTED: Final = 50_000_000
"""Quartiles of more rows than this are estimated: exact ones hold every number in memory."""
NOWHERE: Final = -1
"""The code of a row that is in no slice of a part."""


class Kind(StrEnum):
    """What the keys of a column are."""

    WORD = "word"
    NUMBER = "number"
    PLACE = "place"
    """Of a range; rows without a number have the place after the last."""


@dataclass(frozen=True, slots=True)
class Coder:
    """How the values of one part become keys.

    Attributes:
        column: The column.
        kind: What keys are.
        key: SQL: the key of a row, NULL if the row is in no slice.
        texts: The texts of places.
        many: Whether ``key`` gives a row for every element of a list.
    """

    column: str
    kind: Kind
    key: str
    texts: tuple[str, ...] = ()
    many: bool = False

    def text(self, key: Any) -> str:
        """What the slice of a key is called."""
        if self.kind is Kind.PLACE:
            return self.texts[int(key)]
        if self.kind is Kind.NUMBER:
            return MISSING if key != key else number_text(key)
        return str(key)

    def code(self, keys: Sequence[Any], key: str = "") -> str:
        """SQL: the place of the key of a row among some, their number for others, -1 for none.

        Args:
            keys: The keys that have codes of their own.
            key: SQL: the key, where it was worked out before.
        """
        key = key or self.key
        if self.kind is Kind.PLACE:
            return f"coalesce({key}, {NOWHERE})::INTEGER"
        listed = ", ".join(engine.literal(one) if self.kind is Kind.WORD else _double(one) for one in keys)
        kind = "VARCHAR" if self.kind is Kind.WORD else "DOUBLE"
        # The engine counts from 1, and says 0 (or NULL) of what is not in the list.
        place = f"coalesce(list_position([{listed}]::{kind}[], {key}), 0)::INTEGER"
        place = f"CASE WHEN {place} = 0 THEN {len(keys)} ELSE {place} - 1 END"
        return f"CASE WHEN ({key}) IS NULL THEN {NOWHERE} ELSE {place} END"

    def size(self, keys: Sequence[Any]) -> int:
        """How many codes there are, the one for others with them."""
        return len(self.texts) if self.kind is Kind.PLACE else len(keys) + 1


def make_coder(part: Part, table: Table, rows: str) -> Coder:
    """Decide how a part is coded, by its type and by a look at its values.

    Args:
        part: What is wanted.
        table: The table, for the types.
        rows: SQL: the rows that count.

    Raises:
        InputError: If ranges are wanted of what is no number.
    """
    column = next(one for one in table.columns if one.name == part.column)
    if column.type is not ColumnType.LIST:
        return _of_cell(part, column, rows)
    element = Column("e", from_engine(column.nested.removesuffix("[]")))
    inner = _ranged(part, element) if part.ranges else _worded(part, element)
    name = engine.quote(column.name)
    keys = f"list_distinct(list_transform({name}, lambda e: {inner.key}))"
    none = _wordless(part) if inner.kind is Kind.WORD else f"{len(inner.texts) - 1}"
    every = f"unnest(CASE WHEN {name} IS NULL OR len({name}) = 0 THEN [{none}] ELSE {keys} END)"
    return Coder(column.name, inner.kind, every, inner.texts, many=True)


def number_text(value: float) -> str:
    """A number of a column as the text of its slice: ``3``, ``0.25``."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _of_cell(part: Part, column: Column, rows: str) -> Coder:
    if part.ranges:
        return _ranged(part, column)
    if part.values or not column.type.is_numeric:
        return _worded(part, column)
    number = _number_of(column)
    few = engine.fetch(f"SELECT DISTINCT {number} AS v FROM ({rows}) WHERE v IS NOT NULL LIMIT {MOST_NUMBERS + 1}")  # noqa: S608 - names are quoted
    if len(few) <= MOST_NUMBERS:
        return Coder(column.name, Kind.NUMBER, f"coalesce({number}, 'nan'::DOUBLE)")
    edges, last = _quartiles(number, rows)
    return _placed(column.name, number, tuple(edge for edge in edges if edge < last), last)


def _quartiles(number: str, rows: str) -> tuple[list[float], float]:
    """The quartiles of the rows, ascending and each once, and the largest number."""
    ((count, last),) = engine.fetch(f"SELECT count(v), max(v) FROM (SELECT {number} AS v FROM ({rows}))")  # noqa: S608 - names are quoted
    quantile = "quantile_cont" if count <= _MOST_SORTED else "approx_quantile"
    ((found,),) = engine.fetch(
        f"SELECT {quantile}(v, [0.25, 0.5, 0.75]) FROM (SELECT {number} AS v FROM ({rows})) WHERE v IS NOT NULL"  # noqa: S608 - as above
    )
    # Adding zero makes one zero of two.
    return sorted({float(edge) + 0.0 for edge in found if edge == edge}), float(last)


def _placed(column: str, number: str, edges: Sequence[float], last: float) -> Coder:
    """Ranges whose upper bound belongs to them."""
    ends = [f"{edge:.6g}" for edge in edges]
    between = [f"> {low} and ≤ {high}" for low, high in itertools.pairwise(ends)]
    texts = [f"≤ {ends[0]}", *between, f"> {ends[-1]}"] if ends else [f"≤ {last:.6g}"]
    cases = "".join(f" WHEN {number} <= {_double(edge)} THEN {place}" for place, edge in enumerate(edges))
    key = f"CASE WHEN {number} IS NULL THEN {len(texts)}{cases} ELSE {len(texts) - 1} END"
    return Coder(column, Kind.PLACE, key, (*texts, MISSING))


def _ranged(part: Part, column: Column) -> Coder:
    if not (column.type.is_numeric or column.type is ColumnType.BOOL):
        raise InputError(
            f"ranges of {part.column!r}, which holds {column.type} values",
            expected="a column of numbers",
            fix="name the values instead, or use a condition: sql NAME: CONDITION",
        )
    number = _number_of(column)
    cases = _cases((one.sql(number), place) for place, one in enumerate(part.ranges))
    key = f"CASE WHEN {number} IS NULL THEN {len(part.ranges)}{cases} END"
    return Coder(part.column, Kind.PLACE, key, (*map(str, part.ranges), MISSING))


def _cases(pairs: Iterable[tuple[str, int]]) -> str:
    return "".join(f" WHEN {condition} THEN {value}" for condition, value in pairs)


def _worded(part: Part, column: Column) -> Coder:
    cell, text = engine.quote(column.name), as_text(column)
    if column.type is ColumnType.FLOAT:
        whole = f"abs({cell}) < 1e15 AND trunc({cell}) = {cell}"
        text = f"CASE WHEN isnan({cell}) THEN NULL WHEN {whole} THEN {cell}::BIGINT::VARCHAR ELSE {text} END"
    key = f"coalesce({text}, {engine.literal(MISSING)})"
    if part.values:
        listed = ", ".join(map(engine.literal, part.values))
        key = f"CASE WHEN {key} IN ({listed}) THEN {key} END"
    return Coder(part.column, Kind.WORD, key)


def _wordless(part: Part) -> str:
    wanted = not part.values or MISSING in part.values
    return engine.literal(MISSING) if wanted else "NULL::VARCHAR"


def _number_of(column: Column) -> str:
    """SQL: a number as a double, NULL where it is missing or none."""
    cell = f"{engine.quote(column.name)}::DOUBLE"
    return (
        f"(CASE WHEN isnan({cell}) THEN NULL ELSE {cell} END)" if column.type is ColumnType.FLOAT else f"({cell})"
    )


def _double(value: float) -> str:
    return f"{float(value)!r}::DOUBLE" if abs(value) < float("inf") else f"'{float(value)!r}'::DOUBLE"
