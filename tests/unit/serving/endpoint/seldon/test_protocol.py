"""Predictions of a package in Seldon's messages, through the whole endpoint."""

import base64
import math
from typing import Any

import pytest

from mainspring.serving.assembly import assemble
from mainspring.serving.predictor import Predictor
from mainspring.serving.repository import Repository

PATHS = (
    "/api/v1.0/predictions",
    "/api/v0.1/predictions",
    "/predict",
    "/seldon/ml/taxi/api/v1.0/predictions",
    "/seldon/ml/taxi/predict",
)
NAMES = ["fare", "hour", "company", "airport"]
YES = 1 / (1 + math.exp(-0.5))


@pytest.mark.parametrize("path", PATHS)
def test_rows_are_answered_with_the_chances_of_the_classes(call: Any, path: str) -> None:
    body = {"data": {"names": NAMES, "ndarray": [[12.5, 3, "A", True], [None, None, None, False]]}}
    status, answer, headers = call("POST", path, body)
    assert status == 200
    assert answer["data"]["names"] == ["no", "yes"]
    assert answer["data"]["ndarray"][0] == pytest.approx([1 - YES, YES], abs=1e-15)
    assert answer["meta"]["tags"] == {"label": ["yes", "no"]}
    assert answer["meta"]["requestPath"] == {"taxi": "taxi:1.0.0"}
    assert headers["seldon-puid"] == answer["meta"]["puid"] == headers["x-request-id"]


def test_rows_without_names_are_in_the_order_of_the_columns(call: Any, predictor: Predictor) -> None:
    row = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}
    rows = [[row[field.name] for field in predictor.inputs]]
    named = call("POST", "/predict", {"data": {"names": NAMES, "ndarray": [list(row.values())]}})[1]
    bare = call("POST", "/predict", {"data": {"ndarray": rows}})[1]
    foreign = call("POST", "/predict", {"data": {"names": ["t:0", "t:1", "t:2", "t:3"], "ndarray": rows}})[1]
    assert named["data"] == bare["data"] == foreign["data"]


def test_an_answer_is_of_the_kind_of_its_question(call: Any) -> None:
    row = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}
    one = call("POST", "/predict", {"jsonData": row})[1]["jsonData"]
    assert one["label"] == "yes"
    assert one["probabilities"]["yes"] == pytest.approx(YES, abs=1e-15)
    two = call("POST", "/predict", {"jsonData": [row, row]})[1]["jsonData"]
    assert two == [one, one]


def test_a_tensor_of_numbers_is_answered_with_one(rule: Any, caller: Any) -> None:
    call = caller(assemble(Repository.of([Predictor(rule.package(task="regression"), name="taxi", version="1")])))
    row = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}
    assert call("POST", "/predict", {"jsonData": row})[1]["jsonData"] == {"prediction": 0.5}
    data = {"names": ["fare", "hour"], "tensor": {"shape": [1, 2], "values": [12.5, 3]}}
    status, answer, _ = call("POST", "/predict", {"data": data})
    assert (status, answer["status"]["reason"]) == (400, "MICROSERVICE_BAD_DATA")
    assert "company" in answer["status"]["info"]


def test_the_id_of_a_request_is_kept(call: Any) -> None:
    row = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}
    body = {"jsonData": row, "meta": {"puid": "mine", "tags": {"from": "me"}}}
    status, answer, headers = call("POST", "/predict", body)
    assert (status, answer["meta"]["puid"], headers["seldon-puid"]) == (200, "mine", "mine")
    assert answer["meta"]["tags"]["from"] == "me"
    assert call("POST", "/predict", body, {"Seldon-Puid": "other"})[1]["meta"]["puid"] == "other"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "ends too early"),
        ({"data": {}}, "nothing"),
        ({"data": {"names": NAMES, "ndarray": [[1]]}}, "4 values"),
        ({"strData": "text"}, "column"),
        ({"binData": base64.b64encode(b"x").decode()}, "column"),
    ],
)
def test_errors_are_said_in_seldons_words(call: Any, body: Any, said: str) -> None:
    status, answer, _ = call("POST", "/api/v1.0/predictions", body)
    assert status == 400
    found = answer["status"]
    assert (found["status"], found["code"], found["reason"]) == (1, -1, "MICROSERVICE_BAD_DATA")
    assert said in found["info"]


def test_other_errors_keep_their_status(call: Any) -> None:
    status, answer, _ = call("POST", "/seldon/ml/taxo/api/v1.0/predictions", {"jsonData": {}})
    assert (status, answer["status"]["reason"]) == (404, "NOT_FOUND")
    assert call("GET", "/api/v1.0/predictions")[0] == 405
    assert call("POST", "/api/v1.0/explain", {"jsonData": {}})[0] == 501


def test_of_several_models_one_has_to_be_named(rule: Any, caller: Any) -> None:
    models = [Predictor(rule.package(), name=name, version="1") for name in ("taxi", "bus")]
    call = caller(assemble(Repository.of(models)))
    row = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}
    status, answer, _ = call("POST", "/predict", {"jsonData": row})
    assert (status, "name one" in answer["status"]["info"]) == (400, True)
    assert call("POST", "/seldon/ml/bus/predict", {"jsonData": row})[0] == 200
    models.append(Predictor(rule.package(), name="default", version="1"))
    call = caller(assemble(Repository.of(models)))
    path = call("POST", "/predict", {"jsonData": row})[1]["meta"]["requestPath"]
    assert path == {"default": "default:1"}


def test_models_tell_of_themselves(call: Any) -> None:
    status, whole, _ = call("GET", "/api/v1.0/metadata")
    assert (status, whole["name"], list(whole["models"])) == (200, "taxi", ["taxi"])
    assert whole["graphinputs"] == whole["models"]["taxi"]["inputs"]
    assert call("GET", "/api/v1.0/metadata/taxi")[1] == call("GET", "/metadata")[1] == whole["models"]["taxi"]
    assert call("GET", "/api/v1.0/metadata/other")[0] == 404
    assert call("GET", "/api/v1.0/status")[:2] == (200, {"name": "taxi", "ready": True})
    assert call("GET", "/api/v1.0/status/taxi")[:2] == (200, {"name": "taxi", "ready": True})
    for path in ("/api/v1.0/health/ready", "/api/v1.0/health/live", "/api/v1.0/health/status", "/health/status"):
        assert call("GET", path)[0] == 200
    assert call("GET", "/health/ping")[1] == "pong"


def test_a_package_has_no_other_methods(call: Any) -> None:
    for path in ("/route", "/transform-input", "/v2/models/taxi/route", "/v1/models/taxi:route"):
        status, answer, _ = call("POST", path, {"data": {"ndarray": [[1]]}})
        assert (status, "no " in answer["status"]["info"]) == (501, True)
