"""The Open Inference Protocol, version 2, REST: one tensor per named column.

Specification: https://github.com/kserve/open-inference-protocol, ``specification/protocol/inference_rest.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from mainspring.models.signature import Field
from mainspring.serving.call import Call
from mainspring.serving.endpoint.answers import Answer
from mainspring.serving.endpoint.problems import unreadable
from mainspring.serving.ports import Answering
from mainspring.serving.prediction import Prediction
from mainspring.serving.question import Question, Tensor

Parameters: TypeAlias = dict[str, str | int | float | bool]


class _Tensor(msgspec.Struct):
    name: str
    shape: list[int]
    datatype: str
    data: list[Any]
    parameters: Parameters | None = None


class _Wanted(msgspec.Struct):
    name: str
    parameters: Parameters | None = None


class _Request(msgspec.Struct):
    inputs: list[_Tensor]
    id: str | None = None
    parameters: Parameters | None = None
    outputs: list[_Wanted] | None = None


class OpenInference:
    """Reads and writes ``infer`` bodies. Safe for threads."""

    name = "v2"

    def __init__(self) -> None:
        self._decoder = msgspec.json.Decoder(_Request)
        self._encoder = msgspec.json.Encoder()

    def read(self, body: bytes, headers: Mapping[bytes, bytes]) -> Question:
        """Read an inference request.

        Raises:
            MalformedError: If it is not JSON of the right form.
        """
        _ = headers
        try:
            request = self._decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise unreadable(body, error) from error
        tensors = [Tensor(one.name, one.datatype, one.shape, one.data) for one in request.inputs]
        outputs = tuple(one.name for one in request.outputs) if request.outputs else None
        return Question(id=request.id, tensors=tensors, outputs=outputs, parameters=request.parameters or {})

    def write(self, call: Call, prediction: Prediction) -> Answer:
        """Write the inference response, with flat data in row-major order.

        Of a model with assertions, the parameters say what those do that were violated, and why.
        """
        fields = {field.name: field for field in prediction.fields}
        question = call.question
        wanted = fields if question is None or question.outputs is None else question.outputs
        answer: dict[str, Any] = {
            "model_name": call.names[0],
            "model_version": call.version,
            "id": call.id,
            "outputs": [_tensor(fields[name], prediction) for name in wanted],
        }
        violated = prediction.violations
        if violated:
            answer["parameters"] = {one.name: f"{one.does}: {one.message}".rstrip(": ") for one in violated}
        return Answer(200, self._encoder.encode(answer))


def metadata(model: Answering, versions: Sequence[str]) -> dict[str, Any]:
    """The metadata of a model, as the protocol has it."""
    return {
        "name": model.name,
        "versions": list(versions),
        "platform": f"mainspring_{model.runtime}",
        "inputs": [_described(field) for field in model.inputs],
        "outputs": [_described(field) for field in model.outputs],
    }


def _described(field: Field) -> dict[str, Any]:
    return {"name": field.name, "datatype": field.datatype, "shape": list(field.shape)}


def _tensor(field: Field, prediction: Prediction) -> dict[str, Any]:
    values = prediction.outputs[field.name]
    return {
        "name": field.name,
        "datatype": field.datatype,
        "shape": list(values.shape),
        "data": values.ravel().tolist(),
    }
