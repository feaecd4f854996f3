"""``mainspring rollout`` against a real server: for people and for machines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from mainspring.app.cli.main import main
from mainspring.serving.server_process import PythonServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PythonServer]:
    for version in ("1", "2"):
        value = helper.make_tensor("factor", TensorProto.DOUBLE, [1], np.array([float(version)]))
        ends = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["rows"]) for name in ("a", "b")]
        graph = helper.make_graph(
            [helper.make_node("Mul", ["a", "factor"], ["b"])], "x", ends[:1], ends[1:], [value]
        )
        folder = tmp_path / "models" / "x" / version
        folder.mkdir(parents=True)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        onnx.save(made, folder / "model.onnx")
    rollout = {"primary": "live", "shadow": {"to": "2"}, "canary": {"to": "next", "steps": [0, 100], "hold": True}}
    model = {"versions": {"all": True}, "labels": {"live": "1", "next": "2"}, "rollout": rollout}
    options = {
        "port": 0,
        "repository": {"folder": "models"},
        "payloads": {"folder": "log"},
        "models": {"x": model},
    }
    (tmp_path / "server.json").write_text(json.dumps(options))
    with PythonServer("mainspring.serving", ["--config", str(tmp_path / "server.json")], timeout=60) as process:
        yield process


def test_looking_and_deciding(server: PythonServer, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*arguments: str, code: int = 0) -> str:
        assert main(["rollout", *arguments, "--url", server.url]) == code
        return "".join(capsys.readouterr())

    def plain(*arguments: str) -> Any:
        return json.loads(run(*arguments, "--json"))

    def asked() -> str:
        answer = httpx.post(
            f"{server.url}/v1/models/x:predict", json={"instances": [{"a": 1.0}]}
        ).raise_for_status()
        return answer.headers["x-mainspring-route"]

    assert asked() == "live"
    assert "canary, held" in run("status", "x")
    assert "step 1 of 2" in run("status", "x")
    while not plain("report", "x")["asked"]:
        pass
    assert "1 requests compared, 1 different" in run("report", "x")
    while not plain("status", "x")["number"]:
        pass
    assert plain("advance", "x", "--by", "ann")["by"] == "ann"
    assert asked() == "next"
    assert "the primary version alone answers" in run("rollback", "x", "--reason", "no")
    assert asked() == "live"
    assert "next is the primary version now" in run("promote", "x")
    assert plain("status", "x")["primary"] == {"arm": "live", "version": "2"}
    assert "goes on" in run("resume", "x")
    assert "held" in run("hold", "x")
    assert "x: next gets 2.5 % of the requests" in run("share", "x", "2.5%", "--reason", "a little")
    assert "'much' is no share" in run("share", "x", "much", code=1)
    assert plain("share", "x", "100", "--by", "ann")["share"] == 100.0
    assert asked() == "next"
    assert [one["kind"] for one in plain("history", "x")["history"]][1:4] == [
        "advanced",
        "rolled_back",
        "promoted",
    ]
    said = run("history", "x")
    assert "2. advanced" in said
    assert "by ann" in said
    assert "spare stands for version 2" in run("label", "x", "spare=2")
    assert "which is the primary one" in run("label", "x", "live=2", code=1)
    assert "these are no labels" in run("label", "x", "live", code=1)
    assert "has no rollout" in run("status", "y", code=1)
