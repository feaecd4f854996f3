import base64
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.serving.endpoint.seldon.messages import message_of, payload, read
from mainspring.serving.problems import MalformedError


def test_each_kind_of_payload_is_read() -> None:
    rows = [[1.0, 2.0], [3.0, 4.0]]
    assert message_of({"data": {"ndarray": rows}}).value == rows
    tensor = message_of({"data": {"names": ["a", "b"], "tensor": {"shape": [2, 2], "values": [1, 2, 3, 4]}}})
    assert (tensor.kind, tensor.value, tensor.names) == ("tensor", rows, ("a", "b"))
    proto = {"dtype": "DT_INT64", "tensorShape": {"dim": [{"size": "2"}]}, "int64Val": ["5", "6"]}
    assert message_of({"data": {"tftensor": proto}}).value == [5, 6]
    ones = {"dtype": "DT_FLOAT", "tensorShape": {"dim": [{"size": 3}]}, "floatVal": [1.5]}
    assert message_of({"data": {"tftensor": ones}}).value == [1.5, 1.5, 1.5]
    assert message_of({"strData": "héllo"}).value == "héllo"
    assert message_of({"binData": "AAEC"}).value == b"\x00\x01\x02"
    assert message_of({"jsonData": {"a": [1]}}).value == {"a": [1]}


def test_what_is_said_about_a_message_is_read() -> None:
    found = message_of({"strData": "x", "meta": {"puid": "7", "tags": {"a": 1}, "routing": {"r": -1}}})
    assert (found.puid, found.tags, found.routing) == ("7", {"a": 1}, {"r": -1})


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], "no JSON object"),
        ({}, "no payload"),
        ({"strData": "a", "jsonData": 1}, "strData, jsonData"),
        ({"customData": {}}, "customData"),
        ({"data": {"ndarray": [1], "tensor": {}}}, "ndarray, tensor"),
        ({"data": {"ndarray": 3}}, "no list"),
        ({"data": {"ndarray": [[1]], "names": [1]}}, "names"),
        ({"data": {"tensor": {"shape": [2, 2], "values": [1]}}}, "1 values"),
        ({"data": {"tensor": {"shape": [-1, -1], "values": [1]}}}, "shape"),
        ({"data": {"tftensor": {"dtype": "DT_COMPLEX64"}}}, "DT_COMPLEX64"),
        ({"data": {"tftensor": {"dtype": "DT_INT32", "tensorShape": {"dim": [{}]}}}}, "cannot be read"),
        ({"binData": "%"}, "no base64"),
        ({"strData": 1}, "no text"),
        ({"strData": "a", "meta": {"routing": {"r": "one"}}}, "'one'"),
        ({"strData": "a", "meta": {"puid": 3}}, "puid"),
        ({"strData": "a", "meta": []}, "meta"),
    ],
)
def test_what_is_no_message_is_named(value: Any, said: str) -> None:
    with pytest.raises(MalformedError, match=said):
        message_of(value)


def test_a_body_that_is_no_json_is_named() -> None:
    with pytest.raises(MalformedError, match="ends too early"):
        read(b'{"data": ')


def test_each_kind_of_payload_is_written() -> None:
    numbers = np.array([[1.0, np.nan]])
    assert payload("ndarray", numbers, ["a", "b"]) == {"data": {"names": ["a", "b"], "ndarray": [[1.0, None]]}}
    assert payload("tensor", np.array([[1, 2]])) == {"data": {"tensor": {"shape": [1, 2], "values": [1, 2]}}}
    words = np.array(["é"], dtype=object)
    proto = payload("tftensor", words)["data"]["tftensor"]
    assert proto["stringVal"] == [base64.b64encode("é".encode()).decode()]
    assert payload("strData", words) == {"strData": "é"}
    assert payload("strData", np.array([[1.5, 2]])) == {"strData": "[1.5,2.0]"}
    assert payload("binData", b"\xff") == {"binData": "/w=="}
    assert payload("jsonData", {"a": np.float64("inf")}) == {"jsonData": {"a": None}}


def test_what_a_kind_cannot_say_is_refused() -> None:
    with pytest.raises(MalformedError, match="tensor has numbers"):
        payload("tensor", np.array(["word"], dtype=object))
    with pytest.raises(MalformedError, match="no bytes"):
        payload("binData", np.array([1.0]))


@given(
    st.sampled_from(["ndarray", "tensor", "tftensor"]),
    st.integers(0, 4).flatmap(
        lambda wide: st.lists(
            st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=wide, max_size=wide), min_size=1
        )
    ),
)
def test_what_was_written_is_read_again(kind: Any, rows: list[list[float]]) -> None:
    written = msgspec.json.encode(payload(kind, np.array(rows, dtype=float).reshape(len(rows), -1)))
    assert read(written).value == rows
