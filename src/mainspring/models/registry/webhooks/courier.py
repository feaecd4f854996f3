"""The courier: tells webhooks what the record says they are to be told.

What is to be told is written in the transaction of what happened (:mod:`hook`). The courier puts it into the
queue, whose leases let one worker at a time try it, and whose delays space the tries. Nothing is sent while a
transaction is open, and a process that dies leaves its deliveries to the next one: at least once, never lost.
"""

from __future__ import annotations

import os
import random
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from mainspring.core.clock import Clock, now
from mainspring.core.errors import ConflictError, MainspringError, StateError
from mainspring.core.records import Context, Execution, ExecutionState, Kind
from mainspring.core.signing import ID, SIGNATURE, TIMESTAMP, read_secret, sign
from mainspring.models.registry.webhooks.hook import DELIVERY, WEBHOOK, Attempt, Delivery, Webhook
from mainspring.store.ports import Message, Store

if TYPE_CHECKING:
    from http.client import HTTPResponse
    from urllib.request import OpenerDirector

TOPIC: Final = "webhook"
"""The topic of the queue."""

_EXCERPT = 300
_GONE = 410
_FINAL = (ExecutionState.COMPLETE, ExecutionState.FAILED, ExecutionState.CANCELED)


class Courier:
    """Delivers. Safe for many threads and processes: each delivery is tried by one at a time.

    Args:
        record: The record and its queue.
        root: Where relative paths of secrets start.
        timeout: How many seconds a receiver has to answer.
        first_delay: Seconds before the second try; they double from try to try, and a part is left to chance.
        longest_delay: The most seconds between two tries.
        clock: What time it is.
    """

    def __init__(
        self,
        record: Store,
        root: Path | None = None,
        *,
        timeout: float = 10.0,
        first_delay: float = 5.0,
        longest_delay: float = 3600.0,
        clock: Clock = now,
    ) -> None:
        self._record = record
        self._root = root or Path.cwd()
        self._timeout = timeout
        self._first, self._longest = first_delay, longest_delay
        self._clock = clock
        self._chance = random.Random()  # noqa: S311 # spaces tries, hides nothing
        self._worker = f"{socket.gethostname()}:{os.getpid()}"
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._called, self._closing = threading.Event(), threading.Event()

    def deliver(self, *, stop: threading.Event | None = None) -> Iterator[Delivery]:
        """Try everything that is due.

        Yields:
            Each delivery after its try.
        """
        self._collect()
        while not (stop and stop.is_set()):
            message = self._record.claim([TOPIC], worker=self._worker, seconds=self._timeout * 3 + 30)
            if message is None:
                return
            tried = self._handle(message)
            if tried is not None:
                yield tried

    def pending(self) -> int:
        """How many deliveries are still to be tried, now or later."""
        where = "type = :type AND state IN (NEW, RUNNING)"
        return len(self._record.find(Kind.EXECUTION, where, {"type": DELIVERY}, limit=1000).items)

    def wake(self) -> None:
        """Deliver in the background, in a thread that ends when nothing is left to do."""
        with self._lock:
            self._called.set()
            if not self._closing.is_set() and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._work, name="mainspring-webhooks", daemon=True)
                self._thread.start()

    def close(self, timeout: float = 5.0) -> None:
        """Let the background thread try what is due, and end it; what is left stays in the record."""
        with self._lock:
            self._closing.set()
            self._called.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def _work(self) -> None:
        wait = 0.5
        while True:
            self._called.clear()
            try:
                for _ in self.deliver():
                    wait = 0.5
                left = self.pending()
            except MainspringError:  # the store is gone or busy: whoever comes next delivers
                return
            with self._lock:
                if self._closing.is_set() or (not left and not self._called.is_set()):
                    self._thread = None
                    return
            self._called.wait(wait)
            wait = min(2 * wait, 15.0)

    def _collect(self) -> None:
        """Put what has no message yet into the queue; a message that waits or runs is not put twice."""
        page: str | None = None
        while True:
            where = "type = :type AND state IN (NEW, RUNNING)"
            found = self._record.find(Kind.EXECUTION, where, {"type": DELIVERY}, limit=200, page=page)
            for one in found.items:
                # Tries are counted by the delivery: the queue's own count must never be the smaller one.
                self._record.put(TOPIC, {"delivery": one.id}, key=str(one.id), max_attempts=1_000_000)
            page = found.next
            if page is None:
                return

    def _handle(self, message: Message) -> Delivery | None:
        execution = cast("Execution", self._record.get(Kind.EXECUTION, [cast("int", message.body["delivery"])])[0])
        if execution.state in _FINAL:
            self._record.done(message)
            return None
        hook = self._hook(str(execution.properties["hook"]))
        if hook is None or not hook.active:
            ended = self._record.transition(execution.id or 0, ExecutionState.CANCELED)
            self._record.done(message)
            return Delivery.read(ended)
        if execution.state is ExecutionState.NEW:
            execution = self._record.transition(execution.id or 0, ExecutionState.RUNNING)
        tried = Delivery.read(execution)
        attempt = self._attempt(hook, tried)
        try:
            return self._settle(message, hook, execution, (*tried.attempts, attempt))
        except (ConflictError, StateError):  # the lease was lost: another worker has it, and tells it again
            return None

    def _settle(
        self, message: Message, hook: Webhook, execution: Execution, attempts: tuple[Attempt, ...]
    ) -> Delivery:
        custom = {"attempts": [asdict(one) for one in attempts]}
        last, number = attempts[-1], execution.id or 0
        if last.ok:
            ended = self._record.transition(number, ExecutionState.COMPLETE, custom=custom)
            self._record.done(message)
        elif len(attempts) >= hook.max_attempts or last.status == _GONE:
            ended = self._record.transition(number, ExecutionState.FAILED, custom=custom)
            self._record.done(message)
        else:
            kept = replace(execution, custom={**execution.custom, **custom})
            ended = cast("Execution", self._record.publish([kept])[0])
            self._record.fail(message, last.error or f"status {last.status}", delay=self.delay(len(attempts)))
        self._count(hook, last)
        return Delivery.read(ended)

    def delay(self, attempts: int) -> float:
        """Seconds before the next try: they double, and up to a half of them is left to chance."""
        full = min(self._longest, self._first * 2.0 ** (attempts - 1))
        return full * self._chance.uniform(0.5, 1.0)

    def _count(self, hook: Webhook, last: Attempt) -> None:
        """Keep the number of failures in a row; disable a webhook past its limit, or whose receiver is gone."""
        if last.ok and not hook.failures:
            return
        told: dict[str, int | str | bool] = {"failures": 0 if last.ok else hook.failures + 1}
        if last.status == _GONE:
            told |= {"active": False, "why": "the receiver says that it is gone (410)"}
        elif not last.ok and hook.failures + 1 >= hook.disable_after:
            told |= {"active": False, "why": f"{hook.failures + 1} attempts in a row failed"}
        if self._hook(hook.name) is not None:
            self._record.publish([Context(type=WEBHOOK, name=hook.name, properties=told)])

    def _hook(self, name: str) -> Webhook | None:
        where = "type = :type AND name = :name"
        found = self._record.find(Kind.CONTEXT, where, {"type": WEBHOOK, "name": name}).items
        return Webhook.read(cast("Context", found[0])) if found else None

    def _attempt(self, hook: Webhook, delivery: Delivery) -> Attempt:
        at, begun = self._clock(), time.monotonic()
        try:
            secret = read_secret(hook.secret, self._root)
            status, response = self._send(hook.url, secret, delivery, int(at))
        except MainspringError as error:
            return Attempt(at=at, status=None, seconds=time.monotonic() - begun, error=error.found)
        except (OSError, ValueError) as error:
            told = str(getattr(error, "reason", "") or error) or type(error).__name__
            return Attempt(at=at, status=None, seconds=time.monotonic() - begun, error=told[:_EXCERPT])
        return Attempt(at=at, status=status, seconds=time.monotonic() - begun, response=response)

    def _send(self, url: str, secret: str, delivery: Delivery, timestamp: int) -> tuple[int, str]:
        from http.client import HTTPException
        from urllib.error import HTTPError
        from urllib.request import Request

        body, name = delivery.body.encode(), f"msg_{delivery.id}"
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "mainspring",
            ID: name,
            TIMESTAMP: str(timestamp),
            SIGNATURE: sign(secret, delivery=name, timestamp=timestamp, body=body),
        }
        request = Request(url, data=body, headers=headers, method="POST")  # noqa: S310 # http or https: check_url
        try:
            with _opener().open(request, timeout=self._timeout) as answer:
                return answer.status, _excerpt(answer)
        except HTTPError as error:
            with error:
                return error.code, _excerpt(cast("HTTPResponse", error))
        except HTTPException as error:
            raise OSError(f"no answer in HTTP: {error!r}") from error


def _opener() -> OpenerDirector:
    """An opener that follows no redirect: what is signed for one address is not sent to another."""
    from urllib.request import HTTPRedirectHandler, build_opener

    class Stay(HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    return build_opener(Stay)


def _excerpt(answer: HTTPResponse) -> str:
    text = answer.read(4 * _EXCERPT).decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else " " for letter in text)[:_EXCERPT].strip()
