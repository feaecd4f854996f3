"""What it costs to call a class in a process of its own: one row, larger arrays, and what stands around the call.

    python benchmarks/components.py

One process asks in every way; the processor time is its own, without that of the class's process.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np

from mainspring.serving.components import Component, ComponentProcess, InlineComponent

CLASSES = """
class Echo:
    def predict(self, X):
        return X

class Full(Echo):
    def tags(self):
        return {"version": 3}

    def metrics(self):
        return [{"type": "COUNTER", "key": "calls", "value": 1}]
"""


def measure(ask: Callable[[], object], calls: int) -> tuple[float, float, float]:
    """p50, p99 and processor time of a call, in microseconds."""
    for _ in range(20):
        ask()
    taken = []
    used = time.process_time()
    for _ in range(calls):
        began = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - began)
    used = (time.process_time() - used) / calls
    cuts = statistics.quantiles(taken, n=100)
    return cuts[49] * 1e6, cuts[98] * 1e6, used * 1e6


async def measure_awaited(ask: Callable[[], Awaitable[object]], calls: int) -> tuple[float, float, float]:
    """The same of something that is awaited."""
    taken = []
    used = time.process_time()
    for _ in range(calls):
        began = time.perf_counter()
        await ask()
        taken.append(time.perf_counter() - began)
    used = (time.process_time() - used) / calls
    cuts = statistics.quantiles(taken, n=100)
    return cuts[49] * 1e6, cuts[98] * 1e6, used * 1e6


def show(name: str, found: tuple[float, float, float]) -> None:
    print(f"{name:42} {found[0]:>10,.0f} {found[1]:>10,.0f} {found[2]:>10,.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=2_000)
    calls = parser.parse_args().calls
    row = np.ones((1, 30))
    print(f"{'':42} {'p50 µs':>10} {'p99 µs':>10} {'CPU µs':>10}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "classes.py"
        file.write_text(CLASSES)
        inline = InlineComponent(Component(entry=f"{file}:Echo", inline=True))
        show("one row, in this process", measure(lambda: inline.predict(row), calls))
        with ComponentProcess(Component(entry=f"{file}:Echo")) as echo:
            show("one row, another process", measure(lambda: echo.predict(row), calls))
            awaited = asyncio.run(measure_awaited(lambda: echo.ask("predict", row), calls))
            show("one row, another process, awaited", awaited)
            for kilobytes in (32, 256, 2_048, 16_384):
                array = np.ones(kilobytes * 128)
                name = f"{kilobytes:,} kB there and back"
                show(name, measure(lambda array=array: echo.predict(array), max(50, calls // kilobytes)))
        with ComponentProcess(Component(entry=f"{file}:Full")) as full:
            show("one row, with tags and metrics", measure(lambda: full.predict(row), calls))


if __name__ == "__main__":
    main()
