"""What TensorFlow Serving's REST API has beside ``:predict``: ``:classify``, ``:regress``, status and metadata.

Specification: ``g3doc/api_rest.md`` of TensorFlow Serving. Its server writes ``results`` where that page says
``result``, and so does this one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from mainspring.models.signature import Field
from mainspring.serving.call import Call
from mainspring.serving.endpoint.answers import Answer
from mainspring.serving.endpoint.base64_values import MARK, decoded
from mainspring.serving.endpoint.kserve import PROBABILITIES, check_signature
from mainspring.serving.endpoint.problems import unreadable
from mainspring.serving.ports import Answering
from mainspring.serving.prediction import Prediction
from mainspring.serving.problems import MalformedError
from mainspring.serving.question import Question
from mainspring.serving.repository import State, VersionState

Document: TypeAlias = dict[str, Any]

_STATES: Mapping[State, str] = {
    State.UNKNOWN: "UNKNOWN",
    State.LOADING: "LOADING",
    State.READY: "AVAILABLE",
    State.UNLOADING: "UNLOADING",
    State.UNAVAILABLE: "END",
}
_DTYPES: Mapping[str, str] = {
    "BOOL": "DT_BOOL",
    "BYTES": "DT_STRING",
    "FP16": "DT_HALF",
    "BF16": "DT_BFLOAT16",
    "FP32": "DT_FLOAT",
    "FP64": "DT_DOUBLE",
}
_FAILED, _FINE = "UNKNOWN", "OK"
_METHOD = "tensorflow/serving/predict"
_TYPE = "type.googleapis.com/tensorflow.serving.SignatureDefMap"


class _Request(msgspec.Struct):
    examples: list[dict[str, Any]]
    context: dict[str, Any] = {}
    signature_name: str | None = None


class _Examples:
    """Reads ``examples``: rows by column name, each value alone or in a list."""

    name = "v1"

    def __init__(self) -> None:
        self._decoder = msgspec.json.Decoder(_Request)
        self._encoder = msgspec.json.Encoder()

    def read(self, body: bytes, headers: Mapping[bytes, bytes]) -> Question:
        """Read ``examples``, and the ``context`` that they share.

        Raises:
            MalformedError: If it is not JSON of the right form, or an example repeats what the context says.
        """
        _ = headers
        try:
            request = self._decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise unreadable(body, error) from error
        check_signature(request.signature_name)
        rows, context = request.examples, request.context
        for index, row in enumerate(rows):
            twice = row.keys() & context.keys()
            if twice:
                raise MalformedError(
                    f"example {index} says {', '.join(sorted(twice))}, and so does the context",
                    expected="every value in one of them",
                )
        rows = [{**context, **row} for row in rows] if context else rows
        return Question(rows=decoded(rows) if MARK in body else rows)


class Classify(_Examples):
    """Reads and writes ``:classify`` bodies: every class with its probability. Safe for threads."""

    def complete(self, question: Question, model: Answering) -> None:
        """Nothing, for a model with classes.

        Raises:
            MalformedError: If it has none.
        """
        if model.classes is None:
            raise MalformedError(f"model {model.name!r} does not classify", expected=_instead(model))

    def write(self, call: Call, prediction: Prediction) -> Answer:
        """Write ``results``: for every row a list of pairs of class and probability."""
        classes = prediction.classes or ()
        rows: list[list[float]] = prediction.outputs[PROBABILITIES].tolist()
        results = [[[label, score] for label, score in zip(classes, row, strict=True)] for row in rows]
        return Answer(200, self._encoder.encode({"results": results}))


class Regress(_Examples):
    """Reads and writes ``:regress`` bodies: a number for every row. Safe for threads."""

    def complete(self, question: Question, model: Answering) -> None:
        """Nothing, for a regression.

        Raises:
            MalformedError: If it is none.
        """
        if model.task != "regression":
            raise MalformedError(f"model {model.name!r} is no regression", expected=_instead(model))

    def write(self, call: Call, prediction: Prediction) -> Answer:
        """Write ``results``: a number for every row."""
        values = prediction.outputs[prediction.fields[0].name]
        return Answer(200, self._encoder.encode({"results": values.ravel().tolist()}))


def status(states: Iterable[VersionState]) -> Document:
    """The state of every version of a model."""
    told = []
    for one in states:
        code = _FAILED if one.failed or (one.reason and one.state is State.UNAVAILABLE) else _FINE
        told.append(
            {
                "version": one.version,
                "state": _STATES[one.state],
                "status": {"error_code": code, "error_message": one.reason},
            }
        )
    return {"model_version_status": told}


def metadata(model: Answering) -> Document:
    """The signature of a model, in the form of a SavedModel's."""
    signature = {
        "inputs": _tensors(model.inputs),
        "outputs": _tensors(model.outputs),
        "method_name": _METHOD,
    }
    return {
        "model_spec": {"name": model.name, "signature_name": "", "version": model.version},
        "metadata": {"signature_def": {"@type": _TYPE, "signature_def": {"serving_default": signature}}},
    }


def _tensors(fields: Sequence[Field]) -> Document:
    return {
        field.name: {
            "name": f"{field.name}:0",
            "dtype": _DTYPES.get(field.datatype, f"DT_{field.datatype}"),
            "tensor_shape": {
                "dim": [{"size": str(size), "name": ""} for size in field.shape],
                "unknown_rank": False,
            },
        }
        for field in fields
    }


def _instead(model: Answering) -> str:
    if model.classes is not None:
        return ":classify or :predict"
    return ":regress or :predict" if model.task == "regression" else ":predict"
