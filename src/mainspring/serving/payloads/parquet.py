"""Segments as Parquet files: a tenth of the size, one row per request, and open to any query engine.

Every field of :class:`mainspring.serving.payloads.LogRecord` is a column; what is not a plain value is JSON text
(``columns``, ``outputs``, ``tags``, ``parameters``, ``subject``, ``erased``). ``line`` is the number that the
request had in its segment, and keeps.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from mainspring.core.errors import IntegrityError
from mainspring.serving.payloads.record import LogRecord

JSON = "JSON"
COLUMNS = {
    "line": "BIGINT",
    "id": "VARCHAR",
    "time": "DOUBLE",
    "model": "VARCHAR",
    "version": "VARCHAR",
    "protocol": "VARCHAR",
    "status": "INTEGER",
    "columns": JSON,
    "outputs": JSON,
    "latency": "DOUBLE",
    "error": "VARCHAR",
    "kind": "VARCHAR",
    "body": "VARCHAR",
    "trace": "VARCHAR",
    "caller": "VARCHAR",
    "subject": JSON,
    "cached": "BOOLEAN",
    "batch": "BIGINT",
    "share": "DOUBLE",
    "tags": JSON,
    "parameters": JSON,
    "erased": JSON,
}
"""Columns and their types. A later release may add some; a file without them is still read."""

_LARGEST_LINE = 1 << 30
_AT_ONCE = 1024
_NAMES = tuple(name for name in COLUMNS if name != "line")
_DECODERS = {
    name: msgspec.json.Decoder(kind)
    for name, kind in (
        ("columns", dict[str, list[Any]]),
        ("outputs", dict[str, list[Any]]),
        ("subject", str | tuple[str | None, ...]),
        ("tags", dict[str, Any]),
        ("parameters", dict[str, Any]),
        ("erased", tuple[int, ...]),
    )
}


def write(lines: Path, path: Path) -> None:
    """Write JSON lines, each an object with ``line`` and the fields of a record, as a Parquet file.

    Raises:
        IntegrityError: If one is not of this form.
    """
    from mainspring.data import engine  # a server does not need it

    columns = ", ".join(f"{engine.quote(name)}: {engine.literal(kind)}" for name, kind in COLUMNS.items())
    source = f"read_json({engine.literal(engine.plain_path(lines))}, format='newline_delimited', auto_detect=false"
    query = _select(f"{source}, columns={{{columns}}}, maximum_object_size={_LARGEST_LINE})")
    try:
        engine.write_parquet(query, path)
    except engine.error() as error:
        raise IntegrityError(
            f"a line is not a log record: {error}",
            expected="one JSON object per line, as the server wrote it",
            where=str(lines),
            fix="restore the segment, or move it out of the folder",
        ) from error


def read(
    path: Path,
    *,
    since: float | None = None,
    until: float | None = None,
    model: str | None = None,
    start: int = 0,
) -> Iterator[tuple[int, LogRecord]]:
    """The records of a file with the numbers of their lines, in order.

    Args:
        path: The file.
        since: Only records from this time on.
        until: Only records before this time.
        model: Only records of this model.
        start: Only lines from this number on.

    Raises:
        FileNotFoundError: If it is not there.
        IntegrityError: If it is not what :func:`write` has written.
    """
    from mainspring.data import engine

    if not path.exists():
        raise FileNotFoundError(path)
    source = f"read_parquet({engine.literal(engine.plain_path(path))})"
    given: dict[str, Any] = {"start": start, "since": since, "until": until, "model": model}
    given = {name: value for name, value in given.items() if value is not None}
    try:
        with engine.cursor() as cursor:
            cursor.execute(_select(source, " AND ".join(_TESTS[name] for name in given)), given)
            names = [column[0] for column in cursor.description]
            while rows := cursor.fetchmany(_AT_ONCE):
                for row in rows:
                    yield _record(dict(zip(names, row, strict=True)))
    except engine.error() as error:
        raise IntegrityError(
            f"this is no segment of a log: {error}", where=str(path), fix="restore the file, or move it away"
        ) from error


_TESTS = {
    "start": "line >= $start",
    "since": "time >= $since",
    "until": "time < $until",
    "model": "model = $model",
}


def _select(source: str, where: str = "true") -> str:
    return " ".join(("SELECT * FROM", source, "WHERE", where))


def _record(values: dict[str, Any]) -> tuple[int, LogRecord]:
    number: int = values["line"]
    fields = {name: value for name in _NAMES if (value := values.get(name)) is not None}
    for name, decoder in _DECODERS.items():
        if name in fields:
            fields[name] = decoder.decode(fields[name])
    return number, LogRecord(**fields)
