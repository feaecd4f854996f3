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
from mainspring.serving.served import Served
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
    registry.watch(schema.CACHE_MISSES, _Growing(models, _misses))
    registry.watch(schema.BATCHES, _Growing(models, _batches))
    registry.watch(schema.BATCH_SECONDS, _Growing(models, _batch_seconds))
    registry.watch(schema.STATE, states)
    registry.watch(schema.INFO, info)
    registry.watch(schema.IN_FLIGHT, lambda: {(one.name, one.version): one.in_flight for one in models})
    registry.watch(schema.LOAD_SECONDS, lambda: {(one.name, one.version): one.load_seconds for one in models})
    registry.watch(schema.MODEL_MEMORY, lambda: {(one.name, one.version): one.size for one in models})


class _Growing:
    """Numbers that every loaded version counts from 0: one that is loaded anew goes on from where it was."""

    def __init__(self, models: Repository, counted: Callable[[Served], Figures]) -> None:
        self._models, self._counted = models, counted
        self._seen: dict[tuple[str, str], tuple[int, Figures]] = {}
        self._sums: dict[tuple[str, ...], float] = {}

    def __call__(self) -> Figures:
        for one in self._models:
            counts = self._counted(one)
            if not counts:
                continue
            token, before = self._seen.get((one.name, one.version), (0, counts))
            self._seen[one.name, one.version] = id(one), counts
            for labels, count in counts.items():
                known = before.get(labels, 0.0) if token == id(one) else 0.0
                self._sums[labels] = self._sums.get(labels, 0.0) + count - known
        return self._sums


def _misses(one: Served) -> Figures:
    return {} if one.cache is None else {(one.name, one.version): one.cache.counts.misses}


def _batches(one: Served) -> Figures:
    if one.batcher is None:
        return {}
    return {(one.name, one.version, str(rows)): count for rows, count in one.batcher.counts.told()}


def _batch_seconds(one: Served) -> Figures:
    if one.batcher is None:
        return {}
    counts = one.batcher.counts
    return {(one.name, one.version, str(rows)): counts.seconds[rows] for rows, _ in counts.told()}


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
