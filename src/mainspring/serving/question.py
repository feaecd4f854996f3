"""What a caller asks, as a protocol read it: nothing is known of the model yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

Parameter: TypeAlias = str | int | float | bool
"""What the parameters of a request may hold (Open Inference Protocol)."""


class Tensor(msgspec.Struct, gc=False):
    """A named array, as it was sent. A request in JSON is decoded into it.

    Attributes:
        name: Of the input.
        datatype: Of the Open Inference Protocol: ``"FP32"``, ``"INT64"``, ``"BYTES"`` …
        shape: Its dimensions.
        data: Values as JSON has them, a list, flat or nested in row-major order; or, if they came as bytes, an
            array of that shape: of ``bytes`` for ``BYTES``.
        parameters: What was said of it besides.
    """

    name: str
    datatype: str
    shape: list[int]
    data: Any = None  # a list or an array: msgspec cannot be told of both
    parameters: dict[str, Parameter] = {}


class Question(msgspec.Struct, eq=False):
    """What a caller asks. One of ``rows``, ``lists`` and ``tensors`` is given.

    Attributes:
        id: The caller's id for the request.
        rows: Rows: mappings by column name, lists in the order of the columns, or bare values of the only column.
        lists: Columns by name, as lists or arrays.
        tensors: Named arrays.
        outputs: The outputs wanted, in order; ``None`` for all that the protocol gives by itself.
        parameters: What was said besides.
        form: Whatever the protocol has to remember for its answer.
    """

    id: str | None = None
    rows: Sequence[Any] | None = None
    lists: Mapping[str, Any] | None = None
    tensors: Sequence[Tensor] | None = None
    outputs: tuple[str, ...] | None = None
    parameters: Mapping[str, Parameter] = {}
    form: object = None
