"""Taking a log to a sink: at least once, in order, and without anybody waiting for it."""

from __future__ import annotations

import os
import random
import re
import sys
import threading
from itertools import islice
from pathlib import Path

import msgspec

from mainspring.core.clock import now
from mainspring.core.errors import InputError, MainspringError
from mainspring.serving.payloads.events import Naming, events_of
from mainspring.serving.payloads.following import Follower, Found
from mainspring.serving.payloads.record import LogRecord
from mainspring.serving.payloads.sinks.opening import open_sink
from mainspring.serving.payloads.sinks.options import SinkOptions
from mainspring.serving.payloads.sinks.ports import RefusedError, Sink
from mainspring.serving.payloads.sinks.state import FOLDER, read_state

_POLL_SECONDS = 0.25
_CHANCE = random.SystemRandom()
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


class Shipper:
    """Takes what is new in a log to one sink. For one thread.

    How far it got is written down after every batch; killed before, it sends that batch again. A receiver that
    does not answer is asked again, less and less often, for ever: what it misses waits in the log.

    Args:
        folder: The log.
        options: Of the sink.
        sink: The sink, if it is not the one that the options describe.

    Raises:
        InputError: If the name or the address of the sink is not one.
        UnavailableError: If the client of a broker is not installed.
    """

    def __init__(self, folder: Path, options: SinkOptions, sink: Sink | None = None) -> None:
        if not _NAME.fullmatch(options.name):
            raise InputError(f"a sink is called {options.name!r}", expected="letters, digits, dots and dashes")
        self._options = options
        self._path = folder / FOLDER / f"{options.name}.json"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self.state = read_state(self._path)
        self._follower = Follower(folder, self.state.position)
        self._naming = Naming(options.events, options.source, options.namespace, options.parts)
        self._sink = open_sink(options) if sink is None else sink

    def run(self, stop: threading.Event) -> None:
        """Send what comes, until told to stop; then once more what is there, as far as it can be sent at once."""
        try:
            while not stop.is_set():
                if not self.step(stop):
                    stop.wait(_POLL_SECONDS)
            while self.step(stop):
                pass
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the sink."""
        self._sink.close()

    def step(self, stop: threading.Event) -> int:
        """Send a batch; gives how many requests were in it, and 0 if there were none or none could be sent."""
        found = list(islice(self._follower.new(), self._options.batch))
        if not found:
            if self.state.lag:
                self._save(lag=0.0)
            return 0
        if not self._deliver(found, stop):
            self._follower = Follower(self._path.parent.parent, self.state.position)
            return 0
        self._save(position=self._follower.position, lag=max(0.0, now() - found[-1].record.time), error="")
        return len(found)

    def _deliver(self, found: list[Found[LogRecord]], stop: threading.Event) -> bool:
        """Send a batch, as often as it takes; false if it was not, and we are to stop."""
        events = [event for one in found for event in events_of(one.record, self._naming)]
        wait, refusals = self._options.retry_seconds, 0
        while True:
            try:
                self._sink.send(events)
            except RefusedError as error:
                refusals += 1
                self._failed(error, found)
                if refusals >= self._options.attempts:
                    return self._one_by_one(found)
            except MainspringError as error:
                self._failed(error, found)
            else:
                self._save(sent=self.state.sent + len(found))
                return True
            # At random, so that many who wait for the same receiver do not all come back at once.
            if stop.wait(wait * _CHANCE.uniform(0.5, 1.0)):
                return False
            wait = min(wait * 2, self._options.retry_most_seconds)

    def _one_by_one(self, found: list[Found[LogRecord]]) -> bool:
        """Leave behind what is refused, and only that."""
        for one in found:
            events = list(events_of(one.record, self._naming))
            try:
                self._sink.send(events)
            except RefusedError:
                self._save(refused=self.state.refused + 1)
            except MainspringError as error:
                self._failed(error, found)
                return False
            else:
                self._save(sent=self.state.sent + 1)
        return True

    def _failed(self, error: MainspringError, found: list[Found[LogRecord]]) -> None:
        if not self.state.error:
            print(f"sink {self._options.name}: {error}", file=sys.stderr)
        lag = max(0.0, now() - found[0].record.time)
        self._save(failures=self.state.failures + 1, lag=lag, error=str(error))

    def _save(self, **changes: object) -> None:
        self.state = msgspec.structs.replace(self.state, time=now(), **changes)
        fresh = self._path.with_suffix(f".{os.getpid()}.new")
        fresh.write_bytes(msgspec.json.encode(self.state))
        fresh.replace(self._path)
