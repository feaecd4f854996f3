"""The queue, in memory."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from mainspring.core.clock import Clock
from mainspring.core.errors import ConflictError, InputError, NotFoundError
from mainspring.core.records import Value
from mainspring.store.messages import POISON, check_claim, check_message, retry_delay
from mainspring.store.ports import Message
from mainspring.store.properties import decode, encode


class MemoryQueue:
    """The :class:`mainspring.store.ports.Queue` in memory, safe for threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._alive: dict[int, Message] = {}
        self._dead: dict[int, Message] = {}
        self._keys: dict[int, tuple[str, str]] = {}
        self._last = 0

    def put(
        self,
        topic: str,
        body: Mapping[str, Value],
        *,
        key: str | None = None,
        delay: float = 0.0,
        max_attempts: int = 5,
    ) -> int | None:
        """Add a message."""
        check_message(topic, key, delay, max_attempts)
        kept = decode(encode(body))
        with self._lock:
            if key is not None and self._is_used(topic, key):
                return None
            self._last += 1
            if key is not None:
                self._keys[self._last] = (topic, key)
            now = self._now()
            self._alive[self._last] = Message(
                id=self._last,
                topic=topic,
                body=kept,
                max_attempts=max_attempts,
                available_at=now + delay,
                created_at=now,
            )
            return self._last

    def claim(self, topics: Sequence[str], *, worker: str, seconds: float) -> Message | None:
        """Take the oldest available message."""
        check_claim(topics, worker, seconds)
        with self._lock:
            now = self._now()
            waiting = [m for m in self._alive.values() if m.topic in topics and m.available_at <= now]
            for message in sorted(waiting, key=lambda m: (m.available_at, m.id)):
                if message.attempts < message.max_attempts:
                    claimed = replace(
                        message,
                        attempts=message.attempts + 1,
                        available_at=now + seconds,
                        lease=secrets.token_hex(8),
                    )
                    self._alive[message.id] = claimed
                    return claimed
                self._bury(message, POISON.format(attempts=message.attempts))
            return None

    def extend(self, message: Message, seconds: float) -> None:
        """Keep the lease."""
        check_claim([message.topic], "worker", seconds)
        self._held(message, lambda held: replace(held, available_at=self._now() + seconds))

    def done(self, message: Message) -> None:
        """Remove the message."""
        with self._lock:
            self._held(message, lambda held: held)
            del self._alive[message.id]
            self._keys.pop(message.id, None)

    def fail(self, message: Message, error: str, *, delay: float | None = None) -> None:
        """Try again later, or give up."""
        text = error.replace("\x00", "")

        def work(held: Message) -> Message:
            wait = retry_delay(held.attempts, delay)
            return replace(held, available_at=self._now() + wait, lease=None, error=text)

        with self._lock:
            self._held(message, work)
            kept = self._alive[message.id]
            if kept.attempts >= kept.max_attempts:
                self._bury(kept, text)

    def dead(self, topic: str | None = None) -> Sequence[Message]:
        """The dead letters, oldest first."""
        with self._lock:
            found = [message for message in self._dead.values() if topic in (None, message.topic)]
            return sorted(found, key=lambda message: message.id)

    def revive(self, message_id: int) -> None:
        """Put a dead letter back."""
        with self._lock:
            message = self._dead.get(message_id)
            if message is None:
                raise NotFoundError(f"there is no dead letter {message_id}", fix="list them with dead()")
            key = self._keys.get(message_id)
            if key is not None and self._is_used(*key):
                raise ConflictError(
                    f"dead letter {message_id} cannot be revived: a message with its key waits or runs",
                    fix="wait until that one is done",
                )
            del self._dead[message_id]
            self._alive[message_id] = replace(message, attempts=0, available_at=self._now())

    def depth(self, topic: str | None = None) -> int:
        """How many messages wait or run."""
        with self._lock:
            return sum(topic in (None, message.topic) for message in self._alive.values())

    def _now(self) -> float:
        return int(self._clock() * 1e6) / 1e6

    def _is_used(self, topic: str, key: str) -> bool:
        return any(self._keys.get(number) == (topic, key) for number in self._alive)

    def _bury(self, message: Message, error: str) -> None:
        del self._alive[message.id]
        self._dead[message.id] = replace(message, lease=None, error=error)

    def _held(self, message: Message, work: Callable[[Message], Message]) -> None:
        if message.lease is None:
            raise InputError(f"message {message.id} was not claimed", expected="a message that claim() gave")
        with self._lock:
            held = self._alive.get(message.id)
            if held is None or held.lease != message.lease:
                raise ConflictError(
                    f"the lease of message {message.id} was lost",
                    expected="a lease that nobody took over: extend it while you work",
                )
            self._alive[message.id] = work(held)
