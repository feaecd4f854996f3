"""Answers as a table, for notebooks and for other parts of the house."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from mainspring.data import Table, engine
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
    model, chosen = PackageAnswerer(known), Options(**options)
    if out is not None:
        run(data, model, out, options=chosen, reading=reading, processes=processes)
        return _read(Path(out))
    scratch = engine.Scratch(".parquet")
    with tempfile.TemporaryDirectory(prefix="mainspring-answers-") as folder:
        written = Path(folder) / "answers.parquet"
        run(data, model, written, options=chosen, reading=reading, processes=processes)
        written.replace(scratch.path)
    return Table.of_file(scratch.path, owner=scratch)


def _read(out: Path) -> Table:
    from mainspring.data.sources import read

    return read(out)
