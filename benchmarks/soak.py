"""Load on a server of several processes while everything happens to it, and every answer and log row is checked.

Two versions of a model lie in a folder. An open loop asks at a share of the measured capacity, rows as JSON
(version 1 and 2 of the protocols) and as binary tensors; every so often the served version is swapped; two
requests in a hundred are bad; twice a process that answers is killed. At the end:

* every good request was answered with 200 and with the answer that the version named in it gives in process, but
  those in flight on a killed process;
* every bad one was refused with 400;
* every request that was answered is in the log.

    python benchmarks/soak.py                       # ten minutes, a swap every 20 seconds
    python benchmarks/soak.py --seconds 30 --swap 3

The exit status is 1 if anything of this does not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import statistics
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from mainspring.serving import read_log
from mainspring.serving.server_process import PythonServer

MODEL = "cancer"
CONNECTIONS = 16
BAD_SHARE = 0.02


@dataclass
class Material:
    """Rows, and what each version of the model answers to them."""

    names: list[str]
    rows: np.ndarray
    answers: dict[str, list[tuple[str, float]]]


@dataclass
class Outcome:
    """What happened."""

    asked: int = 0
    good: int = 0
    refused: int = 0
    in_flight_at_a_kill: int = 0
    swaps: int = 0
    kills: int = 0
    wrong: list[str] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)
    versions: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    killed_at: list[float] = field(default_factory=list)
    late: int = 0


def make_models(folder: Path) -> Material:
    """Two versions of a classifier on scikit-learn's breast cancer data, that answer differently."""
    from sklearn.datasets import load_breast_cancer

    from mainspring.data import Table, Transform, infer, split_rows, summarize
    from mainspring.models.packaging import build
    from mainspring.models.training import train

    data = load_breast_cancer()
    names = [str(name).replace(" ", "_") for name in data.feature_names]
    columns = {name: data.data[:, place] for place, name in enumerate(names)}
    columns["diagnosis"] = [str(data.target_names[value]) for value in data.target]
    splits, _ = split_rows(Table.from_columns(columns), {"train": 3, "eval": 1})
    transform = Transform.fit(splits["train"], infer(summarize(splits), label="diagnosis"))
    arrays = {name: np.asarray(data.data[:, place], dtype=np.float64) for place, name in enumerate(names)}
    answers = {}
    for version, c in (("1", 1.0), ("2", 0.001)):
        estimator = "sklearn.linear_model.LogisticRegression"
        model = train(splits["train"], transform, estimator=estimator, params={"C": c})
        package = build(model, splits["eval"])
        place = folder / MODEL / version
        place.mkdir(parents=True)
        package.save(place)
        given = package.open().predict(arrays)
        answers[version] = list(zip(given["label"].tolist(), given["probabilities"][:, 1].tolist(), strict=True))
    return Material(names, np.asarray(data.data, dtype=np.float64), answers)


class Requests:
    """Makes requests of every kind about known rows."""

    def __init__(self, material: Material, seed: int) -> None:
        self._material, self._random = material, random.Random(seed)
        self._number = 0

    def __iter__(self) -> Iterator[tuple[str, str, int, bytes]]:
        """Kind, id, row and bytes of a request, without end."""
        kinds = (self._v1, self._v2, self._binary)
        while True:
            self._number += 1
            row, name = self._random.randrange(len(self._material.rows)), f"soak-{self._number:08d}"
            if self._random.random() < BAD_SHARE:
                yield "bad", name, row, self._bad(row, name)
            else:
                make = self._random.choice(kinds)
                yield make.__name__.strip("_"), name, row, make(row, name)

    def _values(self, row: int) -> dict[str, float]:
        return dict(zip(self._material.names, self._material.rows[row].tolist(), strict=True))

    def _v1(self, row: int, name: str) -> bytes:
        body = json.dumps({"instances": [self._values(row)], "parameters": {"probabilities": True}})
        return _request(f"/v1/models/{MODEL}:predict", body.encode(), name)

    def _v2(self, row: int, name: str) -> bytes:
        inputs = [
            {"name": column, "shape": [1], "datatype": "FP64", "data": [value]}
            for column, value in self._values(row).items()
        ]
        return _request(f"/v2/models/{MODEL}/infer", json.dumps({"inputs": inputs}).encode(), name)

    def _binary(self, row: int, name: str) -> bytes:
        size = {"parameters": {"binary_data_size": 8}}
        values = self._values(row)
        inputs = [{"name": column, "shape": [1], "datatype": "FP64", **size} for column in values]
        head = json.dumps({"inputs": inputs}).encode()
        body = head + struct.pack(f"<{len(values)}d", *values.values())
        more = f"inference-header-content-length: {len(head)}\r\n"
        return _request(f"/v2/models/{MODEL}/infer", body, name, more)

    def _bad(self, row: int, name: str) -> bytes:
        values: dict[str, Any] = self._values(row)
        values[self._material.names[0]] = "wide"
        chosen = self._random.choice([json.dumps({"instances": [values]}), '{"instances": [', "{}"])
        return _request(f"/v1/models/{MODEL}:predict", chosen.encode(), name)


def _request(path: str, body: bytes, name: str, more: str = "") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\nx-request-id: {name}\r\ncontent-length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


class Connection:
    """A connection that is kept, and opened anew once the other side has closed it."""

    def __init__(self, host: str, port: int) -> None:
        self._at = (host, port)
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        if self._reader is None or self._writer is None or self._reader.at_eof():
            self.drop()
            self._reader, self._writer = await asyncio.open_connection(*self._at)
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length, lines = 0, head.lower().split(b"\r\n")
        for line in lines[1:]:
            if line.startswith(b"content-length:"):
                length = int(line[15:])
        body = await self._reader.readexactly(length)
        if b"connection: close" in lines:
            self.drop()
        return int(head[9:12]), body

    def drop(self) -> None:
        """Forget the connection."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


class Soak:
    """One run against a server."""

    def __init__(self, url: str, pid: int, material: Material, options: argparse.Namespace) -> None:
        parts = urlsplit(url)
        self._host, self._port = str(parts.hostname), int(parts.port or 80)
        self._pid, self._material, self._options = pid, material, options
        self._outcome = Outcome()
        self._requests = iter(Requests(material, options.seed))

    async def run(self) -> Outcome:
        """Measure the capacity, then load the server with a share of it while things happen."""
        capacity = await self._capacity(min(5.0, self._options.seconds / 4))
        rate = capacity * self._options.share
        print(f"capacity {capacity:,.0f} requests/s here; asking {rate:,.0f}/s for {self._options.seconds:g} s")
        end = time.perf_counter() + self._options.seconds
        happening = [asyncio.create_task(self._swap(end)), asyncio.create_task(self._kill())]
        await self._open_loop(rate, end)
        for task in happening:
            await task
        return self._outcome

    async def _capacity(self, seconds: float) -> float:
        end, before = time.perf_counter() + seconds, self._outcome.asked

        async def go_on() -> None:
            connection = Connection(self._host, self._port)
            while time.perf_counter() < end:
                await self._one(connection, time.perf_counter())
            connection.drop()

        await asyncio.gather(*(go_on() for _ in range(CONNECTIONS)))
        self._outcome.latencies.clear()
        return (self._outcome.asked - before) / seconds

    async def _open_loop(self, rate: float, end: float) -> None:
        """Requests leave when they are due, whether or not those before are answered."""
        due: asyncio.Queue[float | None] = asyncio.Queue()

        async def work() -> None:
            connection = Connection(self._host, self._port)
            while (when := await due.get()) is not None:
                await self._one(connection, when)
            connection.drop()

        workers = [asyncio.create_task(work()) for _ in range(CONNECTIONS * 4)]
        start, sent = time.perf_counter(), 0
        while (now := time.perf_counter()) < end:
            while sent < (now - start) * rate:
                due.put_nowait(start + sent / rate)
                sent += 1
            self._outcome.late = max(self._outcome.late, due.qsize())
            await asyncio.sleep(0.002)
        for _ in workers:
            due.put_nowait(None)
        await asyncio.gather(*workers)

    async def _one(self, connection: Connection, due: float) -> None:
        kind, name, row, request = next(self._requests)
        outcome = self._outcome
        outcome.asked += 1
        outcome.kinds[kind] += 1
        began = time.time()
        try:
            status, body = await connection.ask(request)
        except (OSError, asyncio.IncompleteReadError) as error:
            connection.drop()
            if any(began - 0.05 <= at <= time.time() for at in outcome.killed_at):
                outcome.in_flight_at_a_kill += 1
            else:
                outcome.wrong.append(f"{name} ({kind}): {error!r}")
            return
        outcome.latencies.append(time.perf_counter() - due)
        outcome.answered.add(name)
        if kind == "bad":
            outcome.refused += status == 400
            if status != 400:
                outcome.wrong.append(f"{name} (bad): {status} {body[:200]!r}")
        elif status == 200:
            self._check(kind, name, row, body)
        else:
            outcome.wrong.append(f"{name} ({kind}): {status} {body[:200]!r}")

    def _check(self, kind: str, name: str, row: int, body: bytes) -> None:
        answer = json.loads(body)
        if kind == "v1":
            [one] = answer["predictions"]
            said = (one["label"], list(one["probabilities"].values())[1])
            fitting = [version for version, known in self._material.answers.items() if same(known[row], said)]
        else:
            outputs = {one["name"]: one["data"] for one in answer["outputs"]}
            said, version = (outputs["label"][0], outputs["probabilities"][1]), answer["model_version"]
            fitting = [version] if same(self._material.answers[version][row], said) else []
        if fitting:
            self._outcome.good += 1
            self._outcome.versions[fitting[0]] += 1
        else:
            self._outcome.wrong.append(f"{name} ({kind}): row {row} was answered with {said}")

    async def _swap(self, end: float) -> None:
        version = "2"
        while time.perf_counter() + self._options.swap < end:
            await asyncio.sleep(self._options.swap)
            version = "1" if version == "2" else "2"
            config = json.dumps({"versions": {"specific": [version]}})
            body = json.dumps({"parameters": {"config": config}}).encode()
            path = f"/v2/repository/models/{MODEL}/load"
            try:
                status, said = await Connection(self._host, self._port).ask(_request(path, body, "swap"))
            except (OSError, asyncio.IncompleteReadError):
                continue  # it was asked of the process that was killed
            if status == 200:
                self._outcome.swaps += 1
            else:
                self._outcome.wrong.append(f"swap to {version}: {status} {said[:300]!r}")

    async def _kill(self) -> None:
        for _ in range(2):
            await asyncio.sleep(self._options.seconds / 3)
            [victim, *_] = random.Random(self._options.seed).sample(children(self._pid), 1)
            self._outcome.killed_at.append(time.time())
            os.kill(victim, signal.SIGKILL)
            self._outcome.kills += 1


def same(known: tuple[str, float], said: tuple[str, float]) -> bool:
    """Whether an answer is the one that is known."""
    return known[0] == said[0] and abs(known[1] - said[1]) < 1e-9


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def soak(options: argparse.Namespace) -> bool:
    """Run, print what happened, and say whether all is well."""
    with tempfile.TemporaryDirectory(prefix="mainspring-soak-") as name:
        folder = Path(name)
        material = make_models(folder / "models")
        given = ["--models", str(folder / "models"), "--workers", str(options.workers), "--port", "0"]
        config = folder / "server.json"
        config.write_text(json.dumps({"models": {MODEL: {}}, "repository": {"mode": "explicit"}}))
        given += ["--config", str(config), "--log", str(folder / "log")]
        server = PythonServer("mainspring.serving", given, timeout=60)
        server.start()
        try:
            outcome = asyncio.run(Soak(server.url, server.pid, material, options).run())
        finally:
            status = server.stop(60)
        logged = Counter(record.id for record in read_log(folder / "log"))
    lost = outcome.answered - logged.keys()
    tell(outcome, lost, sum(count - 1 for count in logged.values()), status)
    return not outcome.wrong and not lost and status == 0


def tell(outcome: Outcome, lost: set[str], doubled: int, status: int) -> None:
    """Print what happened."""
    cuts = statistics.quantiles(outcome.latencies, n=1000) if len(outcome.latencies) > 1 else [0.0] * 999
    print(f"requests            {outcome.asked:,} ({', '.join(f'{k} {n:,}' for k, n in outcome.kinds.items())})")
    print(f"right answers       {outcome.good:,} (by version {dict(sorted(outcome.versions.items()))})")
    print(f"bad ones refused    {outcome.refused:,}")
    print(
        f"swaps, kills        {outcome.swaps}, {outcome.kills}; in flight at a kill {outcome.in_flight_at_a_kill}"
    )
    print(f"wrong or failed     {len(outcome.wrong)}")
    for line in outcome.wrong[:10]:
        print("   ", line)
    print(f"answered, not logged {len(lost)}; logged twice {doubled}; exit status {status}")
    print(f"latency ms from when it was due: p50 {cuts[499] * 1e3:.2f}, p99 {cuts[989] * 1e3:.2f}, ", end="")
    print(f"p99.9 {cuts[998] * 1e3:.2f}; most requests waiting to leave {outcome.late}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--swap", type=float, default=20, help="seconds between two swaps")
    parser.add_argument("--share", type=float, default=0.7, help="of the capacity")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    return 0 if soak(parser.parse_args()) else 1


if __name__ == "__main__":
    sys.exit(main())
