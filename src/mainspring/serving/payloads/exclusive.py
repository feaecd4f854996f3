"""One process at a time in a folder: whoever changes a log, appends to a history, or reads windows."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mainspring.core.errors import ConflictError

_LOCK, _CLAIM = ".lock", "lock"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until nobody else changes what is in a folder, such as the closed segments of a log.

    Others wait meanwhile.
    """
    file = _opened(folder, _LOCK)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


def claim(folder: Path, taken: str, *, fix: str) -> int:
    """Be the one process that works in a folder, until the file is closed or the process ends.

    Args:
        folder: The folder; it is made if it is missing.
        taken: What to say if another process is.
        fix: What to do then.

    Returns:
        The descriptor of the file to close.

    Raises:
        ConflictError: If another process is at work there.
    """
    file = _opened(folder, _CLAIM)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise ConflictError(taken, where=str(folder), fix=fix) from None
    return file


def _opened(folder: Path, name: str) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    return os.open(folder / name, os.O_CREAT | os.O_RDWR, 0o644)
