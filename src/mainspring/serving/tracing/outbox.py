"""Handing things to a thread, without waiting and without end."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

_LOG = logging.getLogger(__name__)

Item = TypeVar("Item")

_AT_ONCE = 64
_REST_SECONDS = 0.002
_SILENCE_SECONDS = 60.0


class Outbox(Generic[Item]):
    """Things on their way to where they are written or sent, by a thread that begins with the first of them.

    Args:
        name: Of the thread.
        take: Gets some of them, in that thread. What it raises is logged, and counted.
        most: How many may wait; more are dropped.
        every: Seconds for which they are gathered.

    Attributes:
        taken: How many were written or sent.
        dropped: How many found no place.
        failed: How many could not be written or sent.
    """

    def __init__(self, name: str, take: Callable[[Sequence[Item]], None], *, most: int, every: float) -> None:
        self._name, self._take, self._most, self._every = name, take, most, every
        self._waiting: deque[Item] = deque()
        self._wake, self._stop = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.taken = self.dropped = self.failed = 0
        self._complain_at = 0.0

    @property
    def depth(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def figures(self, taken: str) -> dict[tuple[str, ...], float]:
        """How many were taken, called by a word, dropped and failed."""
        return {(taken,): self.taken, ("dropped",): self.dropped, ("failed",): self.failed}

    def put(self, item: Item) -> bool:
        """Hand something over; ``False`` if there was no place for it."""
        if len(self._waiting) >= self._most or self._stop.is_set():
            self.dropped += 1
            return False
        self._waiting.append(item)
        if not self._wake.is_set():
            self._begin()
            self._wake.set()
        return True

    def close(self, timeout: float = 3.0) -> None:
        """Take nothing more, and have what waits written or sent within so many seconds."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def _begin(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait()
            self._stop.wait(self._every)
            self._wake.clear()
            self._drain()

    def _drain(self) -> None:
        while self._waiting:
            some = [self._waiting.popleft() for _ in range(min(_AT_ONCE, len(self._waiting)))]
            try:
                self._take(some)
                self.taken += len(some)
            except Exception as error:  # noqa: BLE001  whatever goes wrong here must not end the thread
                self.failed += len(some)
                self._complain(error)
            # Without a rest, the interpreter lets this thread run on while requests wait.
            self._stop.wait(_REST_SECONDS)

    def _complain(self, error: Exception) -> None:
        """Say that something goes wrong, but not all the time: it may go wrong for long."""
        at = time.monotonic()
        if at >= self._complain_at:
            self._complain_at = at + _SILENCE_SECONDS
            _LOG.warning("%s: %d could not be handed on: %s", self._name, self.failed, error)
