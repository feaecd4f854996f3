"""Runs steps in threads of this process: no start-up cost; cannot be killed."""

from __future__ import annotations

import contextvars
import queue
import shutil
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from mainspring.pipelines import logs
from mainspring.pipelines.executor import execute, failure_of
from mainspring.pipelines.ports import Failure, Outcome, Task
from mainspring.pipelines.steps import Step


class ThreadRunner:
    """Threads that take one task after another; there are as many as there are tasks at once.

    They are daemons: a step that nobody waits for does not keep the process.

    Args:
        resources: Factories of the platform's resources.
    """

    can_stop = False

    def __init__(self, resources: Mapping[str, Callable[[], Any]]) -> None:
        self._resources = resources
        self._lock = threading.Lock()
        self._waiting: dict[str, Callable[[Outcome], None]] = {}
        self._tasks: queue.SimpleQueue[tuple[Task, Callable[..., Any]] | None] = queue.SimpleQueue()
        self._steps: dict[Callable[..., Any], Step[..., Any]] = {}
        self._idle = threading.Semaphore(0)
        self._threads = 0
        self._routing = logs.routing()
        self._routing.__enter__()

    def submit(self, task: Task, function: Callable[..., Any], done: Callable[[Outcome], None]) -> None:
        """Run a task in a thread that has nothing to do, or in a new one."""
        self._waiting[task.id] = done
        self._tasks.put((task, function))
        if not self._idle.acquire(blocking=False):
            self._threads += 1
            threading.Thread(target=self._serve, name=f"mainspring-step-{self._threads}", daemon=True).start()

    def _serve(self) -> None:
        while (item := self._tasks.get()) is not None:
            # A new context for every task: nothing that a step sets is seen by the next.
            contextvars.Context().run(self._run, *item)
            self._idle.release()

    def _run(self, task: Task, function: Callable[..., Any]) -> None:
        try:
            with logs.into(Path(task.log)):
                outcome = execute(task, self._step(function), self._resources)
                if outcome.failure is not None:
                    print(outcome.failure.traceback)
        except Exception as error:  # noqa: BLE001 - the promise is that done is called
            outcome = Outcome(failure=failure_of(error))
        if not self._tell(task.id, outcome):
            shutil.rmtree(task.folder, ignore_errors=True)
            with suppress(OSError):
                Path(task.folder).parent.rmdir()

    def _step(self, function: Callable[..., Any]) -> Step[..., Any]:
        """The step of a function; its annotations are read once."""
        if function not in self._steps:
            self._steps[function] = Step(function)
        return self._steps[function]

    def cancel(self, task_id: str) -> None:
        """A thread cannot be stopped: its step runs on, but nobody waits, and what it gives is not kept."""
        self._tell(task_id, Outcome(failure=Failure("cancelled", "CANCELED", retry=False)))

    def _tell(self, task_id: str, outcome: Outcome) -> bool:
        with self._lock:
            done = self._waiting.pop(task_id, None)
        if done is not None:
            done(outcome)
        return done is not None

    def close(self) -> None:
        """Let the threads end when they have nothing to do, and let go of the standard streams."""
        for _ in range(self._threads):
            self._tasks.put(None)
        self._routing.__exit__(None, None, None)
