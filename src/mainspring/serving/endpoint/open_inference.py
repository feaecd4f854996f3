"""The Open Inference Protocol, version 2, REST, with the extensions for binary data and for classification.

Specification: https://github.com/kserve/open-inference-protocol, ``specification/protocol/inference_rest.md``, and
``docs/protocol`` of Triton for the extensions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

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
from mainspring.serving.flagging import tags_of
from mainspring.serving.ports import Answering
from mainspring.serving.prediction import Prediction
from mainspring.serving.problems import MalformedError
from mainspring.serving.question import Parameter, Question, Tensor
from mainspring.serving.raw_tensors import RAW_ONLY, write_raw

Parameters: TypeAlias = dict[str, Parameter]

CLASSIFICATION = "classification"
"""The parameter of an output that asks for so many of its highest values, with their labels."""


_InJson: TypeAlias = Literal[
    "BOOL",
    "BYTES",
    "FP32",
    "FP64",
    "INT16",
    "INT32",
    "INT64",
    "INT8",
    "UINT16",
    "UINT32",
    "UINT64",
    "UINT8",
]


class _Wanted(msgspec.Struct, gc=False):
    name: str
    parameters: Parameters | None = None


class _PlainTensor(Tensor, gc=False, kw_only=True):
    """A tensor whose values are in JSON, and of a datatype that has a form there."""

    datatype: _InJson
    data: list[Any]


class _PlainRequest(msgspec.Struct, gc=False):
    """What most requests are: whoever reads one of these need not look at each tensor."""

    inputs: list[_PlainTensor]
    id: str | None = None
    parameters: Parameters | None = None
    outputs: list[_Wanted] | None = None


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


class _Output(msgspec.Struct, gc=False, omit_defaults=True):
    """An output as it is written; ``data`` only where its values are not sent as bytes."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    parameters: Mapping[str, int] | None = None
    data: list[Any] | None = None


class _Response(msgspec.Struct, gc=False, omit_defaults=True):
    model_name: str
    model_version: str
    id: str
    outputs: list[_Output]
    parameters: Mapping[str, Parameter] | None = None


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
_FLOATS = frozenset({"FP64", "FP32"})
_EMPTY: Parameters = {}


class OpenInference:
    """Reads and writes ``infer`` bodies. Safe for threads."""

    name = "v2"

    def __init__(self) -> None:
        self._plain = msgspec.json.Decoder(_PlainRequest)
        self._decoder = msgspec.json.Decoder(_Request)
        self._loose = msgspec.json.Decoder(_LooseRequest)
        self._encoder = msgspec.json.Encoder()

    def read(self, body: bytes, headers: Mapping[bytes, bytes]) -> Question:
        """Read an inference request: JSON, JSON with bytes after it, or the bytes of the one input alone.

        Raises:
            MalformedError: If it is not JSON of the right form, or the bytes do not fit.
            UnsupportedError: If its tensors lie in shared memory.
        """
        if LENGTH not in headers:
            try:
                plain = self._plain.decode(body)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                pass  # read again below, and told of in full
            else:
                return _question(plain, plain.inputs)
        end = len(body) if LENGTH not in headers else json_length(headers, body)
        if end == 0 and LENGTH in headers:
            return Question(tensors=[], form=Form(binary=True, body=body))
        request = self._decoded(body if end == len(body) else memoryview(body)[:end])
        if end != len(body) or not _all_plain(request.inputs):
            take_bytes(request.inputs, body, end)
        return _question(request, request.inputs)

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
        question = call.question
        form = question.form if question is not None and isinstance(question.form, Form) else _PLAIN
        fields = prediction.fields
        if question is not None and question.outputs is not None:
            fields = _chosen(question.outputs, fields)
        tail: list[bytes] = []
        outputs = [_output(field, prediction, form, tail) for field in fields]
        more = prediction.answered is not None or prediction.outliers is not None or prediction.tags
        told = told_of(call, prediction) if more else None
        text = self._encoder.encode(_Response(call.names[0], call.version, call.id, outputs, told or None))
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
    return all(type(tensor.data) is list and tensor.datatype not in RAW_ONLY for tensor in tensors)


def _question(request: _PlainRequest | _Request, tensors: Sequence[Tensor]) -> Question:
    parameters, wanted = request.parameters or _EMPTY, request.outputs
    if not parameters and not wanted:
        return Question(request.id, tensors=tensors, parameters=parameters, form=_PLAIN)
    outputs = tuple([one.name for one in wanted]) if wanted else None
    form = _form(request, parameters)
    return Question(request.id, tensors=tensors, outputs=outputs, parameters=parameters, form=form)


def _form(request: _PlainRequest | _Request, parameters: Parameters) -> Form:
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


def _chosen(names: Sequence[str], fields: Sequence[Field]) -> list[Field]:
    """The outputs of these names, in their order."""
    known = {field.name: field for field in fields}
    if not known.keys() >= set(names):
        missing = sorted(set(names) - known.keys())
        raise MalformedError(f"the model gave no output {missing}", expected=", ".join(known))
    return [known[name] for name in names]


def _output(field: Field, prediction: Prediction, form: Form, tail: list[bytes]) -> _Output:
    name = field.name
    values = prediction.outputs[name]
    datatype: str = field.datatype
    if form is _PLAIN and datatype in _FLOATS:
        return _Output(name, datatype, values.shape, None, values.ravel().tolist())
    if form is _PLAIN and datatype not in RAW_ONLY:
        return _Output(name, datatype, values.shape, None, plain(values, datatype, name))
    binary = form.binary
    if form.outputs is not None and name in form.outputs:
        parameters = form.outputs[name]
        binary = bool(parameters.get(BINARY, binary))
        if CLASSIFICATION in parameters:
            values = classified(values, parameters[CLASSIFICATION], prediction.classes, name)
            datatype = "BYTES"
    if not (binary or datatype in RAW_ONLY):
        return _Output(name, datatype, values.shape, None, plain(values, datatype, name))
    raw = write_raw(values, datatype)
    tail.append(raw)
    return _Output(name, datatype, values.shape, {SIZE: len(raw)})


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


def told_of(call: Call, prediction: Prediction) -> dict[str, Parameter]:
    """What is said of an answer besides its outputs: tags, outliers if the call asks, and violated assertions."""
    told: dict[str, Parameter] = {
        name: value if isinstance(value, str | int | float | bool) else msgspec.json.encode(value).decode()
        for name, value in tags_of(call, prediction).items()
    }
    return told | {one.name: f"{one.does}: {one.message}".rstrip(": ") for one in prediction.violations}
