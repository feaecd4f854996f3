"""What a prediction says: the answer as a message. Safe for threads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.models.signature import Field
from mainspring.serving.call import Call
from mainspring.serving.prediction import Prediction
from mainspring.serving.raw_tensors import RAW_ONLY, write_raw
from mainspring.serving.rpc.contents import fill
from mainspring.serving.rpc.messages import Message
from mainspring.serving.rpc.missing import MISSING, mark_for
from mainspring.serving.rpc.reading import TYPED
from mainspring.serving.tensors import WHOLE


def fill_response(response: Message, call: Call, prediction: Prediction) -> None:
    """Fill the response to a call, its tensors in the form in which those of the request came.

    FP16 and BF16 have no typed form: if one of the outputs is of these, all of them are raw.
    """
    fields = {field.name: field for field in prediction.fields}
    question = call.question
    wanted = list(fields if question is None or question.outputs is None else question.outputs)
    raw = question is None or question.form != TYPED or any(fields[name].datatype in RAW_ONLY for name in wanted)
    name, version = call.names
    response.model_name, response.model_version, response.id = name, version, call.id
    for output in wanted:
        values = prediction.outputs[output]
        datatype = datatype_of(fields[output], values)
        tensor = response.outputs.add(name=output, datatype=datatype, shape=values.shape)
        if datatype == "BYTES":
            values = _marked(tensor, values)
        if raw:
            response.raw_output_contents.append(write_raw(values, datatype))
        else:
            fill(tensor, values)
    told = told_of(prediction)
    if told:
        set_parameters(response.parameters, told)


def _marked(tensor: Message, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The texts, with one that stands for those that are missing."""
    flat = values.ravel().tolist()
    if None not in flat:
        return values
    mark = mark_for(set(flat))
    tensor.parameters[MISSING].string_param = mark
    full = np.empty(len(flat), dtype=object)
    full[:] = [mark if value is None else value for value in flat]
    return full


def datatype_of(field: Field, values: npt.NDArray[Any]) -> str:
    """The datatype that values are sent in: that of their field, unless it cannot say that one is missing."""
    if field.datatype in WHOLE and values.dtype.kind == "f" and not np.isfinite(values).all():
        return "FP64"
    return field.datatype


def told_of(prediction: Prediction) -> dict[str, Any]:
    """What is said of an answer besides its outputs: the model's tags, and the assertions that it violates."""
    violated = {one.name: f"{one.does}: {one.message}".rstrip(": ") for one in prediction.violations}
    return {**prediction.tags, **violated}


def set_parameters(parameters: Mapping[str, Message], values: Mapping[str, Any]) -> None:
    """Fill the parameters of a message; what is neither text, number nor truth is written as JSON."""
    for name, value in values.items():
        parameter = parameters[name]
        if isinstance(value, bool):
            parameter.bool_param = value
        elif isinstance(value, int) and -(2**63) <= value < 2**63:
            parameter.int64_param = value
        elif isinstance(value, int) and 0 <= value < 2**64:
            parameter.uint64_param = value
        elif isinstance(value, float):
            parameter.double_param = value
        else:
            parameter.string_param = value if isinstance(value, str) else json.dumps(value, default=str)
