"""Keeping count of what threads are doing, also when nobody waits for it any more."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

_Parameters = ParamSpec("_Parameters")
_Value = TypeVar("_Value")


class Attending(Executor):
    """An executor that knows which of its jobs are not done.

    A caller that goes away takes its request with it, but not the thread that computes for it: whoever closes what
    the thread works with has to know of it.

    Args:
        pool: Does the work.
        jobs: Where the jobs stand until they are done. Filled by whoever submits, emptied by the threads.
    """

    def __init__(self, pool: Executor, jobs: set[Future[Any]]) -> None:  # jobs give whatever they give
        self._pool, self._jobs = pool, jobs

    def submit(
        self, fn: Callable[_Parameters, _Value], /, *args: _Parameters.args, **kwargs: _Parameters.kwargs
    ) -> Future[_Value]:
        """Have something done.

        Raises:
            RuntimeError: If the pool was shut down.
        """
        job = self._pool.submit(fn, *args, **kwargs)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)
        return job
