"""Graphs in a real server: over REST, KServe v1 and gRPC, beside the models that they ask."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from mainspring.serving.rpc.client import RpcClient
from mainspring.serving.server_process import PythonServer

CLASSES = Path(__file__).parent / "classes.py"
COLUMN = "{name: x, datatype: FP64}"
OPTIONS = """
port: 0
rpc: {port: 0}
models:
  ensemble:
    graph:
      nodes:
        one: {model: plain}
        two: {model: "shifted:1"}
        all: {combine: average, reads: [one, two], weights: [3, 1]}
  text:
    graph:
      nodes:
        clean: {model: lower}
        count: {model: length, reads: {text: clean.output}}
        scaled: {model: ten, reads: count}
        sized:
          switch:
            - {to: scaled, when: "output > 3"}
            - {to: count}
          reads: count
        both: {combine: merge, reads: [clean, sized]}
      also: [count]
  around: {graph: {nodes: {inner: {model: ensemble}}}}
  plain: {package: plain}
  shifted: {package: shifted, labels: {stable: "1"}}
  lower: {component: {entry: classes.py:Lower, inline: true, inputs: [{name: text, datatype: BYTES}],
    outputs: [{name: output, datatype: BYTES}], example: [{text: A}]}}
  length: {component: {entry: classes.py:Length, inline: true, inputs: [{name: text, datatype: BYTES}],
    outputs: [{name: output, datatype: INT64}], example: [{text: A}]}}
  ten: {component: {entry: classes.py:Affine, arguments: {factor: 10, offset: 0},
    inputs: [{name: x, datatype: INT64}], outputs: [{name: output, datatype: INT64}]}}
"""
ROWS: list[dict[str, Any]] = [
    {"fare": 12.5, "hour": 3, "company": "A", "airport": True},
    {"fare": None, "hour": None, "company": None, "airport": False},
    {"fare": 3.0, "hour": 1, "company": "B", "airport": False},
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, rule: ModuleType) -> Iterator[PythonServer]:
    folder = tmp_path_factory.mktemp("server")
    shutil.copy(CLASSES, folder / "classes.py")
    rule.write(folder / "plain")
    rule.write(folder / "shifted", shift=1.5)
    (folder / "server.yaml").write_text(OPTIONS)
    running = PythonServer("mainspring.serving", ["--config", str(folder / "server.yaml")], timeout=60)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(rule.__file__ or "").parent))
        running.start()
    yield running
    running.stop()


def ask(server: PythonServer, model: str, rows: Any, **parameters: Any) -> httpx.Response:
    body = {"instances": rows, "parameters": parameters}
    return httpx.post(f"{server.url}/v1/models/{model}:predict", content=json.dumps(body), timeout=10)


def test_an_ensemble_answers_the_weighted_mean_of_its_members(server: PythonServer) -> None:
    one, two, both = (
        ask(server, name, ROWS, probabilities=True).json()["predictions"]
        for name in ("plain", "shifted", "ensemble")
    )
    for first, second, mean in zip(one, two, both, strict=True):
        expected = (3 * first["probabilities"]["yes"] + second["probabilities"]["yes"]) / 4
        assert mean["probabilities"]["yes"] == pytest.approx(expected, abs=1e-12)
        assert mean["label"] == ("yes" if expected > 0.5 else "no")


def test_rows_that_go_different_ways_come_back_in_order(server: PythonServer) -> None:
    found = ask(server, "text", [{"text": "ABCDE"}, {"text": "Xy"}, {"text": "LMNO"}]).json()
    assert found["predictions"] == [
        {"clean.output": "abcde", "sized.output": 50},
        {"clean.output": "xy", "sized.output": 2},
        {"clean.output": "lmno", "sized.output": 40},
    ]
    assert found["tags"] == {"count.output": [5, 2, 4]}


def test_a_graph_of_a_graph_answers_over_rpc_as_over_rest(server: PythonServer) -> None:
    columns = {name: [row[name] for row in ROWS[:1]] for name in ROWS[0]}
    with RpcClient(server.rpc) as client:
        around, inner = client.infer("around", columns), client.infer("ensemble", columns)
    assert around["probabilities"].tolist() == inner["probabilities"].tolist()
    rest = ask(server, "around", ROWS[:1], probabilities=True).json()["predictions"]
    assert rest[0]["probabilities"]["yes"] == around["probabilities"][0, 1]


def test_a_graph_tells_what_its_nodes_read_of_the_request(server: PythonServer) -> None:
    told = httpx.get(f"{server.url}/v2/models/text").json()
    assert told["inputs"] == [{"name": "text", "datatype": "BYTES", "shape": [-1]}]
    assert told["outputs"] == [
        {"name": "clean.output", "datatype": "BYTES", "shape": [-1]},
        {"name": "sized.output", "datatype": "INT64", "shape": [-1]},
    ]
    wrong = ask(server, "ensemble", [{"fare": "x"}])
    assert wrong.status_code == 400
    assert "column 'fare' holds" in wrong.json()["error"]


def test_members_are_replaced_under_load_without_a_failed_request(server: PythonServer) -> None:
    done = threading.Event()
    loads = 0

    def replace() -> None:
        nonlocal loads
        with httpx.Client(base_url=server.url, timeout=30) as client:
            while not done.is_set():
                for name in ("plain", "lower"):
                    assert client.post(f"/v2/repository/models/{name}/load").status_code == 200
                    loads += 1

    def asking(model: str, rows: list[dict[str, Any]]) -> list[int]:
        with httpx.Client(base_url=server.url, timeout=30) as client:
            body = {"instances": rows}
            return [client.post(f"/v1/models/{model}:predict", json=body).status_code for _ in range(150)]

    with ThreadPoolExecutor(5) as pool:
        replacing = pool.submit(replace)
        asked = [pool.submit(asking, "ensemble", ROWS) for _ in range(2)]
        asked += [pool.submit(asking, "text", [{"text": "ABCDE"}, {"text": "x"}]) for _ in range(2)]
        try:
            statuses = [status for one in asked for status in one.result(60)]
        finally:
            done.set()
        replacing.result(30)
    assert set(statuses) == {200}
    assert loads > 20


def test_orders_load_graphs_and_refuse_wrong_ones(server: PythonServer) -> None:
    def order(name: str, graph: Any) -> httpx.Response:
        body = {"parameters": {"config": json.dumps({"graph": graph})}}
        return httpx.post(f"{server.url}/v2/repository/models/{name}/load", json=body, timeout=30)

    graph = {"nodes": {"first": {"model": "plain"}, "best": {"combine": "first", "reads": ["first"]}}}
    assert order("ordered", graph).status_code == 200
    assert (
        ask(server, "ordered", ROWS[:1]).json()["predictions"]
        == ask(server, "plain", ROWS[:1]).json()["predictions"]
    )
    graph["nodes"]["best"]["reads"] = ["second"]  # type: ignore[index]
    wrong = order("ordered", graph)
    assert wrong.status_code == 400
    assert "best: it reads 'second', which there is not" in wrong.json()["error"]
    assert ask(server, "ordered", ROWS[:1]).status_code == 200  # what was served before still is
    assert order("above", {"nodes": {"a": {"model": "ordered"}}}).status_code == 200
    itself = order("ordered", {"nodes": {"a": {"model": "above"}}})
    assert itself.status_code == 400
    assert "graph 'above', which asks 'ordered', which is this graph" in itself.json()["error"]
    gone = httpx.post(f"{server.url}/v2/repository/models/shifted/unload", json={}, timeout=30)
    assert gone.status_code == 200
    missing = ask(server, "ensemble", ROWS[:1])
    assert missing.status_code == 503
    assert "'shifted' is not served here" in missing.json()["error"]
    assert httpx.post(f"{server.url}/v2/repository/models/shifted/load", json={}, timeout=30).status_code == 200
    assert ask(server, "ensemble", ROWS[:1]).status_code == 200


@pytest.mark.parametrize("workers", [1, 2])
def test_members_that_are_loaded_on_demand_are_there_when_a_graph_needs_them(
    tmp_path: Path, rule: ModuleType, workers: int
) -> None:
    for name in ("first", "second", "third"):
        rule.write(tmp_path / "models" / name)
    graph = "{graph: {nodes: {a: {model: first}, b: {model: second}, c: {combine: average, reads: [a, b]}}}}"
    (tmp_path / "server.yaml").write_text(
        f"port: 0\nworkers: {workers}\nmodels: {{both: {graph}}}\n"
        "repository: {folder: models, on_demand: true, max_models: 3}\n"
    )
    with PythonServer("mainspring.serving", ["--config", str(tmp_path / "server.yaml")], timeout=60) as server:
        for _ in range(2):
            for name in ("both", "third", "first", "both"):
                answer = ask(server, name, ROWS[:1])
                assert answer.status_code == 200, answer.text
        order = {"parameters": {"config": json.dumps({"graph": {"nodes": {"z": {"model": "both"}}}})}}
        assert (
            httpx.post(f"{server.url}/v2/repository/models/above/load", json=order, timeout=30).status_code == 200
        )
        for _ in range(8):
            assert ask(server, "above", ROWS[:1]).status_code == 200


def test_classes_are_known_of_models_of_other_servers(server: PythonServer, tmp_path: Path) -> None:
    nodes = {
        "one": {"url": f"{server.url}/v2/models/plain"},
        "two": {"url": f"{server.url}/v2/models/shifted/versions/1"},
        "all": {"combine": "average", "reads": ["one", "two"], "weights": [3, 1]},
    }
    (tmp_path / "server.json").write_text(json.dumps({"port": 0, "models": {"far": {"graph": {"nodes": nodes}}}}))
    with PythonServer("mainspring.serving", ["--config", str(tmp_path / "server.json")], timeout=60) as other:
        far, near = (
            ask(each, name, ROWS, probabilities=True) for each, name in ((other, "far"), (server, "ensemble"))
        )
    assert far.json()["predictions"] == near.json()["predictions"]
