"""What messages ask, and what answers look like.

A body is one of these, in JSON, alone or within a CloudEvent (https://cloudevents.io, version 1.0, structured or
with its attributes as headers):

========================================  ==================================================
``{"fare": 12.5, …}`` or a list of them   rows
``{"instances": […]}``                    rows, as KServe V1 has them
``{"inputs": [{"name": …, "data": …}]}``  tensors, as the Open Inference Protocol has them
========================================  ==================================================

Tensors are answered with tensors, everything else with ``predictions``; an event with an event.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

from mainspring.core.clock import iso, now
from mainspring.core.errors import MainspringError
from mainspring.serving.asserting import ASSERTIONS, ERROR
from mainspring.serving.bulk.streams.ports import Message, Reply
from mainspring.serving.prediction import Prediction
from mainspring.serving.problems import MalformedError
from mainspring.serving.question import Question, Tensor

EVENT_TYPE: Final = "mainspring.prediction"
"""The type of events that hold answers."""

FAILED_TYPE: Final = "mainspring.prediction.failed"

JSON: Final = "application/json"

_STRUCTURED: Final = "application/cloudevents+json"
_CE: Final = "ce-"
_IDS: Final = ("ce-id", "request-id", "x-request-id", "nats-msg-id", "id")
_EXPECTED: Final = "rows as JSON objects, instances, or inputs"
_SHOWN: Final = 10_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A message that was read.

    Attributes:
        message: The message.
        question: What it asks.
        id: The id that its sender gave it; that of the message without one.
        tensors: Whether it is to be answered with tensors.
        event: How it was an event, if it was one.
    """

    message: Message
    question: Question
    id: str
    tensors: bool = False
    event: Literal["structured", "binary"] | None = None


@dataclass(frozen=True, slots=True)
class Answering:
    """Who answers.

    Attributes:
        stream: The name of the stream that is read.
        model: The name of the model.
        version: Its version.
    """

    stream: str
    model: str
    version: str


def read(message: Message, known: frozenset[str]) -> Asked:
    """Read a message. Columns that the model does not know are passed over.

    Raises:
        MalformedError: If it is nothing that can be answered.
    """
    given = next((message.headers[name] for name in _IDS if message.headers.get(name)), None)
    body = _decoded(message.data)
    event: Literal["structured", "binary"] | None = "binary" if f"{_CE}specversion" in message.headers else None
    if isinstance(body, dict) and "specversion" in body and ("data" in body or "data_base64" in body):
        event, given = "structured", str(body.get("id") or given or "") or None
        body = _decoded(base64.b64decode(body["data_base64"])) if "data_base64" in body else body["data"]
    question, tensors = _question(body, known)
    return Asked(message, question, question.id or given or message.id, tensors, event)


def answer(asked: Asked, prediction: Prediction, by: Answering) -> Reply:
    """The answer to a message."""
    told: dict[str, Any] = {"model_name": by.model, "model_version": by.version, "id": asked.id}
    told |= {"outputs": _outputs(asked, prediction)} if asked.tensors else _predictions(prediction)
    return _reply(asked.message, asked.id, told, by, event=asked.event, kind=EVENT_TYPE)


def failure(message: Message, error: MainspringError, by: Answering, *, asked: Asked | None = None) -> Reply:
    """The dead letter of a message: what was wrong, and what it said."""
    request = asked.id if asked is not None else message.id
    told = {
        "model_name": by.model,
        "model_version": by.version,
        "id": request,
        "error": dict(error.as_dict()),
        "deliveries": message.deliveries,
        "message": message.id,
        "body": message.data[:_SHOWN].decode("utf-8", "backslashreplace"),
    }
    event = None if asked is None else asked.event
    return _reply(message, request, told, by, event=event, kind=FAILED_TYPE, ok=False)


def reply_id(stream: str, message: Message) -> str:
    """The id of every reply to a message: the same, whoever answers it and however often.

    Example:
        >>> reply_id("asks", Message("1-0", b""))
        '6b5e8eb15a6a22d4e4bcdd2fd4f1e8c8'
    """
    return hashlib.sha256(f"{stream}\0{message.id}".encode()).hexdigest()[:32]


def _reply(
    message: Message,
    request: str,
    told: Mapping[str, Any],
    by: Answering,
    *,
    event: Literal["structured", "binary"] | None,
    kind: str,
    ok: bool = True,
) -> Reply:
    found = reply_id(by.stream, message)
    headers = {
        "content-type": JSON,
        "answer-id": found,
        "request-id": request,
        "message-id": message.id,
        "model-name": by.model,
        "model-version": by.version,
    }
    if event is None:
        return Reply(message, found, msgspec.json.encode(told), headers, ok)
    attributes = {
        "specversion": "1.0",
        "id": found,
        "source": f"mainspring/{by.model}",
        "type": kind,
        "time": iso(now()),
        "datacontenttype": JSON,
        "requestid": request,
        "modelversion": by.version,
    }
    if event == "binary":
        headers |= {_CE + name: text for name, text in attributes.items() if name != "datacontenttype"}
        return Reply(message, found, msgspec.json.encode(told), headers, ok)
    headers["content-type"] = _STRUCTURED
    return Reply(message, found, msgspec.json.encode({**attributes, "data": told}), headers, ok)


def _decoded(data: bytes) -> Any:  # whatever JSON holds
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError) as error:
        raise MalformedError(f"the message is not JSON: {error}", expected=_EXPECTED) from None


def _question(body: Any, known: frozenset[str]) -> tuple[Question, bool]:
    """What is asked, and whether by tensors."""
    match body:
        case {"inputs": [{"name": str(), "shape": list()}, *_] as inputs}:
            try:
                tensors = msgspec.convert(inputs, list[Tensor])
            except msgspec.ValidationError as error:
                raise MalformedError(f"the inputs are no tensors: {error}", expected=_EXPECTED) from None
            names = [one["name"] for one in body.get("outputs") or []]
            kept = [one for one in tensors if one.name in known] or tensors
            return Question(id=body.get("id"), tensors=kept, outputs=tuple(names) or None), True
        case {"instances": list(rows)}:
            return Question(id=body.get("id"), rows=_known(rows, known)), False
        case {"inputs": dict(lists)}:
            return Question(id=body.get("id"), lists={n: one for n, one in lists.items() if n in known}), False
        case dict():
            return Question(rows=_known([body], known)), False
        case list():
            return Question(rows=_known(body, known)), False
    raise MalformedError(f"the message is a {type(body).__name__}", expected=_EXPECTED)


def _known(rows: Sequence[Any], known: frozenset[str]) -> list[Any]:
    wrong = next((row for row in rows if not isinstance(row, dict)), None)
    if wrong is not None:
        raise MalformedError(f"a row is {json.dumps(wrong)[:100]}", expected="an object with a value per column")
    return [{name: value for name, value in row.items() if name in known} for row in rows]


def _predictions(prediction: Prediction) -> dict[str, Any]:
    outputs = prediction.outputs
    if "label" in outputs and prediction.classes is not None:
        classes = prediction.classes
        found: list[Any] = [
            None if label is None else {"label": label, "probabilities": dict(zip(classes, scores, strict=True))}
            for label, scores in zip(outputs["label"].tolist(), outputs["probabilities"].tolist(), strict=True)
        ]
    elif "prediction" in outputs:
        # Not a number stands for no answer.
        found = [value if value == value else None for value in outputs["prediction"].tolist()]
    else:
        names = [field.name for field in prediction.fields]
        found = [
            dict(zip(names, row, strict=True)) for row in zip(*(outputs[n].tolist() for n in names), strict=True)
        ]
    told: dict[str, Any] = {"predictions": found}
    if prediction.answered is not None:
        told["assertions"] = [[one.name for one in row] for row in prediction.answered.violated]
        told["errors"] = [prediction.answered.blocked.get(row) for row in range(prediction.rows)]
    return told


def _outputs(asked: Asked, prediction: Prediction) -> list[dict[str, Any]]:
    fields = {field.name: field for field in prediction.fields}
    wanted = asked.question.outputs or tuple(fields)
    return [
        {
            "name": name,
            "datatype": fields[name].datatype,
            "shape": list(prediction.outputs[name].shape),
            "data": _flat(name, prediction),
        }
        for name in wanted
        if name in fields
    ]


def _flat(name: str, prediction: Prediction) -> list[Any]:
    values = prediction.outputs[name].ravel().tolist()
    return [value or "" for value in values] if name in (ASSERTIONS, ERROR) else values
