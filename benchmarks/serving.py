"""One JSON row answered: the full server against a raw ASGI endpoint that only parses, runs and serialises.

Both are real processes on loopback with the same package, the same uvicorn and the same HTTP parser; only one is
asked at a time, in turns, and medians over the rounds are shown. The full server checks every value, finds the
model by its path, counts into histograms and logs every request to disk. Closed loop: a connection sends its next
request when it has the answer to the one before.

    python benchmarks/serving.py                 # 1 and 16 connections, 5 rounds of 2 seconds
    python benchmarks/serving.py --seconds 0.5 --rounds 3

Read the ratios. On a busy machine wall times say little; processor time per request (of the server process alone)
repeats well.
"""

from __future__ import annotations

import argparse
import json
import os
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

MODEL = "cancer"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A running server process."""

    name: str
    host: str
    port: int
    pid: int


@dataclass(frozen=True)
class Round:
    """Latencies in seconds, requests per second, processor microseconds per request."""

    latencies: list[float]
    rate: float
    cpu: float


def make_package(folder: Path) -> dict[str, Any]:
    """A gradient-boosted classifier on scikit-learn's breast cancer data; gives one of its rows."""
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
    params = {"n_estimators": 100, "max_depth": 3}
    estimator = "sklearn.ensemble.GradientBoostingClassifier"
    model = train(splits["train"], transform, estimator=estimator, params=params)
    package = build(model, splits["eval"])
    folder.mkdir()
    package.save(folder)
    print(f"package: {package.parity}")
    return next(iter(splits["eval"].drop(["diagnosis"]).iter_rows()))


def request_of(row: dict[str, Any]) -> bytes:
    """The bytes of one inference request."""
    tensors = [{"name": name, "shape": [1], "datatype": "FP64", "data": [value]} for name, value in row.items()]
    body = json.dumps({"inputs": tensors}, separators=(",", ":")).encode()
    head = f"POST /v2/models/{MODEL}/infer HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def raw_application(folder: Path) -> Any:
    """Parse, run, serialise: the least that any endpoint has to do."""
    import msgspec
    import numpy as np

    from mainspring.models.package import Package

    runtime = Package.load(folder).open()
    decode, encode = msgspec.json.Decoder().decode, msgspec.json.Encoder().encode

    async def application(scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        tensors = decode(message["body"])["inputs"]
        outputs = runtime.predict({each["name"]: np.array(each["data"], dtype=np.float64) for each in tensors})
        answers = [
            {"name": name, "shape": list(values.shape), "data": values.ravel().tolist()}
            for name, values in outputs.items()
        ]
        body = encode({"model_name": MODEL, "outputs": answers})
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return application


def serve_raw(folder: Path) -> None:
    """The process of the raw endpoint; writes its port to standard output."""
    import gc

    import uvicorn

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        raw_application(folder),
        lifespan="off",
        ws="none",
        access_log=False,
        log_level="warning",
        server_header=False,
    )
    listener.listen()
    print(listener.getsockname()[1], flush=True)
    gc.collect()
    gc.freeze()
    uvicorn.Server(config).run(sockets=[listener])


@contextmanager
def raw_server(folder: Path) -> Iterator[Server]:
    process = subprocess.Popen([sys.executable, __file__, "--raw", str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield Server("raw", "127.0.0.1", int(process.stdout.readline()), process.pid)
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


@contextmanager
def full_server(folder: Path, log: Path) -> Iterator[Server]:
    from mainspring.serving import ServerProcess

    with ServerProcess(folder, name=MODEL, version="1.0.0", log_folder=log) as process:
        parts = urlsplit(process.url)
        yield Server("mainspring", str(parts.hostname), int(parts.port or 0), process.pid)


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def ask(server: Server, request: bytes, connections: int, seconds: float) -> Round:
    """A closed loop over some connections, from one thread that waits for whichever answers."""
    open_ones = [socket.create_connection((server.host, server.port)) for _ in range(connections)]
    size = answer_size(open_ones[0], request)
    latencies: list[float] = []
    with selectors.DefaultSelector() as selector:
        for each in open_ones:
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(each, selectors.EVENT_READ, [0.0, 0])
        before, began = cpu_seconds(server.pid), time.perf_counter()
        for key in selector.get_map().values():
            key.data[0] = time.perf_counter()
            key.fileobj.sendall(request)  # type: ignore[union-attr]
        while time.perf_counter() - began < seconds:
            for key, _ in selector.select():
                connection: Any = key.fileobj
                key.data[1] += len(connection.recv(65536))
                if key.data[1] >= size:
                    ended = time.perf_counter()
                    latencies.append(ended - key.data[0])
                    key.data[:] = ended, 0
                    connection.sendall(request)
        took, cpu = time.perf_counter() - began, cpu_seconds(server.pid) - before
    for each in open_ones:
        each.close()
    return Round(latencies, len(latencies) / took, cpu / len(latencies) * 1e6)


def answer_size(connection: socket.socket, request: bytes) -> int:
    """The size of a whole answer, which must be a good one; every answer has the same."""
    connection.sendall(request)
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, _ = data.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), data
    lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    size = len(head) + 4 + int(lines[b"content-length"])
    while len(data) < size:
        data += connection.recv(65536)
    assert b"benign" in data or b"malignant" in data
    return size


def table(rounds: dict[tuple[str, int], list[Round]], connections: list[int]) -> str:
    head = f"{'server':12}{'conns':>6}{'p50 µs':>9}{'p99 µs':>9}{'req/s':>9}{'CPU µs/req':>12}"
    lines = [f"{head}   to raw: p50, rate, CPU"]
    for count in connections:
        figures = {}
        for name in ("raw", "mainspring"):
            kept = rounds[name, count]
            quantiles = [statistics.quantiles(each.latencies, n=100) for each in kept]
            figures[name] = (
                statistics.median(each[49] for each in quantiles) * 1e6,
                min(each[98] for each in quantiles) * 1e6,
                statistics.median(each.rate for each in kept),
                statistics.median(each.cpu for each in kept),
            )
        for name, (p50, p99, rate, cpu) in figures.items():
            base = figures["raw"]
            ratio = f"{p50 / base[0]:.2f} x, {rate / base[2]:.2f} x, {cpu / base[3]:.2f} x"
            lines.append(f"{name:12}{count:>6}{p50:>9.0f}{p99:>9.0f}{rate:>9.0f}{cpu:>12.1f}   {ratio}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--raw", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 16])
    options = parser.parse_args()
    if options.raw is not None:
        serve_raw(options.raw)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        request = request_of(make_package(folder / "package"))
        stack = "httptools" if find_spec("httptools") else "h11"
        loop = "uvloop" if find_spec("uvloop") else "asyncio"
        print(f"uvicorn on {stack} and {loop}; request of {len(request)} bytes; p99 is the best round's\n")
        rounds: dict[tuple[str, int], list[Round]] = {}
        with raw_server(folder / "package") as raw, full_server(folder / "package", folder / "log") as full:
            for server in (raw, full):
                ask(server, request, 4, 1.0)
            for _ in range(options.rounds):
                for count in options.connections:
                    for server in (raw, full):
                        found = ask(server, request, count, options.seconds)
                        rounds.setdefault((server.name, count), []).append(found)
        print(table(rounds, options.connections))


if __name__ == "__main__":
    main()
