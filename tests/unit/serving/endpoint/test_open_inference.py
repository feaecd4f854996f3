"""The rule's answers are worked out by hand; the forms are those of the protocol's specification."""

import gzip
import json
import math
import zlib
from typing import Any

import pytest

YES = 1 / (1 + math.exp(-0.5))
INFER = "/v2/models/taxi/infer"
DEEP = b'{"inputs": [{"name": "fare", "shape": [1], "datatype": "FP64", "data": ' + b"[" * 100_000


def tensor(name: str, datatype: str, data: list[Any], shape: list[int] | None = None) -> dict[str, Any]:
    return {"name": name, "shape": shape or [len(data)], "datatype": datatype, "data": data}


def row() -> list[dict[str, Any]]:
    return [
        tensor("airport", "BOOL", [True]),
        tensor("company", "BYTES", ["A"]),
        tensor("hour", "INT64", [3]),
        tensor("fare", "FP64", [12.5]),
    ]


def output(answer: Any, name: str) -> Any:
    [found] = [each for each in answer["outputs"] if each["name"] == name]
    return found


def test_the_server_says_what_it_is(call: Any) -> None:
    for path in ("/v2", "/v2/"):
        status, value, headers = call("GET", path)
        assert (status, headers["content-type"]) == (200, "application/json")
        assert value["name"] == "mainspring"
        assert set(value) == {"name", "version", "extensions"}
    assert call("GET", "/v2/health/live")[:2] == (200, {"live": True})
    assert call("GET", "/v2/health/ready")[:2] == (200, {"ready": True})
    assert call("GET", "/v2/models/taxi/ready")[:2] == (200, {"name": "taxi", "ready": True})
    assert call("GET", "/v2/models/taxi/versions/1.0.0/ready")[0] == 200


def test_a_draining_server_is_alive_but_not_ready_and_still_answers(call: Any) -> None:
    call.application.draining = True
    assert call("GET", "/v2/health/ready")[:2] == (503, {"ready": False})
    assert call("GET", "/v2/models/taxi/ready")[:2] == (503, {"name": "taxi", "ready": False})
    assert call("GET", "/v2/health/live")[0] == 200
    assert call("POST", INFER, {"inputs": row()})[0] == 200


@pytest.mark.parametrize("path", ["/v2/models/taxi", "/v2/models/taxi/versions/1.0.0"])
def test_metadata_names_every_column(call: Any, path: str) -> None:
    status, value, _ = call("GET", path)
    assert status == 200
    assert value == {
        "name": "taxi",
        "versions": ["1.0.0"],
        "platform": "mainspring_rule",
        "inputs": [
            {"name": "fare", "datatype": "FP64", "shape": [-1]},
            {"name": "hour", "datatype": "INT64", "shape": [-1]},
            {"name": "company", "datatype": "BYTES", "shape": [-1]},
            {"name": "airport", "datatype": "BOOL", "shape": [-1]},
        ],
        "outputs": [
            {"name": "label", "datatype": "BYTES", "shape": [-1]},
            {"name": "probabilities", "datatype": "FP64", "shape": [-1, 2]},
        ],
    }


@pytest.mark.parametrize("path", [INFER, "/v2/models/taxi/versions/1.0.0/infer"])
def test_columns_are_found_by_name_in_any_order(call: Any, path: str) -> None:
    for inputs in (row(), row()[::-1]):
        status, answer, headers = call("POST", path, {"id": "42", "inputs": inputs})
        assert status == 200
        assert (answer["model_name"], answer["model_version"], answer["id"]) == ("taxi", "1.0.0", "42")
        assert headers["x-request-id"] == "42"
        assert output(answer, "label") == tensor("label", "BYTES", ["yes"])
        probabilities = output(answer, "probabilities")
        assert probabilities["shape"] == [1, 2]
        assert probabilities["data"] == pytest.approx([1 - YES, YES], abs=1e-15)


def test_an_id_is_made_if_none_is_given(call: Any) -> None:
    answers = [call("POST", INFER, {"inputs": row()}) for _ in range(2)]
    assert len({answer["id"] for _, answer, _ in answers}) == 2
    given = call("POST", INFER, {"inputs": row()}, {"X-Request-Id": "mine"})
    assert given[1]["id"] == given[2]["x-request-id"] == "mine"


def test_an_id_that_no_header_can_hold_is_echoed_in_the_body_alone(call: Any) -> None:
    status, answer, headers = call("POST", INFER, {"id": "ü\r\nx: y", "inputs": row()})
    assert (status, answer["id"]) == (200, "ü\r\nx: y")
    assert "x-request-id" not in headers


@pytest.mark.parametrize(("shape", "data"), [([2], [1.0, 20.0]), ([2, 1], [1.0, 20.0]), ([2, 1], [[1.0], [20.0]])])
def test_data_may_be_flat_or_nested(call: Any, shape: list[int], data: list[Any]) -> None:
    inputs = [
        tensor("fare", "FP64", data, shape),
        tensor("hour", "INT64", [1, 2]),
        tensor("company", "BYTES", ["B", "B"]),
        tensor("airport", "BOOL", [False, False]),
    ]
    status, answer, _ = call("POST", INFER, {"inputs": inputs})
    assert status == 200
    assert output(answer, "label")["data"] == ["no", "yes"]


@pytest.mark.parametrize("datatype", ["FP32", "FP64", "INT32", "UINT8", "INT64"])
def test_any_number_type_will_do_for_a_number(call: Any, datatype: str) -> None:
    inputs = [*row()[:3], tensor("fare", datatype, [12])]
    assert call("POST", INFER, {"inputs": inputs})[0] == 200


def test_missing_values_are_null(call: Any) -> None:
    inputs = [
        tensor("fare", "FP64", [None]),
        tensor("hour", "INT64", [None]),
        tensor("company", "BYTES", [None]),
        tensor("airport", "BOOL", [False]),
    ]
    status, answer, _ = call("POST", INFER, {"inputs": inputs})
    assert status == 200
    assert output(answer, "probabilities")["data"] == [0.5, 0.5]


def test_the_outputs_asked_for_come_in_their_order(call: Any) -> None:
    asked = [{"name": "probabilities", "parameters": {"binary_data": False}}, {"name": "label"}]
    _, answer, _ = call("POST", INFER, {"inputs": row(), "outputs": asked})
    assert [each["name"] for each in answer["outputs"]] == ["probabilities", "label"]
    _, answer, _ = call("POST", INFER, {"inputs": row(), "outputs": [{"name": "label"}]})
    assert [each["name"] for each in answer["outputs"]] == ["label"]
    status, answer, _ = call("POST", INFER, {"inputs": row(), "outputs": [{"name": "labels"}]})
    assert status == 400
    assert "'labels'" in answer["error"]
    assert "label, probabilities" in answer["error"]


def test_no_rows_have_no_answers(call: Any) -> None:
    inputs = [{**each, "shape": [0], "data": []} for each in row()]
    status, answer, _ = call("POST", INFER, {"inputs": inputs})
    assert status == 200
    assert output(answer, "label")["shape"] == [0]
    assert output(answer, "probabilities")["shape"] == [0, 2]


def test_every_problem_is_named_at_once_with_column_row_value_and_expectation(call: Any) -> None:
    inputs = [
        tensor("fare", "FP64", [1.0, "two", 3.0]),
        tensor("hour", "INT64", [1, 2, 2.5]),
        tensor("company", "BYTES", ["A", 7, None]),
        tensor("airport", "BOOL", [True, None, False]),
        tensor("tip", "FP64", [0, 0, 0]),
    ]
    status, answer, _ = call("POST", INFER, {"inputs": inputs})
    assert status == 400
    assert list(answer) == ["error"]
    error = answer["error"]
    assert "5 problems" in error
    for piece in (
        "row 1, column 'fare' holds 'two'; expected a finite number",
        "row 2, column 'hour' holds 2.5; expected a whole number",
        "row 1, column 'company' holds 7; expected a text",
        "row 1, column 'airport' has no value; expected true or false",
        "column 'tip' is not known",
    ):
        assert piece in error


def test_problems_of_tensors_and_of_values_come_together(call: Any) -> None:
    inputs = [
        tensor("fare", "BYTES", ["1"]),
        tensor("hour", "INT64", [1], [3]),
        tensor("company", "BYTES", ["A"], [1, 2]),
        tensor("airport", "BOOL", ["x"]),
        tensor("airport", "BOOL", ["x"]),
    ]
    status, answer, _ = call("POST", INFER, {"inputs": inputs})
    assert status == 400
    for piece in (
        "column 'fare' holds datatype BYTES; expected datatype FP64",
        "column 'hour' holds 1 values; expected 3 values",
        "column 'company' holds shape [1, 2]; expected shape [rows] or [rows, 1]",
        "column 'airport' holds two tensors; expected each column once",
    ):
        assert piece in answer["error"]


@pytest.mark.parametrize(
    ("body", "pieces"),
    [
        (b"", ["the body is empty"]),
        (b'{"inputs": [', ["ends too early", "line 1, column 13"]),
        (b'{"inputs":\n [}', ["malformed", "line 2, column 3"]),
        (b'{"inputs": [NaN]}', ["malformed", "null for a missing value", "line 1, column 13"]),
        (b'{"inputs": [-Infinity]}', ["malformed", "JSON knows neither NaN nor Infinity"]),
        (b'{"inputs": []} x', ["something follows", "line 1, column 16"]),
        (DEEP, ["nested too deeply"]),
        (b"[1]", ["wrong form", "Expected `object`"]),
        (b'{"id": 5, "inputs": []}', ["wrong form", "$.id"]),
        (b'{"inputs": [{"name": "fare", "shape": [1], "datatype": "FP64"}]}', ["missing required field `data`"]),
        (
            b'{"inputs": [{"name": "fare", "shape": ["1"], "datatype": "FP64", "data": []}]}',
            ["$.inputs[0].shape[0]"],
        ),
        (b'{"inputs": [], "parameters": {"a": [1]}}', ["$.parameters"]),
        (b"\xff\xfe", ["malformed"]),
    ],
)
def test_a_body_that_cannot_be_read_says_where(call: Any, body: bytes, pieces: list[str]) -> None:
    status, answer, _ = call("POST", INFER, body)
    assert status == 400
    assert list(answer) == ["error"]
    for piece in pieces:
        assert piece.lower() in answer["error"].lower()


@pytest.mark.parametrize("value", ["1e999", "-1e999", "123456789012345678901234567890123456789"])
def test_numbers_beyond_all_bounds_are_refused_or_read(call: Any, value: str) -> None:
    text = json.dumps({"inputs": row()}).replace("12.5", value)
    status, answer, _ = call("POST", INFER, text.encode())
    assert status == (200 if "e" not in value else 400)
    assert "error" in answer or output(answer, "label")["data"] == ["yes"]


def test_what_is_not_served_is_not_found(call: Any) -> None:
    for path in (
        "/v2/models/tax",
        "/v2/models/tax/ready",
        "/v2/models/taxi/versions/2",
        "/v2/models/taxi/versions/2/ready",
        "/v2/nothing",
    ):
        status, answer, _ = call("GET", path)
        assert status == 404, path
        assert list(answer) == ["error"]
    for path in ("/v2/models/tax/infer", "/v2/models/taxi/versions/2/infer"):
        status, answer, _ = call("POST", path, {"inputs": row()})
        assert status == 404
        assert "is not served here" in answer["error"]


def test_the_wrong_method_is_told_the_right_one(call: Any) -> None:
    status, answer, headers = call("GET", INFER)
    assert (status, headers["allow"]) == (405, "POST")
    assert list(answer) == ["error"]
    status, _, headers = call("POST", "/v2/health/ready")
    assert (status, headers["allow"]) == (405, "GET, HEAD")
    assert call("HEAD", "/v2/health/ready")[0] == 200


def test_no_content_type_is_asked_for(call: Any) -> None:
    assert call("POST", INFER, {"inputs": row()}, {"content-type": "text/plain"})[0] == 200


@pytest.mark.parametrize(("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_bodies_may_be_compressed(call: Any, encoding: str, compress: Any) -> None:
    body = compress(json.dumps({"inputs": row()}).encode())
    assert call("POST", INFER, body, {"Content-Encoding": encoding})[0] == 200
    status, answer, _ = call("POST", INFER, body[:-9], {"Content-Encoding": encoding})
    assert (status, "ends too early" in answer["error"]) == (400, True)
    status, answer, _ = call("POST", INFER, b"not compressed", {"Content-Encoding": encoding})
    assert (status, f"is not {encoding}" in answer["error"]) == (400, True)


def test_an_unknown_compression_is_refused(call: Any) -> None:
    status, answer, _ = call("POST", INFER, {"inputs": row()}, {"Content-Encoding": "br"})
    assert (status, "gzip, deflate" in answer["error"]) == (415, True)


def test_a_model_that_fails_is_an_error_of_the_server_and_it_lives_on(
    call: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = [*row()[::2], tensor("company", "BYTES", ["explode"]), row()[3]]
    status, answer, _ = call("POST", INFER, {"inputs": inputs})
    assert status == 500
    assert "the model exploded" in answer["error"]
    assert "RuntimeError" in capsys.readouterr().err
    assert call("POST", INFER, {"inputs": row()})[0] == 200
