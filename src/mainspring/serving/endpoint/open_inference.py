"""The Open Inference Protocol, version 2, REST, with the extensions for binary data and for classification.

Specification: https://github.com/kserve/open-inference-protocol, ``specification/protocol/inference_rest.md``, and
``docs/protocol`` of Triton for the extensions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from mainspring.models.signature import Field
from mainspring.serving.call import Call
from mainspring.serving.endpoint.answers import OCTETS, Answer
from mainspring.serving.endpoint.binary import (
    ALL_BINARY,
    BINARY,
    LENGTH,
    SIZE,
    json_length,
    raw_input,
    take_bytes,
)
from mainspring.serving.endpoint.problems import unreadable
from mainspring.serving.ports import Answering
from mainspring.serving.prediction import Prediction
from mainspring.serving.problems import MalformedError
from mainspring.serving.question import Parameter, Question, Tensor
from mainspring.serving.raw_tensors import RAW_ONLY, write_raw

Parameters: TypeAlias = dict[str, Parameter]

CLASSIFICATION = "classification"
"""The parameter of an output that asks for so many of its highest values, with their labels."""


class _Wanted(msgspec.Struct, gc=False):
    name: str
    parameters: Parameters | None = None


class _Request(msgspec.Struct, gc=False):
    inputs: list[Tensor]
    id: str | None = None
    parameters: Parameters | None = None
    outputs: list[_Wanted] | None = None


class _LooseTensor(msgspec.Struct):
    """A tensor that says ``null`` where others say nothing."""

    name: str
    datatype: str
    shape: list[int]
    data: Any = None
    parameters: Parameters | None = None


class _LooseRequest(msgspec.Struct):
    inputs: list[_LooseTensor]
    id: str | None = None
    parameters: Parameters | None = None
    outputs: list[_Wanted] | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """How the outputs of an answer are sent.

    Attributes:
        binary: As bytes, unless its own parameters say otherwise.
        outputs: Parameters by output.
        body: The body of a request without JSON, which is read once it is known what the model asks for.
    """

    binary: bool = False
    outputs: Mapping[str, Parameters] | None = None
    body: bytes | None = None


_PLAIN = Form()
_LISTS = {list}
_EMPTY: Parameters = {}


class OpenInference:
    """Reads and writes ``infer`` bodies. Safe for threads."""

    name = "v2"

    def __init__(self) -> None:
        self._decoder = msgspec.json.Decoder(_Request)
        self._loose = msgspec.json.Decoder(_LooseRequest)
        self._encoder = msgspec.json.Encoder()

    def read(self, body: bytes, headers: Mapping[bytes, bytes]) -> Question:
        """Read an inference request: JSON, JSON with bytes after it, or the bytes of the one input alone.

        Raises:
            MalformedError: If it is not JSON of the right form, or the bytes do not fit.
            UnsupportedError: If its tensors lie in shared memory.
        """
        end = len(body) if LENGTH not in headers else json_length(headers, body)
        if end == 0 and LENGTH in headers:
            return Question(tensors=[], form=Form(binary=True, body=body))
        request = self._decoded(body if end == len(body) else memoryview(body)[:end])
        tensors = request.inputs
        if end != len(body) or not _all_plain(tensors):
            take_bytes(tensors, body, end)
        outputs = tuple([one.name for one in request.outputs]) if request.outputs else None
        parameters = request.parameters or _EMPTY
        return Question(
            id=request.id, tensors=tensors, outputs=outputs, parameters=parameters, form=_form(request, parameters)
        )

    def complete(self, question: Question, model: Answering) -> None:
        """Read the body of a request without JSON, which does not say what it holds.

        Raises:
            MalformedError: If the body has no JSON, and the model more than one input.
        """
        form = question.form
        if isinstance(form, Form) and form.body is not None:
            question.tensors = [raw_input(model.inputs, form.body)]

    def write(self, call: Call, prediction: Prediction) -> Answer:
        """Write the inference response, with flat data in row-major order.

        The parameters have what the model says of its answer, and of one with assertions what those do that were
        violated, and why. FP16 and BF16 are always sent as bytes: JSON has no form for them.
        """
        fields = {field.name: field for field in prediction.fields}
        question = call.question
        wanted = fields if question is None or question.outputs is None else question.outputs
        if wanted is not fields and not fields.keys() >= set(wanted):
            known = ", ".join(fields)
            raise MalformedError(f"the model gave no output {sorted(set(wanted) - fields.keys())}", expected=known)
        form = question.form if question is not None and isinstance(question.form, Form) else _PLAIN
        tail: list[bytes] = []
        answer: dict[str, Any] = {
            "model_name": call.names[0],
            "model_version": call.version,
            "id": call.id,
            "outputs": [_output(fields[name], prediction, form, tail) for name in wanted],
        }
        if prediction.answered is not None or prediction.tags:
            told = told_of(prediction)
            if told:
                answer["parameters"] = told
        text = self._encoder.encode(answer)
        if not tail:
            return Answer(200, text)
        return Answer(200, b"".join([text, *tail]), (OCTETS, (LENGTH, b"%d" % len(text))))

    def _decoded(self, text: bytes | memoryview) -> _Request:
        try:
            return self._decoder.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            if isinstance(error, msgspec.ValidationError):
                try:
                    loose = self._loose.decode(text)
                except msgspec.ValidationError:
                    raise unreadable(bytes(text), error) from error
                tensors = [
                    Tensor(one.name, one.datatype, one.shape, one.data, one.parameters or {})
                    for one in loose.inputs
                ]
                return _Request(tensors, loose.id, loose.parameters, loose.outputs)
            raise unreadable(bytes(text), error) from error


def metadata(model: Answering, versions: Sequence[str]) -> dict[str, Any]:
    """The metadata of a model, as the protocol has it."""
    return {
        "name": model.name,
        "versions": list(versions),
        "platform": f"mainspring_{model.runtime}",
        "inputs": [_described(field) for field in model.inputs],
        "outputs": [_described(field) for field in model.outputs],
    }


def _all_plain(tensors: Sequence[Tensor]) -> bool:
    kinds = {type(tensor.data) for tensor in tensors}
    return kinds == _LISTS and RAW_ONLY.isdisjoint({tensor.datatype for tensor in tensors})


def _form(request: _Request, parameters: Parameters) -> Form:
    if not parameters and not request.outputs:
        return _PLAIN
    binary = parameters.get(ALL_BINARY, False)
    _check_truth(ALL_BINARY, binary)
    given = {one.name: one.parameters for one in request.outputs or () if one.parameters}
    for each in given.values():
        _check_truth(BINARY, each.get(BINARY, False))
    return Form(bool(binary), given) if binary or given else _PLAIN


def _check_truth(name: str, value: Parameter) -> None:
    if not isinstance(value, bool):
        raise MalformedError(f"parameter {name!r} is {value!r}", expected="true or false")


def _described(field: Field) -> dict[str, Any]:
    return {"name": field.name, "datatype": field.datatype, "shape": list(field.shape)}


def _output(field: Field, prediction: Prediction, form: Form, tail: list[bytes]) -> dict[str, Any]:
    values = prediction.outputs[field.name]
    datatype: str = field.datatype
    binary = form.binary
    if form.outputs is not None and field.name in form.outputs:
        parameters = form.outputs[field.name]
        binary = bool(parameters.get(BINARY, binary))
        if CLASSIFICATION in parameters:
            values, datatype = (
                classified(values, parameters[CLASSIFICATION], prediction.classes, field.name),
                "BYTES",
            )
    tensor: dict[str, Any] = {"name": field.name, "datatype": datatype, "shape": list(values.shape)}
    if binary or datatype in RAW_ONLY:
        raw = write_raw(values, datatype)
        tail.append(raw)
        tensor["parameters"] = {SIZE: len(raw)}
    else:
        tensor["data"] = plain(values, datatype, field.name)
    return tensor


def plain(values: npt.NDArray[Any], datatype: str, name: str) -> list[Any]:
    """The values of a tensor as JSON has them, flat: whole numbers as such, bytes as text.

    Raises:
        MalformedError: If bytes are no text.
    """
    flat: list[Any] = values.ravel().tolist()
    if datatype == "BYTES":
        if bytes in set(map(type, flat)):
            try:
                return [value.decode() if type(value) is bytes else value for value in flat]
            except UnicodeDecodeError as error:
                raise MalformedError(
                    f"output {name!r} holds bytes that are no UTF-8, which JSON has no form for",
                    expected=f"a request for binary data, with the parameter {BINARY}",
                ) from error
    elif values.dtype.kind == "f" and "INT" in datatype:
        return [int(value) if value == value else None for value in flat]
    return flat


def classified(
    values: npt.NDArray[Any], asked: Parameter, classes: Sequence[str] | None, name: str
) -> npt.NDArray[Any]:
    """The highest values of every row as texts: ``value:index`` and, if it is known, ``:label``.

    Raises:
        MalformedError: If an output of this form has no classes, or the number asked for is none.
    """
    if type(asked) is not int or asked < 1 or values.ndim != 2 or values.dtype.kind not in "fiu":
        raise MalformedError(
            f"output {name!r} of shape {list(values.shape)} cannot be classified by {asked!r}",
            expected="a number of classes, and an output with one number per class",
        )
    labels = [f":{word}" for word in classes] if classes is not None and len(classes) == values.shape[1] else None
    best = np.argsort(-values, axis=1, kind="stable")[:, :asked]
    found = np.empty(best.shape, dtype=object)
    for place, index in np.ndenumerate(best):
        found[place] = f"{values[place[0], index]:g}:{index}{labels[index] if labels else ''}"
    return found


def told_of(prediction: Prediction) -> dict[str, Parameter]:
    """What is said of an answer besides its outputs: the model's tags, and the assertions that it violates."""
    told: dict[str, Parameter] = {
        name: value if isinstance(value, str | int | float | bool) else msgspec.json.encode(value).decode()
        for name, value in prediction.tags.items()
    }
    return told | {one.name: f"{one.does}: {one.message}".rstrip(": ") for one in prediction.violations}
