"""Segments as Parquet files: a tenth of the size, one row per request, and open to any query engine.

Every field of :class:`mainspring.serving.payloads.LogRecord` is a column; what is not a plain value is JSON text
(``columns``, ``outputs``, ``tags``, ``parameters``, ``subject``, ``erased``, ``decisions``, ``path``). ``line`` is
the number that the request had in its segment, and keeps.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from mainspring.core.errors import IntegrityError
from mainspring.serving.decision import Decision
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
    "decisions": JSON,
    "path": JSON,
}
"""Columns and their types. A later release may add some; a file without them is still read."""

_DEFAULTS = {
    "protocol": "''",
    "status": "200",
    "columns": "'{}'",
    "outputs": "'{}'",
    "latency": "0",
    "kind": "''",
    "trace": "''",
    "caller": "''",
    "cached": "false",
    "batch": "0",
    "share": "1",
}
"""What a line does not say, because it is as usual."""

_LEAST_BUFFER = 1 << 20
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
        ("decisions", tuple[Decision, ...]),
        ("path", tuple[tuple[str, str, str], ...]),
    )
}


def write(records: Iterable[tuple[int, LogRecord]], path: Path) -> None:
    """Write records, with the numbers of their lines, as a Parquet file that is safe on the disk at the end.

    Raises:
        IntegrityError: If it cannot be written.
    """
    from mainspring.data import engine  # a server does not need it

    lines = path.with_name(path.name + ".lines")
    encode = msgspec.json.Encoder().encode
    longest = _LEAST_BUFFER
    try:
        with lines.open("wb") as file:
            for number, record in records:
                line = b'{"line":%d,%b\n' % (number, encode(record)[1:])
                longest = max(longest, len(line))
                file.write(line)
        columns = ", ".join(f"{engine.quote(name)}: {engine.literal(kind)}" for name, kind in COLUMNS.items())
        source = (
            f"read_json({engine.literal(engine.plain_path(lines))}, format='newline_delimited', auto_detect=false"
        )
        source += f", columns={{{columns}}}, maximum_object_size={longest})"
        engine.write_parquet(_select(source, what=", ".join(map(_filled, COLUMNS))), path)
    except engine.error() as error:
        raise IntegrityError(f"the records cannot be written: {error}", where=str(path)) from error
    finally:
        lines.unlink(missing_ok=True)
    with path.open("rb") as file:
        os.fsync(file.fileno())


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
    for number, fields in read_fields(path, _NAMES, since=since, until=until, model=model, start=start):
        yield number, LogRecord(**fields)


def read_fields(
    path: Path,
    names: Collection[str],
    *,
    since: float | None = None,
    until: float | None = None,
    model: str | None = None,
    start: int = 0,
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Some fields of the records of a file, with the numbers of their lines, in order; without those that a record
    does not have, or an older file.

    Args:
        path: The file.
        names: Of the fields.
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
    given: dict[str, Any] = {"start": start, "since": since, "until": until, "model": model}
    given = {name: value for name, value in given.items() if value is not None}
    try:
        with engine.cursor() as cursor:
            held = {column[0] for column in cursor.execute(_select(_source(path)) + " LIMIT 0").description}
            kept = [name for name in names if name in held]
            where = " AND ".join(_TESTS[name] for name in given)
            cursor.execute(_select(_source(path), where, ", ".join(("line", *kept))), given)
            while rows := cursor.fetchmany(_AT_ONCE):
                for number, *values in rows:
                    yield number, _fields(kept, values)
    except engine.error() as error:
        raise _not_ours(path, error) from error


def mentions(path: Path, names: Collection[str]) -> bool:
    """Whether any record of a file has one of these texts in its subject.

    Raises:
        IntegrityError: If it is not what :func:`write` has written.
    """
    given = {f"name{place}": msgspec.json.encode(name).decode()[1:-1] for place, name in enumerate(names)}
    where = " OR ".join(f"contains(subject::VARCHAR, ${name})" for name in given)
    return bool(_fetch(path, "line", f"{where} LIMIT 1", given))


def references(path: Path) -> set[str]:
    """The names of the large values that the records of a file refer to.

    Raises:
        IntegrityError: If it is not what :func:`write` has written.
    """
    given = {"pattern": '"blob":"[a-z0-9]+:([0-9a-f]{64})"'}
    found: set[str] = set()
    for name in ("columns", "outputs"):
        digests = f"unnest(regexp_extract_all({name}::VARCHAR, $pattern, 1))"
        found.update(row[0] for row in _fetch(path, digests, f"contains({name}::VARCHAR, '\"blob\":')", given))
    return found


def _filled(name: str) -> str:
    default = _DEFAULTS.get(name)
    return name if default is None else f"coalesce({name}, {default}) AS {name}"


def _fetch(path: Path, what: str, where: str, given: dict[str, Any]) -> list[tuple[Any, ...]]:
    from mainspring.data import engine

    try:
        return engine.fetch(_select(_source(path), where, what), given)
    except engine.error() as error:
        raise _not_ours(path, error) from error


def _not_ours(path: Path, error: Exception) -> IntegrityError:
    return IntegrityError(
        f"this is no segment of a log: {error}", where=str(path), fix="restore the file, or move it away"
    )


def _source(path: Path) -> str:
    from mainspring.data import engine

    return f"read_parquet({engine.literal(engine.plain_path(path))})"


_TESTS = {
    "start": "line >= $start",
    "since": "time >= $since",
    "until": "time < $until",
    "model": "model = $model",
}


def _select(source: str, where: str = "true", what: str = "*") -> str:
    return " ".join(("SELECT", what, "FROM", source, "WHERE", where))


def _fields(names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    fields = {name: value for name, value in zip(names, values, strict=True) if value is not None}
    for name in _DECODERS.keys() & fields.keys():
        fields[name] = _DECODERS[name].decode(fields[name])
    return fields
