"""What a graph costs: a node of it in one process, a graph of three against the single model, and a text pipeline.

    python benchmarks/graphs.py                  # in process and over HTTP
    python benchmarks/graphs.py --calls 2000 --requests 500

In process, the same models are asked one after the other by hand and as a graph, in turns; the difference is what
a node costs. Over HTTP, one server has the single model and the graph, and a connection asks the one and the other
in turns. Processor time is that of the server, and repeats best on a busy machine.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import onnx
from onnx import TensorProto, helper

from mainspring.serving.assembly import assemble, repository_of
from mainspring.serving.call import Call
from mainspring.serving.configuration import ServerOptions, read_options
from mainspring.serving.dispatch import Dispatcher
from mainspring.serving.question import Question, Tensor
from mainspring.serving.server import packages_of
from mainspring.serving.server_process import PythonServer

SIZES = (1, 2, 3, 10)
WIDE = 30
TICKS = os.sysconf("SC_CLK_TCK")


def matrix(path: Path) -> None:
    """A file that multiplies a row of 30 numbers by a matrix: microseconds, as most models of tables take."""
    weights = np.random.default_rng(0).normal(size=(WIDE, WIDE)).astype(np.float32) / 10
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    kept = helper.make_tensor("w", TensorProto.FLOAT, weights.shape, weights.reshape(-1))
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", WIDE]) for name in "xy"]
    graph = helper.make_graph([node], "matrix", ends[:1], ends[1:], initializer=[kept])
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=9), path)


def options(folder: Path) -> Path:
    """The file of a server with one model, and graphs of it in a row."""
    matrix(folder / "matrix.onnx")
    models: dict[str, object] = {"one": {"package": "matrix.onnx"}}
    for size in SIZES:
        nodes: dict[str, object] = {}
        for place in range(size):
            nodes[f"n{place}"] = {"model": "one", "reads": {"x": f"n{place - 1}.y" if place else "request.x"}}
        models[f"row{size}"] = {"graph": {"nodes": nodes}}
    file = folder / "server.json"
    file.write_text(json.dumps({"port": 0, "models": models}))
    return file


def p50(taken: list[float]) -> float:
    return statistics.median(taken) * 1e6


def in_turns(asks: dict[str, Callable[[], object]], calls: int) -> dict[str, float]:
    """The median of each in microseconds, asked in turns."""
    taken: dict[str, list[float]] = {name: [] for name in asks}
    for call in range(calls + 50):
        for name, ask in asks.items():
            began = time.perf_counter()
            ask()
            if call >= 50:
                taken[name].append(time.perf_counter() - began)
    return {name: p50(found) for name, found in taken.items()}


def in_process(settings: ServerOptions, calls: int) -> None:
    models = repository_of(packages_of(settings), settings)
    models.load_all()
    dispatcher = Dispatcher(models)
    values = np.ones((1, WIDE), dtype=np.float32)

    def asker(name: str) -> Callable[[], object]:
        question = Question(tensors=[Tensor("x", "FP32", [1, WIDE], values)])

        def ask() -> object:
            call = Call("v2", name)
            dispatcher.find(call)
            inputs = dispatcher.read(call, question)
            prediction = dispatcher.compute_now(call, inputs)
            dispatcher.tell(call)
            return prediction

        return ask

    one = models.find("one")
    if one is None:
        raise SystemExit("the model is not there")
    inputs = one.model.read(Question(tensors=[Tensor("x", "FP32", [1, WIDE], values)]))

    def by_hand(size: int) -> Callable[[], object]:
        return lambda: [one.model.compute(inputs) for _ in range(size)]

    asks = {f"row{size}": asker(f"row{size}") for size in SIZES}
    asks |= {f"hand{size}": by_hand(size) for size in SIZES}
    asks["one"] = asker("one")
    found = in_turns(asks, calls)
    around = found["one"] - found["hand1"]  # what a request costs besides its model
    print(f"\n{'in one process, µs':24} {'by hand':>10} {'as a graph':>10} {'per node':>10}")
    for size in SIZES:
        graph, hand = found[f"row{size}"] - around, found[f"hand{size}"]
        print(f"{f'{size} in a row':24} {hand:>10.1f} {graph:>10.1f} {(graph - hand) / size:>10.1f}")
    dispatcher.close()
    endpoint = assemble(models, settings)
    body = question_body()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]

    def door(name: str) -> Callable[[], object]:
        scope = {"type": "http", "method": "POST", "path": f"/v2/models/{name}/infer", "query_string": b""}
        return lambda: endpoint.at_once({**scope, "headers": headers, "client": ("127.0.0.1", 1)}, body)

    names = ("one", "row1", "row3")
    found = in_turns({name: door(name) for name in names}, calls)
    print(f"\n{'a request, no socket':24} {'p50 µs':>10} {'rate':>10}")
    for name in names:
        print(f"{name:24} {found[name]:>10.1f} {100 * found['one'] / found[name]:>9.0f}%")
    models.close()


def question_body() -> bytes:
    tensor = {"name": "x", "datatype": "FP32", "shape": [1, WIDE], "data": [1.0] * WIDE}
    return json.dumps({"inputs": [tensor]}).encode()


def processor(pid: int) -> float:
    """Seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def over_http(config: Path, requests: int) -> None:
    body = question_body()
    with PythonServer("mainspring.serving", ["--config", str(config)], timeout=60) as server:
        place = urlsplit(server.url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port)

        def ask(name: str) -> None:
            connection.request("POST", f"/v2/models/{name}/infer", body, {"content-type": "application/json"})
            answer = connection.getresponse()
            if answer.status != 200:
                raise SystemExit(answer.read().decode())
            answer.read()

        names = ("one", "row1", "row3")
        taken: dict[str, list[float]] = {name: [] for name in names}
        used: dict[str, float] = dict.fromkeys(names, 0.0)
        for turn in range(21):
            for name in names:
                before = processor(server.pid)
                for _ in range(requests // 20):
                    began = time.perf_counter()
                    ask(name)
                    if turn:
                        taken[name].append(time.perf_counter() - began)
                used[name] += (processor(server.pid) - before) * bool(turn)
        print(f"\n{'over HTTP':24} {'p50 µs':>10} {'CPU µs':>10} {'rate':>10}")
        base = sum(taken["one"])
        for name in names:
            cpu = used[name] / len(taken[name]) * 1e6
            print(f"{name:24} {p50(taken[name]):>10.0f} {cpu:>10.0f} {100 * base / sum(taken[name]):>9.0f}%")
        connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=5_000)
    parser.add_argument("--requests", type=int, default=10_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        config = options(Path(name))
        in_process(read_options(config), given.calls)
        over_http(config, given.requests)


if __name__ == "__main__":
    main()
