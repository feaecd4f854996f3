"""Tensors as the columns of a table: one tensor per column, in any order, or one matrix for all of them.

Specification: https://github.com/kserve/open-inference-protocol, ``specification/protocol/inference_rest.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.models.signature import BadInputError, Field, Problem, Signature
from mainspring.serving.glance import Glance, picked
from mainspring.serving.question import Tensor

WHOLE = frozenset({"INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64"})
FLOAT = frozenset({"FP16", "FP32", "FP64", "BF16"})
_ACCEPTED: Mapping[str, frozenset[str]] = {
    "FP64": FLOAT | WHOLE,
    "INT64": WHOLE | FLOAT,  # a column with missing values is often sent as floats; the values are checked
    "BOOL": frozenset({"BOOL"}),
    "BYTES": frozenset({"BYTES"}),
}
_NUMBERS = frozenset({float, int, type(None)})
_ONE_ROW = ([1], [1, 1])
_LISTS = {list}
_ORDERS = 64

_Pick: TypeAlias = Callable[[Sequence[Any]], tuple[Any, ...]]


def accepted_datatypes(field: Field) -> list[str]:
    """The datatypes in which a column may be sent."""
    return sorted(_ACCEPTED.get(field.datatype, (field.datatype,)))


class TensorReader:
    """Reads tensors as the columns of one signature, at a glance. Safe for threads.

    Like :class:`mainspring.serving.glance.Glance` it never refuses: what is unusual is left to :func:`lists_of`.
    """

    def __init__(self, signature: Signature, glance: Glance) -> None:
        self._glance = glance
        self._names = signature.names
        self._accepted = {field.name: _ACCEPTED[field.datatype] for field in signature.inputs}
        self._numbers = all_numbers(signature)
        self._orders: dict[tuple[str, ...], _Pick] = {}

    def read(self, tensors: Sequence[Tensor]) -> dict[str, npt.NDArray[Any]] | None:
        """The columns; ``None`` if they need a closer look."""
        if len(tensors) != len(self._accepted):
            return self._of_matrix(tensors)
        if tensors and tensors[0].shape in _ONE_ROW:
            columns = self._of_one_row(tensors)
            if columns is not None:
                return columns
        lists: dict[str, Any] = {}
        for tensor in tensors:
            shape, data = tensor.shape, tensor.data
            accepted = self._accepted.get(tensor.name)
            if accepted is None or tensor.datatype not in accepted or not shape or len(data) != shape[0]:
                return self._of_matrix(tensors)
            if len(shape) != 1:
                if len(shape) != 2 or shape[1] != 1:
                    return None
                if type(data) is not list:
                    data = data.reshape(-1)
            lists[tensor.name] = data
        return self._glance.of_lists(lists)

    def _of_one_row(self, tensors: Sequence[Tensor]) -> dict[str, npt.NDArray[Any]] | None:
        """The columns of one row in plain JSON, which is what most requests are."""
        data = [tensor.data for tensor in tensors]
        if set(map(type, data)) != _LISTS:
            return None
        try:
            values = [value for (value,) in data]
        except ValueError:
            return None
        shapes = [tensor.shape for tensor in tensors]
        if shapes.count(shapes[0]) != len(shapes):
            return None
        # Callers send their tensors in the same order again and again: it is looked at once.
        order = (*[tensor.name for tensor in tensors], *[tensor.datatype for tensor in tensors])
        pick = self._orders.get(order) or self._ordered(order)
        return None if pick is None else self._glance.of_one(pick(values))

    def _ordered(self, order: tuple[str, ...]) -> _Pick | None:
        """What brings values in an order of tensors into that of the signature; ``None`` if that does not fit."""
        size = len(self._names)
        names, datatypes = order[:size], order[size:]
        accepted = self._accepted
        if set(names) != set(self._names) or any(
            datatype not in accepted[name] for name, datatype in zip(names, datatypes, strict=True)
        ):
            return None
        pick = picked([names.index(name) for name in self._names])
        if len(self._orders) < _ORDERS:
            self._orders[order] = pick
        return pick

    def _of_matrix(self, tensors: Sequence[Tensor]) -> dict[str, npt.NDArray[Any]] | None:
        if not self._numbers or not is_matrix(tensors, self._accepted):
            return None
        matrix = _matrix(tensors[0])
        return None if matrix is None else self._glance.of_matrix(matrix)


def all_numbers(signature: Signature) -> bool:
    """Whether every column is a number or a truth value, so that a row can be a list of numbers."""
    return bool(signature.inputs) and all(field.datatype != "BYTES" for field in signature.inputs)


def is_matrix(tensors: Sequence[Tensor], names: Mapping[str, object]) -> bool:
    """Whether the one tensor stands for all columns: ``[rows, columns]``, under whatever name."""
    if len(tensors) != 1 or len(tensors[0].shape) != 2 or tensors[0].datatype not in WHOLE | FLOAT:
        return False
    return tensors[0].name not in names or tensors[0].shape[1] == len(names) > 1


def lists_of(tensors: Sequence[Tensor], signature: Signature, problems: list[Problem]) -> dict[str, Any]:
    """The columns of a question as lists; what is wrong with the tensors is added to the problems."""
    fields = {field.name: field for field in signature.inputs}
    if all_numbers(signature) and is_matrix(tensors, fields):
        return _split(tensors[0], signature, problems)
    lists: dict[str, Any] = {}
    for tensor in tensors:
        if tensor.name in lists:
            problems.append(
                Problem("DUPLICATE_COLUMN", "each column once", column=tensor.name, value="two tensors")
            )
        known = fields.get(tensor.name)
        lists[tensor.name] = [] if known is None else _values(tensor, known, problems)
    return lists


def unknown_outputs(wanted: Sequence[str] | None, outputs: Sequence[Field]) -> list[Problem]:
    """The wanted outputs that do not exist, as problems."""
    if wanted is None:
        return []
    known = [field.name for field in outputs]
    return [
        Problem("UNKNOWN_OUTPUT", "outputs among " + ", ".join(known), value=f"output {name!r}")
        for name in wanted
        if name not in known
    ]


def all_problems(problems: list[Problem], signature: Signature, lists: Mapping[str, Any]) -> BadInputError:
    """The problems of the tensors, and those of the values in the columns that have none yet."""
    seen = {problem.column for problem in problems}
    total = len(problems)
    try:
        signature.columns_from_lists(lists)
    except BadInputError as error:
        more = [problem for problem in error.problems if problem.column not in seen]
        problems = [*problems, *more]
        total += len(more) + error.total - len(error.problems)
    return BadInputError(problems, total=total)


def truths(values: Sequence[Any]) -> list[Any]:
    """Numbers that stand for truth values, as these; anything else as it is."""
    return [bool(value) if type(value) in (int, float) and value in (0, 1) else value for value in values]


def texts(values: Sequence[Any]) -> list[Any]:
    """Bytes that hold text, as text; anything else as it is."""
    return [_text(value) if isinstance(value, bytes) else value for value in values]


def _text(value: bytes) -> str | bytes:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


def _matrix(tensor: Tensor) -> npt.NDArray[Any] | None:
    """The matrix that a tensor holds, as numbers; ``None`` if it is not as it should be."""
    data = tensor.data
    if isinstance(data, np.ndarray):
        return data
    if tensor.shape[0] < 0:
        return None
    try:
        flat = list(chain.from_iterable(data)) if data and isinstance(data[0], list) else data
        if not set(map(type, flat)) <= _NUMBERS:
            return None
        return np.array(flat, dtype=np.float64).reshape(tensor.shape)
    except (TypeError, ValueError, OverflowError):
        return None


def _split(tensor: Tensor, signature: Signature, problems: list[Problem]) -> dict[str, Any]:
    """The columns of a matrix, as lists."""
    rows, width = tensor.shape
    size, data = len(signature.inputs), tensor.data
    if isinstance(data, np.ndarray):
        data = data.tolist()
    nested = [row for row in data if isinstance(row, list)]
    flat = list(chain.from_iterable(nested)) if nested else data
    uneven = bool(nested) and (len(nested) != len(data) or any(len(row) != width for row in nested))
    if width != size:
        expected = f"shape [rows, {size}]: one value per column, in this order: {', '.join(signature.names)}"
        problems.append(Problem("WRONG_SHAPE", expected, column=tensor.name, value=f"shape {tensor.shape}"))
    if rows < 0 or uneven or len(flat) != rows * width:
        expected = f"{rows * width} values, as its shape says"
        problems.append(Problem("WRONG_LENGTH", expected, column=tensor.name, value=f"{len(flat)} values"))
    if problems:
        raise BadInputError(problems)
    lists: dict[str, Any] = {field.name: flat[place::size] for place, field in enumerate(signature.inputs)}
    for field in signature.inputs:
        if field.datatype == "BOOL":
            lists[field.name] = truths(lists[field.name])
    return lists


def _values(tensor: Tensor, field: Field, problems: list[Problem]) -> Sequence[Any]:
    if tensor.datatype not in _ACCEPTED[field.datatype]:
        problems.append(
            Problem(
                "WRONG_DATATYPE",
                f"datatype {field.datatype}",
                column=tensor.name,
                value=f"datatype {tensor.datatype}",
            )
        )
    shape, data = tensor.shape, tensor.data
    if isinstance(data, np.ndarray):
        data = texts(data.reshape(-1).tolist())
    if not (len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)) or shape[0] < 0:
        problems.append(
            Problem("WRONG_SHAPE", "shape [rows] or [rows, 1]", column=tensor.name, value=f"shape {shape}")
        )
    elif data and len(shape) == 2 and isinstance(data[0], list):
        flat = [value for part in data if isinstance(part, list) for value in part]
        if len(flat) != len(data):
            problems.append(
                Problem("WRONG_SHAPE", "one value per row", column=tensor.name, value=f"{len(flat)} values")
            )
        data = flat
    if shape and len(data) != shape[0]:
        problems.append(
            Problem(
                "WRONG_LENGTH",
                f"{shape[0]} values, as its shape says",
                column=tensor.name,
                value=f"{len(data)} values",
            )
        )
    return list(data)
