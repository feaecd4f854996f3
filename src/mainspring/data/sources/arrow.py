"""Arrow IPC files (also called Feather, version 2) and streams. Needs ``pip install 'mainspring[arrow]'``."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from mainspring.core.errors import InputError, NotFoundError, UnavailableError
from mainspring.data.tables import Table

_MAGIC: Final = b"ARROW1"


def read_arrow(locations: Sequence[str], /) -> Table:
    """The rows of Arrow files, one after the other, in the file form or the stream form.

    Raises:
        NotFoundError: If a file does not exist.
        InputError: If a file is not Arrow, is cut off, or files have different columns.
        UnavailableError: If pyarrow is not installed.
    """
    paths = [Path(location) for location in locations]
    absent = [str(path) for path in paths if not path.is_file()]
    if absent:
        raise NotFoundError("there is no such file", where=", ".join(absent), fix="check the path")
    table, *others = (_read(path) for path in paths)
    for other in others:
        table = table.concat(other)
    return table


def _read(path: Path) -> Table:
    try:
        pyarrow = importlib.import_module("pyarrow")
    except ImportError:
        raise UnavailableError(
            "Arrow files need the library pyarrow, which is not installed",
            where=str(path),
            fix="pip install 'mainspring[arrow]'",
        ) from None
    try:
        with _batches(pyarrow, path) as batches:
            return Table.from_arrow(batches)
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(
            f"the file cannot be read: {str(error).splitlines()[0]}",
            where=str(path),
            expected="an Arrow IPC file or stream",
        ) from None


@contextmanager
def _batches(pyarrow: Any, path: Path) -> Iterator[Any]:
    """The batches of a file as a stream; the file is looked into where it lies, not loaded."""
    with pyarrow.memory_map(str(path)) as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            file.seek(0)
            with pyarrow.ipc.open_stream(file) as stream:
                yield stream
            return
        file.seek(0)
        with pyarrow.ipc.open_file(file) as whole:
            found = (whole.get_batch(place) for place in range(whole.num_record_batches))
            yield pyarrow.RecordBatchReader.from_batches(whole.schema, found)
