"""Live updates: what somebody listens to is looked at every second, and they are told when it changed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Final

from mainspring.app.api.shared import Shared
from mainspring.core.attempts import attempted
from mainspring.core.errors import InputError

_PAUSE: Final = 1.0
_QUIET: Final = 15.0
_END: Final = ""


class Feed:
    """Watches topics for whoever listens.

    A topic that many listen to is looked at once. For use in one event loop.

    Args:
        shared: What topics look into.
        topics: Name to a function that gives another value after every change (see
            :class:`mainspring.app.api.subject.Subject`).
        pause: Seconds between two looks.
        quiet: Seconds after which a listener is told that there was nothing, and asked for again.
    """

    def __init__(
        self,
        shared: Shared,
        topics: Mapping[str, Callable[[Shared, str], Any]],
        *,
        pause: float = _PAUSE,
        quiet: float = _QUIET,
    ) -> None:
        self._shared, self._topics, self._pause, self._quiet = shared, topics, pause, quiet
        self._listeners: dict[str, set[asyncio.Queue[str]]] = {}
        self._stamps: dict[str, Any] = {}
        self._watch: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def close(self) -> None:
        """End the events of everybody who listens; from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        for queue in {one for queues in self._listeners.values() for one in queues}:
            queue.put_nowait(_END)

    def check(self, wanted: Sequence[str]) -> None:
        """See that topics exist.

        Raises:
            InputError: If there is no such topic.
        """
        for one in wanted:
            if one.partition(":")[0] not in self._topics:
                raise InputError(
                    f"there is no topic {one!r}", expected=f"one of {', '.join(sorted(self._topics))}"
                )

    async def listen(self, wanted: Sequence[str], *, still: Callable[[], bool]) -> AsyncIterator[str]:
        """Server-sent events: ``changed`` with the topic as data, and a comment now and then to keep it open.

        Args:
            wanted: The topics.
            still: Whether they may still listen; asked now and then, and the events end when they may not.
        """
        self._loop = asyncio.get_running_loop()
        queue: asyncio.Queue[str] = asyncio.Queue()
        for one in wanted:
            self._listeners.setdefault(one, set()).add(queue)
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._look())
        try:
            yield "retry: 2000\n\n"
            due = time.monotonic() + self._quiet
            while True:
                try:
                    topic = await asyncio.wait_for(queue.get(), due - time.monotonic())
                except TimeoutError:
                    asked = await asyncio.to_thread(attempted, still)
                    if asked.exception() is None and not asked.result():
                        return
                    due = time.monotonic() + self._quiet
                    yield ": quiet\n\n"
                else:
                    if topic == _END:
                        return
                    yield f"event: changed\ndata: {topic}\n\n"
        finally:
            for one in wanted:
                self._listeners[one].discard(queue)
                if not self._listeners[one]:
                    del self._listeners[one]
                    self._stamps.pop(one, None)

    async def _look(self) -> None:
        while self._listeners:
            topics = list(self._listeners)
            stamps = await asyncio.to_thread(self._stamps_of, topics)
            for topic, stamp in stamps.items():
                before = self._stamps.get(topic, stamp)
                if topic in self._listeners:
                    self._stamps[topic] = stamp
                    if stamp != before:
                        for queue in self._listeners[topic]:
                            queue.put_nowait(topic)
            await asyncio.sleep(self._pause)

    def _stamps_of(self, topics: Sequence[str]) -> dict[str, Any]:
        return {one: self._stamp(one) for one in topics}

    def _stamp(self, topic: str) -> Any:
        name, _, rest = topic.partition(":")
        tried = attempted(lambda: self._topics[name](self._shared, rest))
        error = tried.exception()
        return tried.result() if error is None else repr(error)
