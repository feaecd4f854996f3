"""Bytes, events, orders: whatever is sent, it is answered in the one form of errors, and never with 500."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NAMES = ["fare", "hour", "company", "airport", "x"]
TYPES = ["FP64", "FP32", "FP16", "BF16", "INT64", "UINT8", "BOOL", "BYTES", "X"]
KEEP = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

sizes = st.integers(-1, 9) | st.sampled_from([2**31, 2**62, 2**63, 2**70])
plain = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=4)
parameters = st.dictionaries(
    st.sampled_from(
        [
            "binary_data_size",
            "binary_data",
            "binary_data_output",
            "classification",
            "shared_memory_region",
            "timeout",
            "x",
        ]
    ),
    sizes | st.booleans() | st.text(max_size=3) | st.floats(),
    max_size=3,
)
tensors = st.fixed_dictionaries(
    {
        "name": st.sampled_from(NAMES),
        "shape": st.lists(sizes, max_size=3),
        "datatype": st.sampled_from(TYPES),
    },
    optional={"data": st.lists(plain | st.lists(plain, max_size=2), max_size=3), "parameters": parameters},
)
requests = st.fixed_dictionaries(
    {"inputs": st.lists(tensors, max_size=4)},
    optional={
        "parameters": parameters,
        "outputs": st.lists(
            st.fixed_dictionaries(
                {"name": st.sampled_from(["label", "probabilities", "y"])}, optional={"parameters": parameters}
            ),
            max_size=2,
        ),
    },
)
deep = st.sampled_from([10, 400, 900, 990])


def right(reply: Any) -> None:
    assert reply.status in (200, 400, 404, 422, 501), reply
    if reply.status != 200:
        assert list(reply.json) == ["error"]
        assert reply.json["error"].strip()


@KEEP
@given(request=requests, tail=st.binary(max_size=40), off=st.integers(-2, 2) | st.sampled_from([10**6, -(10**6)]))
def test_b7_json_with_bytes(ask: Any, request: Any, tail: bytes, off: int) -> None:
    text = json.dumps(request).encode()
    header = {"inference-header-content-length": str(len(text) + off)}
    right(ask("POST", "/v2/models/taxi/infer", text + tail, header))


@KEEP
@given(body=st.binary(max_size=64))
def test_b7_bytes_alone(serving: Any, numbers: Any, one: Any, echo: Any, body: bytes) -> None:
    ask = serving(numbers, one, echo("FP32", name="open", shape=(-1, -1, 2)), echo("BF16", name="half"))
    for model in ("numbers", "one", "open", "half"):
        right(ask("POST", f"/v2/models/{model}/infer", body, {"inference-header-content-length": "0"}))


@pytest.mark.parametrize("length", ["9" * 5_000, "", "\uff11", "+1", "0x1", "1_0"])
def test_b7_lengths_that_are_none(ask: Any, length: str) -> None:
    header = {"inference-header-content-length": length.encode("utf-8").decode("latin-1")}
    reply = ask("POST", "/v2/models/taxi/infer", {"inputs": []}, header)
    assert (reply.status, "Content-Length" in reply.json["error"]) == (400, True)
    assert len(reply.json["error"]) < 500


@KEEP
@given(
    event=st.dictionaries(st.sampled_from(["specversion", "id", "source", "type", "data", "data_base64"]), plain)
    | plain,
    headers=st.dictionaries(
        st.sampled_from(["ce-id", "ce-source", "ce-type", "ce-specversion"]),
        st.text(st.characters(max_codepoint=255), max_size=5) | st.just("1.0"),
    ),
    structured=st.booleans(),
)
def test_events(ask: Any, event: Any, headers: dict[str, str], structured: bool) -> None:
    given = {**headers, "content-type": "application/cloudevents+json"} if structured else headers
    right(ask("POST", "/v1/models/taxi:predict", event, given))


@KEEP
@given(
    body=st.fixed_dictionaries({}, optional={"parameters": st.dictionaries(st.text(max_size=8), plain) | plain})
    | plain,
    order=st.sampled_from(["load", "unload"]),
)
def test_orders(ask: Any, body: Any, order: str) -> None:
    right(ask("POST", f"/v2/repository/models/nobody/{order}", body))
    right(ask("POST", "/v2/repository/index", body))


@KEEP
@given(
    examples=st.lists(st.dictionaries(st.sampled_from(NAMES), plain | st.lists(plain, max_size=2)), max_size=3)
    | plain,
    context=st.dictionaries(st.sampled_from(NAMES), plain) | plain,
    verb=st.sampled_from(["classify", "regress"]),
)
def test_examples(ask: Any, examples: Any, context: Any, verb: str) -> None:
    right(ask("POST", f"/v1/models/taxi:{verb}", {"examples": examples, "context": context}))


@KEEP
@given(depth=deep, path=st.sampled_from(["/v1/models/taxi:predict", "/v2/models/taxi/infer"]), b64=st.booleans())
def test_values_nested_deeply(ask: Any, depth: int, path: str, b64: bool) -> None:
    value = b"[" * depth + (b'{"b64": "QQ=="}' if b64 else b"1") + b"]" * depth
    for body in (
        b'{"instances": [{"fare": %s, "hour": 1, "company": "A", "airport": true}]}' % value,
        b'{"instances": [%s]}' % value,
        b'{"inputs": {"fare": [%s]}}' % value,
        b'{"inputs": [{"name": "fare", "shape": [1], "datatype": "FP64", "data": [%s]}]}' % value,
    ):
        right(ask("POST", path, body))
