"""Tables: frozen rows and typed columns, held by the query engine or lying in a Parquet file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.data import columns as columns_
from mainspring.data import engine, extents, objects, stored
from mainspring.data.celltypes import ColumnType
from mainspring.data.columns import Column
from mainspring.data.delimited import read_delimited
from mainspring.data.dialects import Dialect

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Column", "ColumnType", "Table"]

_BATCH = 10_000
_TOGETHER = 1 << 16
_KEPT = 1 << 20
"""Tables of so many cells at most are read with all columns at once, and keep what was read."""
_FILE = "data.parquet"
_SHOWN = 20


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Table:
    """Rows with named, typed columns. Never changes; every method that changes something gives a new table.

    Rows keep their order. A missing value is ``None`` in rows, NaN in numeric arrays. Any library that speaks the
    Arrow C stream protocol takes a table as it is (``polars.DataFrame(table)``, ``pyarrow.table(table)``).
    Safe to read from many threads.

    Attributes:
        columns: Names and types, in order.
        num_rows: How many rows there are.

    Example:
        >>> table = Table.from_columns({"age": [39, 50, None], "job": ["clerk", None, "smith"]})
        >>> table.columns
        (Column(name='age', type=INT), Column(name='job', type=STRING))
        >>> table.where("age > 40").to_columns()
        {'age': [50], 'job': [None]}
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Table"

    columns: tuple[Column, ...]
    num_rows: int
    _extents: tuple[extents.Extent, ...]
    _query: str
    _read: dict[str, np.ndarray] = field(default_factory=dict)

    # ------------------------------------------------------------------ making

    @classmethod
    def read_csv(
        cls,
        path: str | Path | Sequence[str | Path],
        *,
        delimiter: str | None = None,
        header: bool = True,
        names: Sequence[str] | None = None,
        missing: Sequence[str] = (),
        trim: bool = False,
        quote: str = '"',
        encoding: str = "utf-8",
        types: Mapping[str, str] | None = None,
        decimal_comma: Sequence[str] = (),
        rejects: str | Path | None = None,
    ) -> Self:
        """Read a delimited text file, plain or gzipped, or several with the same columns.

        An empty cell is a missing value. Types are decided over the whole file (see ``celltypes``). Large files
        are never held in memory.

        Args:
            delimiter: One character; found among comma, tab, semicolon and bar if not given.
            header: Whether the first record holds the names.
            names: Names for all columns, instead of the header's or where there is none.
            missing: More texts that mean "no value", such as ``"?"`` or ``"NA"``.
            trim: Take spaces off both ends of every cell.
            types: Types that some columns must have, by their names.
            decimal_comma: Columns of numbers that are written with a comma, as in ``3,14``.
            rejects: A CSV file to write. Rows with too many or too few cells, or with broken quotes, are then left
                out of the table and written there: file, line, reason and text. Without it they are an error.

        Raises:
            NotFoundError: If there is no such file.
            InputError: If the file is empty, names are repeated, rows have too many or too few cells (all are
                listed, with line numbers), or cells do not have the type asked for.
        """
        dialect = Dialect(
            delimiter=delimiter,
            header=header,
            names=names,
            missing=missing,
            trim=trim,
            quote=quote,
            encoding=encoding,
            decimal_comma=decimal_comma,
        )
        paths = [Path(path)] if isinstance(path, str | Path) else [Path(one) for one in path]
        written = None if rejects is None else Path(rejects)
        return cls._lying(*read_delimited(paths, dialect, _types(types or {}), rejects=written))

    @classmethod
    def read_parquet(cls, path: str | Path | Sequence[str | Path]) -> Self:
        """A view of a Parquet file, or of several with the same columns; rows are read when they are asked for.

        A thousand files are opened as quickly as one. A column that is INT in one and FLOAT in another becomes
        FLOAT.

        Raises:
            NotFoundError: If there is no such file.
            InputError: If one is not a Parquet file, or their columns differ.
        """
        paths = [Path(path)] if isinstance(path, str | Path) else [Path(one) for one in path]
        return cls._lying(*stored.files(paths))

    @classmethod
    def from_columns(
        cls,
        columns: Mapping[str, Sequence[Any] | np.ndarray],
        types: Mapping[str, str] | None = None,
    ) -> Self:
        """A table from values by column. ``None`` and NaN are missing.

        Raises:
            InputError: If columns differ in length, mix types, or have none that fits.
        """
        return cls._of(columns_.held(columns, _types(types or {})))

    @classmethod
    def from_rows(cls, rows: Sequence[Mapping[str, Any]], types: Mapping[str, str] | None = None) -> Self:
        """A table from values by row. A name that a row does not have is missing there.

        Raises:
            InputError: If a column mixes types, or there are neither rows nor types.
        """
        names = list(dict.fromkeys([*(name for row in rows for name in row), *(types or {})]))
        return cls.from_columns({name: [row.get(name) for row in rows] for name in names}, types)

    @classmethod
    def of(cls, rows: Any) -> Self:
        """A table from what other libraries hold.

        Data frames of pandas and Polars (lazy ones are computed), tables and readers of pyarrow, relations of
        DuckDB, anything else that speaks the Arrow C stream protocol, structured arrays of NumPy, mappings of
        columns, and lists of rows. The index of a pandas data frame is not a column: ``frame.reset_index()`` makes
        it one.

        Raises:
            InputError: If it is nothing of that, or its values make no table.

        Example:
            >>> Table.of([{"age": 39}, {"age": 50, "jobs": ["smith"]}]).to_columns()
            {'age': [39, 50], 'jobs': [None, ['smith']]}
        """
        if isinstance(rows, Table):
            return cls._lying(rows.columns, rows._extents)
        found = objects.opened(rows)
        if isinstance(found, Mapping):
            return cls.from_columns(found)
        return cls.from_rows(found) if isinstance(found, list) else cls.from_arrow(found)

    @classmethod
    def from_arrow(cls, data: Any) -> Self:
        """A table from anything that speaks the Arrow C stream protocol: pyarrow, Polars, pandas, DuckDB."""
        if not hasattr(data, "__arrow_c_stream__"):
            raise InputError(
                f"a {type(data).__name__} does not speak the Arrow C stream protocol",
                expected="a pyarrow table, a Polars or pandas data frame, or the like",
            )
        try:
            return cls._of(engine.Relation.of_object(data))
        except engine.error() as error:
            what = f"the rows of a {type(data).__name__} cannot be read: {str(error).splitlines()[0]}"
            raise InputError(what) from None

    @classmethod
    def of_query(cls, query: str) -> Self:
        """The rows of a query on the engine, computed now. For the modules of this room."""
        return cls._of(engine.Relation.of(query))

    @classmethod
    def of_lying(cls, lying: stored.Lying) -> Self:
        """The table of columns and extents. For the modules of this room."""
        return cls._lying(*lying)

    @classmethod
    def _of(cls, relation: engine.Relation) -> Self:
        return cls._lying(*stored.relation(relation))

    @classmethod
    def _lying(cls, columns: Sequence[Column], found: tuple[extents.Extent, ...]) -> Self:
        return cls(tuple(columns), sum(extent.num_rows for extent in found), found, extents.query(found))

    # ---------------------------------------------------------------- choosing

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    def type_of(self, name: str) -> ColumnType:
        """The type of a column.

        Raises:
            InputError: If there is no such column.
        """
        self._check([name])
        return next(column.type for column in self.columns if column.name == name)

    def select(self, names: Sequence[str]) -> Self:
        """Only these columns, in this order.

        Raises:
            InputError: If one does not exist.
        """
        self._check(names)
        if not names:
            raise InputError("a table without columns", expected="at least one of " + ", ".join(self.names))
        known = {column.name: column for column in self.columns}
        kept = tuple(known[name] for name in names)
        found = self._lying(kept, extents.pick(self._extents, names))
        found._read.update((name, self._read[name]) for name in names if name in self._read)
        return found

    def drop(self, names: Sequence[str]) -> Self:
        """All columns but these."""
        self._check(names)
        return self.select([name for name in self.names if name not in set(names)])

    def rows(self, start: int, stop: int) -> Self:
        """The rows from ``start`` up to and without ``stop``, counted from 0."""
        start = min(max(start, 0), self.num_rows)
        stop = min(max(stop, start), self.num_rows)
        return self._lying(self.columns, extents.cut(self._extents, start, stop))

    def chunks(self, rows: int) -> Iterator[Self]:
        """The table in pieces of so many rows, in order; the last holds what is left. Pieces are views.

        Where pieces end depends on the number of rows alone, not on files. A table without rows is one piece.

        Raises:
            InputError: If ``rows`` is not positive.

        Example:
            >>> table = Table.from_columns({"x": [1, 2, 3]})
            >>> [chunk.to_columns()["x"] for chunk in table.chunks(2)]
            [[1, 2], [3]]
        """
        if rows < 1:
            raise InputError(f"pieces of {rows} rows", expected="at least 1 row")
        return (self._lying(self.columns, piece) for piece in extents.pieces(self._extents, rows))

    def where(self, sql_condition: str) -> Self:
        """The rows for which an SQL condition holds.

        Raises:
            InputError: If the condition is not valid.
        """
        return self.sql(f"SELECT * FROM this WHERE {sql_condition}")  # noqa: S608 - the caller's own condition

    def sql(self, query: str) -> Self:
        """The answer of an SQL query, in DuckDB's dialect, over the table named ``this``.

        Raises:
            InputError: If the query is not valid.

        Example:
            >>> table = Table.from_columns({"x": [1, 2, 3]})
            >>> table.sql("SELECT sum(x)::BIGINT AS total FROM this").to_columns()
            {'total': [6]}
        """
        try:
            if engine.count_statements(query) != 1:
                raise InputError("more than one SQL statement", where=query, expected="one SELECT")
            return self._of(engine.Relation.of(query, views={"this": self._query}))
        except engine.error() as error:
            text = str(error).strip()
            if text.startswith("Out of Memory"):
                more = f"give the engine more memory, such as {engine.MEMORY_VARIABLE}=4GiB"
                raise InputError(f"the query needs more memory: {text}", where=query, fix=more) from None
            # Below the first lines the engine shows a statement of our own around the query.
            told = "; ".join(text.partition("\n\nLINE ")[0].splitlines())
            columns = ", ".join(self.names[:_SHOWN]) + (" …" if len(self.names) > _SHOWN else "")
            raise InputError(
                f"the SQL is not valid: {told}", where=query, expected=f"SQL over this, with the columns {columns}"
            ) from None

    def concat(self, other: Table) -> Self:
        """The rows of this table, then those of another with the same column names, in any order.

        A column that is INT here and FLOAT there becomes FLOAT.

        Raises:
            InputError: If names differ, or types cannot be joined.
        """
        columns_.check_joinable(self.columns, other.columns)
        return self._lying(*stored.joined([(self.columns, self._extents), (other.columns, other._extents)]))

    # ----------------------------------------------------------------- reading

    def column(self, name: str) -> np.ndarray:
        """The values of a column as an array of ``num_rows``.

        INT, FLOAT and BOOL give float64, with NaN for missing and 0.0 and 1.0 for false and true. Everything
        else gives an object array of text and ``None``; dates and timestamps are in ISO 8601, bytes in
        hexadecimal digits. The array is the caller's own, and may be changed.
        """
        column, cells = Column(name, self.type_of(name)), self.num_rows * len(self.columns)
        if cells > _KEPT:
            return columns_.array(self._query, column)
        if name not in self._read:
            # A query costs more than the few cells that it gives.
            plain = [one for one in self.columns if not one.nested]
            together = cells <= _TOGETHER and column in plain
            wanted = [one for one in plain if one.name not in self._read] if together else [column]
            self._read.update(columns_.arrays(self._query, wanted))
        return self._read[name].copy()

    def to_columns(self) -> dict[str, list[Any]]:
        """All values by column, ``None`` where missing."""
        rows = engine.fetch(self._query)
        return {name: [row[place] for row in rows] for place, name in enumerate(self.names)}

    def iter_rows(self) -> Iterator[dict[str, Any]]:
        """The rows one by one, as mappings from names to values."""
        names = self.names
        with engine.cursor() as found:
            found.execute(self._query)
            while batch := found.fetchmany(_BATCH):
                for row in batch:
                    yield dict(zip(names, row, strict=True))

    def __repr__(self) -> str:
        listed = ", ".join(f"{column.name}: {column.type}" for column in self.columns)
        return f"Table({self.num_rows:,} rows, {listed})"

    def __len__(self) -> int:
        return self.num_rows

    def __bool__(self) -> bool:
        return True

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        with engine.cursor() as found:
            return found.sql(self._query).__arrow_c_stream__(requested_schema)

    def query(self) -> str:
        """The SQL that gives these rows inside the engine. For the modules of this room."""
        return self._query

    # ----------------------------------------------------------------- keeping

    def digest(self) -> str:
        """Digest of names, types, values and the order of rows; the same wherever and however they are stored."""
        total = hashlib.sha256(repr([(column.name, column.type.value) for column in self.columns]).encode())
        cells = ", ".join(columns_.as_text(column) for column in self.columns)
        rows = f"SELECT sha256(to_json([{cells}])) FROM ({self._query})"  # noqa: S608 - names are quoted
        with engine.cursor() as found:
            found.execute(rows)
            while batch := found.fetchmany(_BATCH):
                total.update("".join(row[0] for row in batch).encode())
        return f"sha256:{total.hexdigest()}"

    def save(self, folder: Path) -> None:
        """Write ``data.parquet`` into the folder."""
        self.write_parquet(folder / _FILE)

    def write_parquet(self, path: Path) -> None:
        """Write a Parquet file. Equal tables give equal bytes."""
        engine.write_parquet(self._query, path)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """A view of what :meth:`save` wrote."""
        return cls.read_parquet(folder / _FILE)

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps to search by."""
        return {"rows": self.num_rows, "columns": len(self.columns)}

    def _check(self, names: Sequence[str]) -> None:
        unknown = [name for name in names if name not in self.names]
        if unknown:
            raise InputError(
                "there is no column " + ", ".join(repr(name) for name in unknown),
                expected="one of " + ", ".join(self.names),
            )


def _types(given: Mapping[str, str]) -> dict[str, ColumnType]:
    wrong = [f"{name}: {type_}" for name, type_ in given.items() if type_ not in set(ColumnType)]
    if wrong:
        raise InputError(f"no such types: {', '.join(wrong)}", expected="some of " + ", ".join(ColumnType))
    return {name: ColumnType(type_) for name, type_ in given.items()}
