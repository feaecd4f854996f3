"""Rows of two tables as numbers, column by column, for tests of all columns together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.celltypes import ColumnType

if TYPE_CHECKING:
    import numpy as np

    from mainspring.data.tables import Table

MOST_WORDS: Final = 30
MOST_ELEMENTS: Final = 2_048
_LARGEST: Final = 1e150
_KINDS: Final = {
    ColumnType.INT: "numbers",
    ColumnType.FLOAT: "numbers",
    ColumnType.BOOL: "bools",
    ColumnType.STRING: "words",
    ColumnType.DATE: "times",
    ColumnType.TIMESTAMP: "times",
    ColumnType.LIST: "lists",
}


@dataclass(frozen=True, slots=True)
class Encoded:
    """Rows of two tables.

    Attributes:
        names: The column that each axis comes from; an embedding has as many axes as elements.
        words: Which axes hold the codes of words: whole numbers from 0, the last for all rarer words.
        one: Rows of the first table, shape (rows, axes), NaN where missing.
        other: Rows of the second.
    """

    names: tuple[str, ...]
    words: tuple[bool, ...]
    one: np.ndarray
    other: np.ndarray

    def axes(self) -> dict[str, list[int]]:
        """The axes of each column."""
        found: dict[str, list[int]] = {}
        for place, name in enumerate(self.names):
            found.setdefault(name, []).append(place)
        return found


def encode(one: Table, other: Table, *, columns: Sequence[str] | None = None, most: int) -> Encoded:
    """Draw at most so many rows of either table and make numbers of them.

    Bools are 0 and 1, points in time seconds, infinities very large numbers. Words are coded by how frequent they
    are, the 30 most frequent one by one, so that a column of keys gives nothing away by its keys alone. Lists of
    numbers are taken if all have one length, as embeddings do. Rows are drawn by the hash of their place.

    Raises:
        InputError: If there is no column to compare, or a table has no rows.
    """
    import numpy as np

    wanted = columns if columns is not None else [name for name in one.names if name in other.names]
    kinds = {name: {_KINDS.get(table.type_of(name), "") for table in (one, other)} for name in wanted}
    drawn = [_drawn(table, most) for table in (one, other)]
    names: list[str] = []
    words: list[bool] = []
    sides: list[list[np.ndarray]] = [[], []]
    for name in wanted if one.num_rows and other.num_rows else ():
        kind = kinds[name].pop() if len(kinds[name]) == 1 else ""
        pair = _pair([held.name for held in drawn], name, kind)
        if pair is not None:
            names += [name] * pair[0].shape[1]
            words += [kind == "words"] * pair[0].shape[1]
            sides[0].append(pair[0])
            sides[1].append(pair[1])
    if not names:
        raise InputError(
            "there is nothing to compare: no rows, or no column that both tables have",
            expected="two tables with rows and at least one column of numbers, words or times in both",
        )
    return Encoded(tuple(names), tuple(words), np.hstack(sides[0]), np.hstack(sides[1]))


def _pair(tables: Sequence[str], name: str, kind: str) -> tuple[np.ndarray, np.ndarray] | None:
    """A column of both tables, shapes (rows, axes); ``None`` if it does not fit."""
    quoted = engine.quote(name)
    if kind == "words":
        return _coded(*(_words(table, quoted) for table in tables))
    if kind in {"numbers", "bools", "times"}:
        value = f"epoch({quoted}::TIMESTAMP)" if kind == "times" else f"{quoted}::DOUBLE"
        one, other = (_numbers(table, value) for table in tables)
        return one[:, None], other[:, None]
    return _elements(tables, quoted) if kind == "lists" else None


def _drawn(table: Table, most: int) -> engine.Relation:
    """The rows drawn, in the order of the table."""
    if table.num_rows <= most:
        return engine.Relation.of(table.query())
    numbered = f"SELECT *, row_number() OVER () AS _place FROM ({table.query()})"  # noqa: S608 - our own
    first = f"SELECT * FROM ({numbered}) ORDER BY hash(_place) LIMIT {int(most)}"  # noqa: S608 - our own
    return engine.Relation.of(f"SELECT * EXCLUDE (_place) FROM ({first}) ORDER BY _place")  # noqa: S608 - our own


def _elements(tables: Sequence[str], quoted: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Lists of numbers that all have one length."""
    lengths = " UNION ALL ".join(f"SELECT len({quoted}) AS n FROM {table}" for table in tables)  # noqa: S608 - names are quoted
    least, most = engine.fetch(f"SELECT min(n), max(n) FROM ({lengths})")[0]  # noqa: S608 - names are quoted
    types = {kind for table in tables for kind in dict(engine.describe(f"SELECT {quoted} FROM {table}")).values()}  # noqa: S608 - names are quoted
    if least != most or not least or least > MOST_ELEMENTS or not all(_of_numbers(kind) for kind in types):
        return None
    holes = f"list_transform(range({least}), lambda place: 'nan'::DOUBLE)"
    value = f"unnest(coalesce({quoted}::DOUBLE[], {holes}))"
    one, other = (_numbers(table, value).reshape(-1, least) for table in tables)
    return one, other


def _of_numbers(kind: str) -> bool:
    return kind.rstrip("]0123456789").rstrip("[") in {
        "DOUBLE",
        "FLOAT",
        "BIGINT",
        "INTEGER",
        "SMALLINT",
        "TINYINT",
    }


def _numbers(table: str, value: str) -> np.ndarray:
    import numpy as np

    # A missing value comes as a mask or as NaN, by the type of the column: one of both for all.
    query = f"SELECT coalesce(v, 'nan'::DOUBLE) AS v FROM (SELECT {value} AS v FROM {table})"  # noqa: S608 - names are quoted
    with engine.cursor() as found:
        read = found.execute(query).fetchnumpy()["v"]
    return np.clip(np.asarray(read, dtype=np.float64), -_LARGEST, _LARGEST)


def _words(table: str, quoted: str) -> list[str | None]:
    return [row[0] for row in engine.fetch(f"SELECT {quoted} FROM {table}")]  # noqa: S608 - names are quoted


def _coded(one: Sequence[str | None], other: Sequence[str | None]) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    counts: dict[str, float] = {}
    for side in (one, other):
        for word in side:
            if word is not None:
                counts[word] = counts.get(word, 0.0) + 1.0 / len(side)
    ranked = sorted(counts, key=lambda word: (-counts[word], word))[:MOST_WORDS]
    codes: dict[str | None, float] = {word: float(place) for place, word in enumerate(ranked)}
    codes[None] = float("nan")
    coded = [np.array([codes.get(word, float(MOST_WORDS)) for word in side])[:, None] for side in (one, other)]
    return coded[0], coded[1]
