"""Taking events of models to where the payload log goes, too. Nobody waits for it, and a receiver may be away."""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from mainspring.core.errors import MainspringError
from mainspring.serving.payloads.events import Event
from mainspring.serving.payloads.sinks.opening import open_sink
from mainspring.serving.payloads.sinks.options import SinkOptions
from mainspring.serving.payloads.sinks.ports import RefusedError, Sink

PART: Final = "event"
"""What stands where the sinks of a log say ``request`` or ``response``."""

_MOST_WAITING: Final = 1_000
_AT_ONCE: Final = 100
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 30.0
_LAST_SECONDS: Final = 2.0


class EventSender:
    """Sends events to a sink from a thread of its own: an :class:`EventSink`.

    While the receiver does not answer, the last thousand wait; older ones are dropped and counted.

    Args:
        sink: Where they go.
        first_wait: How long to wait after a first failure, in seconds; then twice as long, and so on.

    Attributes:
        sent: Events that the receiver has.
        dropped: Events that it will not get.
    """

    def __init__(self, sink: Sink, *, first_wait: float = _FIRST_WAIT) -> None:
        self._sink, self._first_wait = sink, first_wait
        self.sent = self.dropped = 0
        self._waiting: deque[Event] = deque()
        self._lock, self._wake, self._stop = threading.Lock(), threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="model-events-sink", daemon=True)
        self._thread.start()

    def emit(self, event: Mapping[str, Any]) -> bool:
        """Take a CloudEvent in its structured JSON form."""
        with self._lock:
            full = len(self._waiting) >= _MOST_WAITING
            if full:
                self._waiting.popleft()
                self.dropped += 1
            self._waiting.append(_event(event))
        self._wake.set()
        return not full

    def close(self) -> None:
        """Try once more to send what waits, and end. Calling it again does nothing."""
        self._stop.set()
        self._wake.set()
        self._thread.join(_LAST_SECONDS)

    def _run(self) -> None:
        wait = self._first_wait
        while not self._stop.is_set():
            self._wake.wait()
            self._wake.clear()
            while self._waiting:
                if self._send():
                    wait = self._first_wait
                elif self._stop.is_set() or self._stop.wait(wait):
                    break
                else:
                    wait = min(2 * wait, _LONGEST_WAIT)
        with self._lock:
            self.dropped += len(self._waiting)
            self._waiting.clear()
        self._sink.close()

    def _send(self) -> bool:
        """Send some; gives whether they are done with."""
        with self._lock:
            batch = [self._waiting.popleft() for _ in range(min(_AT_ONCE, len(self._waiting)))]
        try:
            self._sink.send(batch)
        except RefusedError as error:
            print(f"model events: {error}", file=sys.stderr)
            self.dropped += len(batch)
            return True
        except MainspringError:
            with self._lock:
                self._waiting.extendleft(reversed(batch))
            return False
        self.sent += len(batch)
        return True


def senders(options: Iterable[SinkOptions]) -> list[EventSender]:
    """What sends events to the sinks of a payload log.

    Raises:
        InputError: If the address of one is not right.
        UnavailableError: If the client of a broker is not installed.
    """
    return [EventSender(open_sink(one)) for one in options]


def _event(event: Mapping[str, Any]) -> Event:
    data = event["data"]
    attributes = {name: str(value) for name, value in event.items() if name != "data"}
    return Event(attributes, msgspec.json.encode(data), data["model"], data["version"], PART)
