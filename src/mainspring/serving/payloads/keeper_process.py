"""Starting a keeper beside a server. It imports little: a supervisor of processes stays small."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

import msgspec

from mainspring.serving.payloads.options import PayloadOptions

_LAST_SECONDS = 20.0
_LONGEST_WAIT_SECONDS = 60.0


class KeeperProcess:
    """A keeper in a process of its own, started anew if it dies; a context manager.

    Args:
        options: Of the log.
    """

    def __init__(self, options: PayloadOptions) -> None:
        self._options = options
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher = threading.Thread(target=self._watch, name="log-keeper", daemon=True)

    def __enter__(self) -> Self:
        self._process = self._start()
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        process = self._process
        if process is not None and process.stdin is not None:
            process.stdin.close()
            try:
                process.wait(_LAST_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        self._watcher.join(_LAST_SECONDS)

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "mainspring.serving.payloads.keeper"]
        process = subprocess.Popen(  # noqa: S603  our own module, no shell
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(msgspec.json.encode(self._options) + b"\n")
                process.stdin.flush()
        return process

    def _watch(self) -> None:
        wait = 1.0
        while self._process is not None:
            status = self._process.wait()
            if self._stopping.wait(wait):
                return
            print(f"the keeper of the log ended with {status}; starting it again", file=sys.stderr)
            wait = min(wait * 2, _LONGEST_WAIT_SECONDS)
            if self._process.stdin is not None:
                self._process.stdin.close()
            self._process = self._start()


def keeping(options: PayloadOptions) -> AbstractContextManager[object]:
    """A keeper for a log that needs one: with sinks, or with segments to be made compact."""
    if options.folder and (options.sinks or options.compact or options.keep_days):
        return KeeperProcess(options)
    return contextlib.nullcontext()
