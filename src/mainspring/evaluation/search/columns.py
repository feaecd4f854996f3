"""The columns of a search as small integers: frequent words, ranges of numbers, missing."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError
from mainspring.data import engine
from mainspring.data.celltypes import ColumnType
from mainspring.evaluation.slicing.coding import MOST_NUMBERS, make_coder, number_text
from mainspring.evaluation.slicing.specs import MISSING, Part, Range

if TYPE_CHECKING:
    from mainspring.data import Table
    from mainspring.data.columns import Column

Bytes: TypeAlias = "npt.NDArray[np.uint8]"

MOST_WORDS: Final = 30
FINE: Final = 5
"""A bin of a number is made of so many finer ones, of which single ranges are put together."""
_SAMPLE: Final = 200_000
_PLAIN: Final = frozenset(
    {ColumnType.INT, ColumnType.FLOAT, ColumnType.BOOL, ColumnType.STRING, ColumnType.DATE, ColumnType.TIMESTAMP}
)


@dataclass(frozen=True, slots=True)
class Value:
    """What the rows of a code have in common.

    Attributes:
        text: As a slice names it.
        sql: SQL: whether a row has it.
    """

    text: str
    sql: str


@dataclass(frozen=True, slots=True, eq=False)
class Searched:
    """A column over the rows that are judged.

    Attributes:
        name: The column.
        codes: Of each row, shape ``[n]``.
        values: What each code stands for; ``None`` for the rare words together, which are no slice.
        ends: For numbers: the bounds of the bins, one more than bins; ``None`` for no bound.
        fine: For numbers: finer codes, of which the ranges that lie beside each other can be put together.
        cuts: For numbers: the lower bounds of the fine bins but the first.
    """

    name: str
    codes: Bytes
    values: tuple[Value | None, ...]
    ends: tuple[float | None, ...] = ()
    fine: Bytes | None = None
    cuts: tuple[float, ...] = ()

    @property
    def runs(self) -> list[tuple[int, int]]:
        """The first and the last code of everything that may be a slice: a value, or bins beside each other.

        All bins of a number together are no slice.
        """
        bins = max(len(self.ends) - 1, 0)
        beside = [(a, b) for a in range(bins) for b in range(a, bins) if b - a + 1 < bins]
        return beside + [
            (code, code) for code, value in enumerate(self.values) if code >= bins and value is not None
        ]

    def run(self, first: int, last: int) -> Value:
        """What the rows of the codes from ``first`` to ``last`` have in common.

        Raises:
            ValueError: If they are the rare words, which are no slice.
        """
        if self.ends and last < len(self.ends) - 1:
            return _range(self.name, self.ends[first], self.ends[last + 1])
        value = self.values[first]
        if value is None or first != last:
            raise ValueError(f"{self.name!r} has no slice of the codes {first} to {last}")
        return value

    def range(self, first: int, last: int) -> Value:
        """What the rows of the fine codes from ``first`` to ``last`` have in common."""
        low = self.cuts[first - 1] if first else None
        high = self.cuts[last] if last < len(self.cuts) else None
        return _range(self.name, low, high)


def searched_columns(
    table: Table, kept: npt.NDArray[np.bool_], names: Sequence[str] | None, without: Sequence[str], *, bins: int
) -> tuple[list[Searched], list[str]]:
    """The columns to search, coded over the kept rows, and which were passed over, in sentences.

    Args:
        table: The rows.
        kept: Which of them are judged.
        names: The columns; all that hold single values without it.
        without: Columns that say nothing of a row's own: label, weight, predictions.
        bins: How many ranges numbers are cut into.

    Raises:
        InputError: If a named column does not exist or holds no single values.
    """
    by_name = {column.name: column for column in table.columns}
    wrong = [name for name in names or () if name not in by_name or by_name[name].type not in _PLAIN]
    if wrong:
        raise InputError(
            f"no column of single values {', '.join(map(repr, wrong))} to search",
            expected="some of " + ", ".join(name for name, one in by_name.items() if one.type in _PLAIN),
        )
    chosen = [by_name[name] for name in names] if names is not None else list(table.columns)
    found, passed = [], []
    for column in chosen:
        if column.name in without or column.type not in _PLAIN:
            continue
        coded = _numbers(table, column, kept, bins) if column.type.is_numeric else _words(table, column, kept)
        if coded is None:
            passed.append(f"{column.name!r} was not searched: nearly every row has a value of its own")
        elif len(coded.values) > 1:
            found.append(coded)
    return found, passed


def _numbers(table: Table, column: Column, kept: npt.NDArray[np.bool_], bins: int) -> Searched:
    numbers = table.column(column.name)[kept]
    missing = np.isnan(numbers)
    present = numbers[~missing]
    few = np.unique(present[:_SAMPLE])
    if len(few) <= MOST_NUMBERS:
        few = np.unique(present)
    none = Value(MISSING, _no_number(column))
    if len(few) <= MOST_NUMBERS:
        codes = np.searchsorted(few, np.where(missing, np.inf, numbers)).astype(np.uint8)
        name = engine.quote(column.name)
        values = [Value(number_text(x), f"{name} = {number_text(x)}") for x in few.tolist()]
        return Searched(column.name, codes, (*values, *([none] if missing.any() else [])))
    cuts = _cuts(present, bins * FINE)
    fine = np.searchsorted(cuts, numbers, side="right").astype(np.uint8)
    fine[missing] = len(cuts) + 1
    bounds = sorted({math.ceil((len(cuts) + 1) * place / bins) for place in range(1, bins)} - {0, len(cuts) + 1})
    codes = np.searchsorted(np.array(bounds), np.arange(len(cuts) + 1), side="right").astype(np.uint8)
    coarse = np.append(codes, codes[-1] + 1).astype(np.uint8)
    ends = [None, *(float(cuts[bound - 1]) for bound in bounds), None]
    values = [_range(column.name, low, high) for low, high in itertools.pairwise(ends)]
    every = (*values, *([none] if missing.any() else []))
    return Searched(column.name, coarse[fine], every, tuple(ends), fine, tuple(cuts.tolist()))


def _cuts(present: npt.NDArray[np.float64], bins: int) -> npt.NDArray[np.float64]:
    """Bounds that cut the numbers into parts of about one size, rounded to what people can read."""
    sample = present[:: max(len(present) // _SAMPLE, 1)]
    edges = np.quantile(sample[np.isfinite(sample)], np.arange(1, bins) / bins)
    spread = edges[-1] - edges[0] or 1.0
    short = np.unique(np.round(edges, 2 - math.floor(math.log10(spread))))
    inside: npt.NDArray[np.float64] = short[(short > present.min()) & (short <= present.max())]
    return inside


def _range(name: str, low: float | None, high: float | None) -> Value:
    one = Range(low, high)
    return Value(str(one), one.sql(engine.quote(name)).removeprefix("(").removesuffix(")").replace("::DOUBLE", ""))


def _no_number(column: Column) -> str:
    name = engine.quote(column.name)
    return f"({name} IS NULL OR isnan({name}))" if column.type is ColumnType.FLOAT else f"{name} IS NULL"


def _words(table: Table, column: Column, kept: npt.NDArray[np.bool_]) -> Searched | None:
    coder = make_coder(Part(column.name), table, table.query())
    counted = engine.fetch(
        f"SELECT k, count(*) AS n, count(*) OVER () FROM (SELECT {coder.key} AS k FROM ({table.query()})) "  # noqa: S608 - names are quoted
        f"GROUP BY k ORDER BY n DESC, k LIMIT {MOST_WORDS}"
    )
    if counted and counted[0][2] > table.num_rows / 2 and table.num_rows > MOST_WORDS:
        return None
    words = [row[0] for row in counted]
    with engine.cursor() as cursor:
        query = f"SELECT ({coder.code(words)})::UTINYINT AS code FROM ({table.query()})"  # noqa: S608 - names are quoted
        codes = np.asarray(cursor.execute(query).fetchnumpy()["code"], dtype=np.uint8)[kept]
    values: list[Any] = [Value(word, _word_sql(column, word, coder.key)) for word in words]
    more = len(counted) and counted[0][2] > len(words)
    return Searched(column.name, codes, (*values, *([None] if more else [])))


def _word_sql(column: Column, word: str, key: str) -> str:
    name = engine.quote(column.name)
    if word == MISSING:
        return f"{name} IS NULL"
    if column.type is ColumnType.BOOL:
        return name if word == "true" else f"NOT {name}"
    return f"{name if column.type is ColumnType.STRING else key} = {engine.literal(word)}"
