"""What a prediction says: the answer as a message. Safe for threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.models.signature import Field
from mainspring.serving.call import Call
from mainspring.serving.endpoint.open_inference import classified, told_of
from mainspring.serving.prediction import Prediction
from mainspring.serving.raw_tensors import RAW_ONLY, write_raw
from mainspring.serving.rpc.contents import fill
from mainspring.serving.rpc.messages import Message
from mainspring.serving.rpc.missing import MISSING, marked
from mainspring.serving.rpc.parameters import set_parameters
from mainspring.serving.rpc.reading import PLAIN, Form
from mainspring.serving.tensors import WHOLE


def fill_response(response: Message, call: Call, prediction: Prediction) -> None:
    """Fill the response to a call, its tensors in the form in which those of the request came.

    FP16 and BF16 have no typed form: if one of the outputs is of these, all of them are raw.

    Raises:
        MalformedError: If an output is to be classified that has no classes.
    """
    fields = {field.name: field for field in prediction.fields}
    question = call.question
    wanted = list(fields if question is None or question.outputs is None else question.outputs)
    form = question.form if question is not None and isinstance(question.form, Form) else PLAIN
    raw = form.raw or any(fields[name].datatype in RAW_ONLY for name in wanted)
    response.model_name, response.model_version = call.names
    response.id = call.id
    for name in wanted:
        values, datatype = _output(fields[name], prediction, form)
        tensor = response.outputs.add(name=name, datatype=datatype, shape=values.shape)
        if datatype == "BYTES":
            values, mark = marked(values)
            if mark is not None:
                tensor.parameters[MISSING].string_param = mark
        if raw:
            response.raw_output_contents.append(write_raw(values, datatype))
        else:
            fill(tensor, values)
    if prediction.answered is not None or prediction.outliers is not None or prediction.tags:
        set_parameters(response.parameters, told_of(call, prediction))


def _output(field: Field, prediction: Prediction, form: Form) -> tuple[npt.NDArray[Any], str]:
    """The values of an output, and the datatype that they are sent in."""
    values = prediction.outputs[field.name]
    if field.name in form.classified:
        return classified(values, form.classified[field.name], prediction.classes, field.name), "BYTES"
    if field.datatype in WHOLE and values.dtype.kind == "f" and not np.isfinite(values).all():
        return values, "FP64"  # whole numbers cannot say that one is missing
    return values, field.datatype
