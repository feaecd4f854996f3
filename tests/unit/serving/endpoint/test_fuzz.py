"""Whatever is sent, the server answers with a reason and lives on; only a failing model is a 500."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NAMES = ["fare", "hour", "company", "airport"]
PATHS = ["/v2/models/taxi/infer", "/v1/models/taxi:predict"]
KEEP = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.integers(min_value=-(10**400), max_value=10**400),
        st.floats(),
        st.text(),
        st.sampled_from(["A", "B", "label", "explode"]).filter(lambda word: word != "explode"),
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.sampled_from(NAMES), inner, max_size=3)
    ),
    max_leaves=5,
)
tensors = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from([*NAMES, "other"]) | values,
        "shape": st.lists(st.integers(-2, 4), max_size=3) | values,
        "datatype": st.sampled_from(["FP64", "INT64", "BOOL", "BYTES", "FP32", "X"]) | values,
        "data": st.lists(values, max_size=4) | values,
        "parameters": values,
    },
)
requests = st.fixed_dictionaries(
    {},
    optional={
        "id": st.text() | values,
        "inputs": st.lists(tensors, max_size=5) | st.dictionaries(st.sampled_from(NAMES), values) | values,
        "instances": st.lists(st.dictionaries(st.sampled_from(NAMES), values), max_size=3) | values,
        "outputs": st.lists(st.fixed_dictionaries({"name": st.text()})) | values,
        "parameters": st.fixed_dictionaries({}, optional={"probabilities": values}) | values,
    },
)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "fare": st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(),
            "hour": st.none() | st.integers(-(2**70), 2**70),
            "company": st.none() | st.text().filter(lambda word: word != "explode"),
            "airport": st.booleans(),
        }
    ),
    max_size=4,
)


def answered(call: Any, path: str, body: bytes) -> tuple[int, Any]:
    status, answer, _ = call("POST", path, body)
    assert status in (200, 400), answer
    if status == 400:
        assert list(answer) == ["error"]
        assert answer["error"].strip()
    assert call("GET", "/v2/health/ready")[0] == 200
    return status, answer


@KEEP
@given(path=st.sampled_from(PATHS), body=st.binary(max_size=200))
def test_bytes(call: Any, path: str, body: bytes) -> None:
    answered(call, path, body)


@KEEP
@given(path=st.sampled_from(PATHS), value=values)
def test_json(call: Any, path: str, value: Any) -> None:
    answered(call, path, json.dumps(value).encode())


@KEEP
@given(path=st.sampled_from(PATHS), request=requests, cut=st.none() | st.integers(0, 300))
def test_requests_of_nearly_the_right_form(call: Any, path: str, request: Any, cut: int | None) -> None:
    answered(call, path, json.dumps(request, ensure_ascii=cut is not None).encode("utf-8", "surrogatepass")[:cut])


@KEEP
@given(rows=rows)
def test_rows_of_the_right_types_are_answered_row_for_row(call: Any, rows: list[dict[str, Any]]) -> None:
    status, answer = answered(call, PATHS[1], json.dumps({"instances": rows}).encode())
    fits = all(row["hour"] is None or -(2**63) <= row["hour"] < 2**63 for row in rows)
    assert status == (200 if fits else 400), answer
    if fits:
        assert len(answer["predictions"]) == len(rows)


@pytest.mark.parametrize(
    "path", ["/", "/v2/../x", "/v2/models/\ud800", "/v2/models/a b", "//", "/v1/models/x:y:predict"]
)
def test_strange_paths(call: Any, path: str) -> None:
    for method in ("GET", "POST", "DELETE", "PATCH"):
        status, answer, _ = call(method, path, b"{}")
        assert status in (200, 404, 405)
        assert status == 200 or list(answer) == ["error"]
