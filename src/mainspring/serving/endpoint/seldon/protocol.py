"""Predictions in Seldon's messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from mainspring.models.signature import Field
from mainspring.serving.call import Call
from mainspring.serving.endpoint.answers import JSON, Answer, Header
from mainspring.serving.endpoint.seldon.messages import Message, finite, message_of, payload, read
from mainspring.serving.flagging import tags_of
from mainspring.serving.ports import Answering
from mainspring.serving.prediction import Prediction
from mainspring.serving.problems import MalformedError
from mainspring.serving.question import Question

PUID = b"seldon-puid"
"""The header with the id of a request."""

_LONGEST = 200
_LABEL, _PROBABILITIES = "label", "probabilities"


class Seldon:
    """Reads and writes messages of Seldon's. Safe for threads.

    Rows are those of ``data``: with ``names`` by name, without in the order of the model's columns. ``jsonData``
    is a row, or a list of rows; ``strData`` and ``binData`` are the only column of one row.
    """

    name = "seldon"

    def __init__(self) -> None:
        self._encoder = msgspec.json.Encoder()

    def read(self, body: bytes, headers: Mapping[bytes, bytes]) -> Question:
        """Read a message.

        Raises:
            MalformedError: If it is none.
        """
        return question_of(read(body), headers)

    def complete(self, question: Question, model: Answering) -> None:
        """Give the rows their names, if the model knows these.

        Raises:
            MalformedError: If a row has more or fewer values than names.
        """
        message, rows = question.form, question.rows
        if not isinstance(message, Message) or not message.names or rows is None:
            return
        names, known = message.names, {one.name for one in model.inputs}
        if (known and not known & set(names)) or len(set(names)) < len(names):
            return  # names of the caller's own: the order counts
        if len(names) == 1 and not any(isinstance(row, list) for row in rows):
            rows = [[row] for row in rows]
        wrong = next((row for row in rows if not isinstance(row, list) or len(row) != len(names)), None)
        if wrong is None:
            question.rows = [dict(zip(names, row, strict=True)) for row in rows]
        elif known:
            raise MalformedError(f"a row is {str(wrong)[:80]}", expected=f"{len(names)} values, as named")

    def write(self, call: Call, prediction: Prediction) -> Answer:
        """Write the answer in the kind of the question, with ``meta``: id, tags, routing, path and metrics.

        Of a classification the values are the probabilities, named after the classes, and the label is a tag;
        several outputs stand side by side.

        Raises:
            MalformedError: If it cannot be said in that kind.
        """
        form = None if call.question is None else call.question.form
        message = form if isinstance(form, Message) else Message("ndarray", [])
        names, values, tags = table_of(prediction, message.kind)
        meta = meta_of(call, {**message.tags, **tags, **tags_of(call, prediction)}, prediction.metrics)
        answer = {**payload(message.kind, values, names), "meta": meta}
        return Answer(200, self._encoder.encode(answer), (JSON, *puid_header(call.id)))


def question_of(message: Message, headers: Mapping[bytes, bytes] | None = None) -> Question:
    """What a message asks."""
    given = (headers or {}).get(PUID, b"").decode("latin-1").strip()
    puid = given if 0 < len(given) <= _LONGEST else message.puid[:_LONGEST]
    rows: Sequence[Any]
    if message.kind in ("strData", "binData"):
        rows = [message.value]
    elif message.kind == "jsonData":
        rows = message.value if isinstance(message.value, list) else [message.value]
    else:
        rows = message.value
    return Question(id=puid or None, rows=list(rows), form=message)


def meta_of(call: Call, tags: Mapping[str, Any], metrics: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What Seldon calls the meta of an answer."""
    meta: dict[str, Any] = {"puid": call.id, "tags": finite(tags)}
    routing = {one.router.rpartition("/")[2]: one.place for one in call.decisions}
    if routing:
        meta["routing"] = routing
    # What else is served here is not for somebody who may only ask for some of it.
    may = (lambda model: True) if call.caller is None else call.caller.may_ask
    visits = {one.node: f"{one.model}:{one.version}" if may(one.model) else "" for one in call.visits if one.model}
    name, version = call.names
    meta["requestPath"] = visits or {name: f"{name}:{version}"}
    if metrics:
        meta["metrics"] = finite(list(metrics))
    return meta


def puid_header(text: str) -> list[Header]:
    """The header with the id of a request."""
    fits = text.isascii() and text.isprintable() and 0 < len(text) <= _LONGEST
    return [(PUID, text.encode("ascii"))] if fits else []


def table_of(prediction: Prediction, kind: str) -> tuple[list[str], Any, dict[str, Any]]:
    """The outputs as one table: names of its columns, its values, and what does not fit into it, as tags."""
    outputs, fields, classes = prediction.outputs, prediction.fields, prediction.classes
    if kind == "jsonData":
        return [], _rows(prediction), {}
    if classes is not None and _PROBABILITIES in outputs and _LABEL in outputs and kind in _TABLES:
        label = finite(outputs[_LABEL])
        return list(classes), outputs[_PROBABILITIES], {_LABEL: label[0] if len(label) == 1 else label}
    if kind not in _TABLES:
        first = fields[0].name
        return [], outputs[first], {one.name: finite(outputs[one.name]) for one in fields[1:]}
    arrays = [outputs[one.name] for one in fields]
    if len(arrays) == 1 and arrays[0].ndim > 1:
        return _names(fields[0], arrays[0].shape), arrays[0], {}
    flat = {one.name: outputs[one.name] for one in fields if outputs[one.name].ndim == 1}
    sizes = {len(one) for one in flat.values()}
    if len(flat) < len(arrays) or len(sizes) != 1:
        return [fields[0].name], arrays[0], {one.name: finite(outputs[one.name]) for one in fields[1:]}
    numbers = all(one.dtype.kind in "biuf" for one in flat.values())
    columns = list(flat.values())
    if numbers:
        return list(flat), np.column_stack(columns), {}
    mixed = np.empty((sizes.pop(), len(columns)), dtype=object)
    for place, one in enumerate(columns):
        mixed[:, place] = one
    return list(flat), mixed, {}


_TABLES = frozenset({"ndarray", "tensor", "tftensor"})


def _names(field: Field, shape: tuple[int, ...]) -> list[str]:
    return [f"{field.name}:{place}" for place in range(shape[1])] if len(shape) == 2 else [field.name]


def _rows(prediction: Prediction) -> Any:
    """One object per row; one object for the only row; the bare values of an output that a class did not name."""
    fields, outputs, classes = prediction.fields, prediction.outputs, prediction.classes
    plain: dict[str, list[Any]] = {}
    for one in fields:
        values = finite(outputs[one.name])
        if one.name == _PROBABILITIES and classes is not None:
            values = [dict(zip(classes, row, strict=True)) for row in values]
        plain[one.name] = values
    if len({len(values) for values in plain.values()}) > 1:
        return plain
    if len(plain) == 1 and fields[0].name == "output":
        rows = next(iter(plain.values()))
    else:
        rows = [dict(zip(plain, row, strict=True)) for row in zip(*plain.values(), strict=True)]
    return rows[0] if len(rows) == 1 else rows


__all__ = ["PUID", "Seldon", "message_of", "meta_of", "puid_header", "question_of", "table_of"]
