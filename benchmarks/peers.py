"""One JSON row answered by Mainspring, other servers and a raw ASGI endpoint: the same graph, the same bytes.

The model is a gradient-boosted classifier in one ONNX file; the request is one row as a tensor of 30 numbers (Open
Inference Protocol). Every server is a real process on loopback and is asked alone, in turns; medians over the
rounds are shown. The raw endpoint parses, runs and serialises, and nothing else. Mainspring has everything on: it
checks every value, authenticates, counts, traces, limits and logs every request. The peers are given what makes
them fast: no worker processes behind the server, no metrics, no compression, no access log.

    python benchmarks/peers.py --mlserver VENV --kserve VENV

Each peer lives in an environment of its own: ``pip install mlserver==1.7.1 'uvloop<0.22' onnxruntime`` and
``pip install kserve onnxruntime``. Read the ratios: on a busy machine wall times say little. Closed loop: a
connection sends its next request when it has the answer to the one before. Open loop: requests leave when they are
due, at 60 % of the throughput of the server itself, and latency counts from then.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import serving
from serving import MODEL, Round, Server, ask

from mainspring.serving.server_process import PythonServer

MLSERVER = """
import json, os
import numpy as np, onnxruntime
from mlserver import MLModel
from mlserver.types import InferenceResponse, ResponseOutput

class Graph(MLModel):
    async def load(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        providers = ["CPUExecutionProvider"]
        self.session = onnxruntime.InferenceSession(os.environ["GRAPH"], options, providers=providers)
        return True

    async def predict(self, payload):
        one = payload.inputs[0]
        matrix = np.array(one.data.root, dtype=np.float64).reshape(one.shape)
        label, scores = self.session.run(["label", "probabilities"], {"row": matrix})
        return InferenceResponse(model_name=self.name, outputs=[
            ResponseOutput(name="label", shape=[len(label)], datatype="BYTES", data=label.tolist()),
            ResponseOutput(
                name="probabilities", shape=list(scores.shape), datatype="FP64", data=scores.ravel().tolist()
            ),
        ])
"""

KSERVE = """
import logging, os, sys
import numpy as np, onnxruntime
from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer

class Graph(Model):
    def load(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        providers = ["CPUExecutionProvider"]
        self.session = onnxruntime.InferenceSession(os.environ["GRAPH"], options, providers=providers)
        self.ready = True

    async def predict(self, payload, headers=None, response_headers=None):
        matrix = payload.inputs[0].as_numpy()
        label, scores = self.session.run(["label", "probabilities"], {"row": matrix})
        return InferResponse(response_id=payload.id or "x", model_name=self.name, infer_outputs=[
            InferOutput("label", [len(label)], "BYTES", label.tolist()),
            InferOutput("probabilities", list(scores.shape), "FP64", scores.ravel().tolist()),
        ])

model = Graph(os.environ["MODEL"])
model.load()
server = ModelServer(
    http_port=int(sys.argv[1]), enable_grpc=False, enable_docs_url=False, enable_latency_logging=False, workers=1
)
logging.disable(logging.INFO)
server.start([model])
"""


def request_of(row: dict[str, float], key: str) -> bytes:
    """The bytes of the request, with the headers that a client in production sends."""
    tensor = {"name": "row", "shape": [1, len(row)], "datatype": "FP64", "data": list(row.values())}
    body = json.dumps({"id": "1", "inputs": [tensor]}, separators=(",", ":")).encode()
    head = [
        f"POST /v2/models/{MODEL}/infer HTTP/1.1",
        "host: x",
        "content-type: application/json",
        f"authorization: Bearer {key}",
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
        f"content-length: {len(body)}",
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def new_key(file: Path) -> str:
    """A key that the server knows."""
    command = [
        sys.executable,
        "-m",
        "mainspring.app.cli.main",
        "keys",
        "new",
        "bench",
        "--file",
        str(file),
        "--json",
    ]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return str(found["key"])


def one_input(package: Path, file: Path) -> None:
    """The graph of a package with one matrix for input instead of one column each: what other servers take."""
    import onnx

    model = onnx.load(package / "model.onnx")
    graph = model.graph
    first = graph.node[0]
    assert first.op_type == "Concat"
    width = len(first.input)
    renamed = onnx.helper.make_node("Identity", ["row"], [first.output[0]])
    graph.node.remove(first)
    graph.node.insert(0, renamed)
    del graph.input[:]
    graph.input.append(onnx.helper.make_tensor_value_info("row", onnx.TensorProto.DOUBLE, [None, width]))
    del model.metadata_props[:]  # it tells of the columns that are gone
    onnx.save(model, file)


def raw_application(file: Path) -> Any:
    """Parse, run, serialise."""
    import msgspec
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    decode, encode = msgspec.json.Decoder().decode, msgspec.json.Encoder().encode

    async def application(scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        [tensor] = decode(message["body"])["inputs"]
        matrix = np.array(tensor["data"], dtype=np.float64).reshape(tensor["shape"])
        label, scores = session.run(["label", "probabilities"], {"row": matrix})
        answers = [
            {"name": "label", "datatype": "BYTES", "shape": list(label.shape), "data": label.tolist()},
            {
                "name": "probabilities",
                "datatype": "FP64",
                "shape": list(scores.shape),
                "data": scores.ravel().tolist(),
            },
        ]
        body = encode({"model_name": MODEL, "outputs": answers})
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return application


@contextmanager
def raw(folder: Path) -> Iterator[Server]:
    command = [sys.executable, __file__, "--raw", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield Server("raw ASGI", "127.0.0.1", int(process.stdout.readline()), process.pid)
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


@contextmanager
def mainspring(folder: Path, scratch: Path) -> Iterator[Server]:
    config = scratch / "server.json"
    config.write_text(
        json.dumps(
            {
                "models": {MODEL: {"package": str(folder), "version": "1.0.0"}},
                "payloads": {"folder": str(scratch / "log")},
                "security": {"keys": str(scratch / "keys.yaml")},
            }
        )
    )
    given = ["--config", str(config), "--port", "0"]
    with PythonServer("mainspring.serving", given, timeout=60) as server:
        yield Server("mainspring", "127.0.0.1", int(server.url.rpartition(":")[2]), server.pid)


@contextmanager
def mlserver(venv: Path, folder: Path, scratch: Path) -> Iterator[Server]:
    (scratch / "graph.py").write_text(MLSERVER)
    port = free_port()
    settings = {
        "http_port": port,
        "grpc_port": free_port(),
        "metrics_endpoint": None,
        "parallel_workers": 0,
        "gzip_enabled": False,
        "debug": False,
        "host": "127.0.0.1",
    }
    (scratch / "settings.json").write_text(json.dumps(settings))
    (scratch / "model-settings.json").write_text(json.dumps({"name": MODEL, "implementation": "graph.Graph"}))
    command = [str(venv / "bin" / "mlserver"), "start", str(scratch)]
    with peer("MLServer", command, port, folder, scratch) as server:
        yield server


@contextmanager
def kserve(venv: Path, folder: Path, scratch: Path) -> Iterator[Server]:
    (scratch / "model.py").write_text(KSERVE)
    port = free_port()
    command = [str(venv / "bin" / "python"), str(scratch / "model.py"), str(port)]
    with peer("KServe", command, port, folder, scratch) as server:
        yield server


@contextmanager
def peer(name: str, command: list[str], port: int, folder: Path, scratch: Path) -> Iterator[Server]:
    environment = {**os.environ, "GRAPH": str(folder), "MODEL": MODEL, "PYTHONPATH": str(scratch)}
    with (scratch / "said").open("wb") as said:
        process = subprocess.Popen(command, env=environment, stdout=said, stderr=said, cwd=scratch)
        try:
            wait_until_open(port, process)
            yield Server(name, "127.0.0.1", port, process.pid)
        finally:
            process.terminate()
            process.wait()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_until_open(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise SystemExit(f"the server at {port} did not start: exit status {process.poll()}")


def first_answer(start: Callable[[], Any], request: bytes) -> float:
    """Seconds from the start of the process to its first answer."""
    began = time.perf_counter()
    with start() as server:
        while time.perf_counter() - began < 60:
            try:
                with socket.create_connection((server.host, server.port)) as one:
                    serving.answer_size(one, request)
                    return time.perf_counter() - began
            except (OSError, AssertionError) as error:
                last = error
                time.sleep(0.01)
        raise SystemExit(f"{server.name} does not answer: {last}")


def open_loop(server: Server, request: bytes, rate: float, seconds: float) -> list[float]:
    """Latencies of requests that leave when they are due, over as many connections as it takes."""
    import selectors

    free: list[socket.socket] = []
    latencies: list[float] = []
    with selectors.DefaultSelector() as selector:
        size, sent, began = 0, 0, time.perf_counter()
        first = socket.create_connection((server.host, server.port))
        size = serving.answer_size(first, request)
        free.append(first)
        began = time.perf_counter()
        while (now := time.perf_counter() - began) < seconds or selector.get_map():
            while now < seconds and sent < now * rate:
                one = free.pop() if free else socket.create_connection((server.host, server.port))
                one.sendall(request)
                selector.register(one, selectors.EVENT_READ, [began + sent / rate, 0])
                sent += 1
            for key, _ in selector.select(max(0.0, min(0.001, (sent / rate) - now))):
                connection: Any = key.fileobj
                key.data[1] += len(connection.recv(65536))
                if key.data[1] >= size:
                    latencies.append(time.perf_counter() - key.data[0])
                    selector.unregister(connection)
                    free.append(connection)
    for one in free:
        one.close()
    return latencies


def memory(pid: int) -> float:
    """Megabytes of a process and those that it started, shared ones counted in shares (PSS)."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    own = next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
    return own + sum(memory(int(child)) for child in children)


def table(rounds: dict[tuple[str, int], list[Round]], names: list[str], connections: list[int]) -> str:
    lines = ["| server | connections | p50 µs | requests/s | CPU µs | p50 | throughput | CPU |"]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for count in connections:
        base = None
        for name in names:
            kept = rounds[name, count]
            figures = (
                statistics.median(statistics.median(each.latencies) for each in kept) * 1e6,
                statistics.median(each.rate for each in kept),
                statistics.median(each.cpu for each in kept),
            )
            base = base or figures
            ratios = " | ".join(f"{one / other:.2f} x" for one, other in zip(figures, base, strict=True))
            p50, rate, cpu = figures
            lines.append(f"| {name} | {count} | {p50:,.0f} | {rate:,.0f} | {cpu:,.0f} | {ratios} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--raw", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--mlserver", type=Path, metavar="VENV")
    parser.add_argument("--kserve", type=Path, metavar="VENV")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 16])
    options = parser.parse_args()
    if options.raw is not None:
        serving.raw_application = raw_application
        serving.serve_raw(options.raw)
        return
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        scratch = Path(name)
        folder = scratch / "graph.onnx"
        request = request_of(serving.make_package(scratch / "package"), new_key(scratch / "keys.yaml"))
        one_input(scratch / "package", folder)
        starts: dict[str, Callable[[], Any]] = {
            "raw ASGI": lambda: raw(folder),
            "mainspring": lambda: mainspring(folder, scratch),
        }
        for peer_name, start in (("mlserver", mlserver), ("kserve", kserve)):
            venv = getattr(options, peer_name)
            if venv is not None:
                place = scratch / peer_name
                place.mkdir()
                starts[peer_name] = lambda start=start, venv=venv, place=place: start(venv, folder, place)
        cold = {each: first_answer(start, request) for each, start in starts.items()}
        servers = [stack.enter_context(start()) for start in starts.values()]
        for server in servers:
            ask(server, request, 4, 1.0)
        rounds: dict[tuple[str, int], list[Round]] = {}
        for _ in range(options.rounds):
            for count in options.connections:
                for server in servers:
                    rounds.setdefault((server.name, count), []).append(
                        ask(server, request, count, options.seconds)
                    )
        print(f"one request of {len(request)} bytes\n")
        print(table(rounds, [server.name for server in servers], options.connections))
        print("\n| server | open loop at | p50 ms | p99 ms | first answer s | memory MB |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        for server, seconds in zip(servers, cold.values(), strict=True):
            rate = 0.6 * statistics.median(each.rate for each in rounds[server.name, max(options.connections)])
            cuts = [
                statistics.quantiles(open_loop(server, request, rate, options.seconds), n=100)
                for _ in range(options.rounds)
            ]
            p50, p99 = (statistics.median(each[place] for each in cuts) * 1e3 for place in (49, 98))
            line = f"{rate:,.0f}/s | {p50:.2f} | {p99:.2f} | {seconds:.1f} | {memory(server.pid):.0f}"
            print(f"| {server.name} | {line} |")


if __name__ == "__main__":
    main()
