"""One loaded version of a model: checks what comes in, runs it, checks what goes out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import MainspringError
from mainspring.evaluation.assertions import Answered, Assertion
from mainspring.models.signature import Field, Signature
from mainspring.serving.asserting import ERROR, Guard, assertions_of, served
from mainspring.serving.glance import Glance
from mainspring.serving.ports import Servable

QUICK_SECONDS = 0.001
"""A model that answers one row in this time is run where the request is; handing it to a thread costs 0.1 ms."""


class ModelError(MainspringError):
    """The model itself failed, or answered what its signature does not promise. Not the caller's fault."""

    code = "MODEL_FAILED"


@dataclass(frozen=True, slots=True)
class Prediction:
    """An answer.

    Attributes:
        signature: What the arrays follow.
        rows: How many rows were asked for.
        columns: The rows as they were read, one array per input column.
        outputs: One array per output, ``[rows]`` or ``[rows, classes]``.
        seconds: How long the model ran.
        answered: What assertions made of the model's own answers; ``None`` for a model without assertions.
    """

    signature: Signature
    rows: int
    columns: Mapping[str, npt.NDArray[Any]]
    outputs: Mapping[str, npt.NDArray[Any]]
    seconds: float
    answered: Answered | None = None

    @property
    def violations(self) -> Mapping[Assertion, int]:
        """Violated assertion to the number of its rows."""
        return {} if self.answered is None else self.answered.counts

    def plain_columns(self) -> dict[str, list[Any]]:
        """The input as plain values: whole numbers and booleans as such, ``None`` for missing."""
        return {field.name: plain_values(field, self.columns[field.name]) for field in self.signature.inputs}

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
            if name == "probabilities" and self.signature.classes is not None:
                for place, word in enumerate(self.signature.classes):
                    plain[f"probability.{word}"] = values[:, place].tolist()
            else:
                plain[name] = values.tolist()
        return plain


def plain_values(field: Field, values: npt.NDArray[Any]) -> list[Any]:
    """A column, in the form of ``Signature.columns``, as JSON values: integers as such, ``None`` for missing."""
    plain: list[Any] = values.tolist()
    if field.datatype == "BYTES":
        return plain
    kind = {"INT64": int, "BOOL": bool}.get(field.datatype, float)
    # NaN, the missing value, is not equal to itself.
    return [kind(value) if value == value else None for value in plain]


class Predictor:
    """A loaded model version. Safe for threads.

    Args:
        package: What to load; it is opened here.
        name: The name under which it is served.
        version: Its version.
        threads: How many threads the runtime may use for one call. More than one doubles the work of a small
            model.

    Attributes:
        signature: What the model asks for and answers.
        assertions: What its answers are held to.
        served: The signature as callers see it: with assertions there are outputs that tell of them.
    """

    def __init__(self, package: Servable, *, name: str, version: str, threads: int = 1) -> None:
        self.name, self.version = name, version
        self.signature: Signature = package.signature
        self.runtime: str = package.runtime
        self.assertions = assertions_of(package)
        self.served = served(self.signature, self.assertions)
        self.quick = True
        self._runtime = package.open(threads=threads)
        self._glance = Glance(self.signature)
        self._guard = Guard(self.assertions, self.signature.classes) if self.assertions else None

    def from_rows(self, rows: Sequence[Mapping[str, Any]]) -> Prediction:
        """Answer rows, given as values by column name in any order.

        Raises:
            BadInputError: With every problem in the rows.
            ModelError: If the model fails.
        """
        columns = self._glance.of_rows(rows)
        return self._answer(self.signature.columns(rows) if columns is None else columns, len(rows))

    def from_lists(self, lists: Mapping[str, Sequence[Any] | npt.NDArray[Any]]) -> Prediction:
        """Answer columns, given as lists of equal length.

        Raises:
            BadInputError: With every problem in the columns.
            ModelError: If the model fails.
        """
        columns = self._glance.of_lists(lists)
        if columns is None:
            columns = self.signature.columns_from_lists(lists)
        return self._answer(columns, len(next(iter(columns.values()), ())))

    def warm(self, example: Sequence[Mapping[str, Any]] = ()) -> None:
        """Run the model a few times, so that the first caller does not wait, and see whether it is quick.

        Args:
            example: A row or more; without one, a row in which everything is missing or plausible.

        Raises:
            MainspringError: If it cannot answer the example: it must not be served then.
        """
        rows = example[:1] or [{field.name: _plausible(field) for field in self.signature.inputs}]
        self.quick = min(self.from_rows(rows).seconds for _ in range(3)) <= QUICK_SECONDS

    def _answer(self, columns: Mapping[str, npt.NDArray[Any]], rows: int) -> Prediction:
        if rows == 0:
            nothing = _nothing(self.served)
            answered = None if self._guard is None else Answered(nothing, nothing, (), {})
            return Prediction(self.signature, 0, columns, nothing, 0.0, answered)
        began = time.perf_counter()
        try:
            outputs = self._runtime.predict(columns)
        except MainspringError:
            raise
        except Exception as error:
            raise ModelError(
                f"the model failed on these {rows} rows: {type(error).__name__}: {error}",
                where=f"{self.name} {self.version}",
            ) from error
        seconds = time.perf_counter() - began
        for field in self.signature.outputs:
            _check(field, outputs.get(field.name), rows, f"{self.name} {self.version}")
        if self._guard is None:
            return Prediction(self.signature, rows, columns, outputs, seconds)
        held, answered = self._guard.hold(columns, outputs)
        return Prediction(self.signature, rows, columns, held, seconds, answered)


def _check(field: Field, values: npt.NDArray[Any] | None, rows: int, where: str) -> None:
    expected = (rows, *field.shape[1:])
    if values is None or values.shape != expected:
        raise ModelError(
            f"output {field.name!r} has shape {'none' if values is None else list(values.shape)}",
            expected=f"shape {list(expected)}, as the signature says",
            where=where,
        )


def _nothing(signature: Signature) -> dict[str, npt.NDArray[Any]]:
    return {
        field.name: np.empty((0, *field.shape[1:]), dtype=object if field.datatype == "BYTES" else np.float64)
        for field in signature.outputs
    }


def _plausible(field: Field) -> Any:
    if field.domain:
        return field.domain[0]
    if field.nullable:
        return None
    return {"BYTES": "", "BOOL": False}.get(field.datatype, 0)
