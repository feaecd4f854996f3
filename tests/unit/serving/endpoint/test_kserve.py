import math
from typing import Any

import pytest

from mainspring.serving.assembly import assemble
from mainspring.serving.predictor import Predictor
from mainspring.serving.repository import Repository

PREDICT = "/v1/models/taxi:predict"
ROW = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}
YES = 1 / (1 + math.exp(-0.5))


def test_the_models_are_listed(call: Any) -> None:
    assert call("GET", "/")[:2] == (200, {"status": "alive"})
    assert call("GET", "/v1/models")[:2] == (200, {"models": ["taxi"]})
    status, answer, _ = call("GET", "/v1/models/taxi")
    assert (status, answer["name"], answer["ready"]) == (200, "taxi", True)
    assert call("GET", "/v1/models/tax")[0] == 404


@pytest.mark.parametrize("path", [PREDICT, "/v1/models/taxi/versions/1.0.0:predict"])
def test_rows_and_columns_give_predictions(call: Any, path: str) -> None:
    rows = [ROW, {"airport": False, "company": None, "hour": None, "fare": None}]
    assert call("POST", path, {"instances": rows})[:2] == (200, {"predictions": ["yes", "no"]})
    columns = {name: [each[name] for each in rows] for name in ("airport", "company", "fare", "hour")}
    status, answer, _ = call("POST", path, {"inputs": columns})
    assert (status, answer["predictions"], answer["outputs"]["label"]) == (200, ["yes", "no"], ["yes", "no"])


def test_probabilities_are_given_when_asked_for(call: Any) -> None:
    _, answer, _ = call("POST", PREDICT, {"instances": [ROW], "parameters": {"probabilities": True}})
    [prediction] = answer["predictions"]
    assert prediction["label"] == "yes"
    assert prediction["probabilities"] == pytest.approx({"no": 1 - YES, "yes": YES}, abs=1e-15)
    assert list(prediction["probabilities"]) == ["no", "yes"]
    _, answer, _ = call("POST", PREDICT, {"instances": [ROW], "parameters": {"probabilities": False}})
    assert answer == {"predictions": ["yes"]}
    status, answer, _ = call("POST", PREDICT, {"instances": [ROW], "parameters": {"probabilities": "yes"}})
    assert (status, "true or false" in answer["error"]) == (400, True)


def test_a_regression_gives_numbers(rule: Any, caller: Any) -> None:
    predictor = Predictor(rule.package(task="regression"), name="taxi", version="1")
    call = caller(assemble(Repository.of([predictor])))
    assert call("POST", PREDICT, {"instances": [ROW]})[:2] == (200, {"predictions": [0.5]})
    asked = {"instances": [ROW], "parameters": {"probabilities": True}}
    assert call("POST", PREDICT, asked)[:2] == (200, {"predictions": [0.5]})


def test_no_rows_have_no_predictions(call: Any) -> None:
    assert call("POST", PREDICT, {"instances": []})[:2] == (200, {"predictions": []})


@pytest.mark.parametrize("body", [{}, {"instances": [ROW], "inputs": {}}, {"instances": None}])
def test_exactly_one_of_instances_and_inputs(call: Any, body: Any) -> None:
    status, answer, _ = call("POST", PREDICT, body)
    assert status == 400
    assert "by column name" in answer["error"]


def test_a_row_that_is_no_object_is_named(call: Any) -> None:
    status, answer, _ = call("POST", PREDICT, {"instances": [ROW, [12.5, 3, "A", True]]})
    assert status == 400
    assert "row 1" in answer["error"]
    assert "an object with a value per column" in answer["error"]


def test_columns_of_different_lengths_are_named(call: Any) -> None:
    columns = {"fare": [1, 2], "hour": [1, 2], "company": ["A"], "airport": [True, False]}
    status, answer, _ = call("POST", PREDICT, {"inputs": columns})
    assert (status, "column 'company' holds 1; expected 2 values" in answer["error"]) == (400, True)


def test_the_request_id_is_in_the_header(call: Any) -> None:
    assert call("POST", PREDICT, {"id": "7", "instances": [ROW]})[2]["x-request-id"] == "7"
    assert len(call("POST", PREDICT, {"instances": [ROW]})[2]["x-request-id"]) == 36


def test_the_method_is_checked(call: Any) -> None:
    assert call("GET", PREDICT)[0] == 405
