"""Runs steps in threads of this process: no start-up cost; cannot be killed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from mainspring.pipelines import logs
from mainspring.pipelines.executor import execute, failure_of
from mainspring.pipelines.ports import Outcome, Task
from mainspring.pipelines.steps import Step


class ThreadRunner:
    """A pool of threads.

    Args:
        workers: How many.
        resources: Factories of the platform's resources.
    """

    can_stop = False

    def __init__(self, workers: int, resources: Mapping[str, Callable[[], Any]]) -> None:
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="mainspring-step")
        self._resources = resources
        self._routing = logs.routing()
        self._routing.__enter__()

    def submit(self, task: Task, function: Callable[..., Any], done: Callable[[Outcome], None]) -> None:
        """Run a task in a thread of the pool."""
        self._pool.submit(self._run, task, function, done)

    def _run(self, task: Task, function: Callable[..., Any], done: Callable[[Outcome], None]) -> None:
        try:
            with logs.into(Path(task.log)):
                outcome = execute(task, Step(function), self._resources)
                if outcome.failure is not None:
                    print(outcome.failure.traceback)
        except Exception as error:  # noqa: BLE001 - the promise is that done is called
            outcome = Outcome(failure=failure_of(error))
        done(outcome)

    def cancel(self, task_id: str) -> None:
        """A thread cannot be stopped: its step runs to its end, and what it gives is not waited for."""

    def close(self) -> None:
        """Let the threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._routing.__exit__(None, None, None)
