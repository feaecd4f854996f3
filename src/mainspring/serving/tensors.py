"""Tensors as the columns of a table: one tensor per column, in any order.

Specification: https://github.com/kserve/open-inference-protocol, ``specification/protocol/inference_rest.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.models.signature import BadInputError, Field, Problem, Signature
from mainspring.serving.question import Question, Tensor

WHOLE = frozenset({"INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64"})
FLOAT = frozenset({"FP16", "FP32", "FP64", "BF16"})
_ACCEPTED: Mapping[str, frozenset[str]] = {
    "FP64": FLOAT | WHOLE,
    "INT64": WHOLE | FLOAT,  # a column with missing values is often sent as floats; the values are checked
    "BOOL": frozenset({"BOOL"}),
    "BYTES": frozenset({"BYTES"}),
}


def columns_of(question: Question, signature: Signature) -> dict[str, npt.NDArray[Any]]:
    """The columns of a question, in the form that ``Signature.columns`` gives.

    Raises:
        BadInputError: With every problem in it.
    """
    if question.rows is not None:
        return signature.columns(question.rows)
    if question.tensors is None:
        return signature.columns_from_lists(question.lists or {})
    problems: list[Problem] = []
    lists = lists_of(question.tensors, signature, problems)
    if problems:
        raise all_problems(problems, signature, lists)
    return signature.columns_from_lists(lists)


def lists_of(tensors: Sequence[Tensor], signature: Signature, problems: list[Problem]) -> dict[str, Any]:
    """The columns of a question, as lists or arrays; what is wrong with the tensors is added to the problems."""
    fields = {field.name: field for field in signature.inputs}
    lists: dict[str, Any] = {}
    for tensor in tensors:
        if tensor.name in lists:
            problems.append(
                Problem("DUPLICATE_COLUMN", "each column once", column=tensor.name, value="two tensors")
            )
        lists[tensor.name] = _values(tensor, fields.get(tensor.name), problems)
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


def _values(tensor: Tensor, field: Field | None, problems: list[Problem]) -> Sequence[Any] | npt.NDArray[Any]:
    if field is not None and tensor.datatype not in _ACCEPTED[field.datatype]:
        problems.append(
            Problem(
                "WRONG_DATATYPE",
                f"datatype {field.datatype}",
                column=tensor.name,
                value=f"datatype {tensor.datatype}",
            )
        )
    shape, data = tensor.shape, tensor.data
    if not (len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)) or shape[0] < 0:
        problems.append(
            Problem("WRONG_SHAPE", "shape [rows] or [rows, 1]", column=tensor.name, value=f"shape {shape}")
        )
    elif isinstance(data, np.ndarray):
        data = data.reshape(-1)
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
    return data
