"""A class of the user's in processes of its own, which are started again when they end."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self

from mainspring.core.errors import MainspringError
from mainspring.serving.components.lane import Lane, LostError
from mainspring.serving.components.node import Described, How, Node, Reply
from mainspring.serving.components.options import Component, setup_of
from mainspring.serving.components.problems import busy, down, late, lost, refused, unsendable
from mainspring.serving.components.process import ChildProcess

LOG = logging.getLogger("mainspring.serving.components")

FIRST_PAUSE = 0.1
"""Seconds before a process that ended is started again; twice as long every time it ends again soon."""

LONGEST_PAUSE = 30.0
STEADY_SECONDS = 10.0
"""A process that lived for so long did not end soon."""


class ComponentProcess(Node):
    """A class in processes of its own; a context manager. Safe for threads.

    A process that ends fails the calls that it was given, and is started again, after a pause that grows if it
    keeps ending. Meanwhile the others answer; if there is none, a call is refused at once.

    Args:
        component: The class, and how it is run.
        name: What the lines that it writes are logged under, and errors name.

    Attributes:
        restarts: How often a process was started again.
        last_words: What a process wrote before it ended the last time. Not for callers: it may show anything.

    Example:
        .. code-block:: python

            with ComponentProcess(Component(entry="model.py:Champion")) as champion:
                champion.predict(numpy.zeros((1, 4))).value
    """

    def __init__(self, component: Component, *, name: str = "component") -> None:
        self.component, self.name = component, name
        self.restarts = 0
        self.last_words = ""
        self._idle: deque[tuple[ChildProcess, Lane]] = deque()
        self._changed = threading.Condition()
        self._waiting = 0
        self._up = 0
        self._reason = "it was not started"
        self._again_at = 0.0
        self._stopping = threading.Event()
        self._described: Described | None = None
        self._keepers: list[threading.Thread] = []
        self._processes: set[ChildProcess] = set()

    @property
    def described(self) -> Described:
        """What is known of the class, once it is started."""
        if self._described is None:
            raise LookupError("the class was not started")
        return self._described

    @property
    def trouble(self) -> str:
        """Why no process answers at the moment; empty if one does."""
        return "" if self._up else self._reason

    @property
    def pids(self) -> list[int]:
        """The process ids of those that answer."""
        return [one.pid for one in list(self._processes) if not one.ended]

    def start(self) -> None:
        """Start the processes, and wait until every one of them has loaded the class.

        Raises:
            UnavailableError: If one cannot.
        """
        first: list[Future[Described]] = [Future() for _ in range(self.component.processes)]
        self._keepers = [
            threading.Thread(target=self._keep, args=(one,), name=f"{self.name}-{place}", daemon=True)
            for place, one in enumerate(first)
        ]
        for keeper in self._keepers:
            keeper.start()
        try:
            described = [one.result() for one in first]
        except BaseException:
            self.close()
            raise
        self._described = described[0]

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

    def call(
        self,
        do: str,
        value: Any = None,
        *,
        how: How = "value",
        names: Sequence[Any] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> Reply:
        """Call a method of the class.

        Raises:
            InputError: If the class cannot take that, or says that the caller is to blame.
            ModelError: If the class fails.
            DeadlineError: If it takes longer than ``call_seconds``: the process is killed.
            LoadingError: If the process ends meanwhile, or there is none.
            OverloadedError: If none had time within ``call_seconds``.
        """
        process, lane = self._take()
        head: dict[str, Any] = {"do": do, "how": how, "names": None if names is None else list(names)}
        seconds = self.component.call_seconds
        try:
            told = lane.call(head, value, more or {}, seconds)
        except TypeError as error:
            self._give_back(process, lane)
            raise unsendable(error, self.name) from error
        except TimeoutError:
            lane.close()
            process.kill(f"a call took longer than {seconds:g} seconds")
            raise late(seconds, self.name) from None
        except LostError:
            lane.close()
            raise lost(process.lost(), self.name) from None
        except BaseException:
            lane.close()
            process.kill("a call was broken off")
            raise
        self._give_back(process, lane)
        if "error" in told:
            raise refused(str(told["error"]), int(told.get("status", 500)), self.name)
        return Reply(told["value"], told.get("tags") or {}, told.get("metrics") or ())

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _take(self) -> tuple[ChildProcess, Lane]:
        """A connection that is free."""
        while True:
            try:
                found = self._idle.pop()  # the one used last: its caches are warm
            except IndexError:
                found = self._wait()
            if not found[0].ended:
                return found
            found[1].close()

    def _wait(self) -> tuple[ChildProcess, Lane]:
        deadline = time.monotonic() + self.component.call_seconds
        with self._changed:
            self._waiting += 1
            try:
                while True:
                    with contextlib.suppress(IndexError):
                        return self._idle.pop()
                    if not self._up:
                        raise down(self._reason, self._again_at - time.monotonic(), self.name)
                    left = deadline - time.monotonic()
                    if left <= 0:
                        raise busy(self.component.call_seconds, self.name)
                    self._changed.wait(left)
            finally:
                self._waiting -= 1

    def _give_back(self, process: ChildProcess, lane: Lane) -> None:
        if process.ended:
            lane.close()
            return
        self._idle.append((process, lane))
        # Whoever waits has said so before it looked for the last time.
        if self._waiting:
            with self._changed:
                self._changed.notify()

    def _keep(self, first: Future[Described]) -> None:
        """Have one process running until the end."""
        pause = FIRST_PAUSE
        try:
            while not self._stopping.is_set():
                began = time.monotonic()
                process = ChildProcess(self.component, self.name)
                self._processes.add(process)
                try:
                    described = process.start(setup_of(self.component))
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
                    LOG.warning("%s: %s; started again in %g s", self.name, self._reason, pause)
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
