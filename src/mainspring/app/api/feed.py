"""Live updates: what somebody listens to is looked at every second, and they are told when it changed."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final
from urllib.parse import unquote

from mainspring.app.api.shared import Shared
from mainspring.app.api.together import together
from mainspring.core.attempts import attempted
from mainspring.core.errors import InputError

_PAUSE: Final = 1.0
_QUIET: Final = 15.0
_END: Final = ""
_THREADS: Final = 8


class Feed:
    """Watches topics for whoever listens.

    A topic that many listen to is looked at once, and one that is slow keeps no other. It is told that a topic
    is not as it was: since somebody began to listen, or since the stamp that they have of it, so that nothing is
    missed between the making of a page and its listening, nor while a connection is down. Stamps are those of one
    feed: after a restart everything counts as changed.

    For use in one event loop.

    Args:
        shared: What topics look into.
        topics: Name to a function that gives another value after every change (see
            :class:`mainspring.app.api.subject.Subject`). What a topic is about is quoted as in an address where
            it has spaces, since pages part their topics by these.
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
        self._stamps: dict[str, str] = {}
        self._salt = os.urandom(8)
        self._looks: dict[str, asyncio.Task[None]] = {}
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="mainspring-feed")
        self._over = False
        self._watch: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def close(self) -> None:
        """End the events of everybody who listens, or comes to; from any thread."""
        self._over = True
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

    def seen(self, topics: Sequence[str], *, seconds: float) -> Mapping[str, str]:
        """Stamps of topics as they are now, to listen with later; from any thread.

        Args:
            topics: Which; those that there are not are left out.
            seconds: How long is waited; what takes longer is left out, too.
        """
        known = [one for one in topics if one.partition(":")[0] in self._topics]
        found = together({one: partial(self._stamp, one) for one in known}, seconds=seconds)
        return {topic: answered.value for topic, answered in found.items() if answered.value}

    async def listen(
        self, wanted: Sequence[str], *, still: Callable[[], bool], seen: Mapping[str, str] | None = None
    ) -> AsyncIterator[str]:
        """Server-sent events: ``changed`` with the topic as data, and a comment now and then to keep it open.

        Args:
            wanted: The topics.
            still: Whether they may still listen; asked now and then, and the events end when they may not.
            seen: The stamps that the listener has, by topic; what is not so any more is told at once.
        """
        self._loop = asyncio.get_running_loop()
        queue: asyncio.Queue[str] = asyncio.Queue()
        for one in wanted:
            self._listeners.setdefault(one, set()).add(queue)
            self._begin(one, queue, (seen or {}).get(one))
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._look())
        try:
            yield "retry: 2000\n\n"
            if self._over:  # whoever comes again just now would keep a console from stopping
                return
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
            await asyncio.sleep(self._pause)
            for topic in self._listeners:
                if topic not in self._looks:
                    self._begin(topic)

    def _begin(self, topic: str, queue: asyncio.Queue[str] | None = None, seen: str | None = None) -> None:
        """Look at a topic, beside whatever else is looked at."""
        look = asyncio.create_task(self._look_at(topic, queue, seen))
        self._looks[topic] = look
        look.add_done_callback(lambda _: self._looks.pop(topic) if self._looks.get(topic) is look else None)

    async def _look_at(self, topic: str, queue: asyncio.Queue[str] | None, seen: str | None) -> None:
        """Tell those who listen to a topic if it changed, and one who has seen another state of it in any case."""
        stamp = await asyncio.get_running_loop().run_in_executor(self._threads, self._stamp, topic)
        listeners = self._listeners.get(topic)
        if listeners is None:
            return
        before = self._stamps.get(topic, stamp)
        self._stamps[topic] = stamp
        told = set(listeners) if stamp != before else set()
        for one in told | ({queue} if queue is not None and seen not in (None, stamp) else set()):
            one.put_nowait(topic)

    def _stamp(self, topic: str) -> str:
        name, _, rest = topic.partition(":")
        tried = attempted(lambda: self._topics[name](self._shared, unquote(rest)))
        error = tried.exception()
        found = repr(tried.result() if error is None else error)
        return hashlib.blake2b(found.encode("utf-8", "replace"), digest_size=8, key=self._salt).hexdigest()
