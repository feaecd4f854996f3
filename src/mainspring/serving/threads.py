"""How many threads one call of a model uses: measured, not guessed.

More threads make a large call faster and every call dearer: they wait for each other, and on a busy machine for a
core. A server computes as many calls at a time as it has cores anyway, so one thread per call is right unless more
cost hardly anything.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from mainspring.serving.ports import Servable

LOG = logging.getLogger(__name__)

ROWS = (1, 8, 64)
"""The sizes of calls that are tried."""

DEARER = 1.2
"""So much more processor time a call may take with several threads than with one."""

FASTER = 0.75
"""So much of the time with one thread it must take at some size."""

SLOWER = 1.1
"""So much of the time with one thread it may take at any size."""

_SECONDS = 0.08
_RUNS = (5, 40)

Ask: TypeAlias = Callable[[int], object]
"""Computes so many rows."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a call took, in seconds: the best of several.

    Attributes:
        threads: Threads that it could use.
        rows: Rows that it computed.
        wall: Time on the clock.
        cpu: Time of processors, all threads together.
    """

    threads: int
    rows: int
    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Choice:
    """How many threads a model was given, and why.

    Attributes:
        threads: So many.
        measured: Every measurement.
    """

    threads: int
    measured: tuple[Measured, ...]

    def __str__(self) -> str:
        told = [
            f"{one.threads} threads, {one.rows} rows: {one.wall * 1e6:,.0f} µs, {one.cpu * 1e6:,.0f} µs of CPU"
            for one in self.measured
        ]
        return f"{self.threads} threads per call; measured: " + "; ".join(told)


def tune(open_with: Callable[[int], Ask], *, most: int, rows: Sequence[int] = ROWS) -> Choice:
    """Try a model with 1, 2, 4 … threads on calls of several sizes, and choose.

    More than one thread are chosen if some call then takes less than :data:`FASTER` of its time, and none takes
    more than :data:`SLOWER` of its time or :data:`DEARER` of its processor time; and no more of them than bring
    another tenth.

    Args:
        open_with: Opens the model so that a call may use so many threads; gives what computes so many rows.
        most: The most threads to try: as many as there are cores.
        rows: The sizes of calls.

    Raises:
        MainspringError: If the model cannot be opened or fails.
    """
    counts = [1]
    while counts[-1] < most:
        counts.append(min(2 * counts[-1], most))
    asks = {threads: open_with(threads) for threads in counts}
    by_size = [_measure(asks, size) for size in rows]
    found = {threads: [measured[threads] for measured in by_size] for threads in counts}
    chosen = 1
    for threads in counts[1:]:
        if _pays(found[threads], found[1]) and _total(found[threads]) < 0.9 * _total(found[chosen]):
            chosen = threads
    return Choice(chosen, tuple(one for several in found.values() for one in several))


def tune_package(package: Servable, *, most: int, rows: Sequence[int] = ROWS) -> Choice:
    """The threads for a package, tried on its own example rows.

    Raises:
        MainspringError: If the model cannot be opened or fails.
    """
    example = list(package.input_example)
    if most <= 1 or not example:
        return Choice(1, ())
    columns = {size: package.signature.columns([example[n % len(example)] for n in range(size)]) for size in rows}

    def open_with(threads: int) -> Ask:
        runtime = package.open(threads=threads)
        return lambda size: runtime.predict(columns[size])

    choice = tune(open_with, most=most, rows=rows)
    LOG.info("%s", choice)
    return choice


def keep_calm(threads: int, environment: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """The variables that keep libraries with OpenMP from starting a thread per core for every call.

    They hold for libraries that are loaded later. What the environment says already, stands.

    Args:
        threads: The most threads that a call of any model may use.
        environment: That of the process by default.
    """
    known = os.environ if environment is None else environment
    wanted = {"OMP_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "PASSIVE"}
    return {name: value for name, value in wanted.items() if name not in known}


def _measure(asks: Mapping[int, Ask], rows: int) -> dict[int, Measured]:
    """The best of several calls per number of threads, in turns: what else the machine does hits all alike."""
    for ask in asks.values():
        ask(rows)
    walls: dict[int, list[float]] = {threads: [] for threads in asks}
    cpus: dict[int, list[float]] = {threads: [] for threads in asks}
    until = time.perf_counter() + _SECONDS
    for run in range(_RUNS[1]):
        if run >= _RUNS[0] and time.perf_counter() > until:
            break
        for threads, ask in asks.items():
            began, used = time.perf_counter(), time.process_time()
            ask(rows)
            cpus[threads].append(time.process_time() - used)
            walls[threads].append(time.perf_counter() - began)
    return {threads: Measured(threads, rows, min(walls[threads]), min(cpus[threads])) for threads in asks}


def _pays(several: Sequence[Measured], one: Sequence[Measured]) -> bool:
    pairs = list(zip(several, one, strict=True))
    return any(many.wall <= FASTER * single.wall for many, single in pairs) and all(
        many.wall <= SLOWER * single.wall and many.cpu <= DEARER * single.cpu for many, single in pairs
    )


def _total(measured: Sequence[Measured]) -> float:
    return sum(one.wall for one in measured)
