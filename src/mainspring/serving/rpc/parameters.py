"""Parameters of requests, tensors and answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mainspring.serving.question import Parameter
from mainspring.serving.rpc.messages import Message


def parameters_of(parameters: Mapping[str, Message]) -> dict[str, Any]:
    """Parameters by name, without those that hold nothing. Those of a repository may hold bytes."""
    found: dict[str, Any] = {}
    for name, value in parameters.items():
        kind = value.WhichOneof("parameter_choice")
        if kind is not None:
            found[name] = getattr(value, kind)
    return found


def set_parameters(parameters: Mapping[str, Message], values: Mapping[str, Parameter]) -> None:
    """Fill the parameters of a message."""
    for name, value in values.items():
        parameter = parameters[name]
        if isinstance(value, bool):
            parameter.bool_param = value
        elif isinstance(value, str):
            parameter.string_param = value
        elif isinstance(value, int) and -(2**63) <= value < 2**63:
            parameter.int64_param = value
        elif isinstance(value, int) and 0 <= value < 2**64:
            parameter.uint64_param = value
        else:
            parameter.double_param = value
