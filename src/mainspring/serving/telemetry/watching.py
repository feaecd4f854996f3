"""What a server does not count by itself but keeps: states, memory, queues. It is read when somebody looks."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from mainspring.core.clock import now
from mainspring.serving.payloads.sinks.state import SinkState, states
from mainspring.serving.repository import Repository
from mainspring.serving.telemetry import schema
from mainspring.serving.telemetry.registry import Figures, Registry


class Log(Protocol):
    """A log that counts what it does."""

    folder: Path
    written: int
    dropped: int
    failed: int

    @property
    def depth(self) -> int:
        """Records accepted and not yet written."""
        ...


def watch_process(registry: Registry, *, ready: Callable[[], bool], worker: int = 0) -> None:
    """Watch this process, which starts about now.

    Args:
        registry: Where it is shown.
        ready: Whether it takes requests.
        worker: Its place among the processes of the server: a number that its successor has again.
    """
    started = now()
    registry.watch(schema.READY, lambda: {(): float(ready())})
    registry.watch(schema.STARTED, lambda: {(): started})
    registry.watch(schema.CPU, lambda: {(): time.process_time()})
    registry.watch(schema.MEMORY, lambda: {(): resident_bytes()})
    registry.watch(schema.WORKER_MEMORY, lambda: {(str(worker),): resident_bytes()})
    registry.watch(schema.WORKERS, lambda: {(): 1.0})


def watch_models(registry: Registry, models: Repository) -> None:
    """Watch which versions of models there are, and what becomes of them."""

    def states() -> Figures:
        return Counter((one.name, one.version, str(one.state)) for one in models.index())

    def info() -> Figures:
        return {(one.name, one.version, one.model.runtime, one.model.task): 1.0 for one in models}

    def queued() -> Figures:
        return {(one.name, one.version): one.batcher.queued for one in models if one.batcher is not None}

    registry.watch(schema.QUEUED, queued)
    registry.watch(schema.CACHE_MISSES, _Misses(models))
    registry.watch(schema.STATE, states)
    registry.watch(schema.INFO, info)
    registry.watch(schema.IN_FLIGHT, lambda: {(one.name, one.version): one.in_flight for one in models})
    registry.watch(schema.LOAD_SECONDS, lambda: {(one.name, one.version): one.load_seconds for one in models})
    registry.watch(schema.MODEL_MEMORY, lambda: {(one.name, one.version): one.size for one in models})


class _Misses:
    """How often caches did not know an answer. A version that is loaded anew goes on from where it was."""

    def __init__(self, models: Repository) -> None:
        self._models = models
        self._seen: dict[tuple[str, str], tuple[int, float]] = {}
        self._sums: dict[tuple[str, ...], float] = {}

    def __call__(self) -> Figures:
        for one in self._models:
            if one.cache is None:
                continue
            names, misses = (one.name, one.version), one.cache.counts.misses
            token, before = self._seen.get(names, (0, 0.0))
            self._seen[names] = id(one), misses
            self._sums[names] = self._sums.get(names, 0.0) + misses - (before if token == id(one) else 0.0)
        return self._sums


def watch_log(registry: Registry, log: Log) -> None:
    """Watch a log."""
    registry.watch(schema.LOG_QUEUE, lambda: {(): log.depth})
    registry.watch(schema.LOG_WRITTEN, lambda: {(): log.written})
    registry.watch(schema.LOG_DROPPED, lambda: {(): log.dropped})
    registry.watch(schema.LOG_FAILED, lambda: {(): log.failed})


def watch_sinks(registry: Registry, log: Path) -> None:
    """Watch the sinks of a log, by what their keeper writes down beside it."""

    def told(figures: Callable[[str, SinkState], Figures]) -> Callable[[], Figures]:
        return lambda: {labels: value for one in states(log) for labels, value in figures(*one).items()}

    registry.watch(
        schema.SINK_REQUESTS,
        told(lambda name, one: {(name, "sent"): one.sent, (name, "refused"): one.refused}),
    )
    registry.watch(schema.SINK_FAILURES, told(lambda name, one: {(name,): one.failures}))
    registry.watch(schema.SINK_LAG, told(lambda name, one: {(name,): one.lag_at(now())}))


def resident_bytes(statm: Path = Path("/proc/self/statm")) -> float:
    """Bytes of memory that this process holds; 0 where that cannot be told."""
    try:
        pages = int(statm.read_text(encoding="ascii").split()[1])
    except OSError:
        return 0.0
    return float(pages * os.sysconf("SC_PAGE_SIZE"))
