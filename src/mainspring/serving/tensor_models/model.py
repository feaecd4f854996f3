"""A model of tensors as a model like any other: what REST, gRPC, batching and the log ask."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import MainspringError
from mainspring.models.signature import Field
from mainspring.serving.prediction import Inputs, Prediction
from mainspring.serving.predictor import ModelError, WrongShapeError
from mainspring.serving.question import Question
from mainspring.serving.quickness import Quickness
from mainspring.serving.raw_tensors import DTYPES
from mainspring.serving.tensor_models.answering import TensorAnswering
from mainspring.serving.tensor_models.ports import TensorRuntime
from mainspring.serving.tensor_models.reading import TensorReader, fields_of

_TRIED_ROWS = (1, 3)
_TRIED_SIZE = 1
"""The size of a dimension that may have any, when zeros are tried."""


class TensorModel(TensorAnswering):
    """A model of tensors as an :class:`mainspring.serving.ports.Answering`. Safe for threads.

    If the first dimension of every input and every output counts rows, these may come from several requests.
    That is tried with zeros before it is served; a model that has no such dimension answers one request at a time.

    Args:
        runtime: What computes.
        name: The name under which it is served.
        version: Its version.

    Attributes:
        batches: Whether rows of several requests may come in one call.
        trouble: None: what runs in this process is there as long as it is.
    """

    trouble = ""

    def __init__(self, runtime: TensorRuntime, *, name: str, version: str) -> None:
        super().__init__(name=name, version=version, runtime=runtime.runtime)
        self._runtime = runtime
        self.inputs = runtime.inputs
        # A single number is shown as a list of one.
        self.outputs = tuple(replace(one, shape=one.shape or (1,)) for one in runtime.outputs)
        self._pace = Quickness()
        self.quick = self._pace.quick
        self.batches = runtime.may_batch
        self._reader = TensorReader(runtime.inputs, batches=self.batches)

    def read(self, question: Question) -> Inputs:
        """Check a question: names, datatypes and dimensions.

        Raises:
            BadInputError: With every problem in it.
        """
        return self._reader.read(question, self.outputs)

    def compute(self, inputs: Inputs) -> Mapping[str, npt.NDArray[Any]]:
        """The model's outputs.

        Raises:
            InputError: If the sizes of the inputs do not fit each other.
            ModelError: If the model fails.
        """
        began = time.perf_counter()
        try:
            outputs = self._runtime.run(inputs.columns)
        except MainspringError:
            raise
        except Exception as error:
            raise ModelError(
                f"the model failed: {type(error).__name__}: {error}", where=f"{self.name} {self.version}"
            ) from error
        self._pace.note(time.perf_counter() - began, inputs.rows)
        self.quick = self._pace.quick
        if self.batches:
            for name, array in outputs.items():
                if array.shape[:1] != (inputs.rows,):
                    raise self._wrong_rows(name, array, inputs.rows)
            return outputs
        return {name: one if np.ndim(one) else np.reshape(one, 1) for name, one in outputs.items()}

    def finish(self, inputs: Inputs, outputs: Mapping[str, npt.NDArray[Any]], seconds: float) -> Prediction:
        """The answer."""
        fields = self.outputs or fields_of(outputs)
        return Prediction(self.inputs, outputs, fields, inputs.rows, inputs.columns, seconds)

    def warm(self, example: Sequence[Mapping[str, Any]] = ()) -> None:
        """Run the model, find out whether it is quick, and whether its first dimension counts rows.

        Args:
            example: Rows. Without one zeros are tried, and it is no fault of a model if it cannot answer these.

        Raises:
            MainspringError: If it cannot answer the example: it must not be served then.
        """
        if self.batches and not self._answers_rows():
            self.batches = False
            self._reader = TensorReader(self.inputs, batches=False)
        if example:
            question = Question(rows=list(example))
            self._measure(self.read(question))
            return
        try:
            self._measure(Inputs(zeros(self.inputs, 1), 1))
        except MainspringError:
            self.quick = False  # it will be seen

    def close(self) -> None:
        """Nothing: a runtime lets go of what it has when it is forgotten."""

    def _measure(self, inputs: Inputs) -> None:
        def ask() -> float:
            began = time.perf_counter()
            self.compute(inputs)
            return time.perf_counter() - began

        self._pace.measure(ask)
        self.quick = self._pace.quick

    def _answers_rows(self) -> bool:
        """Whether zeros in different numbers of rows give as many rows; believed if zeros cannot be answered."""
        for rows in _TRIED_ROWS:
            try:
                self.compute(Inputs(zeros(self.inputs, rows), rows))
            except WrongShapeError:
                return False
            except MainspringError:
                continue
        return True

    def _wrong_rows(self, name: str, array: npt.NDArray[Any], rows: int) -> WrongShapeError:
        return WrongShapeError(
            f"output {name!r} has shape {list(array.shape)} for {rows} rows",
            expected=f"{rows} along the first dimension",
            where=f"{self.name} {self.version}",
        )


def zeros(fields: Sequence[Field], rows: int) -> dict[str, npt.NDArray[Any]]:
    """Inputs of zeros and empty texts: so many rows, and 1 for other dimensions that may have any size."""
    found = {}
    for field in fields:
        shape = [_TRIED_SIZE if size < 0 else size for size in field.shape]
        if field.shape[:1] == (-1,):
            shape[0] = rows
        array = np.zeros(shape, dtype=DTYPES[field.datatype])
        if field.datatype == "BYTES":
            array.fill("")
        found[field.name] = array
    return found
