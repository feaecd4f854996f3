"""The binary tensor data extension: JSON first, and after it the bytes of the tensors that are not in it.

The header ``Inference-Header-Content-Length`` says how long the JSON is. If it is 0 there is none: the body is
then the one input of the model, and every output comes back as bytes.

Specification: https://kserve.github.io/website (data plane, Binary Tensor Data Extension), and Triton's
``docs/protocol/extension_binary_data.md``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from mainspring.models.signature import Field
from mainspring.serving.problems import MalformedError, UnsupportedError
from mainspring.serving.question import Tensor
from mainspring.serving.raw_tensors import DTYPES, RAW_ONLY, read_raw
from mainspring.serving.tensors import FLOAT, WHOLE

LENGTH = b"inference-header-content-length"
"""The header with the length of the JSON."""

NAME = "binary_tensor_data"
"""The extension, as the server's metadata announces it."""

SIZE, BINARY, ALL_BINARY = "binary_data_size", "binary_data", "binary_data_output"

_SHARED = "shared_memory_region"
_DIGITS = 18
_WIDTHS: Mapping[str, int] = {name: 2 if name == "BF16" else dtype.itemsize for name, dtype in DTYPES.items()}


def json_length(headers: Mapping[bytes, bytes], body: bytes) -> int:
    """Where the JSON of a body ends; the whole body if no header says so.

    Raises:
        MalformedError: If the header is no number, or more than there is.
    """
    given = headers.get(LENGTH)
    if given is None:
        return len(body)
    if not given.isdigit() or len(given) > _DIGITS or int(given) > len(body):
        raise MalformedError(
            f"the header Inference-Header-Content-Length is {given[:_DIGITS].decode('latin-1')!r}",
            expected=f"the length of the JSON, at most the {len(body)} bytes of the body",
        )
    return int(given)


def take_bytes(tensors: Sequence[Tensor], body: bytes, start: int) -> None:
    """Give tensors without data the bytes that follow the JSON, in the order of the tensors.

    Args:
        tensors: Those of the request.
        body: All of it.
        start: Where the JSON ends.

    Raises:
        MalformedError: If a tensor has data in neither or in both ways, or the sizes do not add up.
        UnsupportedError: If its data lies in shared memory.
    """
    place = start
    for index, tensor in enumerate(tensors):
        size = tensor.parameters.get(SIZE)
        if size is None:
            _check_json(tensor, index)
            continue
        if tensor.data is not None:
            raise MalformedError(
                f"input {tensor.name!r} has both data and {SIZE}", expected="its values in one place"
            )
        if type(size) is not int or not 0 <= size <= len(body) - place:
            raise MalformedError(
                f"input {tensor.name!r} has {SIZE} {size!r}",
                expected=f"at most the {len(body) - place} bytes that are left of the body after the JSON",
                fix="say in the header Inference-Header-Content-Length where the JSON ends",
            )
        tensor.data = read_raw(body, tensor.datatype, tensor.shape, name=tensor.name, start=place, size=size)
        place += size
    if place != len(body):
        raise MalformedError(
            f"{len(body) - place} bytes follow after the last tensor",
            expected=f"{SIZE} of the inputs that add up to what follows the JSON",
        )


def _check_json(tensor: Tensor, index: int) -> None:
    if _SHARED in tensor.parameters:
        raise UnsupportedError(
            f"input {tensor.name!r} lies in shared memory", expected="its values in JSON, or as binary data"
        )
    where = f"$.inputs[{index}]"
    if tensor.data is None:
        raise MalformedError(
            f"the request has the wrong form: Object missing required field `data` - at `{where}`",
            expected=f"data, or the parameter {SIZE}",
        )
    if type(tensor.data) is not list:
        kind = type(tensor.data).__name__
        raise MalformedError(f"the request has the wrong form: Expected `array`, got `{kind}` - at `{where}.data`")
    if tensor.datatype in RAW_ONLY:
        raise MalformedError(
            f"input {tensor.name!r} is {tensor.datatype} in JSON, which has no form for it",
            expected=f"binary data, with the parameter {SIZE}",
        )


def raw_input(inputs: Sequence[Field], body: bytes) -> Tensor:
    """The body of a request without JSON as the one input of a model.

    A model of named columns that are all numbers counts as having one input: the matrix of its columns.

    Args:
        inputs: What the model asks for.
        body: The bytes of the tensor; of ``BYTES`` the one element itself, without its length.

    Raises:
        MalformedError: If the model has several inputs, or their shape cannot be told from the size.
    """
    names = ", ".join(field.name for field in inputs)
    if len(inputs) == 1:
        name, datatype, shape = inputs[0].name, inputs[0].datatype, list(inputs[0].shape)
    elif inputs and all(field.datatype in FLOAT | WHOLE and len(field.shape) == 1 for field in inputs):
        name, datatype, shape = "columns", "FP64", [-1, len(inputs)]
    else:
        raise MalformedError(
            "the body has no JSON, and the model does not have one input",
            expected="JSON that names the inputs" + (f": {names}" if names else ""),
        )
    if datatype == "BYTES":
        element = np.empty(1, dtype=object)
        element[0] = body
        return Tensor(name, datatype, [1] * len(shape), element.reshape([1] * len(shape)))
    shape = _filled(shape, len(body) // _WIDTHS[datatype], name)
    return Tensor(name, datatype, shape, read_raw(body, datatype, shape, name=name))


def _filled(shape: list[int], count: int, name: str) -> list[int]:
    """The shape with its open dimensions filled in: the first of several counts rows, and there is one."""
    if shape.count(-1) > 1 and shape[0] == -1:
        shape = [1, *shape[1:]]
    known = math.prod(size for size in shape if size >= 0)
    if shape.count(-1) > 1 or not known:
        raise MalformedError(
            f"the shape of input {name!r} cannot be told from the size of the body",
            expected="JSON that says the shape",
        )
    return [count // known if size < 0 else size for size in shape]
