"""Rows of two tables as numbers, column by column, for tests of all columns together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.celltypes import ColumnType
from mainspring.data.columns import Column, as_text
from mainspring.data.comparison.sides import TIMED

if TYPE_CHECKING:
    import numpy as np

    from mainspring.data.tables import Table

MOST_WORDS: Final = 30
_LARGEST: Final = 1e150
_ENCODED: Final = frozenset({ColumnType.INT, ColumnType.FLOAT, ColumnType.STRING, ColumnType.BOOL, *TIMED})


@dataclass(frozen=True, slots=True)
class Encoded:
    """Rows of two tables.

    Attributes:
        names: The columns.
        words: Which of them hold the codes of words: whole numbers from 0, the last for all rarer words.
        one: Rows of the first table, shape (rows, columns), NaN where missing.
        other: Rows of the second.
    """

    names: tuple[str, ...]
    words: tuple[bool, ...]
    one: np.ndarray
    other: np.ndarray


def encode(one: Table, other: Table, *, columns: Sequence[str] | None = None, most: int, seed: int = 0) -> Encoded:
    """Draw at most so many rows of either table and make numbers of them.

    Bools are 0 and 1, points in time seconds, infinities very large numbers. Words are coded by how
    frequent they are, the 30 most frequent one by one, so that a column of keys gives nothing away by its keys
    alone. Rows are drawn by the hash of their place.

    Raises:
        InputError: If there is no column to compare, or a table has no rows.
    """
    import numpy as np

    names = columns if columns is not None else [name for name in one.names if name in other.names]
    types = {name: (one.type_of(name), other.type_of(name)) for name in names}
    kept = [name for name, pair in types.items() if set(pair) <= _ENCODED and _kind(pair[0]) == _kind(pair[1])]
    if not kept or not one.num_rows or not other.num_rows:
        raise InputError(
            "there is nothing to compare: no rows, or no column that both tables have",
            expected="two tables with rows and at least one column of numbers, words or times in both",
        )
    found: list[tuple[np.ndarray, np.ndarray]] = []
    drawn = [_drawn(table, most, seed) for table in (one, other)]
    for name in kept:
        if _kind(types[name][0]) == "words":
            found.append(_coded(*(_words(query, Column(name, types[name][0])) for query in drawn)))
        else:
            found.append(tuple(_numbers(query, name, types[name][0]) for query in drawn))  # type: ignore[arg-type]
    return Encoded(
        tuple(kept),
        tuple(_kind(types[name][0]) == "words" for name in kept),
        np.stack([pair[0] for pair in found], axis=1),
        np.stack([pair[1] for pair in found], axis=1),
    )


def _kind(type_: ColumnType) -> str:
    if type_ is ColumnType.STRING:
        return "words"
    return "times" if type_ in TIMED else "bools" if type_ is ColumnType.BOOL else "numbers"


def _drawn(table: Table, most: int, seed: int) -> str:
    """SQL: the rows drawn, in the order of the table."""
    if table.num_rows <= most:
        return table.query()
    row = f"hash(row_number() OVER () + {seed * 1_000_003})"
    numbered = f"SELECT *, {row} AS _drawn, row_number() OVER () AS _place FROM ({table.query()})"  # noqa: S608 - our own
    first = f"SELECT * FROM ({numbered}) ORDER BY _drawn LIMIT {most}"  # noqa: S608 - our own
    return f"SELECT * EXCLUDE (_drawn, _place) FROM ({first}) ORDER BY _place"  # noqa: S608 - our own


def _numbers(query: str, name: str, type_: ColumnType) -> np.ndarray:
    import numpy as np

    quoted = engine.quote(name)
    value = f"epoch({quoted}::TIMESTAMP)" if type_ in TIMED else f"{quoted}::DOUBLE"
    # A missing value comes as a mask or as NaN, by the type of the column: one of both for all.
    with engine.cursor() as found:
        read = found.execute(f"SELECT coalesce({value}, 'nan'::DOUBLE) AS v FROM ({query})").fetchnumpy()["v"]  # noqa: S608 - names are quoted
    values = np.asarray(read, dtype=np.float64)
    return np.clip(values, -_LARGEST, _LARGEST)


def _words(query: str, column: Column) -> np.ndarray:
    import numpy as np

    with engine.cursor() as found:
        read = found.execute(f"SELECT {as_text(column)} AS v FROM ({query})").fetchall()  # noqa: S608 - names are quoted
    return np.array([row[0] for row in read], dtype=object)


def _coded(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    counts: dict[str, float] = {}
    for side in (one, other):
        for word in side.tolist():
            if word is not None:
                counts[word] = counts.get(word, 0.0) + 1.0 / len(side)
    ranked = sorted(counts, key=lambda word: (-counts[word], word))[:MOST_WORDS]
    codes: dict[str | None, float] = {word: float(place) for place, word in enumerate(ranked)}
    codes[None] = float("nan")
    coded = [np.array([codes.get(word, float(MOST_WORDS)) for word in side.tolist()]) for side in (one, other)]
    return coded[0], coded[1]
