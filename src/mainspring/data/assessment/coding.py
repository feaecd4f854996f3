"""Columns as small integers, so that any two can be compared: deciles of numbers, frequent words, missing."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainspring.data.celltypes import ColumnType
from mainspring.data.tables import Table

if TYPE_CHECKING:
    import numpy as np

MOST_WORDS: Final = 30
DECILES: Final = 10
MISSING: Final = "(missing)"
OTHER: Final = "(other)"
_PLAIN: Final = frozenset(
    {ColumnType.INT, ColumnType.FLOAT, ColumnType.BOOL, ColumnType.STRING, ColumnType.DATE, ColumnType.TIMESTAMP}
)


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """One column over the rows of a sample.

    Attributes:
        name: The column.
        codes: A small integer per row; the same for rows of the same bin or word.
        texts: What each code stands for.
        values: The numbers themselves, NaN where missing; ``None`` for words.
        missing: Per row, whether there is no value.
    """

    name: str
    codes: np.ndarray
    texts: tuple[str, ...]
    values: np.ndarray | None
    missing: np.ndarray

    @property
    def constant(self) -> bool:
        """Whether all rows are alike."""
        return not len(self.codes) or bool((self.codes == self.codes[0]).all())


def sample_rows(table: Table, most: int) -> Table:
    """At most about so many rows, spread evenly and chosen by their place alone."""
    if table.num_rows <= most:
        return table
    kept = int(most / table.num_rows * 2**32)
    names = ", ".join('this."' + name.replace('"', '""') + '"' for name in table.names)
    # Multiplying by the golden ratio spreads places evenly (Knuth, The Art of Computer Programming, 6.4).
    return table.sql(
        f"SELECT {names} FROM (SELECT *, row_number() OVER () AS place_in_table FROM this) AS this "  # noqa: S608 - names are quoted
        f"WHERE (place_in_table * 2654435769) % 4294967296 < {kept}"
    )


def encode(table: Table, names: Sequence[str] | None = None) -> Mapping[str, Coded]:
    """The plain columns of a table as codes; lists, structures and bytes are left out."""
    chosen = [column for column in table.columns if column.type in _PLAIN]
    wanted = [column for column in chosen if names is None or column.name in names]
    return {
        column.name: _numbers(column.name, table.column(column.name))
        if column.type.is_numeric
        else _words(column.name, table.column(column.name).tolist(), boolean=column.type is ColumnType.BOOL)
        for column in wanted
    }


def _numbers(name: str, values: np.ndarray) -> Coded:
    import numpy as np

    missing = np.isnan(values)
    present = values[~missing]
    different = np.unique(present)
    if len(different) <= MOST_WORDS:
        codes = np.searchsorted(different, values, side="left") + 1
        texts = (MISSING, *(f"{value:g}" for value in different))
    else:
        edges = np.unique(np.quantile(present, np.arange(1, DECILES) / DECILES, method="lower"))
        codes = np.searchsorted(edges, values, side="right") + 1
        bounds = [f"{edge:g}" for edge in edges]
        between = [f"{low} to {high}" for low, high in itertools.pairwise(bounds)]
        texts = (MISSING, f"below {bounds[0]}", *between, f"{bounds[-1]} and above")
    codes = np.where(missing, 0, codes).astype(np.int64)
    return Coded(name, codes, texts, values, missing)


def _words(name: str, values: Sequence[object], *, boolean: bool) -> Coded:
    import numpy as np

    if boolean:
        values = [None if value != value else "true" if value else "false" for value in values]
    missing = np.fromiter((value is None for value in values), dtype=bool, count=len(values))
    counts = Counter(str(value) for value in values if value is not None)
    frequent = sorted(counts, key=lambda word: (-counts[word], word))[:MOST_WORDS]
    places = {word: place for place, word in enumerate(frequent, start=1)}
    other = len(frequent) + 1
    codes = np.fromiter(
        (0 if value is None else places.get(str(value), other) for value in values),
        dtype=np.int64,
        count=len(values),
    )
    return Coded(name, codes, (MISSING, *frequent, OTHER), None, missing)
