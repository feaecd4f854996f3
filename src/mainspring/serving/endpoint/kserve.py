"""The KServe version 1 protocol, and TensorFlow Serving's ``:predict``, of which it is a part: plain JSON.

Both send rows as ``instances`` and columns as ``inputs``. KServe answers either with ``predictions``; TensorFlow
Serving answers columns with ``outputs``. So columns are answered with both, and a request with a
``signature_name``, which only TensorFlow Serving has, as that server does.

Specification: https://kserve.github.io/website (data plane, V1 protocol), and ``g3doc/api_rest.md`` of TensorFlow
Serving.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from mainspring.evaluation.assertions import Assertion
from mainspring.serving.asserting import ASSERTIONS, ERROR
from mainspring.serving.call import Call
from mainspring.serving.endpoint.answers import Answer
from mainspring.serving.endpoint.base64_values import MARK, decoded, encoded
from mainspring.serving.endpoint.problems import unreadable
from mainspring.serving.flagging import tags_of
from mainspring.serving.ports import Answering
from mainspring.serving.prediction import Prediction
from mainspring.serving.problems import MalformedError
from mainspring.serving.question import Question

PROBABILITIES = "probabilities"
"""The request parameter that asks for the probabilities of every class beside the label."""

SIGNATURES = frozenset({"serving_default", "predict"})
"""The names of the one signature that a model has."""

_LABEL = "label"


class _Request(msgspec.Struct):
    instances: list[Any] | None = None
    inputs: dict[str, list[Any]] | list[Any] | None = None
    id: str | None = None
    parameters: dict[str, Any] | None = None
    signature_name: str | None = None


class Form(msgspec.Struct, frozen=True):
    """What an answer has to hold.

    Attributes:
        columns: The question had columns.
        by_output: It had a ``signature_name``: every output by its name.
    """

    columns: bool
    by_output: bool


_FORMS = {(columns, named): Form(columns, named) for columns in (False, True) for named in (False, True)}


class KServeV1:
    """Reads and writes ``:predict`` bodies. Safe for threads."""

    name = "v1"

    def __init__(self) -> None:
        self._decoder = msgspec.json.Decoder(_Request)
        self._encoder = msgspec.json.Encoder()

    def read(self, body: bytes, headers: Mapping[bytes, bytes]) -> Question:
        """Read ``instances`` (objects, lists in order, or bare values) or ``inputs`` (a list per column, or one).

        Raises:
            MalformedError: If it is not JSON of the right form.
        """
        _ = headers
        try:
            request = self._decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise unreadable(body, error) from error
        rows, inputs = request.instances, request.inputs
        if (rows is None) == (inputs is None):
            raise MalformedError(
                f"the request has {'neither' if rows is None else 'both'} 'instances' "
                f"{'nor' if rows is None else 'and'} 'inputs'",
                expected="'instances' (a list of objects) or 'inputs' (an object of lists) by column name",
            )
        parameters = request.parameters or {}
        asked = parameters.get(PROBABILITIES, False)
        if not isinstance(asked, bool):
            raise MalformedError(f"parameter {PROBABILITIES!r} is {asked!r}", expected="true or false")
        check_signature(request.signature_name)
        if MARK in body:
            rows, inputs = decoded(rows), decoded(inputs)
        form = _FORMS[inputs is not None, request.signature_name is not None]
        if isinstance(inputs, list):  # one tensor, whose first dimension counts rows
            return Question(id=request.id, rows=inputs, parameters=parameters, form=form)
        return Question(id=request.id, rows=rows, lists=inputs, parameters=parameters, form=form)

    def complete(self, question: Question, model: Answering) -> None:
        """Nothing: a body says all by itself."""

    def write(self, call: Call, prediction: Prediction) -> Answer:
        """Write ``predictions``, one per row: a label or a number, or a label and the probability of every class.

        Several outputs that are no label with probabilities are an object per row. To columns, ``outputs`` are
        written besides: an object of lists, or the list of the only output. A model with assertions has two more
        lists, row for row: ``assertions``, those that are violated, and ``errors``, why there is no prediction.
        """
        question = call.question
        form = question.form if question is not None and isinstance(question.form, Form) else _FORMS[False, False]
        answer: dict[str, Any] = {}
        if not (form.columns and form.by_output):
            asked = question is not None and bool(question.parameters.get(PROBABILITIES))
            answer["predictions"] = _predictions(prediction, asked=asked, by_output=form.by_output)
        if form.columns:
            lists = _by_output(prediction)
            answer["outputs"] = next(iter(lists.values())) if len(lists) == 1 else lists
        if prediction.answered is not None:
            told = {one: _told(one) for one in prediction.violations}
            answer["assertions"] = [[told[one] for one in row] for row in prediction.answered.violated]
            answer["errors"] = [prediction.answered.blocked.get(row) for row in range(prediction.rows)]
        if prediction.tags or prediction.outliers is not None:
            tags = tags_of(call, prediction)
            if tags:
                answer["tags"] = tags
        return Answer(200, self._encoder.encode(answer))


def check_signature(name: str | None) -> None:
    """Refuse a signature that no model here has.

    Raises:
        MalformedError: If it is none of :data:`SIGNATURES`, or of TensorFlow's own names for what it does.
    """
    if name is not None and name.rpartition("/")[2] not in SIGNATURES | {"classify", "regress", ""}:
        raise MalformedError(
            f"signature {name!r} is not known", expected="no signature_name, or " + " or ".join(sorted(SIGNATURES))
        )


def _predictions(prediction: Prediction, *, asked: bool, by_output: bool) -> list[Any]:
    fields, outputs, classes = prediction.fields, prediction.outputs, prediction.classes
    first = fields[0].name
    if not by_output and first == _LABEL and classes is not None:
        labels: list[Any] = outputs[first].tolist()
        if not asked:
            return labels
        rows = outputs[PROBABILITIES].tolist()
        return [
            {_LABEL: label, PROBABILITIES: dict(zip(classes, row, strict=True))}
            for label, row in zip(labels, rows, strict=True)
        ]
    lists = _by_output(prediction)
    if len(lists) == 1:
        return next(iter(lists.values()))
    if len({len(values) for values in lists.values()}) > 1:
        return [lists]  # a model of tensors whose outputs have no rows in common
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


def _by_output(prediction: Prediction) -> dict[str, list[Any]]:
    """The outputs as lists by name, without those that tell of assertions: these have lists of their own."""
    skipped = () if prediction.answered is None else (ASSERTIONS, ERROR)
    return {
        field.name: encoded(prediction.outputs[field.name], field)
        for field in prediction.fields
        if field.name not in skipped
    }


def _told(assertion: Assertion) -> dict[str, str]:
    """An assertion, for whoever gets the answer."""
    return {"name": assertion.name, "action": assertion.action, "message": assertion.message}
