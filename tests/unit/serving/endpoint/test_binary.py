"""The binary tensor data extension line by line: Triton's ``docs/protocol/extension_binary_data.md``."""

import json
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from mainspring.serving.raw_tensors import write_raw

TAXI, ECHO = "/v2/models/taxi/infer", "/v2/models/echo/infer"
LENGTH = "inference-header-content-length"


def body_of(request: dict[str, Any], *parts: bytes) -> tuple[bytes, dict[str, str]]:
    text = json.dumps(request).encode()
    return b"".join([text, *parts]), {"Inference-Header-Content-Length": str(len(text))}


def raw(name: str, datatype: str, shape: list[int], data: bytes, **parameters: Any) -> dict[str, Any]:
    parameters = {"binary_data_size": len(data), **parameters}
    return {"name": name, "shape": shape, "datatype": datatype, "parameters": parameters}


def outputs(reply: Any) -> dict[str, Any]:
    """The outputs of an answer, those in bytes as bytes."""
    length = reply.headers.get(LENGTH)
    end = len(reply.body) if length is None else int(length)
    found: dict[str, Any] = {}
    place = end
    for output in json.loads(reply.body[:end])["outputs"]:
        size = output.get("parameters", {}).get("binary_data_size")
        found[output["name"]] = output["data"] if size is None else reply.body[place : place + size]
        place += size or 0
    assert place == len(reply.body)
    return found


def text_of(words: list[bytes]) -> bytes:
    return b"".join(len(word).to_bytes(4, "little") + word for word in words)


def test_b1_the_bytes_follow_the_json_in_order(serving: Any, echo: Any) -> None:
    numbers = np.array([[1, 2], [3, 4]], dtype="<u4").tobytes()
    request = {"inputs": [raw("uint32", "UINT32", [2, 2], numbers), raw("bool", "BOOL", [3], b"\1\0\1")]}
    reply = serving(echo("UINT32", "BOOL"))("POST", ECHO, *body_of(request, numbers, b"\1\0\1"))
    assert outputs(reply) == {"out.uint32": [1, 2, 3, 4], "out.bool": [True, False, True]}
    assert reply.headers["content-type"] == "application/json"


def test_b1_b2_columns_in_json_and_in_bytes_in_one_request(ask: Any) -> None:
    fares = np.array([12.5, 1.0], dtype="<f4").tobytes()
    words = text_of([b"A", "ü".encode()])
    request = {
        "inputs": [
            raw("fare", "FP32", [2, 1], fares),
            {"name": "hour", "shape": [2], "datatype": "INT64", "data": [3, None]},
            raw("company", "BYTES", [2], words),
            {"name": "airport", "shape": [2], "datatype": "BOOL", "data": [True, False]},
        ]
    }
    reply = ask("POST", TAXI, *body_of(request, fares, words))
    assert outputs(reply)["label"] == ["yes", "no"]


def test_b3_outputs_come_as_bytes_where_that_is_asked_for(ask: Any) -> None:
    inputs = [
        {"name": name, "shape": [1], "datatype": datatype, "data": [value]}
        for name, datatype, value in (
            ("fare", "FP64", 12.5),
            ("hour", "INT64", 3),
            ("company", "BYTES", "A"),
            ("airport", "BOOL", True),
        )
    ]
    expected = outputs(ask("POST", TAXI, {"inputs": inputs}))
    probabilities = np.array(expected["probabilities"]).tobytes()
    label = text_of([b"yes"])
    all_ = {"binary_data_output": True}

    def asked(parameters: dict[str, Any], *wanted: dict[str, Any]) -> dict[str, Any]:
        request: dict[str, Any] = {"inputs": inputs, "parameters": parameters}
        if wanted:
            request["outputs"] = list(wanted)
        reply = ask("POST", TAXI, request)
        binary = LENGTH in reply.headers
        assert reply.headers["content-type"] == f"application/{'octet-stream' if binary else 'json'}"
        return outputs(reply)

    as_bytes, as_json = {"binary_data": True}, {"binary_data": False}
    assert asked(all_) == {"label": label, "probabilities": probabilities}
    assert asked({"binary_data_output": False}) == expected
    assert asked({}, {"name": "probabilities", "parameters": as_bytes}) == {"probabilities": probabilities}
    mixed = [{"name": "probabilities", "parameters": as_bytes}, {"name": "label"}]
    assert asked({}, *mixed) == {"probabilities": probabilities, "label": ["yes"]}
    mixed = [{"name": "probabilities"}, {"name": "label", "parameters": as_json}]
    assert asked(all_, *mixed) == {"probabilities": probabilities, "label": ["yes"]}
    for wrong in (
        {"parameters": {"binary_data_output": 1}},
        {"outputs": [{"name": "label", "parameters": {"binary_data": "x"}}]},
    ):
        assert ask("POST", TAXI, {"inputs": inputs, **wrong}).status == 400


def test_b4_a_body_without_json_is_the_one_input(serving: Any, echo: Any, one: Any, numbers: Any) -> None:
    ask = serving(
        one, numbers, echo("FP32", shape=(-1, 2, 2)), echo("BYTES", name="words"), echo("INT8", "INT8", name="two")
    )
    headers = {"Inference-Header-Content-Length": "0"}
    values = np.arange(4, dtype="<f4").tobytes()
    reply = ask("POST", ECHO, values, headers)
    assert outputs(reply) == {"out.fp32": values}
    assert json.loads(reply.body[: int(reply.headers[LENGTH])])["outputs"][0]["shape"] == [1, 2, 2]
    assert outputs(ask("POST", "/v2/models/words/infer", b"any bytes", headers)) == {
        "out.bytes": text_of([b"any bytes"])
    }
    assert outputs(ask("POST", "/v2/models/one/infer", np.array([2.5]).tobytes(), headers)) == {
        "prediction": np.array([2.5]).tobytes()
    }
    row = np.array([1.5, 2.0, 1.0]).tobytes()
    reply = ask("POST", "/v2/models/numbers/infer", row, headers)
    assert (
        reply.status == 400
    )  # one of the columns is a truth value: its place in a matrix of numbers is not obvious
    for path, body in (("one", b"123"), ("echo", b"123"), ("two", b"12")):
        reply = ask("POST", f"/v2/models/{path}/infer", body, headers)
        assert (reply.status, list(reply.json)) == (400, ["error"])


def test_b5_the_extension_is_announced(ask: Any) -> None:
    assert "binary_tensor_data" in ask("GET", "/v2").json["extensions"]


@pytest.mark.parametrize(("datatype", "dtype"), [("FP16", np.float16), ("BF16", ml_dtypes.bfloat16)])
def test_b6_half_precision_goes_as_bytes_both_ways(serving: Any, echo: Any, datatype: str, dtype: Any) -> None:
    values = np.array([1.5, -2.25, 1e-3], dtype=dtype).tobytes()
    name = datatype.lower()
    request = {"inputs": [raw(name, datatype, [3], values)]}
    reply = serving(echo(datatype))("POST", ECHO, *body_of(request, values))
    assert outputs(reply) == {f"out.{name}": values}
    assert reply.headers["content-type"] == "application/octet-stream"


FARE = np.array([12.5]).tobytes()


@pytest.mark.parametrize(
    ("tensor", "tail", "header", "piece"),
    [
        (raw("fare", "FP64", [2], FARE), FARE, None, "has 8 bytes"),
        (raw("fare", "FP32", [1], FARE), FARE, None, "4 bytes for FP32 of shape [1]"),
        (raw("fare", "FP64", [1], FARE), FARE[:7], None, "at most the 7 bytes"),
        (raw("fare", "FP64", [1], FARE), FARE + b"x", None, "1 bytes follow after the last tensor"),
        (raw("fare", "FP64", [1], FARE, binary_data_size="8"), FARE, None, "binary_data_size '8'"),
        (raw("fare", "FP64", [1], FARE, binary_data_size=True), FARE, None, "binary_data_size True"),
        (raw("fare", "FP64", [1], FARE, binary_data_size=-1), FARE, None, "binary_data_size -1"),
        ({**raw("fare", "FP64", [1], FARE), "data": [1.0]}, FARE, None, "both data and"),
        ({"name": "fare", "shape": [1], "datatype": "FP64"}, b"", None, "missing required field `data`"),
        (
            {"name": "fare", "shape": [1], "datatype": "FP64", "data": 1.0},
            b"",
            None,
            "Expected `array`, got `float`",
        ),
        (raw("fare", "X", [1], FARE), FARE, None, "datatype 'X'"),
        (raw("company", "BYTES", [1], b"\1\0\0\0"), b"\1\0\0\0", None, "not 1 elements"),
        (raw("airport", "BOOL", [1], b"\2"), b"\2", None, "the byte 2"),
        (raw("fare", "FP64", [1], FARE), FARE, "x", "Inference-Header-Content-Length is 'x'"),
        (raw("fare", "FP64", [1], FARE), FARE, "-1", "Inference-Header-Content-Length is '-1'"),
        (raw("fare", "FP64", [1], FARE), FARE, "9999", "is '9999'"),
        (raw("fare", "FP64", [1], FARE), FARE, "10", "ends too early"),
    ],
)
def test_b7_sizes_that_do_not_fit(ask: Any, tensor: Any, tail: bytes, header: str | None, piece: str) -> None:
    body, headers = body_of({"inputs": [tensor]}, tail)
    if header is not None:
        headers = {"Inference-Header-Content-Length": header}
    reply = ask("POST", TAXI, body, headers)
    assert (reply.status, list(reply.json)) == (400, ["error"])
    assert piece in reply.json["error"]


def test_b7_without_the_header_bytes_are_not_looked_for(ask: Any) -> None:
    reply = ask("POST", TAXI, {"inputs": [raw("fare", "FP64", [1], FARE)]})
    assert (reply.status, "Inference-Header-Content-Length" in reply.json["error"]) == (400, True)


def test_b7_shared_memory_is_not_offered(ask: Any) -> None:
    tensor = {"name": "fare", "shape": [1], "datatype": "FP64", "parameters": {"shared_memory_region": "r"}}
    reply = ask("POST", TAXI, {"inputs": [tensor]})
    assert (reply.status, "shared memory" in reply.json["error"]) == (501, True)


def test_b8_bytes_that_are_no_text_have_no_form_in_json(serving: Any, echo: Any) -> None:
    words = text_of([b"\xff", b"text"])
    ask = serving(echo("BYTES"))
    request: dict[str, Any] = {"inputs": [raw("bytes", "BYTES", [2], words)]}
    reply = ask("POST", ECHO, *body_of(request, words))
    assert (reply.status, "binary data" in reply.json["error"]) == (400, True)
    request["parameters"] = {"binary_data_output": True}
    reply = ask("POST", ECHO, *body_of(request, words))
    assert (outputs(reply), reply.headers["content-type"]) == ({"out.bytes": words}, "application/octet-stream")


def test_b8_many_rows_come_straight_into_columns(ask: Any) -> None:
    rows = 5_000
    rng = np.random.default_rng(0)
    columns = {
        "fare": ("FP64", rng.uniform(0, 30, rows)),
        "hour": ("INT32", rng.integers(0, 24, rows, dtype="<i4")),
        "company": ("BYTES", np.array([b"A", b"B"], dtype=object)[rng.integers(0, 2, rows)]),
        "airport": ("BOOL", rng.integers(0, 2, rows).astype(bool)),
    }
    parts = [write_raw(values, datatype) for datatype, values in columns.values()]
    inputs = [
        raw(name, datatype, [rows], part)
        for (name, (datatype, _)), part in zip(columns.items(), parts, strict=True)
    ]
    request = {"inputs": inputs, "outputs": [{"name": "probabilities", "parameters": {"binary_data": True}}]}
    found = outputs(ask("POST", TAXI, *body_of(request, *parts)))["probabilities"]
    fare, company, airport = columns["fare"][1], columns["company"][1], columns["airport"][1]
    logit = (fare - 10) / 5 + (company == b"A") - airport
    np.testing.assert_allclose(np.frombuffer(found).reshape(-1, 2)[:, 1], 1 / (1 + np.exp(-logit)), atol=1e-12)
