"""Finding the files of a location, and what reads them."""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mainspring.core.errors import InputError, NotFoundError
from mainspring.core.plugins import offers
from mainspring.core.spans import LATEST, find_spans, is_pattern, split_location

TEXT: Final = ".csv"
"""A file whose name says nothing is read as delimited text."""

_ABOUT: Final = ".json"
_URL: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://")


def scheme_of(location: str | Path | Sequence[str | Path]) -> str | None:
    """The scheme of a URL, ``None`` for a path."""
    found = _URL.match(location) if isinstance(location, str) else None
    return found["scheme"].lower() if found else None


def redacted(location: str | Path) -> str:
    """A location without its password, for messages and names.

    Example:
        >>> redacted("postgresql://me:secret@host/db")
        'postgresql://me:***@host/db'
    """
    scheme, separator, rest = str(location).partition("://")
    user, at, place = rest.rpartition("@")
    name, colon, _ = user.partition(":")
    return f"{scheme}://{name}:***@{place}" if separator and at and colon else str(location)


def suffix_of(path: Path) -> str:
    """The suffix that says what a file holds: the one before ``.gz`` for a packed file. May be empty."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def kind_of(path: Path) -> str | None:
    """The suffix under which a reader is offered for a file, ``None`` if there is none."""
    suffix = suffix_of(path)
    return suffix if suffix in offers("sources") else None


def find_files(location: str | Path | Sequence[str | Path]) -> tuple[Path, ...]:
    """The data files at a location: the file itself, those in a folder, or those that a glob matches; by name.

    In folders, files and folders whose names begin with a dot or an underscore are passed over, and so are
    ``.json`` files beside data files of another kind. Several locations
    are one after the other, in the order given, and so are the spans of a pattern (see ``mainspring.core.spans``;
    the latest, where no range stands behind it).

    Raises:
        NotFoundError: If there are none.
    """
    if not isinstance(location, str | Path):
        return tuple(dict.fromkeys(file for one in location for file in find_files(one)))
    if is_pattern(str(location)):
        _, given = split_location(str(location))
        return find_files([span.location for span in find_spans(str(location), None if given else LATEST)])
    path = Path(location)
    if path.is_file():
        return (path,)
    if path.is_dir():
        known = offers("sources")
        inside = (found for found in path.rglob("*") if suffix_of(found) in known and found.is_file())
        hidden = (".", "_")
        found = [
            file for file in inside if not any(part.startswith(hidden) for part in file.relative_to(path).parts)
        ]
        # Beside other data such a file is about it: a schema, a manifest.
        found = [file for file in found if file.suffix.lower() != _ABOUT] or found
    else:
        found = [Path(name) for name in glob.glob(str(location), recursive=True) if Path(name).is_file()]  # noqa: PTH207 - the pattern may be absolute
    if not found:
        raise NotFoundError(
            "there is no data",
            where=str(location),
            expected="a file of CSV, TSV, JSON lines, Parquet, Arrow or TFRecord, or a folder or glob of them",
        )
    return tuple(sorted(found))


def one_kind(location: str | Path | Sequence[str | Path], files: tuple[Path, ...]) -> str:
    """The import string of the one reader that reads all files.

    Raises:
        InputError: If there are several.
    """
    known = offers("sources")
    readers = {known[kind_of(file) or TEXT]: kind_of(file) or "text" for file in files}
    if len(readers) > 1:
        raise InputError(
            "kinds of files are mixed: " + ", ".join(sorted(readers.values())),
            where=str(location),
            expected="files of one kind",
            fix=f"give a glob, such as *{min(readers.values())}",
        )
    return next(iter(readers))
