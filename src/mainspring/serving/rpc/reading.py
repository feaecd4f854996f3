"""What a request asks: the message as a question. Safe for threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from google.protobuf.message import DecodeError

from mainspring.models.signature import BadInputError, Problem
from mainspring.serving.endpoint.open_inference import CLASSIFICATION
from mainspring.serving.problems import MalformedError, UnsupportedError
from mainspring.serving.question import Parameter, Question, Tensor
from mainspring.serving.rpc.contents import Values, raw_values, typed_values
from mainspring.serving.rpc.messages import InferRequest, Message, MessageClass
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


def parsed(kind: MessageClass, data: bytes) -> Message:
    """A message from its bytes.

    Raises:
        MalformedError: If they are none.
    """
    try:
        return kind.FromString(data)
    except DecodeError as error:
        raise MalformedError(
            "the message cannot be read", expected=f"a message {kind.DESCRIPTOR.full_name}"
        ) from error


def infer_request(data: bytes) -> Message:
    """A request for predictions from its bytes.

    Raises:
        MalformedError: If they are none.
    """
    return parsed(InferRequest, data)


def question_of(request: Message) -> Question:
    """What a request for predictions asks.

    Raises:
        MalformedError: If tensors came both ways, or bytes do not fit.
        BadInputError: With every problem of typed tensors.
        UnsupportedError: If it wants something that is not offered here.
    """
    raw = request.raw_input_contents
    tensors = _raw(request) if len(raw) else _typed(request)
    return Question(
        id=request.id or None,
        tensors=tensors,
        outputs=tuple(output.name for output in request.outputs) or None,
        parameters=parameters_of(request.parameters) if request.parameters else {},
        form=_form(request, PLAIN if len(raw) else TYPED),
    )


def _raw(request: Message) -> list[Tensor]:
    inputs, raw = request.inputs, request.raw_input_contents
    if len(inputs) != len(raw):
        raise MalformedError(
            f"{len(raw)} raw_input_contents for {len(inputs)} inputs", expected="one for each, in their order"
        )
    tensors = []
    for tensor, data in zip(inputs, raw, strict=True):
        if tensor.HasField("contents") and tensor.contents.ListFields():
            raise MalformedError(
                f"tensor {tensor.name!r} has contents, and there are raw_input_contents",
                expected="one of the two for all tensors of a request",
            )
        shape = list(tensor.shape)
        tensors.append(_tensor(tensor, shape, raw_values(data, tensor.datatype, shape, tensor.name)))
    return tensors


def _typed(request: Message) -> list[Tensor]:
    problems: list[Problem] = []
    tensors = []
    for tensor in request.inputs:
        shape = list(tensor.shape)
        if shape and min(shape) < 0:
            problems.append(
                Problem("WRONG_SHAPE", "no negative dimension", column=tensor.name, value=f"shape {shape}")
            )
            continue
        tensors.append(_tensor(tensor, shape, typed_values(tensor, shape, problems)))
    if problems:
        raise BadInputError(problems)
    return tensors


def _tensor(tensor: Message, shape: list[int], values: Values) -> Tensor:
    if not tensor.parameters:
        return Tensor(tensor.name, tensor.datatype, shape, values)
    parameters = parameters_of(tensor.parameters)
    _check_offered(parameters)
    if MISSING in parameters and tensor.datatype == "BYTES":
        values = without(list(values), parameters[MISSING])
    return Tensor(tensor.name, tensor.datatype, shape, values, parameters)


def _form(request: Message, plain: Form) -> Form:
    chosen: dict[str, Parameter] = {}
    for output in request.outputs:
        if output.parameters:
            given = parameters_of(output.parameters)
            _check_offered(given)
            if CLASSIFICATION in given:
                chosen[output.name] = given[CLASSIFICATION]
    return Form(plain.raw, chosen) if chosen else plain


def _check_offered(parameters: Mapping[str, Parameter]) -> None:
    if _SHARED_MEMORY in parameters:
        raise UnsupportedError("tensors in shared memory are not offered here", expected="raw_input_contents")
