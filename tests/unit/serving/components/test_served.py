"""Classes and files in a real server: over HTTP, by its file, with everything that a model has."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from onnx import TensorProto
from tests.unit.serving.components.conftest import CLASSES
from tests.unit.serving.tensor_models import graphs

from mainspring.serving.server_process import PythonServer

OPTIONS = """
port: 0
models:
  champion: {component: {entry: code/classes.py:Champion, arguments: {factor: 3}}}
  scores: {component: {entry: code/classes.py:Scores}, batching: {max_batch_size: 8}}
  trouble: {component: {entry: code/classes.py:Trouble, processes: 1, call_seconds: 0.4}}
  image: {package: image.onnx}
  loss: {package: loss.onnx}
repository: {folder: models}
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    (folder / "code").mkdir()
    shutil.copy(CLASSES, folder / "code" / "classes.py")
    graphs.image(folder / "image.onnx")
    graphs.loss(folder / "loss.onnx")
    (folder / "models" / "doubles" / "1").mkdir(parents=True)
    graphs.identity(folder / "models" / "doubles" / "1" / "model.onnx", TensorProto.DOUBLE)
    (folder / "server.yaml").write_text(OPTIONS)
    with PythonServer("mainspring.serving", ["--config", str(folder / "server.yaml")], timeout=60) as server:
        yield server.url


def post(url: str, body: Any, **headers: str) -> httpx.Response:
    return httpx.post(url, content=json.dumps(body), headers=headers, timeout=10)


def test_a_class_answers_in_both_protocols_and_tells_its_tags(url: str) -> None:
    answer = post(f"{url}/v1/models/champion:predict", {"instances": [[1, 2]]}).json()
    assert answer["predictions"] == [[3.0, 6.0]]
    assert answer["tags"]["calls"] >= 1
    tensor = {"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}
    answer = post(f"{url}/v2/models/champion/infer", {"id": "7", "inputs": [tensor]}).json()
    assert answer["outputs"] == [{"name": "output", "datatype": "FP32", "shape": [1, 2], "data": [3.0, 6.0]}]
    assert answer["parameters"]["calls"] >= 1
    assert answer["id"] == "7"
    told = httpx.get(f"{url}/v2/models/champion").json()
    assert (told["platform"], told["inputs"], told["outputs"]) == ("mainspring_component", [], [])


def test_its_metrics_are_exposed(url: str) -> None:
    post(f"{url}/v1/models/champion:predict", {"instances": [[1]]})
    text = httpx.get(f"{url}/metrics").text
    assert [line for line in text.splitlines() if 'model="champion"' in line and "calls" in line]


def test_what_it_declares_is_told_and_checked(url: str) -> None:
    told = httpx.get(f"{url}/v2/models/scores").json()
    assert told["inputs"] == [
        {"name": "age", "datatype": "INT64", "shape": [-1]},
        {"name": "city", "datatype": "BYTES", "shape": [-1]},
    ]
    answer = post(f"{url}/v1/models/scores:predict", {"instances": [{"age": 30, "city": "Ulm"}]})
    assert answer.json()["predictions"] == [{"score": 3.0, "why": "Ulm 30"}]
    wrong = post(f"{url}/v1/models/scores:predict", {"instances": [{"age": "x", "city": "Ulm"}]})
    assert wrong.status_code == 400
    assert "column 'age' holds 'x'; expected numbers" in wrong.json()["error"]


def test_a_crash_is_503_and_the_server_lives_on(url: str) -> None:
    assert post(f"{url}/v1/models/trouble:predict", {"instances": [0]}).json() == {"predictions": [0]}
    failed = post(f"{url}/v1/models/trouble:predict", {"instances": [3]})
    assert (failed.status_code, "three is too much" in failed.json()["error"]) == (500, True)
    assert post(f"{url}/v1/models/trouble:predict", {"instances": [5]}).status_code == 400
    crashed = post(f"{url}/v1/models/trouble:predict", {"instances": [1]})
    assert (crashed.status_code, "SIGSEGV" in crashed.json()["error"]) == (503, True)
    assert int(crashed.headers["retry-after"]) >= 1
    index = {one["name"]: one for one in post(f"{url}/v2/repository/index", {}).json()}
    assert index["champion"]["state"] == "READY"
    await_ready(url, "trouble")
    late = post(f"{url}/v1/models/trouble:predict", {"instances": [2]})
    assert (late.status_code, "within 0.4 seconds" in late.json()["error"]) == (504, True)
    await_ready(url, "trouble")
    assert post(f"{url}/v1/models/champion:predict", {"instances": [[1]]}).status_code == 200


def await_ready(url: str, model: str) -> None:
    deadline = time.monotonic() + 10
    while post(f"{url}/v1/models/{model}:predict", {"instances": [0]}).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_code_cannot_be_brought_in_by_a_request(url: str) -> None:
    for config in ({"component": {"entry": "elsewhere/x.py:X"}}, {"trust": True}, {"package": "elsewhere/x.pkl"}):
        refused = post(f"{url}/v2/repository/models/champion/load", {"parameters": {"config": json.dumps(config)}})
        assert refused.status_code == 400, config
        assert next(iter(config)) in refused.json()["error"]


def test_files_are_served_as_tensors(url: str) -> None:
    image = np.arange(48.0).reshape(1, 3, 4, 4)
    answer = post(f"{url}/v1/models/image:predict", {"instances": image.tolist()}).json()
    assert answer["predictions"] == image.mean(axis=(2, 3)).tolist()
    answer = post(f"{url}/v1/models/loss:predict", {"instances": [[1, 2], [3, 4]]}).json()
    assert answer["predictions"] == [{"most": [4.0], "y": [[-1.0, -2.0], [-3.0, -4.0]]}]
    tensor = {"name": "x", "datatype": "FP64", "shape": [1, 2], "data": [1, 2]}
    assert post(f"{url}/v2/repository/models/doubles/load", {}).status_code == 200
    answer = post(f"{url}/v2/models/doubles/versions/1/infer", {"inputs": [tensor]}).json()
    assert answer["outputs"][0]["data"] == [1, 2], answer
    raw = np.array([[1.5, 2.5]]).tobytes()
    head = json.dumps(
        {"inputs": [{"name": "x", "datatype": "FP64", "shape": [1, 2], "parameters": {"binary_data_size": 16}}]}
    ).encode()
    sent = httpx.post(
        f"{url}/v2/models/doubles/infer",
        content=head + raw,
        headers={"inference-header-content-length": str(len(head))},
    )
    assert sent.json()["outputs"][0]["data"] == [1.5, 2.5]
