"""What goes into a model and what comes out of it, for one request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy.typing as npt

from mainspring.evaluation.assertions import Answered, Assertion
from mainspring.models.signature import Field
from mainspring.serving.asserting import ERROR
from mainspring.serving.outliers.judged import Outliers


class Inputs(msgspec.Struct, eq=False):
    """A question in the form that a model computes on: checked, row by row.

    Attributes:
        columns: One array per input, each with as many rows.
        rows: How many rows.
    """

    columns: Mapping[str, npt.NDArray[Any]]
    rows: int

    @property
    def apart(self) -> str:
        """What the model computes by besides: questions that differ in it are not equal, nor computed together."""
        return ""

    def of(self, columns: Mapping[str, npt.NDArray[Any]], rows: int) -> Inputs:
        """The same question about other rows, which may be those of several callers."""
        return Inputs(columns, rows)


class Prediction(msgspec.Struct, frozen=True, eq=False):
    """An answer.

    Attributes:
        inputs: What is asked for, one field per column.
        outputs: One array per output, ``[rows]``, ``[rows, classes]`` or whatever the model promises.
        fields: What the arrays of ``outputs`` are, in the order in which they are shown.
        rows: How many rows were asked for.
        columns: The rows as they were read, one array per input column.
        seconds: How long the model ran.
        classes: Names of the classes, in the order of the probabilities.
        answered: What assertions made of the model's own answers; ``None`` for a model without assertions.
        tags: What the model says about this answer, by name.
        metrics: What it wants counted: objects with ``type``, ``key`` and ``value``.
        outliers: Which rows are unlike those of training; ``None`` for a model that is served without looking.
    """

    inputs: Sequence[Field]
    outputs: Mapping[str, npt.NDArray[Any]]
    fields: Sequence[Field]
    rows: int
    columns: Mapping[str, npt.NDArray[Any]]
    seconds: float
    classes: Sequence[str] | None = None
    answered: Answered | None = None
    tags: Mapping[str, Any] = {}
    metrics: Sequence[Mapping[str, Any]] = ()
    outliers: Outliers | None = None

    @property
    def violations(self) -> Mapping[Assertion, int]:
        """Violated assertion to the number of its rows."""
        return {} if self.answered is None else self.answered.counts

    def plain_columns(self) -> dict[str, list[Any]]:
        """The input as plain values: whole numbers and booleans as such, ``None`` for missing."""
        return {item.name: plain_values(item, self.columns[item.name]) for item in self.inputs}

    def plain_outputs(self) -> dict[str, list[Any]]:
        """The output as plain columns: ``label`` and ``probability.<class>``, or ``prediction``.

        Of a model with assertions also the names of the ``assertions`` that each row violates; and where these
        changed an answer, the model's own under ``own.label`` and so on.
        """
        plain = self._plain(self.outputs)
        if self.answered is not None:
            plain.pop(ERROR, None)
            if self.answered.changed:
                plain |= {f"own.{name}": values for name, values in self._plain(self.answered.own).items()}
        return plain

    def _plain(self, outputs: Mapping[str, npt.NDArray[Any]]) -> dict[str, list[Any]]:
        plain: dict[str, list[Any]] = {}
        for name, values in outputs.items():
            if name == "probabilities" and self.classes is not None:
                for place, word in enumerate(self.classes):
                    plain[f"probability.{word}"] = values[:, place].tolist()
            else:
                plain[name] = values.tolist()
        return plain


def plain_values(item: Field, values: npt.NDArray[Any]) -> list[Any]:
    """A column, in the form of ``Signature.columns``, as JSON values: integers as such, ``None`` for missing."""
    plain: list[Any] = values.tolist()
    if item.datatype not in _KINDS or values.ndim > 1:
        return plain
    kind = _KINDS[item.datatype]
    # NaN, the missing value, is not equal to itself.
    return [kind(value) if value == value else None for value in plain]


_KINDS: Mapping[str, type] = {"INT64": int, "BOOL": bool, "FP64": float}
