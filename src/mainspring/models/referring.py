"""Puts into a package what its model is held against when it is watched: statistics, schema, rows with answers."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from mainspring.core.errors import InputError
from mainspring.data import Examples, Schema, Statistics, Table, TableStatistics, infer
from mainspring.data.profiling import Options, rows_at, spread_rows, summarize_table
from mainspring.evaluation.reference import Reference, answered, private
from mainspring.models.files import Files
from mainspring.models.package import REFERENCE, Package

REFERENCE_ROWS: Final = 5000
"""How many rows a reference keeps where nothing else is said."""
MOST_BYTES: Final = 1 << 20
"""Of the file of rows, unless there are more than twenty columns: long texts are kept of fewer rows."""

_COLUMN_BYTES: Final = MOST_BYTES // 20
_LEAST_ROWS: Final = 100
_TRAIN: Final = "train"


def refer(
    package: Package,
    examples: Examples,
    *,
    statistics: Statistics | None = None,
    schema: Schema | None = None,
    table: Table | None = None,
    rows: int = REFERENCE_ROWS,
) -> Reference:
    """What a package's model is held against when it is watched.

    It is about the columns that the model asks for, and the label. Columns that the schema tags as private
    (:data:`mainspring.evaluation.reference.PRIVATE`) are left out, of the rows and of the statistics; bytes and
    lists are left out of the rows.

    Args:
        package: It answers the rows.
        examples: What it was trained on: the split ``train``, or the first one.
        statistics: Of the examples, if they are known; those with a ``label`` know how columns hang together, too.
        schema: What rows should look like; by default what the statistics say.
        table: Rows that it was not trained on; none are kept if there are none.
        rows: How many of them are kept at most, spread evenly.

    Raises:
        InputError: If the number of rows is negative.
    """
    if rows < 0:
        raise InputError(f"{rows} rows of reference", expected="0 or more")
    label = package.details.get("label")
    kept = _Kept(frozenset({*package.signature.names, label}) - private(schema), label)
    found = kept.statistics(examples, statistics)
    answers = None
    if table is not None and rows and table.num_rows:
        answers = _answered(package, spread_rows(table, rows), kept)
    known = infer(Statistics({_TRAIN: found}), label=_label_in(found, label)) if schema is None else schema
    return Reference(statistics=found, schema=known, rows=answers)


def with_reference(package: Package, reference: Reference) -> Package:
    """The package with this reference instead of the one that it had: another one by its digest."""
    with tempfile.TemporaryDirectory(prefix="mainspring-") as name:
        reference.save(Path(name))
        files = Files.in_folder(Path(name)).read_all().inside(REFERENCE)
    kept = {name: found for name, found in package.files.content.items() if not name.startswith(f"{REFERENCE}/")}
    return replace(package, files=Files(kept).merged(files))


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is kept of data: some columns, in their order.

    Attributes:
        names: The columns.
        label: The one among them that is predicted.
    """

    names: frozenset[str | None]
    label: str | None

    def of(self, table: Table) -> Table:
        """These columns of a table."""
        return table.select([name for name in table.names if name in self.names])

    def statistics(self, examples: Examples, given: Statistics | None) -> TableStatistics:
        """Of the rows that were learned from; those that are given, unless they tell of other columns, too."""
        split = _TRAIN if _TRAIN in examples.names else examples.names[0]
        if given is not None and split in given.splits and self.names >= set(given.split(split).features):
            return given.split(split)
        table = self.of(examples.split(split))
        return summarize_table(table, options=Options(label=_measured(table, self.label)))


def _measured(table: Table, label: str | None) -> str | None:
    """The label, if pairs with it can be measured."""
    kinds = {column.name: column.type for column in table.columns}
    return label if label in kinds and not kinds[label].is_nested else None


def _label_in(statistics: TableStatistics, label: str | None) -> str | None:
    return label if label in statistics.features else None


def _answered(package: Package, table: Table, kept: _Kept) -> Table | None:
    """Rows and answers, no more of them than fit."""
    table = _acceptable(package, table)
    if not table.num_rows:
        return None
    made = answered(kept.of(table), package.predict(table), label=kept.label)
    while made.num_rows > _LEAST_ROWS and _size(made) > max(MOST_BYTES, _COLUMN_BYTES * len(made.names)):
        made = spread_rows(made, max(made.num_rows // 2, _LEAST_ROWS))
    return made


def _acceptable(package: Package, table: Table) -> Table:
    """The rows that have a value in every column in which the model needs one."""
    strict = [field.name for field in package.signature.inputs if not field.nullable]
    kept = np.ones(table.num_rows, dtype=np.bool_)
    for name in strict:
        column = table.column(name)
        there = (value is not None for value in column) if column.dtype == object else ~np.isnan(column)
        kept &= np.fromiter(there, dtype=np.bool_, count=table.num_rows)
    return table if kept.all() else rows_at(table, np.flatnonzero(kept))


def _size(table: Table) -> int:
    with tempfile.TemporaryDirectory(prefix="mainspring-") as name:
        table.write_parquet(Path(name) / "rows.parquet")
        return (Path(name) / "rows.parquet").stat().st_size
