"""TensorFlow Serving's REST API and KServe V1 side by side: ``g3doc/api_rest.md``, and KServe's V1 protocol."""

import base64
import math
from typing import Any

import pytest

from mainspring.models.signature import Field
from mainspring.serving.endpoint.tensorflow_serving import status
from mainspring.serving.predictor import Predictor
from mainspring.serving.repository import State, VersionState

ROW = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}
YES = 1 / (1 + math.exp(-0.5))
TAXI = "/v1/models/taxi"


def b64(data: bytes) -> dict[str, str]:
    return {"b64": base64.b64encode(data).decode()}


def test_v1_the_models(ask: Any) -> None:
    assert ask("GET", "/").json == {"status": "alive"}
    assert ask("GET", "/v1/models").json == ask("GET", "/v2/models").json == {"models": ["taxi"]}


@pytest.mark.parametrize("path", [TAXI, f"{TAXI}/versions/1.0.0"])
def test_v1_v2_one_status_satisfies_both_clients(ask: Any, path: str) -> None:
    reply = ask("GET", path)
    fine = {"error_code": "OK", "error_message": ""}
    assert (reply.status, reply.json) == (
        200,
        {
            "name": "taxi",
            "ready": True,
            "model_version_status": [{"version": "1.0.0", "state": "AVAILABLE", "status": fine}],
        },
    )
    ask.application.draining = True
    assert (ask("GET", path).status, ask("GET", path).json["ready"]) == (503, False)
    for unknown in ("/v1/models/no", f"{TAXI}/versions/2", f"{TAXI}/labels/no"):
        assert (ask("GET", unknown).status, list(ask("GET", unknown).json)) == (404, ["error"])


def test_v2_states_have_the_names_of_tensorflow_serving() -> None:
    states = [VersionState("m", str(place), state) for place, state in enumerate(State)]
    failed = VersionState("m", "9", State.UNAVAILABLE, "no such file", failed=True)
    told = status([*states, failed])["model_version_status"]
    assert [one["state"] for one in told] == ["UNKNOWN", "LOADING", "AVAILABLE", "UNLOADING", "END", "END"]
    assert told[-1]["status"] == {"error_code": "UNKNOWN", "error_message": "no such file"}


def test_v1_rows_and_columns(ask: Any) -> None:
    assert ask("POST", f"{TAXI}:predict", {"instances": [ROW]}).json == {"predictions": ["yes"]}
    columns = {name: [value] for name, value in ROW.items()}
    told = ask("POST", f"{TAXI}:predict", {"inputs": columns}).json
    assert told["predictions"] == ["yes"]
    assert told["outputs"]["label"] == ["yes"]
    assert told["outputs"]["probabilities"][0] == pytest.approx([1 - YES, YES])


@pytest.mark.parametrize("path", [f"{TAXI}/versions/1.0.0:predict", f"{TAXI}:predict"])
def test_v2_a_signature_name_asks_for_tensorflow_servings_form(ask: Any, path: str) -> None:
    named = {"signature_name": "serving_default"}
    told = ask("POST", path, {**named, "instances": [ROW, ROW]}).json
    assert set(told) == {"predictions"}
    assert told["predictions"][1] == {"label": "yes", "probabilities": pytest.approx([1 - YES, YES])}
    told = ask("POST", path, {**named, "inputs": {name: [value] for name, value in ROW.items()}}).json
    assert set(told) == {"outputs"}
    assert set(told["outputs"]) == {"label", "probabilities"}
    reply = ask("POST", path, {"signature_name": "other", "instances": [ROW]})
    assert (reply.status, "'other'" in reply.json["error"]) == (400, True)


def test_v2_one_output_has_no_name(serving: Any, numbers: Any) -> None:
    ask = serving(numbers)
    row = {"a": 1.5, "b": 2, "c": True}
    for asked in ({"signature_name": "serving_default"}, {}):
        assert ask("POST", "/v1/models/numbers:predict", {**asked, "instances": [row]}).json == {
            "predictions": [4.5]
        }
    columns = {"inputs": {name: [value] for name, value in row.items()}, "signature_name": ""}
    assert ask("POST", "/v1/models/numbers:predict", columns).json == {"outputs": [4.5]}


def test_v1_rows_may_be_lists_and_inputs_one_tensor(serving: Any, numbers: Any, one: Any) -> None:
    ask = serving(numbers, one)
    rows = [[1.5, 2, 1], [0.5, 0, 0]]
    assert ask("POST", "/v1/models/numbers:predict", {"instances": rows}).json == {"predictions": [4.5, 0.5]}
    assert ask("POST", "/v1/models/numbers:predict", {"inputs": rows}).json["outputs"] == [4.5, 0.5]
    assert ask("POST", "/v1/models/one:predict", {"instances": [1.0, 2.5]}).json == {"predictions": [1.0, 2.5]}
    reply = ask("POST", "/v1/models/numbers:predict", {"instances": [[1.5, 2]]})
    assert (reply.status, "a list of 2 values; expected a list of 3 values" in reply.json["error"]) == (400, True)


def test_v2_values_may_be_base64(ask: Any) -> None:
    row = {**ROW, "company": b64(b"A")}
    assert ask("POST", f"{TAXI}:predict", {"instances": [row]}).json == {"predictions": ["yes"]}
    columns = {name: [value] for name, value in row.items()}
    assert ask("POST", f"{TAXI}:predict", {"inputs": columns}).json["predictions"] == ["yes"]
    assert ask("POST", f"{TAXI}:classify", {"examples": [row]}).status == 200
    reply = ask("POST", f"{TAXI}:predict", {"instances": [{**ROW, "company": {"b64": "?"}}]})
    assert (reply.status, "not base64" in reply.json["error"]) == (400, True)
    reply = ask("POST", f"{TAXI}:predict", {"instances": [{**ROW, "company": b64(b"\xff")}]})
    assert (reply.status, "column 'company' holds b'\\xff'" in reply.json["error"]) == (400, True)


def test_v2_outputs_named_bytes_are_base64(serving: Any, echo: Any) -> None:
    model = echo("BYTES")
    model.outputs = [Field("image_bytes", "BYTES")]
    model.read = lambda question: _inputs(question)  # type: ignore[method-assign]
    model.compute = lambda inputs: {"image_bytes": inputs.columns["x"]}  # type: ignore[method-assign]
    told = serving(model)("POST", "/v1/models/echo:predict", {"instances": [b64(b"\x89PNG"), "text"]}).json
    assert told == {"predictions": [b64(b"\x89PNG"), b64(b"text")]}


def _inputs(question: Any) -> Any:
    import numpy as np

    from mainspring.serving.ports import Inputs

    column = np.empty(len(question.rows), dtype=object)
    column[:] = question.rows
    return Inputs({"x": column}, len(column))


@pytest.mark.parametrize("path", [f"{TAXI}:classify", f"{TAXI}/versions/1.0.0:classify"])
def test_v2_classify(ask: Any, path: str) -> None:
    shared, own = {"fare": 12.5, "airport": True}, {"hour": [3], "company": ["A"]}
    for body in ({"examples": [{**shared, **own}]}, {"context": shared, "examples": [own]}):
        [row] = ask("POST", path, body).json["results"]
        assert [label for label, _ in row] == ["no", "yes"]
        assert [score for _, score in row] == pytest.approx([1 - YES, YES])
    reply = ask("POST", path, {"context": shared, "examples": [{**own, "fare": 1}]})
    assert (reply.status, "fare" in reply.json["error"]) == (400, True)
    for body in ({}, {"examples": [1]}, {"examples": [{"fare": 1}]}):
        assert ask("POST", path, body).status == 400


def test_v2_regress(rule: Any, serving: Any, ask: Any) -> None:
    regression = Predictor(rule.package(task="regression"), name="price", version="1")
    told = serving(regression)("POST", "/v1/models/price:regress", {"examples": [ROW, ROW]}).json
    assert told == {"results": [0.5, 0.5]}
    reply = ask("POST", f"{TAXI}:regress", {"examples": [ROW]})
    assert (reply.status, ":classify or :predict" in reply.json["error"]) == (400, True)
    reply = serving(regression)("POST", "/v1/models/price:classify", {"examples": [ROW]})
    assert (reply.status, ":regress or :predict" in reply.json["error"]) == (400, True)


@pytest.mark.parametrize("path", [f"{TAXI}/metadata", f"{TAXI}/versions/1.0.0/metadata"])
def test_v2_metadata(ask: Any, path: str) -> None:
    told = ask("GET", path).json
    assert told["model_spec"] == {"name": "taxi", "signature_name": "", "version": "1.0.0"}
    signature = told["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert signature["method_name"] == "tensorflow/serving/predict"
    assert signature["inputs"]["fare"]["dtype"] == "DT_DOUBLE"
    assert signature["outputs"]["probabilities"]["tensor_shape"]["dim"] == [
        {"size": "-1", "name": ""},
        {"size": "2", "name": ""},
    ]


def test_v1_explanations_are_sent_on(ask: Any) -> None:
    for path in (f"{TAXI}:explain", f"{TAXI}/versions/1.0.0:explain", "/v2/models/taxi/explain"):
        assert ask("POST", path, {"instances": [ROW]}).status == 501
