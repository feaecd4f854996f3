"""What it takes to run a package: it is really served, asked over HTTP, and timed."""

from __future__ import annotations

import math
import os
import platform
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import numpy as np

from mainspring.core.errors import InputError
from mainspring.evaluation.metrics.intervals import Z95
from mainspring.evaluation.metrics.measured import Interval
from mainspring.evaluation.operation import Operation
from mainspring.models.package import Package, columns_of
from mainspring.serving.blocked import BlockedError
from mainspring.serving.client import Client
from mainspring.serving.probing import Questions, folder_of, sendable
from mainspring.serving.server_process import ServerProcess

if TYPE_CHECKING:
    from mainspring.data import Table

_MODEL: Final = "model"
_QUANTILES: Final = {"latency_p50": 0.5, "latency_p90": 0.9, "latency_p95": 0.95, "latency_p99": 0.99}
_LEAST: Final = 10
"""So many requests are timed of each kind, also where the time is over."""

_BATCHES = 0.1
"""Batches are so many of the requests for single rows."""


class Operations(NamedTuple):
    """What it takes to run a package, and the baseline that was measured in turns with it."""

    operation: Operation
    baseline: Operation | None


def measure_operation(
    package: Package | Path,
    rows: Table,
    *,
    baseline: Package | Path | None = None,
    requests: int = 300,
    seconds: float = 20.0,
    batch: int = 100,
    warm_up: int = 20,
    concurrency: int = 1,
    timeout: float = 60.0,
    seed: int = 0,
) -> Operations:
    """Serve a package, ask it rows over HTTP, and measure size, latency, throughput, memory and time to load.

    A server process is started as in production, on this machine. Some requests warm it up; then single rows are
    timed from the sending to the answer read (KServe V1), and batches after them (Open Inference Protocol). With a
    baseline, both servers stand side by side and are asked in turns in a random order, so that whatever else the
    machine does slows down both: the ratio of their figures is fair where the figures themselves are not.

    Args:
        package: The package or its folder.
        rows: Rows to ask; other columns than the model's are ignored. Rows with infinity are left out.
        baseline: Another package to measure in turn with it.
        requests: How many single rows are timed of each package, and a tenth of it as many batches.
        seconds: No request begins later than so many seconds after the first, once ten of each kind are timed.
        batch: Rows per batch.
        warm_up: Requests before, that are not timed.
        concurrency: Requests that are under way at the same time.
        timeout: Seconds within which a server must be ready.
        seed: Of the order of requests.

    Raises:
        InputError: If there is no row that can be asked, or a package cannot read the rows.
        UnavailableError: If a server does not start or stops answering.
    """
    if min(requests, batch, concurrency) < 1 or warm_up < 0:
        raise InputError(
            f"requests={requests}, batch={batch}, concurrency={concurrency}, warm_up={warm_up}",
            expected="at least 1 of each, and no less than 0 to warm up",
        )
    with ExitStack() as stack:
        servers = [_Server.of(one, rows, seed, timeout, stack) for one in (package, baseline) if one is not None]
        for server in servers:
            server.start(stack)
        asking = _Asking(servers, concurrency, seed)
        asking.ask(warm_up, _Server.ask_one)
        end = time.monotonic() + seconds
        singles = asking.ask(requests, _Server.ask_one, until=end)
        size = min(batch, *(server.rows for server in servers))
        batches = asking.ask(math.ceil(requests * _BATCHES), partial(_Server.ask_many, size=size), until=end)
        found = [
            Operation(
                **server.figures(singles[place], batches[place], size * concurrency),
                rows=server.rows,
                requests=len(singles[place]),
                warm_up=warm_up,
                batch=size,
                concurrency=concurrency,
                machine=_machine(),
                interleaved=len(servers) > 1,
            )
            for place, server in enumerate(servers)
        ]
    return Operations(found[0], found[1] if len(found) > 1 else None)


@dataclass(slots=True)
class _Server:
    """A package that is served, and the rows to ask it."""

    package: Package
    process: ServerProcess
    questions: Questions
    rows: int
    load_seconds: float = math.nan

    @classmethod
    def of(cls, package: Package | Path, rows: Table, seed: int, timeout: float, stack: ExitStack) -> _Server:
        folder = stack.enter_context(folder_of(package))
        loaded = package if isinstance(package, Package) else Package.load(folder)
        arrays = columns_of(rows, loaded.signature)
        asked = sendable(arrays, rows.num_rows)
        if not asked.any():
            raise InputError("there is no row that can be asked", expected="at least one row without infinity")
        questions = Questions.of({name: array[asked] for name, array in arrays.items()}, loaded.signature, seed)
        return cls(loaded, ServerProcess(folder, name=_MODEL, timeout=timeout), questions, int(asked.sum()))

    def start(self, stack: ExitStack) -> None:
        began = time.perf_counter()
        self.process.start()
        self.load_seconds = time.perf_counter() - began
        stack.callback(self.process.stop)

    def ask_one(self, client: Client, turn: int) -> None:
        with suppress(BlockedError):  # an answer like any other, as far as time goes
            client.predict(_MODEL, [self.questions.row(turn % self.rows)])

    def ask_many(self, client: Client, turn: int, *, size: int) -> None:
        start = turn * size % (self.rows - size + 1)
        client.infer(_MODEL, self.questions.part(start, start + size))

    def figures(self, singles: Sequence[float], batches: Sequence[float], rows: int) -> dict[str, Any]:
        """Figures and intervals, from the seconds that requests took; ``rows`` were under way at a time."""
        values = {name: float(np.quantile(singles, share)) for name, share in _QUANTILES.items()}
        spreads = {name: _ranked(singles, share) for name, share in _QUANTILES.items()}
        slowest = _ranked(batches, 0.5)
        spreads["throughput"] = None if slowest is None else Interval(rows / slowest.high, rows / slowest.low)
        return {
            "size_bytes": self.package.model_size,
            **values,
            "throughput": rows / float(np.median(batches)),
            "memory_bytes": _peak_memory(self.process.pid),
            "load_seconds": self.load_seconds,
            "intervals": {name: spread for name, spread in spreads.items() if spread is not None},
        }


_Question: TypeAlias = Callable[[_Server, Client, int], None]


@dataclass(frozen=True, slots=True)
class _Asking:
    """Asks all servers in turns."""

    servers: Sequence[_Server]
    concurrency: int
    seed: int

    def ask(self, times: int, question: _Question, *, until: float = math.inf) -> list[list[float]]:
        """Ask every server so many times; the seconds of each request, by server."""
        shares = [len(range(start, times, self.concurrency)) for start in range(self.concurrency)]
        with ThreadPoolExecutor(self.concurrency) as pool:
            parts = list(
                pool.map(lambda place: self._alone(shares[place], question, until, place), range(self.concurrency))
            )
        return [[second for part in parts for second in part[place]] for place in range(len(self.servers))]

    def _alone(self, times: int, question: _Question, until: float, number: int) -> list[list[float]]:
        """One request after the other, each server once in every turn, the first by chance."""
        order = random.Random(self.seed + number)  # noqa: S311  no secret
        taken: list[list[float]] = [[] for _ in self.servers]
        with ExitStack() as stack:
            clients = [stack.enter_context(Client(server.process.url)) for server in self.servers]
            for turn in range(times):
                if turn >= _LEAST and time.monotonic() > until:
                    break
                for place in order.sample(range(len(self.servers)), len(self.servers)):
                    began = time.perf_counter()
                    question(self.servers[place], clients[place], turn * self.concurrency + number)
                    taken[place].append(time.perf_counter() - began)
        return taken


def _ranked(values: Sequence[float], share: float) -> Interval | None:
    """The interval of a quantile between two of the values in their order; none if there are too few for that.

    Reference: W. J. Conover, *Practical Nonparametric Statistics* (1999), section 3.2.
    """
    count = len(values)
    half = Z95 * math.sqrt(count * share * (1 - share))
    low, high = math.floor(count * share - half), math.ceil(count * share + half)
    if low < 1 or high > count:
        return None
    ranked = sorted(values)
    return Interval(ranked[low - 1], ranked[high - 1])


def _peak_memory(process: int) -> float:
    """The most memory that a process held, in bytes; NaN where the system does not tell (only Linux does)."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except OSError:
        return math.nan
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return float(line.split()[1]) * 1024
    return math.nan


def _machine() -> str:
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
