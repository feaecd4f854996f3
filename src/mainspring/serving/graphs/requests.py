"""What is asked of a graph: told from what its nodes read of the request, and read as they need it."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from msgspec.structs import replace as altered

from mainspring.evaluation.assertions.conditions import Condition, is_column, named
from mainspring.models.problems import BadInputError
from mainspring.models.signature import Datatype, Field, Signature
from mainspring.serving.columns import ColumnReader
from mainspring.serving.components.model import as_it_is
from mainspring.serving.graphs.fields import COLUMN_TYPES, merged
from mainspring.serving.graphs.findings import Findings
from mainspring.serving.graphs.parting import Answer
from mainspring.serving.question import Question
from mainspring.serving.tensor_models.reading import TensorReader
from mainspring.serving.tensors import unknown_outputs

_WIDER = {"FP32": "FP64", "FP16": "FP64", "BF16": "FP64"}


class Wants:
    """Collects what nodes read of the request.

    Args:
        findings: Told of what does not fit.

    Attributes:
        fields: What the graph asks for; empty if it takes anything. Known once it is settled.
        columns: Those of them that are read as columns of a table; others are tensors.
    """

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._wanted: dict[str, list[tuple[str, Field]]] = {}
        self._columns: set[str] = set()
        self._seen: dict[str, str] = {}
        self._unknown: set[str] = set()
        self._anything = False
        self.fields: tuple[Field, ...] = ()
        self.columns: frozenset[str] = frozenset()

    def want(self, node: str, field: Field, *, column: bool) -> None:
        """A node reads a column of the request for an input."""
        self._wanted.setdefault(field.name, []).append((node, field))
        if column:
            self._columns.add(field.name)

    def want_seen(self, name: str, datatype: str) -> None:
        """A condition or a bandit reads a column of the request, of this datatype if nobody else reads it."""
        self._seen.setdefault(name, datatype)

    def want_name(self, name: str) -> None:
        """A node reads a column of the request, and takes whatever it holds."""
        self._unknown.add(name)

    def want_anything(self) -> None:
        """A node reads whatever is asked."""
        self._anything = True

    def settle(self, prefix: str) -> None:
        """Say what is asked for, all in all.

        Args:
            prefix: Of the paths of the nodes.
        """
        if self._unknown - self._wanted.keys() or not (self._wanted or (self._seen and not self._anything)):
            return  # it takes anything
        found = []
        for name, wants in self._wanted.items():
            field = merged([one for _, one in wants])
            if field is None:
                told = ", ".join(f"{node} as {one.datatype} of shape {list(one.shape)}" for node, one in wants)
                self._findings.add(
                    prefix.rstrip("/"), f"{name!r} of the request is read by {told}", expected="one form"
                )
                continue
            found.append(field)
        known = {field.name for field in found}
        for name, datatype in self._seen.items():
            if name not in known:
                found.append(Field(name, cast("Datatype", datatype), required=False))
                self._columns.add(name)
        self.columns = frozenset(field.name for field in found if self._is_column(field))
        self.fields = tuple(_as_column(one) if one.name in self.columns else one for one in found)

    def _is_column(self, field: Field) -> bool:
        return (
            field.name in self._columns
            and (field.datatype in COLUMN_TYPES or field.datatype in _WIDER or "INT" in field.datatype)
            and field.shape == (-1,)
        )


class RequestReader:
    """Reads questions as a graph needs them. Safe for threads.

    Args:
        fields: What it asks for; empty if it takes anything.
        columns: Those that are columns of a table; others are tensors.
        outputs: What it answers.
    """

    def __init__(self, fields: Sequence[Field], columns: frozenset[str], outputs: Sequence[Field]) -> None:
        self._fields, self._outputs = tuple(fields), tuple(outputs)
        table = tuple(field for field in fields if field.name in columns)
        tensors = tuple(field for field in fields if field.name not in columns)
        self._table = ColumnReader(Signature(table, self._outputs, "regression")) if table else None
        by_row = all(field.shape[:1] == (-1,) for field in tensors)
        self._tensors = TensorReader(tensors, batches=by_row) if tensors else None
        self._names = frozenset(columns)
        self._by_row = by_row

    def read(self, question: Question) -> Answer:
        """What is asked, as the nodes read it.

        Raises:
            BadInputError: With every problem of the question.
        """
        table, tensors = self._table, self._tensors
        if table is not None and tensors is None:
            columns = table.read(question, self._outputs)
            rows = question.rows
            return Answer(columns, len(next(iter(columns.values()), ())) if rows is None else len(rows))
        if tensors is not None and table is None:
            read = tensors.read(question, self._outputs)
            return Answer(read.columns, read.rows)
        if table is None or tensors is None:
            return self._anything(question)
        return self._both(question, table, tensors)

    def _anything(self, question: Question) -> Answer:
        problems = unknown_outputs(question.outputs, self._outputs) if self._outputs else []
        if problems:
            raise BadInputError(problems)
        read = as_it_is(question)
        return Answer(read.columns, read.rows, "tensors" if question.rows is None else "rows")

    def _both(self, question: Question, table: ColumnReader, tensors: TensorReader) -> Answer:
        problems, total = [], 0
        found = []
        for reader, inside in ((table, True), (tensors, False)):
            part = self._part(question, inside=inside)
            try:
                if isinstance(reader, ColumnReader):
                    found.append(reader.read(part, self._outputs))
                else:
                    found.append(dict(reader.read(part, self._outputs).columns))
            except BadInputError as error:
                problems += [one for one in error.problems if one not in problems]
                total += error.total
        if problems:
            raise BadInputError(problems, total=max(total, len(problems)))
        columns = {**found[0], **found[1]}
        rows = len(next(iter(found[0].values())))
        return Answer(columns, rows)

    def _part(self, question: Question, *, inside: bool) -> Question:
        """What a question says of the columns, or of the rest; names that nobody knows are of the rest."""
        if question.tensors is not None:
            return altered(
                question, tensors=[one for one in question.tensors if (one.name in self._names) is inside]
            )
        if question.lists is not None:
            kept = {name: values for name, values in question.lists.items() if (name in self._names) is inside}
            return altered(question, lists=kept)
        rows = [
            {name: value for name, value in row.items() if (name in self._names) is inside}
            if isinstance(row, dict)
            else row
            for row in question.rows or ()
        ]
        return altered(question, rows=rows)


def _as_column(field: Field) -> Field:
    if field.datatype in COLUMN_TYPES:
        return field
    return replace(field, datatype=cast("Datatype", _WIDER.get(field.datatype, "INT64")))


def compared(condition: Condition) -> dict[str, str]:
    """The columns that a condition reads: of text if they are compared with text, else of numbers."""
    return {name: "BYTES" if _is_text(condition, name) else "FP64" for name in condition.names}


def _is_text(condition: Condition, name: str) -> bool:
    """Whether a condition compares a column with text."""
    for node in ast.walk(condition.tree):
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        read = [one for side in sides for one in ast.walk(side) if isinstance(one, ast.Name) or is_column(one)]
        if not any(named(one) == name for one in read):
            continue
        values = [
            one.value
            for side in sides
            if not is_column(side)
            for one in ast.walk(side)
            if isinstance(one, ast.Constant)
        ]
        if any(isinstance(value, str) for value in values):
            return True
    return False
