"""The fingerprint of an input is its content, not where it lies or when it was written."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from mainspring.data.sources.finding import find_files, scheme_of

_BLOCK = 1 << 20


def fingerprint(location: str | Path, **options: Any) -> str:
    """SHA-256 over what a location holds: ``sha256:`` and 64 hexadecimal digits.

    For files it is over their bytes and their names below the location: a copy elsewhere has the same fingerprint,
    a renamed, added or changed file gives another. For a database it is over names, types and rows of the query.

    Args:
        options: What ``read`` needs for a database: ``table`` or ``query``.

    Raises:
        NotFoundError: If there is nothing.
    """
    if scheme_of(location) is not None:
        from mainspring.data.sources.reading import read

        return read(location, **options).digest()
    files = find_files(location)
    top = _top(Path(location), files)
    total = hashlib.sha256()
    for file in files:
        # Each file by its own digest, so that no name or content can pass for the end of another.
        name = file.relative_to(top).as_posix()
        total.update(hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest() + _digest(file))
    return f"sha256:{total.hexdigest()}"


def _top(location: Path, files: tuple[Path, ...]) -> Path:
    """The folder below which names count. The name of a single file does not."""
    if location.is_dir():
        return location
    if location.is_file():
        return location
    fixed = list(location.parts)
    while any(letter in "*?[{" for part in fixed for letter in part):
        fixed.pop()
    return Path(*fixed)


def _digest(file: Path) -> bytes:
    found = hashlib.sha256()
    with file.open("rb") as opened:
        while block := opened.read(_BLOCK):
            found.update(block)
    return found.digest()
