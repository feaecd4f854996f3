"""What a request asks: the message as a question. Safe for threads."""

from __future__ import annotations

from collections.abc import Mapping

from google.protobuf.message import DecodeError

from mainspring.models.signature import BadInputError, Problem
from mainspring.serving.problems import MalformedError, UnsupportedError
from mainspring.serving.question import Parameter, Question, Tensor
from mainspring.serving.rpc.contents import Values, raw_values, typed_values
from mainspring.serving.rpc.messages import InferRequest, Message, MessageClass
from mainspring.serving.rpc.missing import MISSING, without

RAW = "raw"
"""The form of a question whose tensors came as bytes: so do those of the answer."""

TYPED = "typed"

_SHARED_MEMORY = "shared_memory_region"
_CLASSIFICATION = "classification"


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
    outputs = request.outputs
    for output in outputs:
        if output.parameters:
            _check_offered(output.parameters)
    return Question(
        id=request.id or None,
        tensors=tensors,
        outputs=tuple(output.name for output in outputs) or None,
        parameters=parameters_of(request.parameters) if request.parameters else {},
        form=RAW if len(raw) else TYPED,
    )


def parameters_of(parameters: Mapping[str, Message]) -> dict[str, Parameter]:
    """Parameters by name, without those that hold nothing."""
    found: dict[str, Parameter] = {}
    for name, value in parameters.items():
        kind = value.WhichOneof("parameter_choice")
        if kind is not None:
            found[name] = getattr(value, kind)
    return found


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
    _check_offered(tensor.parameters)
    parameters = parameters_of(tensor.parameters)
    if MISSING in parameters and tensor.datatype == "BYTES":
        values = without(list(values), parameters[MISSING])
    return Tensor(tensor.name, tensor.datatype, shape, values, parameters)


def _check_offered(parameters: Mapping[str, Message]) -> None:
    if _SHARED_MEMORY in parameters:
        raise UnsupportedError("tensors in shared memory are not offered here", expected="raw_input_contents")
    if _CLASSIFICATION in parameters:
        raise UnsupportedError(
            "classification of an output is not offered here", expected="the outputs as the model gives them"
        )
