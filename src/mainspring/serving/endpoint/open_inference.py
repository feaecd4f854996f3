"""The Open Inference Protocol, version 2, REST: one tensor per named column.

Specification: https://github.com/kserve/open-inference-protocol, ``specification/protocol/inference_rest.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from mainspring.models.signature import BadInputError, Field, Problem, Signature
from mainspring.serving.endpoint.problems import unreadable
from mainspring.serving.endpoint.protocol import Question
from mainspring.serving.predictor import Prediction, Predictor

Parameters: TypeAlias = dict[str, str | int | float | bool]

_WHOLE = frozenset({"INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64"})
_FLOAT = frozenset({"FP16", "FP32", "FP64", "BF16"})
_ACCEPTED: Mapping[str, frozenset[str]] = {
    "FP64": _FLOAT | _WHOLE,
    "INT64": _WHOLE | _FLOAT,  # a column with missing values is often sent as floats; the values are checked
    "BOOL": frozenset({"BOOL"}),
    "BYTES": frozenset({"BYTES"}),
}


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

    def read(self, body: bytes, signature: Signature) -> Question:
        """Read an inference request: tensors ``[n]`` or ``[n, 1]``, flat or nested, in any order.

        Raises:
            MalformedError: If it is not JSON of the right form.
            BadInputError: If a tensor's name, shape, type or length is wrong, with every problem.
        """
        try:
            request = self._decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise unreadable(body, error) from error
        problems: list[Problem] = []
        fields = {field.name: field for field in signature.inputs}
        lists: dict[str, Sequence[Any]] = {}
        for tensor in request.inputs:
            if tensor.name in lists:
                problems.append(
                    Problem("DUPLICATE_COLUMN", "each column once", column=tensor.name, value="two tensors")
                )
            lists[tensor.name] = _values(tensor, fields.get(tensor.name), problems)
        outputs = _wanted(request.outputs, signature, problems)
        if problems:
            raise _all(problems, signature, lists)
        return Question(id=request.id, lists=lists, outputs=outputs)

    def write(self, question: Question, predictor: Predictor, prediction: Prediction, request: str) -> bytes:
        """Write the inference response, with flat data in row-major order.

        Of a model with assertions, the parameters say what those do that were violated, and why.
        """
        fields = {field.name: field for field in predictor.served.outputs}
        answer: dict[str, Any] = {
            "model_name": predictor.name,
            "model_version": predictor.version,
            "id": request,
            "outputs": [
                _tensor(fields[name], prediction)
                for name in (fields if question.outputs is None else question.outputs)
            ],
        }
        violated = prediction.violations
        if violated:
            answer["parameters"] = {one.name: f"{one.does}: {one.message}".rstrip(": ") for one in violated}
        return self._encoder.encode(answer)


def metadata(predictor: Predictor, versions: Sequence[str]) -> dict[str, Any]:
    """The metadata of a model, as the protocol has it."""
    return {
        "name": predictor.name,
        "versions": list(versions),
        "platform": f"mainspring_{predictor.runtime}",
        "inputs": [_described(field) for field in predictor.signature.inputs],
        "outputs": [_described(field) for field in predictor.served.outputs],
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


def _values(tensor: _Tensor, field: Field | None, problems: list[Problem]) -> Sequence[Any]:
    if field is not None and tensor.datatype not in _ACCEPTED[field.datatype]:
        problems.append(
            Problem(
                "WRONG_DATATYPE",
                f"datatype {field.datatype}",
                column=tensor.name,
                value=f"datatype {tensor.datatype}",
            )
        )
    shape, data = tensor.shape, tensor.data
    if not (len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)) or shape[0] < 0:
        problems.append(
            Problem("WRONG_SHAPE", "shape [rows] or [rows, 1]", column=tensor.name, value=f"shape {shape}")
        )
    elif data and len(shape) == 2 and isinstance(data[0], list):
        flat = [value for part in data if isinstance(part, list) for value in part]
        if len(flat) != len(data):
            problems.append(
                Problem("WRONG_SHAPE", "one value per row", column=tensor.name, value=f"{len(flat)} values")
            )
        data = flat
    if shape and len(data) != shape[0]:
        problems.append(
            Problem(
                "WRONG_LENGTH",
                f"{shape[0]} values, as its shape says",
                column=tensor.name,
                value=f"{len(data)} values",
            )
        )
    return data


def _wanted(
    outputs: list[_Wanted] | None, signature: Signature, problems: list[Problem]
) -> tuple[str, ...] | None:
    if not outputs:
        return None
    known = [field.name for field in signature.outputs]
    problems += [
        Problem("UNKNOWN_OUTPUT", "outputs among " + ", ".join(known), value=f"output {output.name!r}")
        for output in outputs
        if output.name not in known
    ]
    return tuple(output.name for output in outputs)


def _all(problems: list[Problem], signature: Signature, lists: Mapping[str, Sequence[Any]]) -> BadInputError:
    """The problems of the tensors, and those of the values in the columns that have none yet."""
    seen = {problem.column for problem in problems}
    total = len(problems)
    try:
        signature.columns_from_lists(lists)
    except BadInputError as error:
        more = [problem for problem in error.problems if problem.column not in seen]
        problems = [*problems, *more]
        total += len(more) + error.total - len(error.problems)
    return BadInputError(problems, total=total)
