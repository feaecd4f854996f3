"""Any question as the columns of a table: rows, lists or tensors, checked against a signature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy.typing as npt

from mainspring.models.signature import BadInputError, Field, Problem, Signature
from mainspring.serving.glance import Glance
from mainspring.serving.question import Question
from mainspring.serving.tensors import (
    TensorReader,
    all_numbers,
    all_problems,
    lists_of,
    texts,
    truths,
    unknown_outputs,
)


class ColumnReader:
    """Reads questions as the columns of one signature. Safe for threads.

    The usual question is read at a glance. Whatever is unusual is read again value by value: odd forms are brought
    into the usual one, and what is wrong is said completely.
    """

    def __init__(self, signature: Signature) -> None:
        self._signature = signature
        self._glance = Glance(signature)
        self._tensors = TensorReader(signature, self._glance)

    def read(self, question: Question, outputs: Sequence[Field]) -> dict[str, npt.NDArray[Any]]:
        """The columns, in the form that ``Signature.columns`` gives.

        Args:
            question: What is asked.
            outputs: The outputs that may be asked for.

        Raises:
            BadInputError: With every problem in it, wanted outputs that do not exist included.
        """
        if question.outputs is None or not unknown_outputs(question.outputs, outputs):
            columns = self._at_a_glance(question)
            if columns is not None:
                return columns
        return columns_of(question, self._signature, outputs)

    def _at_a_glance(self, question: Question) -> dict[str, npt.NDArray[Any]] | None:
        if question.tensors is not None:
            return self._tensors.read(question.tensors)
        if question.rows is not None:
            return self._glance.of_rows(question.rows)
        return self._glance.of_lists(question.lists or {})


def columns_of(
    question: Question, signature: Signature, outputs: Sequence[Field] | None = None
) -> dict[str, npt.NDArray[Any]]:
    """The columns of a question, value by value.

    Args:
        question: What is asked.
        signature: What is expected.
        outputs: The outputs that may be asked for; by default they are not looked at.

    Raises:
        BadInputError: With every problem in it.
    """
    problems = [] if outputs is None else unknown_outputs(question.outputs, outputs)
    rows = question.rows
    if rows is not None and not _are_lists(rows, signature):
        if problems:
            raise BadInputError(problems)
        return signature.columns([_plain(row, signature) for row in rows])
    if question.tensors is not None:
        lists = lists_of(question.tensors, signature, problems)
    elif rows is not None:
        lists = _transposed(rows, signature, problems)
    else:
        lists = {name: _column(values) for name, values in (question.lists or {}).items()}
    if problems:
        raise all_problems(problems, signature, lists)
    return signature.columns_from_lists(lists)


def _are_lists(rows: Sequence[Any], signature: Signature) -> bool:
    """Whether rows are lists, or the bare values of the only column."""
    if not rows or isinstance(rows[0], Mapping):
        return False
    return isinstance(rows[0], list) or len(signature.inputs) == 1


def _transposed(rows: Sequence[Any], signature: Signature, problems: list[Problem]) -> dict[str, Any]:
    names = signature.names
    lists: dict[str, list[Any]] = {name: [] for name in names}
    expected = f"a list of {len(names)} values, in the order {', '.join(names)}"
    for index, row in enumerate(rows):
        values = row if isinstance(row, list) else [row] if len(names) == 1 else []
        if len(values) != len(names):
            shown = f"a list of {len(row)} values" if isinstance(row, list) else f"a {type(row).__name__}"
            problems.append(Problem("WRONG_ROW", expected, row=index, value=shown))
        for name, value in zip(names, values, strict=False):
            lists[name].append(value)
    if problems:
        raise BadInputError(problems)
    numbers = all_numbers(signature)
    for field in signature.inputs:
        lists[field.name] = _column(lists[field.name])
        if field.datatype == "BOOL" and numbers:
            lists[field.name] = truths(lists[field.name])
    return lists


def _plain(row: Any, signature: Signature) -> Any:
    """A row whose values are not in lists of one, as TensorFlow Serving's callers send them, nor in bytes."""
    if not isinstance(row, Mapping):
        return row
    names = set(signature.names)
    return {name: _column([value])[0] if name in names else value for name, value in row.items()}


def _column(values: Any) -> Any:
    """A column whose values are not in lists of one, nor in bytes."""
    if not isinstance(values, list):
        return values
    alone = [value[0] if isinstance(value, list) and len(value) == 1 else value for value in values]
    return texts(alone)
