import json

import msgspec
import pytest

from mainspring.serving.decision import Decision
from mainspring.serving.payloads import LogRecord
from mainspring.serving.payloads.events import Event, Naming, events_of

RECORD = LogRecord(
    id="one",
    time=1_700_000_000.0,
    model="taxi",
    version="1.0.0",
    protocol="v2",
    columns={
        "fare": [1.5, None],
        "seats": [1, 2],
        "shared": [True, False],
        "company": ["x", None],
        "image": [[1, 2]] * 2,
    },
    outputs={"label": ["yes", "no"], "probability.no": [0.25, 1], "probability.yes": [0.75, 0]},
    latency=0.25,
    trace="4bf92f3577b34da6a3ce929d0e0e4736",
    caller="ann",
)
V1 = msgspec.structs.replace(RECORD, protocol="v1", columns={"fare": [1.5, 2.5]}, outputs={"label": ["yes", "no"]})
FAILED = LogRecord(
    id="two", time=0.0, model="taxi", version="", protocol="v2", status=400, error="no JSON", body="{Ä"
)


def events(record: LogRecord, **naming: str) -> list[Event]:
    return list(events_of(record, Naming(**naming)))


def test_ours_have_an_id_each_and_share_that_of_the_request() -> None:
    request, response = events(RECORD)
    assert dict(request.attributes) == {
        "specversion": "1.0",
        "id": "one.request",
        "type": "io.mainspring.inference.request",
        "source": "/mainspring/models/taxi",
        "time": "2023-11-14T22:13:20.000Z",
        "datacontenttype": "application/json",
        "subject": "1.0.0",
        "requestid": "one",
        "model": "taxi",
        "modelversion": "1.0.0",
        "protocol": "v2",
        "traceid": "4bf92f3577b34da6a3ce929d0e0e4736",
        "caller": "ann",
    }
    assert response.attributes["id"] == "one.response"
    assert response.attributes["time"] == "2023-11-14T22:13:20.250Z"
    assert (response.attributes["status"], response.attributes["latency"]) == ("200", "0.250000")


def test_events_tell_where_routers_sent_the_request() -> None:
    decision = Decision("taxi", "next", 0.25, "canary", 1)
    for event in events(msgspec.structs.replace(RECORD, decisions=(decision,))):
        told = json.loads(event.attributes["decisions"])
        assert told == [{"router": "taxi", "arm": "next", "propensity": 0.25, "policy": "canary", "place": 1}]


def test_data_is_in_the_words_of_the_open_inference_protocol() -> None:
    request, response = (json.loads(event.data) for event in events(RECORD))
    assert request["id"] == "one"
    assert request["inputs"] == [
        {"name": "fare", "datatype": "FP64", "shape": [2], "data": [1.5, None]},
        {"name": "seats", "datatype": "INT64", "shape": [2], "data": [1, 2]},
        {"name": "shared", "datatype": "BOOL", "shape": [2], "data": [True, False]},
        {"name": "company", "datatype": "BYTES", "shape": [2], "data": ["x", None]},
        {"name": "image", "datatype": "INT64", "shape": [2, 2], "data": [[1, 2], [1, 2]]},
    ]
    assert (response["model_name"], response["model_version"], response["id"]) == ("taxi", "1.0.0", "one")
    assert [output["name"] for output in response["outputs"]] == ["label", "probability.no", "probability.yes"]


def test_data_is_in_the_words_of_kserve_v1_where_the_request_was() -> None:
    request, response = (json.loads(event.data) for event in events(V1))
    assert request == {"instances": [{"fare": 1.5}, {"fare": 2.5}]}
    assert response == {"predictions": ["yes", "no"]}


@pytest.mark.parametrize(
    ("names", "prefix", "own"),
    [
        (
            "kserve",
            "org.kubeflow.serving.inference.",
            {"inferenceservicename", "namespace", "component", "endpoint", "recordedtime"},
        ),
        (
            "seldon",
            "io.seldon.serving.inference.",
            {"requestid", "modelid", "inferenceservicename", "namespace", "endpoint", "protocol"},
        ),
    ],
)
def test_they_are_known_under_the_names_of_others(names: str, prefix: str, own: set[str]) -> None:
    request, response = events(RECORD, events=names, source="/clusters/taxis", namespace="town")
    assert [request.attributes["type"], response.attributes["type"]] == [f"{prefix}request", f"{prefix}response"]
    assert request.attributes["id"] == response.attributes["id"] == "one"
    plain = {"specversion", "id", "type", "source", "time", "datacontenttype"}
    assert request.attributes.keys() == plain | own
    assert (request.attributes["inferenceservicename"], request.attributes["namespace"]) == ("taxis", "town")


def test_errors_are_events_too() -> None:
    request, response = events(FAILED)
    assert (request.attributes["datacontenttype"], request.data) == ("text/plain; charset=utf-8", "{Ä".encode())
    assert json.loads(response.data) == {"error": "no JSON"}
    assert response.attributes["status"] == "400"
    assert request.structured()["data"] == "{Ä"
    assert json.loads(msgspec.json.encode(response.structured()))["data"] == {"error": "no JSON"}


def test_one_side_may_be_left_out() -> None:
    assert [event.part for event in events(RECORD, parts="response")] == ["response"]
    assert [event.part for event in events(RECORD, parts="request")] == ["request"]


def test_attribute_names_are_those_that_cloudevents_allows() -> None:
    for names in ("mainspring", "kserve", "seldon"):
        for event in events(RECORD, events=names):
            assert all(name.isalnum() and name.islower() and len(name) <= 20 for name in event.attributes)
