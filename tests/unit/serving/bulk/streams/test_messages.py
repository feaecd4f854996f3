"""What messages may say, and the form of answers."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

from mainspring.core.errors import InputError
from mainspring.serving.bulk.streams.messages import Answering, answer, failure, read, reply_id
from mainspring.serving.bulk.streams.ports import Message, Reply
from mainspring.serving.predictor import Predictor
from mainspring.serving.problems import MalformedError

ROW = {"fare": 12.5, "hour": 3, "company": "A", "airport": False}
KNOWN = frozenset(ROW)
BY = Answering("asks", "taxi", "1.0.0")
EVENT = {"specversion": "1.0", "id": "event-7", "type": "trip", "source": "shop"}


def asked(predictor: Predictor, body: Any, headers: Mapping[str, str] | None = None) -> tuple[Reply, Any]:
    """The reply to a body, and its content."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    one = read(Message("1-0", data, dict(headers or {})), KNOWN)
    found = answer(one, predictor.answer(one.question), BY)
    return found, json.loads(found.data)


def test_rows_in_every_form_are_answered_with_predictions(predictor: Predictor) -> None:
    bodies = [ROW, [ROW], {"instances": [ROW]}, {"inputs": {name: [value] for name, value in ROW.items()}}]
    for body in bodies:
        reply, told = asked(predictor, body)
        assert told["predictions"] == [
            {
                "label": "yes",
                "probabilities": {"no": pytest.approx(0.182, abs=1e-3), "yes": pytest.approx(0.818, abs=1e-3)},
            }
        ]
        assert (told["model_name"], told["model_version"], told["id"]) == ("taxi", "1.0.0", "1-0")
        assert reply.ok
        assert reply.headers["content-type"] == "application/json"
        assert reply.headers["answer-id"] == reply.id == reply_id("asks", reply.message)


def test_columns_that_the_model_does_not_know_are_passed_over(predictor: Predictor) -> None:
    strange = {"name": "tip", "datatype": "FP64", "shape": [1], "data": [1.0]}
    for body in ({**ROW, "tip": 3}, {"instances": [{**ROW, "tip": 3}]}, {"inputs": [*tensors(), strange]}):
        _, told = asked(predictor, body)
        assert "predictions" in told or told["outputs"][0]["data"] == ["yes"]


def tensors() -> list[dict[str, Any]]:
    kinds = {"fare": "FP64", "hour": "INT64", "company": "BYTES", "airport": "BOOL"}
    return [{"name": n, "datatype": kinds[n], "shape": [1], "data": [value]} for n, value in ROW.items()]


def test_tensors_are_answered_with_tensors(predictor: Predictor) -> None:
    reply, told = asked(predictor, {"id": "mine", "inputs": tensors(), "outputs": [{"name": "label"}]})
    assert told == {
        "model_name": "taxi",
        "model_version": "1.0.0",
        "id": "mine",
        "outputs": [{"name": "label", "datatype": "BYTES", "shape": [1], "data": ["yes"]}],
    }
    assert reply.headers["request-id"] == "mine"


def test_an_event_is_answered_with_an_event(predictor: Predictor) -> None:
    packed = base64.b64encode(json.dumps(ROW).encode()).decode()
    for body in ({**EVENT, "data": ROW}, {**EVENT, "data_base64": packed}):
        reply, told = asked(predictor, body)
        assert reply.headers["content-type"] == "application/cloudevents+json"
        assert (told["specversion"], told["type"], told["source"]) == (
            "1.0",
            "mainspring.prediction",
            "mainspring/taxi",
        )
        assert (told["id"], told["requestid"], told["modelversion"]) == (reply.id, "event-7", "1.0.0")
        assert told["data"]["predictions"][0]["label"] == "yes"
    reply, told = asked(predictor, ROW, {f"ce-{name}": text for name, text in EVENT.items()})
    assert told["predictions"][0]["label"] == "yes"
    assert reply.headers["ce-specversion"] == "1.0"
    assert reply.headers["ce-requestid"] == "event-7"
    assert reply.headers["content-type"] == "application/json"


def test_the_senders_id_is_taken_from_body_or_headers(predictor: Predictor) -> None:
    assert asked(predictor, ROW, {"request-id": "r1"})[1]["id"] == "r1"
    assert asked(predictor, ROW, {"nats-msg-id": "n1"})[1]["id"] == "n1"
    assert asked(predictor, {"id": "body", "instances": [ROW]}, {"request-id": "r1"})[1]["id"] == "body"


@pytest.mark.parametrize(
    "body",
    [b"", b"{no", b'"text"', b"[1]", b"7", b'{"instances": [5]}', b'{"inputs": [{"name": "a", "shape": ["x"]}]}'],
)
def test_what_asks_nothing_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedError):
        read(Message("1-0", body), KNOWN)


def test_a_dead_letter_says_what_was_wrong_and_what_was_said() -> None:
    message = Message("1-0", b'{"fare": "dear"}', deliveries=2)
    found = failure(message, InputError("no", expected="yes"), BY)
    assert not found.ok
    told = json.loads(found.data)
    assert told["error"] == {"code": "INVALID_INPUT", "found": "no", "expected": "yes", "where": None, "fix": None}
    assert (told["message"], told["deliveries"], told["body"]) == ("1-0", 2, '{"fare": "dear"}')
    event = read(Message("2-0", json.dumps({**EVENT, "data": ROW}).encode()), KNOWN)
    assert json.loads(failure(event.message, InputError("no"), BY, asked=event).data)["type"].endswith(".failed")
