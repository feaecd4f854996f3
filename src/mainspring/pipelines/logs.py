"""What steps print and log, each into its own file, while they share a process."""

from __future__ import annotations

import io
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, BinaryIO, TextIO

_target: ContextVar[_Log | None] = ContextVar("mainspring_log", default=None)


class _Router(io.TextIOBase):
    """Writes to the log of the step in whose context it is used, or else where it used to go."""

    def __init__(self, usual: TextIO) -> None:
        self._usual = usual

    def write(self, text: str) -> int:
        return (_target.get() or self._usual).write(text)

    def flush(self) -> None:
        (_target.get() or self._usual).flush()

    def isatty(self) -> bool:
        return _target.get() is None and self._usual.isatty()

    def fileno(self) -> int:
        return (_target.get() or self._usual).fileno()

    def writable(self) -> bool:
        return True

    @property
    def buffer(self) -> Any:
        """For those who write bytes."""
        return (_target.get() or self._usual).buffer

    @property
    def encoding(self) -> str:  # type: ignore[override]  # the base declares an attribute
        return getattr(self._usual, "encoding", "utf-8")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._usual, name)


class _Handler(logging.Handler):
    """Sends log records to the step in whose context they were made."""

    def emit(self, record: logging.LogRecord) -> None:
        target = _target.get()
        if target is not None:
            target.write(self.format(record) + "\n")


_handler = _Handler()
_handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))


class _Switch:
    """Puts the routers in place for the first user and takes them away after the last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._saved: tuple[TextIO, TextIO] | None = None
        self._level = logging.WARNING

    def on(self) -> None:
        with self._lock:
            self._users += 1
            if self._saved is None:
                self._saved = (sys.stdout, sys.stderr)
                sys.stdout, sys.stderr = _Router(sys.stdout), _Router(sys.stderr)
                root = logging.getLogger()
                self._level = root.level
                if not root.handlers and root.level == logging.WARNING:
                    root.setLevel(logging.INFO)  # nobody has set up logging: a step's log is told what happens
                root.addHandler(_handler)

    def off(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0 and self._saved is not None:
                sys.stdout, sys.stderr = self._saved
                self._saved = None
                logging.getLogger().removeHandler(_handler)
                logging.getLogger().setLevel(self._level)


_switch = _Switch()


@contextmanager
def routing() -> Iterator[None]:
    """While inside, the standard streams and the root logger are routed step by step."""
    _switch.on()
    try:
        yield
    finally:
        _switch.off()


class _Log:
    """A log file that is made when something is written to it; lines are on disk when they end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None
        self._lock = threading.Lock()

    def _opened(self) -> TextIO:
        with self._lock:
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._path.open("a", encoding="utf-8", errors="replace", buffering=1)
            return self._file

    def write(self, text: str) -> int:
        return self._opened().write(text)

    def flush(self) -> None:
        if self._file is not None:
            self._file.flush()

    def fileno(self) -> int:
        return self._opened().fileno()

    @property
    def buffer(self) -> BinaryIO:
        return self._opened().buffer

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


@contextmanager
def into(path: Path) -> Iterator[None]:
    """What is printed and logged in this context goes to the file, line by line; it is made if there is any."""
    log = _Log(path)
    token = _target.set(log)
    try:
        yield
    finally:
        _target.reset(token)
        log.close()
