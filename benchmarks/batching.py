"""Adaptive batching: 32 callers that each ask for one row at a time, with batching and without.

Two models: one that takes 5 ms and 20 µs per row, one call at a time, as a device does (it sleeps); and a forest
of 500 trees that scikit-learn itself runs. Callers ask again as soon as they are answered (closed loop), or come
independently of each other at a part of what the model can do (open loop, a Poisson process: a request comes when
it is due, whoever waits). The ideal answers all callers in one batch, again and again, and nothing else takes
time. Every answer is held to that of its row alone.

    python benchmarks/batching.py                # in one process, then a server over HTTP
    python benchmarks/batching.py --seconds 2 --callers 8

Read the ratios to the ideal of the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import selectors
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from mainspring.serving.batching import Batcher, BatchOptions
from mainspring.serving.prediction import Inputs

ROWS = 200
MOST = 64
WAYS: Mapping[str, BatchOptions | None] = {
    "each alone": None,
    "adaptive": BatchOptions(max_batch_size=MOST),
    "no waiting": BatchOptions(max_batch_size=MOST, max_wait=0.0),
    "always 5 ms": BatchOptions(max_batch_size=MOST, adaptive=False, max_wait=0.005),
}


class Device:
    """5 ms and 20 µs per row, one call at a time."""

    name, version, quick = "device", "1", False

    def __init__(self) -> None:
        self._free = threading.Lock()

    def compute(self, inputs: Inputs) -> dict[str, np.ndarray]:
        """Twice as much, and one more."""
        with self._free:
            time.sleep(0.005 + 20e-6 * inputs.rows)
        return {"y": inputs.columns["x"] * 2 + 1}


def forest(folder: Path) -> Any:
    """500 trees on scikit-learn's breast cancer data, as a package that scikit-learn runs; gives its rows."""
    from sklearn.datasets import load_breast_cancer

    from mainspring.data import Table, Transform, infer, split_rows, summarize
    from mainspring.models.packaging import build
    from mainspring.models.training import train

    data = load_breast_cancer()
    columns: dict[str, Any] = {
        str(name).replace(" ", "_"): data.data[:, place] for place, name in enumerate(data.feature_names)
    }
    columns["diagnosis"] = [str(data.target_names[value]) for value in data.target]
    splits, _ = split_rows(Table.from_columns(columns), {"train": 3, "eval": 1})
    transform = Transform.fit(splits["train"], infer(summarize(splits), label="diagnosis"))
    model = train(
        splits["train"],
        transform,
        estimator="sklearn.ensemble.RandomForestClassifier",
        params={"n_estimators": 500, "n_jobs": 1},
    )
    folder.mkdir()
    build(model, splits["eval"], variant="native").save(folder)
    return list(splits["eval"].drop(["diagnosis"]).iter_rows())


Run = Callable[[Inputs], Awaitable[Mapping[str, np.ndarray]]]


def alone(model: Any, pool: ThreadPoolExecutor) -> Run:
    async def run(inputs: Inputs) -> Mapping[str, np.ndarray]:
        found: Mapping[str, np.ndarray] = await asyncio.get_running_loop().run_in_executor(
            pool, model.compute, inputs
        )
        return found

    return run


def together(batcher: Batcher) -> Run:
    async def run(inputs: Inputs) -> Mapping[str, np.ndarray]:
        return (await batcher.run(inputs)).outputs

    return run


class Callers:
    """Asks for rows and holds every answer to that of its row alone."""

    def __init__(self, run: Run, rows: Sequence[Inputs], expected: Sequence[Mapping[str, np.ndarray]]) -> None:
        self._run, self._rows, self._expected = run, rows, expected
        self.latencies: list[float] = []

    async def ask(self, place: int) -> None:
        """Ask for one row."""
        place %= len(self._rows)
        began = time.perf_counter()
        outputs = await self._run(self._rows[place])
        self.latencies.append(time.perf_counter() - began)
        for name, values in self._expected[place].items():
            assert outputs[name].tolist() == values.tolist(), (place, name)

    async def again_and_again(self, callers: int, seconds: float) -> float:
        """Requests per second."""
        until = time.perf_counter() + seconds

        async def caller(place: int) -> None:
            while time.perf_counter() < until:
                await self.ask(place)
                place += 1

        began = time.perf_counter()
        await asyncio.gather(*[caller(7 * number) for number in range(callers)])
        return len(self.latencies) / (time.perf_counter() - began)

    async def independently(self, rate: float, seconds: float) -> None:
        """Ask at a rate, whether there are answers or not."""
        chance, due = random.Random(1), time.perf_counter()
        until, tasks, place = due + seconds, [], 0
        while due < until:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(asyncio.create_task(self.ask(place)))
            place += 1
            due += chance.expovariate(rate)
        await asyncio.gather(*tasks)


def in_one_process(model: Any, rows: Sequence[Inputs], callers: int, seconds: float, rounds: int) -> None:
    """The ways take turns; of each figure the median over the rounds is shown."""
    expected = [model.compute(one) for one in rows]
    columns = {name: np.concatenate([one.columns[name] for one in rows[:callers]]) for name in rows[0].columns}
    whole = Inputs(columns, callers)
    found: dict[str, list[list[float]]] = {name: [] for name in WAYS}
    ones, bests = [], []
    for _ in range(rounds):
        ones.append(statistics.median(timed(lambda: model.compute(rows[0])) for _ in range(9)))
        bests.append(statistics.median(timed(lambda: model.compute(whole)) for _ in range(9)))
        for name, options in WAYS.items():
            ideal = callers / statistics.median(bests)
            most = 0.8 / ones[-1] if options is None else ideal
            found[name].append(asyncio.run(measure(model, options, rows, expected, callers, seconds, ideal, most)))
    one, best = statistics.median(ones), statistics.median(bests)
    ideal = callers / best
    print(f"{model.name}: a row {one * 1e3:.2f} ms, {callers} rows {best * 1e3:.2f} ms; ideal {ideal:,.0f} rows/s")
    head = f"  {'':14}{'rows/s':>9}{'of ideal':>10}{'p50 ms':>9}{'p99 ms':>9}{'rows/batch':>12}"
    print(head + "   independent, at 30 % and 70 % of the ideal: p50, p99 ms")
    for name, figures in found.items():
        rate, p50, p99, size, *open_loop = [statistics.median(one) for one in zip(*figures, strict=True)]
        line = f"  {name:14}{rate:>9,.0f}{rate / ideal:>10.0%}{p50:>9.2f}{p99:>9.2f}{size:>12.1f}   "
        print(line + "".join("  (more than it can)" if one != one else f"{one:>10.2f}" for one in open_loop))
    print(flush=True)


async def measure(
    model: Any,
    options: BatchOptions | None,
    rows: Sequence[Inputs],
    expected: Sequence[Mapping[str, np.ndarray]],
    callers: int,
    seconds: float,
    ideal: float,
    most: float,
) -> list[float]:
    """Closed loop: rows a second, p50, p99, rows of a batch; open loop at two rates: p50, p99, NaN if too much."""
    with ThreadPoolExecutor(4) as pool:
        batcher = None if options is None else Batcher(model, options, pool=pool)
        run = alone(model, pool) if batcher is None else together(batcher)
        asked = Callers(run, rows, expected)
        await asked.again_and_again(callers, 0.5)
        asked.latencies.clear()
        rate = await asked.again_and_again(callers, seconds)
        size = 1.0 if batcher is None else batcher.counts.rows / batcher.counts.batches
        found = [rate, *quantiles(asked.latencies), size]
        for part in (0.3, 0.7):
            if part * ideal > most:
                found += [float("nan")] * 2
                continue
            asked = Callers(run, rows, expected)
            await asked.independently(part * ideal, seconds)
            found += quantiles(asked.latencies)
        return found


def timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def quantiles(latencies: Sequence[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(latencies, n=100)
    return cuts[49] * 1e3, cuts[98] * 1e3


def over_http(folder: Path, rows: Sequence[Any], callers: int, seconds: float) -> None:
    """Two servers, which differ in one line of their file."""
    from mainspring.serving import Client, ServerProcess

    print(f"the forest over HTTP, {callers} connections")
    print(f"  {'':14}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}")
    expected = None
    for name, batching in (("each alone", None), ("adaptive", {"max_batch_size": MOST})):
        file = folder / "server.json"
        file.write_text(json.dumps({"models": {"forest": {"batching": batching}}}))
        with ServerProcess(folder / "forest", name="forest", options=["--config", str(file)]) as server:
            expected = expected or Client(server.url).predict("forest", rows, probabilities=True)
            closed_loop(server.url, rows, expected, callers, 0.5)
            latencies, rate = closed_loop(server.url, rows, expected, callers, seconds)
        print("  {:14}{:>12,.0f}{:>9.2f}{:>9.2f}".format(name, rate, *quantiles(latencies)))


def closed_loop(
    url: str, rows: Sequence[Any], expected: Sequence[Any], callers: int, seconds: float
) -> tuple[list[float], float]:
    """Latencies, and requests per second; every answer must be that of its row."""
    address = (urlsplit(url).hostname, urlsplit(url).port)
    requests = []
    for row in rows:
        body = json.dumps({"instances": [row], "parameters": {"probabilities": True}}).encode()
        head = f"POST /v1/models/forest:predict HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
        requests.append(head.encode() + body)
    latencies: list[float] = []
    answers: list[tuple[int, bytes]] = []
    with selectors.DefaultSelector() as selector:
        began = time.perf_counter()
        for number in range(callers):
            connection = socket.create_connection(address)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            place = 7 * number % len(rows)
            selector.register(connection, selectors.EVENT_READ, [time.perf_counter(), place, b""])
            connection.sendall(requests[place])
        while time.perf_counter() - began < seconds:
            for key, _ in selector.select():
                one: Any = key.fileobj
                key.data[2] += one.recv(65536)
                head, found, body = key.data[2].partition(b"\r\n\r\n")
                length = (
                    int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or -1)
                    if found
                    else -1
                )
                if len(body) != length:
                    continue
                ended = time.perf_counter()
                latencies.append(ended - key.data[0])
                answers.append((key.data[1], body))
                key.data[:] = ended, (key.data[1] + 1) % len(rows), b""
                one.sendall(requests[key.data[1]])
        took = time.perf_counter() - began
        for key in list(selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
    for place, body in answers:
        assert json.loads(body)["predictions"] == [expected[place]], (place, body)
    return latencies, len(latencies) / took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--callers", type=int, default=32)
    options = parser.parse_args()
    print(f"Python {sys.version.split()[0]}\n")
    numbers = [Inputs({"x": np.array([float(number)])}, 1) for number in range(ROWS)]
    in_one_process(Device(), numbers, options.callers, options.seconds, options.rounds)
    with tempfile.TemporaryDirectory() as name:
        from mainspring.models.package import Package
        from mainspring.serving.predictor import Predictor
        from mainspring.serving.question import Question

        folder = Path(name)
        rows = forest(folder / "forest")
        predictor = Predictor(Package.load(folder / "forest"), name="forest", version="1")
        predictor.warm()
        asked = [predictor.read(Question(rows=[row])) for row in rows]
        in_one_process(predictor, asked, options.callers, options.seconds, options.rounds)
        over_http(folder, rows, options.callers, options.seconds)


if __name__ == "__main__":
    main()
