"""Rows that come in batches from outside the engine, put down as text until the types of all are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from mainspring.data import engine
from mainspring.data.stored import Lying, kept

_LARGE: Final = 20_000_000
"""Above so many cells rows go to a file of the process."""


class Spool:
    """Text cells in files of the process. Not safe for several threads.

    Example:
        >>> spool = Spool()
        >>> spool.add({"n": ["1", None]})
        >>> spool.add({"n": ["2"], "m": ["x"]})
        >>> columns, _ = spool.finish({"n": 'CAST("n" AS BIGINT)', "m": '"m"'})
        >>> columns
        (Column(name='n', type=INT), Column(name='m', type=STRING))
    """

    def __init__(self) -> None:
        self._files: list[engine.Scratch] = []
        self._cells = 0

    def add(self, cells: Mapping[str, Sequence[str | None]]) -> None:
        """Put down some rows: for each column its cells. Columns that a batch does not have are missing in it."""
        import numpy as np

        arrays = {f"c{place}": np.array(values, dtype=object) for place, values in enumerate(cells.values())}
        picks = [
            f"CAST({cell} AS VARCHAR) AS {engine.quote(name)}" for cell, name in zip(arrays, cells, strict=True)
        ]
        file = engine.Scratch(".parquet")
        engine.write_object(arrays, ", ".join(picks), file.path)
        self._files.append(file)
        self._cells += sum(map(len, cells.values()))

    def source(self) -> str:
        """What stands after FROM: the text cells of all rows, in order."""
        listed = ", ".join(engine.literal(engine.plain_path(file.path)) for file in self._files)
        return f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"

    def finish(self, cells: Mapping[str, str]) -> Lying:
        """All rows, with the cells that these pieces of SQL make of the text cells."""
        picks = ", ".join(f"{sql} AS {engine.quote(name)}" for name, sql in cells.items())
        return kept(f"SELECT {picks} FROM {self.source()}", large=self._cells > _LARGE)  # noqa: S608 - quoted by the caller
