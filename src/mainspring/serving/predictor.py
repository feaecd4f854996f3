"""One loaded version of a packaged model: checks what comes in, runs it, checks what goes out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import MainspringError
from mainspring.evaluation.assertions import Answered
from mainspring.models.signature import Field, Signature
from mainspring.serving.asserting import Guard, assertions_of, served
from mainspring.serving.columns import ColumnReader
from mainspring.serving.outliers.judged import RowJudge
from mainspring.serving.ports import Servable
from mainspring.serving.prediction import Inputs, Prediction
from mainspring.serving.question import Question
from mainspring.serving.quickness import QUICK_SECONDS, Quickness
from mainspring.serving.ranges import ranges_of

__all__ = ["ModelError", "Predictor", "QUICK_SECONDS", "WrongShapeError"]


class ModelError(MainspringError):
    """The model itself failed, or answered what its signature does not promise. Not the caller's fault."""

    code = "MODEL_FAILED"


class WrongShapeError(ModelError):
    """The model's answer has another shape than its signature promises: nobody can say whose rows they are."""


class Predictor:
    """A loaded model version: an :class:`mainspring.serving.ports.Answering` of named columns. Safe for threads.

    Args:
        package: What to load; it is opened here.
        name: The name under which it is served.
        version: Its version.
        threads: How many threads the runtime may use for one call. More than one doubles the work of a small
            model.
        outliers: What judges its rows, if anything does.

    Attributes:
        signature: What the model asks for and answers.
        assertions: What its answers are held to.
        ranges: The least and the largest number of training, by column; those that are known.
        served: The signature as callers see it: with assertions there are outputs that tell of them.
        trouble: None: what runs in this process is there as long as it is.
        quick: Whether a row is computed in less than :data:`QUICK_SECONDS`; measured before it is served, and
            while it is.
    """

    trouble = ""

    def __init__(
        self,
        package: Servable,
        *,
        name: str,
        version: str,
        threads: int = 1,
        outliers: RowJudge | None = None,
    ) -> None:
        self.name, self.version = name, version
        self.signature: Signature = package.signature
        self.runtime: str = package.runtime
        self.assertions = assertions_of(package)
        self.ranges = ranges_of(package)
        self.served = served(self.signature, self.assertions)
        self._pace = Quickness()
        self.quick = self._pace.quick
        self._runtime = package.open(threads=threads)
        self._columns = ColumnReader(self.signature)
        self._outliers = outliers
        self._guard = Guard(self.assertions, self.signature.classes) if self.assertions else None

    @property
    def inputs(self) -> Sequence[Field]:
        """The columns that it reads."""
        return self.signature.inputs

    @property
    def outputs(self) -> Sequence[Field]:
        """What it answers, as callers see it."""
        return self.served.outputs

    @property
    def task(self) -> str:
        """Classification or regression."""
        return self.signature.task

    @property
    def classes(self) -> Sequence[str] | None:
        """Names of the classes, in the order of the probabilities; ``None`` for regression."""
        return self.signature.classes

    def read(self, question: Question) -> Inputs:
        """Check a question, and bring it into columns.

        Raises:
            BadInputError: With every problem in it.
        """
        columns = self._columns.read(question, self.outputs)
        rows = question.rows
        return Inputs(columns, len(next(iter(columns.values()), ())) if rows is None else len(rows))

    def compute(self, inputs: Inputs) -> Mapping[str, npt.NDArray[Any]]:
        """The model's own outputs.

        Raises:
            ModelError: If the model fails.
        """
        began = time.perf_counter()
        try:
            outputs = self._runtime.predict(inputs.columns)
        except MainspringError:
            raise
        except Exception as error:
            raise ModelError(
                f"the model failed on these {inputs.rows} rows: {type(error).__name__}: {error}",
                where=f"{self.name} {self.version}",
            ) from error
        self._pace.note(time.perf_counter() - began, inputs.rows)
        self.quick = self._pace.quick
        for field in self.signature.outputs:
            values = outputs.get(field.name)
            if values is None or values.shape != (inputs.rows, *field.shape[1:]):
                raise self._wrong_shape(field, values, inputs.rows)
        return outputs

    def finish(self, inputs: Inputs, outputs: Mapping[str, npt.NDArray[Any]], seconds: float) -> Prediction:
        """The answer, with what assertions make of it."""
        signature, answered = self.served, None
        if self._guard is not None:
            outputs, answered = self._guard.hold(inputs.columns, outputs)
        return Prediction(
            signature.inputs,
            outputs,
            signature.outputs,
            inputs.rows,
            inputs.columns,
            seconds,
            signature.classes,
            answered,
            outliers=None if self._outliers is None else self._outliers.judge(inputs.columns),
        )

    def answer(self, question: Question) -> Prediction:
        """Answer a question here and now.

        Raises:
            BadInputError: With every problem in it.
            ModelError: If the model fails.
        """
        return self._answer(self.read(question))

    def from_rows(self, rows: Sequence[Mapping[str, Any]]) -> Prediction:
        """Answer rows, given as values by column name in any order.

        Raises:
            BadInputError: With every problem in the rows.
            ModelError: If the model fails.
        """
        return self.answer(Question(rows=rows))

    def from_lists(self, lists: Mapping[str, Sequence[Any] | npt.NDArray[Any]]) -> Prediction:
        """Answer columns, given as lists of equal length.

        Raises:
            BadInputError: With every problem in the columns.
            ModelError: If the model fails.
        """
        return self.answer(Question(lists=lists))

    def nothing(self, inputs: Inputs) -> Prediction:
        """The answer to no row at all, for which no model is asked."""
        empty = {
            field.name: np.empty((0, *field.shape[1:]), dtype=object if field.datatype == "BYTES" else np.float64)
            for field in self.served.outputs
        }
        answered = None if self._guard is None else Answered(empty, empty, (), {})
        signature = self.served
        return Prediction(
            signature.inputs, empty, signature.outputs, 0, inputs.columns, 0.0, signature.classes, answered
        )

    def warm(self, example: Sequence[Mapping[str, Any]] = ()) -> None:
        """Run the model a few times, so that the first caller does not wait, and see whether it is quick.

        Args:
            example: A row or more; without one, a row in which everything is missing or plausible.

        Raises:
            MainspringError: If it cannot answer the example: it must not be served then.
        """
        rows = example[:1] or [{field.name: _plausible(field) for field in self.signature.inputs}]
        self._pace.measure(lambda: self.from_rows(rows).seconds)
        self.quick = self._pace.quick

    def close(self) -> None:
        """Nothing: a runtime lets go of what it has when it is forgotten."""

    def _wrong_shape(self, field: Field, values: npt.NDArray[Any] | None, rows: int) -> WrongShapeError:
        return WrongShapeError(
            f"output {field.name!r} has shape {'none' if values is None else list(values.shape)}",
            expected=f"shape {[rows, *field.shape[1:]]}, as the signature says",
            where=f"{self.name} {self.version}",
        )

    def _answer(self, inputs: Inputs) -> Prediction:
        if inputs.rows == 0:
            return self.nothing(inputs)
        began = time.perf_counter()
        outputs = self.compute(inputs)
        return self.finish(inputs, outputs, time.perf_counter() - began)


def _plausible(field: Field) -> Any:
    if field.domain:
        return field.domain[0]
    if field.nullable:
        return None
    return {"BYTES": "", "BOOL": False}.get(field.datatype, 0)
