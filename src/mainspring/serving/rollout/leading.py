"""Which process of a server decides for all: whoever holds a file, until it ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class Leadership:
    """A claim to decide. For one thread.

    Args:
        path: The file that is held (``flock``).
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1

    def hold(self) -> bool:
        """Whether this process decides, from now on or still."""
        if self._file >= 0:
            return True
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._file = file
        return True

    def let_go(self) -> None:
        """Let another process decide."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
