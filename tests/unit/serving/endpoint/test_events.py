"""CloudEvents 1.0 over HTTP, in both modes, answered as KServe's server answers them."""

import base64
import json
from datetime import datetime
from typing import Any

import pytest

ROW = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}
PREDICT, INFER = "/v1/models/taxi:predict", "/v2/models/taxi/infer"
CE = {"ce-specversion": "1.0", "ce-id": "36077800", "ce-source": "me", "ce-type": "any"}
EVENT = {"specversion": "1.0", "id": "36077800", "source": "me", "type": "any", "data": {"instances": [ROW]}}
STRUCTURED = {"content-type": "application/cloudevents+json; charset=utf-8"}


def test_an_event_in_headers_is_answered_in_headers(ask: Any) -> None:
    reply = ask("POST", PREDICT, {"instances": [ROW]}, {**CE, "content-type": "application/json"})
    assert (reply.status, reply.json) == (200, {"predictions": ["yes"]})
    told = {name: value for name, value in reply.headers.items() if name.startswith("ce-")}
    assert datetime.fromisoformat(told.pop("ce-time")).tzinfo is not None
    assert told == {
        "ce-specversion": "1.0",
        "ce-id": "36077800",
        "ce-source": "io.kserve.inference.taxi",
        "ce-type": "io.kserve.inference.response",
    }
    assert (reply.headers["content-type"], reply.headers["x-request-id"]) == ("application/json", "36077800")


@pytest.mark.parametrize("encoded", [False, True])
def test_an_event_in_the_body_is_answered_in_the_body(ask: Any, encoded: bool) -> None:
    event: dict[str, Any] = dict(EVENT)
    if encoded:
        event["data_base64"] = base64.b64encode(json.dumps(event.pop("data")).encode()).decode()
    reply = ask("POST", PREDICT, event, STRUCTURED)
    assert (reply.status, reply.headers["content-type"]) == (200, "application/cloudevents+json")
    told = reply.json
    assert datetime.fromisoformat(told.pop("time")).tzinfo is not None
    assert told == {
        "specversion": "1.0",
        "id": "36077800",
        "source": "io.kserve.inference.taxi",
        "type": "io.kserve.inference.response",
        "datacontenttype": "application/json",
        "data": {"predictions": ["yes"]},
    }


def test_tensors_may_come_in_events(ask: Any) -> None:
    types = {"fare": "FP64", "hour": "INT64", "company": "BYTES", "airport": "BOOL"}
    inputs = [{"name": n, "shape": [1], "datatype": types[n], "data": [value]} for n, value in ROW.items()]
    request: dict[str, Any] = {"inputs": inputs}
    reply = ask("POST", INFER, request, CE)
    assert (reply.json["id"], reply.headers["ce-id"]) == ("36077800", "36077800")
    reply = ask("POST", INFER, {**request, "id": "mine"}, CE)
    assert (reply.json["id"], reply.headers["ce-id"]) == ("mine", "mine")
    request["parameters"] = {"binary_data_output": True}
    told = ask("POST", INFER, {**EVENT, "data": request}, STRUCTURED).json
    assert told["datacontenttype"] == "application/octet-stream"
    assert base64.b64decode(told["data_base64"]).startswith(b'{"model_name":"taxi"')


@pytest.mark.parametrize(
    ("headers", "body", "status", "piece"),
    [
        ({"ce-specversion": "1.0", "ce-id": "1"}, {"instances": [ROW]}, 400, "ce-source, ce-type"),
        ({**CE, "ce-specversion": "0.3"}, {"instances": [ROW]}, 501, "'0.3'"),
        ({"content-type": "application/cloudevents-batch+json"}, [EVENT], 501, "in batches"),
        (STRUCTURED, {"id": "1"}, 400, "specversion"),
        (STRUCTURED, b"{", 400, "not a CloudEvent"),
        (STRUCTURED, {**EVENT, "specversion": "2.0"}, 501, "'2.0'"),
        (STRUCTURED, {name: value for name, value in EVENT.items() if name != "data"}, 400, "the body is empty"),
        (STRUCTURED, {**EVENT, "data_base64": "?"}, 400, "not a CloudEvent"),
        (STRUCTURED, {**EVENT, "data": {"instances": [{}]}}, 400, "'fare' is not there"),
    ],
)
def test_what_is_wrong_is_said_in_the_one_form_of_errors(
    ask: Any, headers: Any, body: Any, status: int, piece: str
) -> None:
    reply = ask("POST", PREDICT, body, headers)
    assert (reply.status, list(reply.json)) == (status, ["error"])
    assert piece in reply.json["error"]


def test_an_id_cannot_bring_headers_with_it(ask: Any) -> None:
    reply = ask("POST", PREDICT, {"instances": [ROW]}, {**CE, "ce-id": "a\r\nx: y\u00fc"})
    assert reply.headers["ce-id"] == "a%0D%0Ax:%20y%C3%83%C2%BC"  # as the HTTP binding of CloudEvents has it
