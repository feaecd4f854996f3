"""Worker processes that make parts: started when there is work, replaced when they die, gone when we are."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import msgspec

from mainspring.core.errors import (
    InputError,
    IntegrityError,
    MainspringError,
    NotFoundError,
    StateError,
    UnavailableError,
)
from mainspring.data.engine import MEMORY_VARIABLE
from mainspring.serving.bulk.parts import BadRowsError, Task
from mainspring.serving.bulk.worker import Said
from mainspring.serving.predictor import ModelError

_AHEAD: Final = 2
"""How many tasks a worker has at a time: it need not wait for the next one."""

_TRIES: Final = 3
_LAST_LINES: Final = 15
_MEMORY: Final = "256MiB"
_WAIT: Final = 10.0
_BLOCK: Final = 1 << 16


class Pool:
    """Some worker processes on one work folder; a context manager. Not safe for threads.

    Args:
        folder: The work folder.
        size: How many processes.
    """

    def __init__(self, folder: Path, size: int) -> None:
        self._folder, self._size = folder, size
        self._workers: list[_Worker] = []
        self._selector = selectors.DefaultSelector()

    def make(self, tasks: Iterable[Task]) -> Iterator[Said]:
        """Have parts made, in about this order; gives what is said of each as it comes.

        Raises:
            BadRowsError: If rows cannot be answered.
            UnavailableError: If workers die again and again.
            MainspringError: What a worker ran into.
        """
        waiting, tries = deque(tasks), dict[int, int]()
        while len(self._workers) < min(self._size, len(waiting)):
            self._start()
        while True:
            for worker in self._workers:
                while waiting and len(worker.tasks) < _AHEAD:
                    worker.give(waiting.popleft())
            if not any(worker.tasks for worker in self._workers):
                return
            for key, _ in self._selector.select():
                worker = key.data
                lines = worker.read()
                if lines is None:
                    waiting.extendleft(reversed(self._buried(worker, tries)))
                    continue
                for line in lines:
                    said = msgspec.json.decode(line, type=Said)
                    worker.tasks.pop(said.part, None)
                    if said.error is not None:
                        raise _error(said.error)
                    yield said

    def close(self) -> None:
        """Let the workers finish what they are at, and end them."""
        for worker in self._workers:
            worker.close()
        self._workers.clear()
        self._selector.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            for worker in self._workers:
                worker.kill()
        self.close()

    def _start(self) -> None:
        worker = _Worker(self._folder)
        self._workers.append(worker)
        self._selector.register(worker.output, selectors.EVENT_READ, worker)

    def _buried(self, worker: _Worker, tries: dict[int, int]) -> list[Task]:
        """Replace a worker that died, and take back what it was at."""
        left = list(worker.tasks.values())
        self._selector.unregister(worker.output)
        self._workers.remove(worker)
        worker.close()
        for task in left[:1]:
            tries[task.part] = tries.get(task.part, 0) + 1
            if tries[task.part] >= _TRIES:
                raise UnavailableError(
                    f"a worker process died {_TRIES} times at rows {task.start} to {task.stop - 1}: {worker.end}",
                    where=str(self._folder),
                    fix="if memory is short: --part-rows 10000, or --processes 1",
                )
        self._start()
        return left


class _Worker:
    """One process, and the tasks that it has."""

    def __init__(self, folder: Path) -> None:
        self.tasks: dict[int, Task] = {}
        self.end = ""
        self._rest = b""
        # There is a process per core already.
        alone = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        environment = {"OMP_WAIT_POLICY": "PASSIVE", **alone, MEMORY_VARIABLE: _MEMORY}
        with ExitStack() as held:
            self._said: IO[bytes] = held.enter_context(tempfile.TemporaryFile())
            self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                [sys.executable, "-m", "mainspring.serving.bulk.worker", str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                bufsize=0,
                env={**environment, **os.environ},
            )
            self._held = held.pop_all()

    @property
    def output(self) -> IO[bytes]:
        """What it says."""
        if self._process.stdout is None:
            raise StateError("a worker without an output")
        return self._process.stdout

    def give(self, task: Task) -> None:
        """Give it a task. One that is dead takes none; that is seen when it is read."""
        self.tasks[task.part] = task
        try:
            if self._process.stdin is not None:
                self._process.stdin.write(msgspec.json.encode(task) + b"\n")
        except BrokenPipeError:
            pass

    def read(self) -> list[bytes] | None:
        """The lines that it has said meanwhile; ``None`` if it is dead."""
        data = os.read(self.output.fileno(), _BLOCK)
        if not data:
            return None
        *lines, self._rest = (self._rest + data).split(b"\n")
        return lines

    def kill(self) -> None:
        """End it at once; what it was at is lost."""
        self._process.kill()

    def close(self) -> None:
        """Wait until it has ended, which it does when nobody tells it anything."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            status = self._process.wait(_WAIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._said.seek(0)
        lines = self._said.read().decode("utf-8", "replace").splitlines()[-_LAST_LINES:]
        self.end = "\n".join(lines) or (f"killed by signal {-status}" if status < 0 else f"exit status {status}")
        self._held.close()


def _error(parts: dict[str, str | None]) -> MainspringError:
    """What a worker ran into, as an error of this process with the same code."""
    kind = next((kind for kind in _KINDS if kind.code == parts["code"]), MainspringError)
    return kind(str(parts["found"]), expected=parts["expected"], where=parts["where"], fix=parts["fix"])


_KINDS: Final[tuple[type[MainspringError], ...]] = (
    BadRowsError,
    ModelError,
    InputError,
    IntegrityError,
    NotFoundError,
    StateError,
    UnavailableError,
)
"""What a worker may run into."""
