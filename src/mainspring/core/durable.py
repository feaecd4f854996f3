"""Files that survive a crash: there as a whole or as they were before."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mainspring.core.errors import UnavailableError


def replace_file(path: Path, data: bytes) -> None:
    """Write a file at once: a reader sees all of it, or what was there before."""
    fresh = path.with_name(f".{path.name}-{uuid.uuid4().hex}")
    try:
        with fresh.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


@contextmanager
def kept_in(folder: Path, what: str) -> Iterator[None]:
    """Say what cannot be kept where the disk refuses something.

    Args:
        folder: Where it is kept.
        what: What is kept there, such as ``alerts``.

    Raises:
        UnavailableError: If anything within raises an ``OSError``.
    """
    try:
        yield
    except OSError as error:
        raise UnavailableError(
            f"{what} cannot be kept: {error}",
            where=str(folder),
            fix="see that there is room, and that you may write there",
        ) from error
