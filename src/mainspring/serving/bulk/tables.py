"""Answers as a table, for notebooks and for other parts of the house."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from mainspring.data import Table, engine
from mainspring.data.sources import read
from mainspring.data.stored import files
from mainspring.models.package import Package
from mainspring.serving.bulk.answerer import PackageAnswerer
from mainspring.serving.bulk.options import Options
from mainspring.serving.bulk.running import run
from mainspring.serving.bulk.sources import Data, Reading


def predict_table(
    package: Package | str | Path,
    data: Data,
    *,
    out: str | Path | None = None,
    reading: Reading | None = None,
    processes: int | None = None,
    **options: Any,
) -> Table:
    """Answer every row of some data; gives the answers as a table that lies on disk, not in memory.

    Args:
        package: The package, or the folder of one.
        data: A file, folder, glob or database; or rows in memory, of any library.
        out: Where the answers stay; a file that goes away with the table without it.
        reading: How the data is read.
        processes: How many processes work at a time.
        options: See :class:`~mainspring.serving.bulk.Options`.

    Raises:
        InputError: If the data does not fit the model, with every misfit.

    Example:
        >>> answers = predict_table("package", "trips/*.parquet", keep=("trip_id",))  # doctest: +SKIP
    """
    known = package if isinstance(package, Package) else Package.load(Path(package))
    chosen, target = Options(**options), None if out is None else Path(out)
    scratch = engine.Scratch(".parquet")
    with tempfile.TemporaryDirectory(dir=scratch.path.parent) as folder:
        written = target or Path(folder) / "answers.parquet"
        errors = Path(folder) / "left_out.jsonl" if chosen.errors == "skip" else None
        run(
            data,
            PackageAnswerer(known),
            written,
            options=chosen,
            reading=reading,
            errors=errors,
            processes=processes,
        )
        if target is not None:
            return read(target)
        written.replace(scratch.path)
    return Table.of_lying(files([scratch.path], owner=scratch))
