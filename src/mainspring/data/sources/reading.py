"""Reading a location: finds the reader, checks its options, and calls it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mainspring.core.errors import InputError
from mainspring.core.plugins import load, load_string, offers
from mainspring.data.sources.finding import TEXT, find_files, one_kind, scheme_of, suffix_of
from mainspring.data.sources.ports import Reader
from mainspring.data.tables import Table


def read(
    location: str | Path | Sequence[str | Path], *, csv: Mapping[str, Any] | None = None, **options: Any
) -> Table:
    """The rows at a location: a file, a folder or glob of files of one kind, or a database by its URL.

    Several locations of files are one after the other, and so are the spans of a pattern such as
    ``in/{YYYY}/{MM}/{DD}/*.csv @ last 7``.

    Files are read one after the other in the order of their names; types are decided over all of them together.
    By suffix, each of them also with ``.gz`` where it is text or TFRecord:

    =======================================  =========================================================
    ``.csv .tsv .data .test .txt``           Delimited text; options as of ``Table.read_csv``.
    ``.jsonl .ndjson .json``                 JSON, an object per line or an array of them; ``types``.
    ``.parquet .pq``                         Parquet; ``partitions``.
    ``.arrow .feather``                      Arrow IPC; needs ``pip install 'mainspring[arrow]'``.
    ``.tfrecord .tfrecords``                 TFRecord of ``tf.Example``.
    ``sqlite: postgresql: mysql: mariadb:``  A database; ``table`` or ``query``.
    =======================================  =========================================================

    Plugins bring more (``mainspring_sources``).

    Args:
        csv: Options for text files alone, such as ``{"missing": ["?"]}``; other kinds pass them over.
        options: Options of the reader.

    Raises:
        NotFoundError: If there is nothing.
        InputError: If something is broken, kinds are mixed, files have different columns, or an option is unknown.
        UnavailableError: If a server does not answer, or a library that is needed is not installed.
    """
    scheme = scheme_of(location)
    if scheme is not None:
        return _call(load("sources", scheme), [str(location)], options, f"{scheme}: URLs")
    files = find_files(location)
    target = one_kind(location, files)
    is_text = target == offers("sources")[TEXT]
    given = {**(csv or {}), **options} if is_text else options
    what = "text files" if is_text else f"{suffix_of(files[0])} files"
    return _call(load_string(target), [str(file) for file in files], given, what)


def _call(reader: Reader, locations: list[str], options: Mapping[str, Any], what: str) -> Table:
    parameters = inspect.signature(reader).parameters.values()
    known = {one.name for one in parameters if one.kind is one.KEYWORD_ONLY}
    unknown = sorted(set(options) - known)
    if unknown and not any(one.kind is one.VAR_KEYWORD for one in parameters):
        raise InputError(
            f"unknown options for {what}: {', '.join(unknown)}",
            expected="some of " + ", ".join(sorted(known)) if known else "no options",
        )
    return reader(locations, **options)
