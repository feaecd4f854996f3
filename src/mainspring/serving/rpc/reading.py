"""What a request asks: the message as a question. Safe for threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from mainspring.models.signature import BadInputError, Problem
from mainspring.serving.endpoint.open_inference import CLASSIFICATION
from mainspring.serving.problems import MalformedError, UnsupportedError
from mainspring.serving.question import Parameter, Question, Tensor
from mainspring.serving.raw_tensors import read_raw
from mainspring.serving.rpc.contents import typed_values
from mainspring.serving.rpc.heads import INPUTS, OUTPUTS, InputTensor
from mainspring.serving.rpc.messages import InferRequest, Message, ShallowRequest, parsed
from mainspring.serving.rpc.missing import MISSING, without
from mainspring.serving.rpc.parameters import parameters_of

_SHARED_MEMORY = "shared_memory_region"


@dataclass(frozen=True, slots=True)
class Form:
    """How the outputs of an answer are sent.

    Attributes:
        raw: As bytes, because the tensors of the request came so.
        classified: Those of which so many of the highest values are asked for, by name.
    """

    raw: bool = True
    classified: Mapping[str, Parameter] = field(default_factory=dict)


PLAIN, TYPED = Form(), Form(raw=False)


def infer_request(data: bytes) -> Message:
    """A request for predictions from its bytes, the messages in it left as they are.

    Raises:
        MalformedError: If they are none.
    """
    return parsed(ShallowRequest, data)


def question_of(request: Message) -> Question:
    """What a request from :func:`infer_request` asks.

    Raises:
        MalformedError: If it cannot be read, tensors came both ways, or bytes do not fit.
        BadInputError: With every problem of typed tensors.
        UnsupportedError: If it wants something that is not offered here.
    """
    question, raw = Question(id=request.id or None), request.raw_input_contents
    if len(raw):
        question.form, question.tensors = PLAIN, _raw(request.inputs, raw)
    else:
        question.form, question.tensors = TYPED, _typed(request.inputs)
    if len(request.outputs):
        _want(question, request.outputs, raw=bool(len(raw)))
    if len(request.parameters):
        only = ShallowRequest(parameters=request.parameters).SerializeToString()
        question.parameters = parameters_of(parsed(InferRequest, only).parameters)
    return question


def _raw(inputs: Message, raw: Message) -> list[Tensor]:
    if len(inputs) != len(raw):
        raise MalformedError(
            f"{len(raw)} raw_input_contents for {len(inputs)} inputs", expected="one for each, in their order"
        )
    tensors = []
    for told, data in zip(inputs, raw, strict=True):
        head = INPUTS.of(told)
        if head.typed:
            raise MalformedError(
                f"tensor {head.name!r} has contents, and there are raw_input_contents",
                expected="one of the two for all tensors of a request",
            )
        layout, values = head.layout, None
        if layout is not None and layout.size == len(data):
            values = list(layout.unpack(data))
        tensor = Tensor(head.name, head.datatype, head.shape, values)
        if values is None:
            tensor.data = read_raw(data, head.datatype, head.shape, name=head.name)
        if head.parameters:
            _complete(tensor, head.parameters)
        tensors.append(tensor)
    return tensors


def _typed(inputs: Message) -> list[Tensor]:
    problems: list[Problem] = []
    tensors = []
    for data in inputs:
        told = parsed(InputTensor, data)
        shape = list(told.shape)
        if shape and min(shape) < 0:
            problems.append(
                Problem("WRONG_SHAPE", "no negative dimension", column=told.name, value=f"shape {shape}")
            )
            continue
        tensor = Tensor(told.name, told.datatype, shape, typed_values(told, shape, problems))
        if told.parameters:
            _complete(tensor, parameters_of(told.parameters))
        tensors.append(tensor)
    if problems:
        raise BadInputError(problems)
    return tensors


def _complete(tensor: Tensor, parameters: dict[str, Parameter]) -> None:
    _check_offered(parameters)
    tensor.parameters = parameters
    if MISSING in parameters and tensor.datatype == "BYTES" and isinstance(tensor.data, np.ndarray):
        tensor.data = without(tensor.data, str(parameters[MISSING]).encode())


def _want(question: Question, outputs: Message, *, raw: bool) -> None:
    heads = [OUTPUTS.of(told) for told in outputs]
    question.outputs = tuple([head.name for head in heads])
    for head in heads:
        _check_offered(head.parameters)
    chosen = {head.name: head.parameters[CLASSIFICATION] for head in heads if CLASSIFICATION in head.parameters}
    if chosen:
        question.form = Form(raw, chosen)


def _check_offered(parameters: Mapping[str, Parameter]) -> None:
    if _SHARED_MEMORY in parameters:
        raise UnsupportedError("tensors in shared memory are not offered here", expected="raw_input_contents")
