"""The Open Inference Protocol line by line: https://github.com/kserve/open-inference-protocol."""

import gzip
import json
import zlib
from typing import Any

import numpy as np
import pytest

from mainspring.serving.problems import LoadingError

INFER = "/v2/models/taxi/infer"
ROW = {"fare": ("FP64", 12.5), "hour": ("INT64", 3), "company": ("BYTES", "A"), "airport": ("BOOL", True)}


def tensors(rows: int = 1) -> list[dict[str, Any]]:
    return [
        {"name": name, "shape": [rows], "datatype": datatype, "data": [value] * rows}
        for name, (datatype, value) in ROW.items()
    ]


def test_o1_live(ask: Any) -> None:
    reply = ask("GET", "/v2/health/live")
    assert (reply.status, reply.json) == (200, {"live": True})


def test_o2_ready(ask: Any) -> None:
    assert (ask("GET", "/v2/health/ready").status, ask("GET", "/v2/health/ready").json) == (200, {"ready": True})
    ask.application.draining = True
    reply = ask("GET", "/v2/health/ready")
    assert (reply.status, reply.json) == (503, {"ready": False})
    assert ask("GET", "/v2/health/live").status == 200


@pytest.mark.parametrize("path", ["/v2", "/v2/"])
def test_o3_server_metadata(ask: Any, path: str) -> None:
    reply = ask("GET", path)
    assert reply.status == 200
    assert set(reply.json) == {"name", "version", "extensions"}
    assert {"binary_tensor_data", "model_repository", "statistics"} <= set(reply.json["extensions"])


@pytest.mark.parametrize("path", ["/v2/models/taxi", "/v2/models/taxi/versions/1.0.0"])
def test_o4_model_metadata(ask: Any, path: str) -> None:
    told = ask("GET", path).json
    assert set(told) == {"name", "versions", "platform", "inputs", "outputs"}
    assert told["versions"] == ["1.0.0"]
    assert told["inputs"][0] == {"name": "fare", "datatype": "FP64", "shape": [-1]}
    assert told["outputs"][1] == {"name": "probabilities", "datatype": "FP64", "shape": [-1, 2]}


def test_o5_model_ready(ask: Any) -> None:
    for path in ("/v2/models/taxi/ready", "/v2/models/taxi/versions/1.0.0/ready"):
        assert (ask("GET", path).status, ask("GET", path).json) == (200, {"name": "taxi", "ready": True})
    for path in ("/v2/models/tax/ready", "/v2/models/taxi/versions/2/ready"):
        reply = ask("GET", path)
        assert (reply.status, list(reply.json)) == (404, ["error"])


@pytest.mark.parametrize("path", [INFER, "/v2/models/taxi/versions/1.0.0/infer"])
def test_o6_infer(ask: Any, path: str) -> None:
    reply = ask("POST", path, {"inputs": tensors()})
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert set(reply.json) == {"model_name", "model_version", "id", "outputs"}
    assert reply.json["outputs"][0] == {"name": "label", "shape": [1], "datatype": "BYTES", "data": ["yes"]}


@pytest.mark.parametrize("datatype", ["FP32", "FP64", "INT16", "UINT64", "BOOL", "BYTES"])
def test_o7_flat_and_nested(serving: Any, echo: Any, datatype: str) -> None:
    values = {"BOOL": [True, False], "BYTES": ["ä", ""]}.get(datatype, [1, 2]) * 3
    ask = serving(echo(datatype, shape=(-1, 3)))
    nested = [values[:3], values[3:]]
    for data in (values, nested):
        tensor = {"name": datatype.lower(), "shape": [2, 3], "datatype": datatype, "data": data}
        reply = ask("POST", "/v2/models/echo/infer", {"inputs": [tensor]})
        [output] = reply.json["outputs"]
        assert (output["shape"], output["data"]) == ([2, 3], values)


def test_o8_the_id_is_echoed_and_may_be_absent(ask: Any) -> None:
    assert ask("POST", INFER, {"id": "42", "inputs": tensors()}).json["id"] == "42"
    assert ask("POST", INFER, {"inputs": tensors()}).status == 200
    assert ask("POST", INFER, {"id": None, "parameters": None, "outputs": None, "inputs": tensors()}).status == 200
    loose = [{**tensor, "parameters": None} for tensor in tensors()]
    assert ask("POST", INFER, {"inputs": loose}).status == 200


def test_o9_outputs_and_their_order(ask: Any) -> None:
    for names in (["probabilities", "label"], ["label"]):
        reply = ask("POST", INFER, {"inputs": tensors(), "outputs": [{"name": name} for name in names]})
        assert [output["name"] for output in reply.json["outputs"]] == names
    reply = ask("POST", INFER, {"inputs": tensors(), "outputs": [{"name": "other"}]})
    assert (reply.status, "'other'" in reply.json["error"]) == (400, True)


def test_o10_versions(ask: Any) -> None:
    assert ask("POST", INFER, {"inputs": tensors()}).json["model_version"] == "1.0.0"
    reply = ask("POST", "/v2/models/taxi/versions/9/infer", {"inputs": tensors()})
    assert (reply.status, "'9'" in reply.json["error"]) == (404, True)
    assert ask("POST", "/v2/models/other/infer", {"inputs": tensors()}).status == 404


WHOLE = ["INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64"]


@pytest.mark.parametrize("datatype", ["BOOL", *WHOLE, "FP32", "FP64", "BYTES"])
def test_o11_datatypes(serving: Any, echo: Any, datatype: str) -> None:
    data = {"BOOL": [True], "BYTES": ["ü"], "FP32": [0.5], "FP64": [0.1]}.get(datatype, [7])
    tensor = {"name": datatype.lower(), "shape": [1], "datatype": datatype, "data": data}
    [output] = serving(echo(datatype))("POST", "/v2/models/echo/infer", {"inputs": [tensor]}).json["outputs"]
    assert (output["datatype"], output["data"]) == (datatype, data)


@pytest.mark.parametrize("datatype", ["FP16", "BF16"])
def test_o11_b6_half_precision_has_no_form_in_json(serving: Any, echo: Any, datatype: str) -> None:
    tensor = {"name": datatype.lower(), "shape": [1], "datatype": datatype, "data": [1.0]}
    reply = serving(echo(datatype))("POST", "/v2/models/echo/infer", {"inputs": [tensor]})
    assert (reply.status, "binary_data_size" in reply.json["error"]) == (400, True)


@pytest.mark.parametrize(
    "kind", [None, "text/plain", "application/x-www-form-urlencoded", "application/octet-stream"]
)
def test_o12_no_content_type_is_asked_for(ask: Any, kind: str | None) -> None:
    headers = {} if kind is None else {"content-type": kind}
    assert ask("POST", INFER, {"inputs": tensors()}, headers).status == 200


@pytest.mark.parametrize("datatype", ["INT64", "UINT64"])
def test_o13_whole_numbers_stay_whole(serving: Any, echo: Any, datatype: str) -> None:
    data = [2**53 + 1, 0]
    tensor = {"name": datatype.lower(), "shape": [2], "datatype": datatype, "data": data}
    reply = serving(echo(datatype))("POST", "/v2/models/echo/infer", {"inputs": [tensor]})
    assert b"9007199254740993,0]" in reply.body


@pytest.mark.parametrize(
    ("encoding", "squeeze"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("x-gzip", gzip.compress)]
)
def test_o14_requests_may_be_compressed(ask: Any, encoding: str, squeeze: Any) -> None:
    body = squeeze(json.dumps({"inputs": tensors()}).encode())
    assert ask("POST", INFER, body, {"content-encoding": encoding}).status == 200
    assert ask("POST", INFER, b"no", {"content-encoding": encoding}).status == 400


@pytest.mark.parametrize(("encoding", "open_"), [("gzip", gzip.decompress), ("deflate", zlib.decompress)])
def test_o14_answers_are_compressed_for_those_who_accept_it(ask: Any, encoding: str, open_: Any) -> None:
    large = {"inputs": tensors(2_000)}
    plain = ask("POST", INFER, large)
    assert "content-encoding" not in plain.headers
    squeezed = ask("POST", INFER, large, {"accept-encoding": encoding})
    assert (squeezed.headers["content-encoding"], squeezed.headers["vary"]) == (encoding, "accept-encoding")
    assert len(squeezed.body) < len(plain.body) / 4
    assert json.loads(open_(squeezed.body))["outputs"] == plain.json["outputs"]
    small = ask("POST", INFER, {"inputs": tensors()}, {"accept-encoding": encoding})
    assert "content-encoding" not in small.headers


def test_one_form_of_errors_whatever_is_wrong(ask: Any) -> None:
    for method, path, body, status in (
        ("POST", INFER, b"{", 400),
        ("GET", INFER, b"", 405),
        ("POST", "/v2/models/taxi", b"", 405),
        ("GET", "/v2/models/no", b"", 404),
        ("GET", "/nothing", b"", 404),
        ("POST", "/v2/repository/index", b"[", 400),
        ("GET", "/v2/repository/index", b"", 405),
        ("POST", "/v2/repository/models/no/load", b"", 404),
    ):
        reply = ask(method, path, body)
        assert (reply.status, list(reply.json)) == (status, ["error"]), (method, path)
        assert reply.headers["content-type"] == "application/json"
        assert ("allow" in reply.headers) == (status == 405)


def test_o5_r4_a_model_that_is_being_loaded_says_when_to_come_again(ask: Any, monkeypatch: Any) -> None:
    def find(*_: object) -> None:
        raise LoadingError("the model is being loaded").after(2.5)

    monkeypatch.setattr(ask.application.models, "find", find)
    for method, path, body in (
        ("POST", INFER, {"inputs": tensors()}),
        ("GET", "/v2/models/taxi/ready", b""),
        ("POST", "/v1/models/taxi:predict", {"instances": []}),
    ):
        reply = ask(method, path, body)
        assert (reply.status, reply.headers["retry-after"]) == (503, "3")
        assert list(reply.json) == ["error"]


def test_a_single_matrix_stands_for_all_columns(serving: Any, numbers: Any) -> None:
    ask = serving(numbers)
    tensor = {"name": "input-0", "shape": [2, 3], "datatype": "FP32", "data": [[1.5, 2, 1], [0.5, -1, 0]]}
    reply = ask("POST", "/v2/models/numbers/infer", {"inputs": [tensor]})
    assert reply.json["outputs"][0]["data"] == [4.5, -0.5]
    wrong = {**tensor, "shape": [3, 2]}
    reply = ask("POST", "/v2/models/numbers/infer", {"inputs": [wrong]})
    assert (reply.status, "in this order: a, b, c" in reply.json["error"]) == (400, True)


def test_how_soon_an_answer_is_wanted_is_passed_on(ask: Any, monkeypatch: Any) -> None:
    calls: list[Any] = []
    read = ask.application._inference._dispatcher.read
    monkeypatch.setattr(
        ask.application._inference._dispatcher,
        "read",
        lambda call, question: calls.append(call) or read(call, question),
    )
    ask("POST", INFER, {"inputs": tensors(), "parameters": {"timeout": 500_000, "priority": 2, "mine": "x"}})
    [call] = calls
    assert call.deadline - call.arrived == pytest.approx(0.5)
    assert call.priority == 2
    ask("POST", INFER, {"inputs": tensors(), "parameters": {"timeout": True, "priority": "high"}})
    assert (calls[1].deadline, calls[1].priority) == (None, 0)


def test_the_highest_classes_can_be_asked_for(ask: Any) -> None:
    asked = [{"name": "probabilities", "parameters": {"classification": 2}}]
    [output] = ask("POST", INFER, {"inputs": tensors(), "outputs": asked}).json["outputs"]
    assert (output["datatype"], output["shape"]) == ("BYTES", [1, 2])
    first, second = (text.split(":") for text in output["data"])
    assert (first[1:], second[1:]) == (["1", "yes"], ["0", "no"])
    assert float(first[0]) == pytest.approx(1 / (1 + np.exp(-0.5)), abs=1e-5)
    for asked in (
        [{"name": "label", "parameters": {"classification": 1}}],
        [{"name": "probabilities", "parameters": {"classification": 0}}],
    ):
        assert ask("POST", INFER, {"inputs": tensors(), "outputs": asked}).status == 400


def test_o9_outputs_that_a_model_of_which_little_is_known_does_not_give(serving: Any, echo: Any) -> None:
    tensor = {"name": "fp32", "shape": [1], "datatype": "FP32", "data": [1.0]}
    request = {"inputs": [tensor], "outputs": [{"name": "other"}]}
    reply = serving(echo("FP32"))("POST", "/v2/models/echo/infer", request)
    assert (reply.status, "'other'" in reply.json["error"], "out.fp32" in reply.json["error"]) == (400, True, True)
