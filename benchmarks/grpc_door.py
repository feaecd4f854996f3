"""Rows answered over gRPC: the full server against a ``grpc.aio`` handler that only parses, runs and serialises.

Both are real processes on loopback with the same package, the same gRPC library, the same event loop and the same
messages; only one is asked at a time, in turns, and medians over the rounds are shown. The full server lets
callers in, finds the model by its name, checks every value, counts into histograms and logs every request to disk.
Closed loop: each of some callers sends its next request when it has the answer to the one before. Tensors are raw,
one per column or one matrix for all of them.

    python benchmarks/grpc_door.py                 # 1 and 16 callers, 5 rounds of 2 seconds
    python benchmarks/grpc_door.py --seconds 0.5 --rounds 3

Read the ratios. Most of the time goes to gRPC itself, in both, and to the caller. Processor time per request (of
the server process alone) repeats well.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
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

MODEL = "cancer"
METHOD = "/inference.GRPCInferenceService/ModelInfer"
TICKS = os.sysconf("SC_CLK_TCK")
SHAPES = ("columns", "matrix")


@dataclass(frozen=True)
class Server:
    """A running server process."""

    name: str
    target: str
    pid: int


@dataclass(frozen=True)
class Round:
    """Latencies in seconds, requests per second, processor microseconds per request."""

    latencies: list[float]
    rate: float
    cpu: float


def make_package(folder: Path) -> list[dict[str, float]]:
    """A gradient-boosted classifier on scikit-learn's breast cancer data; gives some of its rows."""
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
    return list(itertools.islice(splits["eval"].drop(["diagnosis"]).iter_rows(), 64))


def request_of(rows: list[dict[str, float]], shape: str) -> bytes:
    """The bytes of a request: a tensor per column, or one matrix."""
    import numpy as np

    from mainspring.serving.rpc.messages import InferRequest

    request = InferRequest(model_name=MODEL)
    matrix = np.array([list(row.values()) for row in rows])
    if shape == "matrix":
        request.inputs.add(name="rows", datatype="FP64", shape=matrix.shape)
        request.raw_input_contents.append(matrix.tobytes())
    else:
        for name, values in zip(rows[0], matrix.T, strict=True):
            request.inputs.add(name=name, datatype="FP64", shape=values.shape)
            request.raw_input_contents.append(values.tobytes())
    data: bytes = request.SerializeToString()
    return data


def bare_handler(folder: Path) -> Any:
    """Parse, run, serialise: the least that any server has to do."""
    import grpc
    import numpy as np

    from mainspring.models.package import Package
    from mainspring.serving.raw_tensors import write_raw
    from mainspring.serving.rpc.messages import InferRequest, InferResponse

    package = Package.load(folder)
    runtime, names = package.open(), package.signature.names
    datatypes = {field.name: field.datatype for field in package.signature.outputs}

    async def infer(request: Any, context: Any) -> Any:
        raw = request.raw_input_contents
        if len(raw) == 1:
            matrix = np.frombuffer(raw[0]).reshape(tuple(request.inputs[0].shape))
            columns = {name: matrix[:, place] for place, name in enumerate(names)}
        else:
            columns = {one.name: np.frombuffer(data) for one, data in zip(request.inputs, raw, strict=True)}
        response = InferResponse(model_name=MODEL, model_version="1", id=request.id)
        for name, values in runtime.predict(columns).items():
            response.outputs.add(name=name, datatype=datatypes[name], shape=values.shape)
            response.raw_output_contents.append(write_raw(values, datatypes[name]))
        return response

    handler = grpc.unary_unary_rpc_method_handler(infer, InferRequest.FromString, InferResponse.SerializeToString)
    service, method = METHOD.strip("/").split("/")
    return grpc.method_handlers_generic_handler(service, {method: handler})


def serve_bare(folder: Path) -> None:
    """The process of the bare handler; writes its port to standard output."""
    import gc

    import grpc.aio

    async def run() -> None:
        server = grpc.aio.server()
        server.add_generic_rpc_handlers([bare_handler(folder)])
        print(server.add_insecure_port("127.0.0.1:0"), flush=True)
        await server.start()
        gc.collect()
        gc.freeze()
        await server.wait_for_termination()

    if find_spec("uvloop"):
        import uvloop

        uvloop.run(run())
    else:
        asyncio.run(run())


@contextmanager
def bare_server(folder: Path) -> Iterator[Server]:
    process = subprocess.Popen(
        [sys.executable, __file__, "--bare", str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield Server("bare", f"127.0.0.1:{int(process.stdout.readline())}", process.pid)
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


@contextmanager
def full_server(folder: Path, log: Path) -> Iterator[Server]:
    from mainspring.serving import ServerProcess

    with ServerProcess(folder, name=MODEL, log_folder=log, options=["--grpc-port", "0"]) as process:
        yield Server("mainspring", process.rpc, process.pid)


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def ask(server: Server, request: bytes, callers: int, seconds: float) -> Round:
    """A closed loop of some callers over one connection."""
    import grpc.aio

    latencies: list[float] = []
    async with grpc.aio.insecure_channel(server.target) as channel:
        call = channel.unary_unary(METHOD)
        answer = await call(request)
        assert b"benign" in answer or b"malignant" in answer
        before, began = cpu_seconds(server.pid), time.perf_counter()
        until = began + seconds

        async def one() -> None:
            sent = time.perf_counter()
            while sent < until:
                await call(request)
                got = time.perf_counter()
                latencies.append(got - sent)
                sent = got

        await asyncio.gather(*(one() for _ in range(callers)))
        took, cpu = time.perf_counter() - began, cpu_seconds(server.pid) - before
    return Round(latencies, len(latencies) / took, cpu / len(latencies) * 1e6)


def table(rounds: dict[tuple[str, str, int, int], list[Round]]) -> str:
    head = (
        f"{'rows':>5} {'as':8}{'callers':>8} {'server':11}{'p50 µs':>8}{'p99 µs':>8}{'req/s':>8}{'CPU µs/req':>12}"
    )
    lines = [f"{head}   to bare: p50, rate, CPU"]
    for shape, rows, callers in dict.fromkeys(key[1:] for key in rounds):
        base: tuple[float, float, float] | None = None
        for name in ("bare", "mainspring"):
            kept = rounds[name, shape, rows, callers]
            quantiles = [statistics.quantiles(each.latencies, n=100) for each in kept]
            p50 = statistics.median(each[49] for each in quantiles) * 1e6
            p99 = min(each[98] for each in quantiles) * 1e6
            rate = statistics.median(each.rate for each in kept)
            cpu = statistics.median(each.cpu for each in kept)
            base = base or (p50, rate, cpu)
            ratio = f"{p50 / base[0]:.2f} x, {rate / base[1]:.2f} x, {cpu / base[2]:.2f} x"
            figures = f"{p50:>8.0f}{p99:>8.0f}{rate:>8.0f}{cpu:>12.1f}"
            lines.append(f"{rows:>5} {shape:8}{callers:>8} {name:11}{figures}   {ratio}")
    return "\n".join(lines)


async def measure(servers: list[Server], requests: dict[tuple[str, int], bytes], options: Any) -> str:
    rounds: dict[tuple[str, str, int, int], list[Round]] = {}
    for server in servers:
        for request in requests.values():
            await ask(server, request, 4, 0.5)
    for _ in range(options.rounds):
        for (shape, rows), request in requests.items():
            for callers in options.callers:
                for server in servers:
                    found = await ask(server, request, callers, options.seconds)
                    rounds.setdefault((server.name, shape, rows, callers), []).append(found)
    return table(rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--bare", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--callers", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 32])
    options = parser.parse_args()
    if options.bare is not None:
        serve_bare(options.bare)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = make_package(folder / "package")
        requests = {(shape, count): request_of(rows[:count], shape) for shape in SHAPES for count in options.rows}
        loop = "uvloop" if find_spec("uvloop") else "asyncio"
        print(f"servers on {loop}; p99 is the best round's\n")
        with bare_server(folder / "package") as bare, full_server(folder / "package", folder / "log") as full:
            print(asyncio.run(measure([bare, full], requests, options)))


if __name__ == "__main__":
    main()
