"""What surrounds a graph: Seldon's protocol, metrics, pictures, detectors of outliers, feedback to classes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from mainspring.data import Table, summarize
from mainspring.serving.assembly import assemble, repository_of
from mainspring.serving.configuration import ServerOptions
from mainspring.serving.outliers import fit
from mainspring.serving.payloads import PredictionLog
from mainspring.serving.security import key_file
from mainspring.serving.server import packages_of

CODE = """
TOLD = []


class Told:
    def __init__(self, name, branch=0):
        self.name, self.branch = name, branch

    def predict(self, X):
        return X + 1

    def route(self, X):
        return self.branch

    def aggregate(self, Xs):
        return sum(Xs) / len(Xs)

    def send_feedback(self, features, names, reward, truth, routing=None):
        TOLD.append([self.name, features.tolist(), reward, truth, routing])
"""


def options(folder: Path) -> dict[str, Any]:
    def told(name: str, **more: Any) -> dict[str, Any]:
        return {
            "component": {
                "entry": f"{folder}/classes_told.py:Told",
                "arguments": {"name": name, **more},
                "inline": True,
                "inputs": [{"name": "x"}],
                "outputs": [{"name": "y"}],
            }
        }

    odd = {"entry": "mainspring.serving.outliers:OutlierDetector", "arguments": {"file": f"{folder}/odd.json"}}
    nodes = {
        "left": {"model": "left"},
        "right": {"model": "right"},
        "choose": {"model": "router", "method": "route", "branches": ["left", "right"]},
        "odd": {"model": "odd"},
        "out": {"combine": "first", "reads": ["choose"]},
    }
    return {
        "models": {
            "left": told("left"),
            "right": told("right"),
            "router": told("router"),
            "odd": {"component": {**odd, "inline": True}},
            "graph": {"graph": {"nodes": nodes, "answers": "out", "also": ["odd"]}},
        },
        "metrics": {"aliases": ["seldon"]},
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "classes_told.py").write_text(CODE)
    table = Table.from_columns({"x": np.random.default_rng(1).normal(0, 1, 1_000)})
    fit(summarize({"train": table}).split("train")).save(tmp_path / "odd.json")
    return tmp_path


@pytest.fixture
def call(folder: Path, caller: Any) -> Iterator[Any]:
    yield from serving(folder, caller, options(folder))


def serving(folder: Path, caller: Any, plain: Any) -> Iterator[Any]:
    settings = msgspec.convert(plain, ServerOptions)
    models = repository_of(packages_of(settings), settings)
    models.load_all()
    with PredictionLog(folder / "log") as log:
        made = caller(assemble(models, settings, log=log))
        made.models, made.log = models, log
        yield made
    models.close()


def told_of(call: Any) -> dict[str, list[Any]]:
    """What the classes were told: each has a module of its own."""
    found = {}
    for name in ("left", "right", "router"):
        served = call.models.find(name)
        found[name] = type(served.model.node._served.object).predict.__globals__["TOLD"]
    return found


def test_seldons_protocol_works_on_a_graph(call: Any) -> None:
    body = {"data": {"names": ["x"], "ndarray": [[1.0], [50.0]]}, "meta": {"puid": "7"}}
    status, answer, _ = call("POST", "/api/v1.0/predictions", body)
    assert status == 200
    assert answer["data"] == {"names": ["y"], "ndarray": [[2.0], [51.0]]}
    meta = answer["meta"]
    assert meta["puid"] == "7"
    assert meta["routing"] == {"choose": 0}
    assert meta["requestPath"] == {"choose": "router:1", "left": "left:1", "odd": "odd:1"}
    assert meta["tags"]["odd.outlier"] == [False, True]
    status, told, _ = call("GET", "/api/v1.0/metadata")
    assert (status, told["name"], sorted(told["models"])) == (
        200,
        "graph",
        ["choose", "left", "odd", "out", "right"],
    )
    assert call("GET", "/api/v1.0/metadata/left")[1]["inputs"][0]["name"] == "x"
    assert call("GET", "/api/v1.0/status/choose")[:2] == (200, {"name": "choose", "ready": True})
    assert call("GET", "/api/v1.0/status/nobody")[0] == 404
    assert call("POST", "/seldon/ns/router/route", body)[1]["data"]["ndarray"] == [[0]]


def test_feedback_reaches_classes_on_the_way_by_id_alone_and_by_row(call: Any) -> None:
    assert call("POST", "/v1/models/graph:predict", {"id": "a", "instances": [[1.0], [2.0]]})[0] == 200
    taken = call("POST", "/v1/models/graph:feedback", {"id": "a", "reward": 0.25})[1]
    assert taken == {"accepted": 1, "duplicates": 0, "pending": 0}
    heard = told_of(call)
    assert heard["left"] == [["left", [1.0, 2.0], 0.25, None, None]]
    assert heard["router"] == [["router", [1.0, 2.0], 0.25, None, 0]]
    call("POST", "/v1/models/graph:feedback", {"id": "a", "reward": 0.25})  # told again: it is known
    call("POST", "/v1/models/graph:feedback", {"id": "a", "truth": 3, "row": 1})
    assert heard["left"][1:] == [["left", [2.0], None, 3, None]]
    assert heard["router"][1:] == [["router", [2.0], None, 3, 0]]
    response = {"response": {"meta": {"puid": "a", "routing": {"choose": 0}}}, "reward": 1.0}
    assert call("POST", "/api/v1.0/feedback", response)[0] == 200
    assert [len(one) for one in heard.values()] == [3, 0, 3]


@pytest.mark.parametrize(("branch", "told"), [(0, [1, 0, 1]), (1, [0, 1, 1]), (-1, [1, 1, 1]), (-2, [0, 0, 1])])
def test_feedback_goes_where_the_request_went_and_nowhere_else(
    folder: Path, caller: Any, branch: int, told: list[int]
) -> None:
    """No branch is taken for none, and none for the last but one."""
    plain = options(folder)
    plain["models"]["router"]["component"]["arguments"]["branch"] = branch
    if branch == -2:  # the request itself is the answer
        del plain["models"]["graph"]["graph"]["nodes"]["out"]
        plain["models"]["graph"]["graph"]["answers"] = "choose"
    for call in serving(folder, caller, plain):
        status, answer, _ = call("POST", "/v1/models/graph:predict", {"id": "a", "instances": [[1.0]]})
        assert status == 200, answer
        assert call("POST", "/v1/models/graph:feedback", {"id": "a", "reward": 0.5})[1]["accepted"] == 1
        heard = told_of(call)
        assert [len(one) for one in heard.values()] == told
        assert heard["router"][0][4] == branch


def test_rows_that_are_too_large_to_be_remembered_are_looked_up_in_the_log(call: Any) -> None:
    rows = [[float(number)] for number in range(500)]
    assert call("POST", "/v1/models/graph:predict", {"id": "large", "instances": rows})[0] == 200
    call.log.close()  # everything is written
    assert call("POST", "/v1/models/graph:feedback", {"id": "large", "reward": 1, "row": 499})[1]["pending"] == 0
    assert told_of(call)["left"] == [["left", [499.0], 1.0, None, None]]


def test_feedback_that_comes_first_is_told_once_the_request_is_in_the_log(call: Any) -> None:
    assert call("POST", "/v1/models/graph:feedback", {"id": "late", "reward": 1.0})[1]["pending"] == 1
    assert not any(told_of(call).values())
    assert call("POST", "/v1/models/graph:predict", {"id": "late", "instances": [[1.0]]})[0] == 200
    call.log.close()  # everything is written
    door = call.application._feedback
    assert door.waits
    door.look_again()
    door.look_again()
    assert told_of(call)["router"] == [["router", [1.0], 1.0, None, 0]]
    assert [len(one) for one in told_of(call).values()] == [1, 0, 1]
    assert not door.waits


def test_every_node_is_counted(call: Any) -> None:
    assert call("POST", "/v1/models/graph:predict", {"instances": [[1.0]]})[0] == 200
    text = call("GET", "/metrics")[1]
    for node, model in (("left", "left"), ("choose", "router"), ("odd", "odd")):
        line = f'mainspring_graph_node_seconds_count{{graph="graph",node="{node}",model="{model}",version="1"}} 1'
        assert line in text
    assert 'node="right"' not in text
    assert any(
        line.startswith("seldon_api_executor_client_requests_seconds_count") and 'model_name="left"' in line
        for line in text.splitlines()
    )


def test_a_graph_is_shown(call: Any) -> None:
    status, told, _ = call("GET", "/v2/models/graph/graph")
    assert (status, told["answers"]) == (200, "out")
    assert {one["node"]: (one["kind"], one["version"]) for one in told["nodes"]} == {
        "left": ("model", "1"),
        "right": ("model", "1"),
        "choose": ("router", "1"),
        "odd": ("model", "1"),
        "out": ("combiner", ""),
    }
    assert told["graph"]["nodes"]["choose"]["branches"] == ["left", "right"]
    status, drawn, headers = call("GET", "/v2/models/graph/graph.svg")
    assert (status, headers["content-type"]) == (200, "image/svg+xml; charset=utf-8")
    assert drawn.startswith("<svg")
    assert ">choose<" in drawn
    assert "<svg" in call("GET", "/v2/models/graph/docs")[1]
    assert "<svg" not in call("GET", "/v2/models/left/docs")[1]
    status, told, _ = call("GET", "/v2/models/left/graph")
    assert (status, "no graph" in told["error"]) == (404, True)


def test_models_that_are_not_the_callers_to_ask_are_not_named(folder: Path, caller: Any) -> None:
    _, text = key_file.new(folder / "keys.yaml", "ann", models=("graph",))
    plain = {**options(folder), "security": {"keys": str(folder / "keys.yaml")}}
    for made in serving(folder, caller, plain):
        look(made, {"authorization": f"Bearer {text}"})


def look(call: Any, headers: dict[str, str]) -> None:
    shown = call("GET", "/v2/models/graph/graph", b"", headers)
    assert shown[0] == 200
    assert {one["model"] for one in shown[1]["nodes"]} == {"…", ""}
    assert "router:" not in json.dumps(shown[1]["graph"])
    body = {"data": {"names": ["x"], "ndarray": [[1.0]]}}
    answer = call("POST", "/seldon/ns/graph/api/v1.0/predictions", body, headers)[1]
    assert answer["meta"]["requestPath"] == {"choose": "", "left": "", "odd": ""}
    assert call("GET", "/seldon/ns/graph/api/v1.0/metadata", b"", headers)[1]["models"]["left"]["inputs"] == []
    assert call("POST", "/seldon/ns/left/predict", body, headers)[0] == 403
    assert call("GET", "/v2/models/graph/graph")[0] == 401
