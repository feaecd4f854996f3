"""Row numbers: where the rows of a split were in the source, kept by the engine until somebody asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mainspring.data import engine
from mainspring.data.extents import scan_files

if TYPE_CHECKING:
    import numpy as np

COLUMN: Final = "row"
"""The column of a file of row numbers."""


class RowNumbers(Mapping[str, "np.ndarray"]):
    """Split name to the numbers of its rows in the source, the first row being 1.

    An array is made when a name is asked for, and is not kept: a hundred million rows cost a byte each until then.

    Args:
        queries: Split name to the SQL that gives its numbers, in order, in a column ``row``.
        held: What the queries need, kept as long as this object.
    """

    __slots__ = ("_held", "_queries")

    def __init__(self, queries: Mapping[str, str], held: object = None) -> None:
        self._queries = dict(queries)
        self._held = held

    def __getitem__(self, name: str) -> np.ndarray:
        import numpy as np

        with engine.cursor() as found:
            found.execute(self._queries[name])
            return np.asarray(found.fetchnumpy()[COLUMN], dtype=np.int64)

    def __iter__(self) -> Iterator[str]:
        return iter(self._queries)

    def __len__(self) -> int:
        return len(self._queries)

    def __contains__(self, name: object) -> bool:
        return name in self._queries

    def __repr__(self) -> str:
        return f"RowNumbers({', '.join(self._queries)})"

    def write_parquet(self, name: str, path: Path) -> None:
        """Write the numbers of a split without making an array of them."""
        # What is read from a file is known to be never missing, and would be written in other bytes.
        engine.write_parquet(f"SELECT nullif({COLUMN}, 0) AS {COLUMN} FROM ({self._queries[name]})", path)  # noqa: S608 - our own query

    @classmethod
    def read_parquet(cls, files: Mapping[str, Path]) -> RowNumbers:
        """A view of files that :meth:`write_parquet` wrote."""
        return cls({name: f"SELECT {COLUMN} FROM {scan_files([path])}" for name, path in files.items()})  # noqa: S608 - the path is quoted
