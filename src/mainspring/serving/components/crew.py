"""The processes that run a class: started, started again when they end, and lent to those who call."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from concurrent.futures import Future
from typing import TypeAlias

from mainspring.core.errors import MainspringError
from mainspring.serving.components.lane import Lane
from mainspring.serving.components.node import Described
from mainspring.serving.components.options import Component, setup_of
from mainspring.serving.components.problems import busy, down
from mainspring.serving.components.process import ChildProcess

LOG = logging.getLogger("mainspring.serving.components")

FIRST_PAUSE = 0.1
"""Seconds before a process that ended is started again; twice as long every time it ends again soon."""

LONGEST_PAUSE = 30.0
STEADY_SECONDS = 10.0
"""A process that lived for so long did not end soon."""

Lent: TypeAlias = tuple[ChildProcess, Lane]
"""A connection, and the process at its other end."""


class Crew:
    """The processes of one class. Safe for threads.

    Args:
        component: The class, and how it is run.
        name: What its lines are logged under, and errors name.

    Attributes:
        restarts: How often a process was started again.
        last_words: What a process wrote before it ended the last time.
    """

    def __init__(self, component: Component, name: str) -> None:
        self._component, self._name = component, name
        self.restarts = 0
        self.last_words = ""
        self._idle: deque[Lent] = deque()
        self._changed = threading.Condition()
        self._waiting = 0
        self._up = 0
        self._reason = "it was not started"
        self._again_at = 0.0
        self._stopping = threading.Event()
        self._keepers: list[threading.Thread] = []
        self._processes: set[ChildProcess] = set()

    @property
    def trouble(self) -> str:
        """Why no process answers at the moment; empty if one does."""
        return "" if self._up else self._reason

    @property
    def pids(self) -> list[int]:
        """The process ids of those that answer."""
        return [one.pid for one in list(self._processes) if not one.ended]

    def start(self) -> Described:
        """Start the processes, and wait until every one of them has loaded the class; gives what that is.

        Raises:
            UnavailableError: If one cannot.
        """
        first: list[Future[Described]] = [Future() for _ in range(self._component.processes)]
        self._keepers = [
            threading.Thread(target=self._keep, args=(one,), name=f"{self._name}-{place}", daemon=True)
            for place, one in enumerate(first)
        ]
        for keeper in self._keepers:
            keeper.start()
        try:
            described = [one.result() for one in first]
        except BaseException:
            self.close()
            raise
        return described[0]

    def close(self) -> None:
        """End the processes: those that are answering are given ``stop_seconds`` to finish."""
        self._stopping.set()
        self._sweep(None)
        for process in list(self._processes):
            if process.lanes:
                process.leave()
            else:
                process.kill("it was stopped before it was ready")
        for keeper in self._keepers:
            keeper.join()
        self._keepers = []
        self._reason = "it was stopped"

    def take_free(self) -> Lent | None:
        """A connection, if one is free and nobody waits for it."""
        while self._idle and not self._waiting:
            with contextlib.suppress(IndexError):
                found = self._idle.pop()  # the one used last: its caches are warm
                if not found[0].ended:
                    return found
                found[1].close()
        return None

    def take(self) -> Lent:
        """A connection, as soon as one is free.

        Raises:
            LoadingError: If there is no process.
            OverloadedError: If none is free within ``call_seconds``.
        """
        found = self.take_free()
        while found is None or found[0].ended:
            if found is not None:
                found[1].close()
            found = self._wait()
        return found

    def give_back(self, process: ChildProcess, lane: Lane) -> None:
        """The connection is free again."""
        if process.ended:
            lane.close()
            return
        self._idle.append((process, lane))
        # Whoever waits has said so before it looked for the last time.
        if self._waiting:
            with self._changed:
                self._changed.notify()

    def _wait(self) -> Lent:
        seconds = self._component.call_seconds
        deadline = time.monotonic() + seconds
        with self._changed:
            self._waiting += 1
            try:
                while True:
                    with contextlib.suppress(IndexError):
                        return self._idle.pop()
                    if not self._up:
                        raise down(self._reason, self._again_at - time.monotonic(), self._name)
                    left = deadline - time.monotonic()
                    if left <= 0:
                        raise busy(seconds, self._name)
                    self._changed.wait(left)
            finally:
                self._waiting -= 1

    def _keep(self, first: Future[Described]) -> None:
        """Have one process running until the end."""
        pause = FIRST_PAUSE
        try:
            while not self._stopping.is_set():
                began = time.monotonic()
                process = ChildProcess(self._component, self._name)
                self._processes.add(process)
                try:
                    described = process.start(setup_of(self._component))
                except MainspringError as error:
                    if not first.done():
                        first.set_exception(error)
                        return
                    self._reason = error.found.partition("; it wrote:")[0]
                else:
                    self._publish(process)
                    if first.done():
                        self.restarts += 1
                    else:
                        first.set_result(described)
                    why = process.watch()
                    pause = FIRST_PAUSE if time.monotonic() - began > STEADY_SECONDS else pause
                    self._withdraw(process, why, pause)
                self._processes.discard(process)
                if not self._stopping.is_set():
                    LOG.warning("%s: %s; started again in %g s", self._name, self._reason, pause)
                    self._again_at = time.monotonic() + pause
                    self._stopping.wait(pause)
                    pause = min(2 * pause, LONGEST_PAUSE)
        finally:
            first.cancel()  # of no effect once it is done

    def _publish(self, process: ChildProcess) -> None:
        with self._changed:
            self._up += 1
            self._idle.extend((process, lane) for lane in process.lanes)
            self._changed.notify_all()

    def _withdraw(self, process: ChildProcess, why: str, pause: float) -> None:
        with self._changed:
            self._up -= 1
            self._reason = f"the process ended: {why}"
            self.last_words = process.last_words()
            self._again_at = time.monotonic() + pause
            self._sweep(process)
            self._changed.notify_all()

    def _sweep(self, process: ChildProcess | None) -> None:
        """Close the free connections to a process, or all."""
        for _ in range(len(self._idle)):
            try:
                found = self._idle.popleft()
            except IndexError:
                return
            if process is None or found[0] is process:
                found[1].close()
            else:
                self._idle.append(found)
