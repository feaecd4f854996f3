"""What models of tensors have in common, whether a file computes or a class of the user's."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.assertions import Assertion
from mainspring.models.signature import Field
from mainspring.serving.prediction import Inputs, Prediction
from mainspring.serving.question import Question
from mainspring.serving.raw_tensors import DTYPES
from mainspring.serving.tensor_models.reading import fields_of


class TensorAnswering(ABC):
    """A model about which nothing is known but its tensors, as far as that makes up an
    :class:`mainspring.serving.ports.Answering`.

    Args:
        name: The name under which it is served.
        version: Its version.
        runtime: The name of what runs it.

    Attributes:
        inputs: What it asks for; empty if it takes anything.
        outputs: What it answers; empty if that is known only by asking.
        assertions: None: nobody has said what its answers should be.
        of_no_row: What is answered to no row at all if nobody knows the outputs.
    """

    inputs: Sequence[Field]
    outputs: Sequence[Field]
    of_no_row: ClassVar[tuple[Field, ...]] = ()

    def __init__(self, *, name: str, version: str, runtime: str) -> None:
        self.name, self.version, self.runtime = name, version, runtime
        self.assertions: tuple[Assertion, ...] = ()

    @property
    def task(self) -> str:
        """Nothing: tensors may mean anything."""
        return ""

    @property
    def classes(self) -> Sequence[str] | None:
        """None are known."""
        return None

    @abstractmethod
    def read(self, question: Question) -> Inputs:
        """Check a question.

        Raises:
            BadInputError: With every problem in it.
        """

    @abstractmethod
    def compute(self, inputs: Inputs) -> Mapping[str, npt.NDArray[Any]]:
        """The model's own outputs for at least one row.

        Raises:
            MainspringError: If it fails, or gives something else than it promises.
        """

    @abstractmethod
    def finish(self, inputs: Inputs, outputs: Mapping[str, npt.NDArray[Any]], seconds: float) -> Prediction:
        """The answer."""

    def nothing(self, inputs: Inputs) -> Prediction:
        """The answer to no row at all; the model is not asked."""
        fields = self.outputs or self.of_no_row
        outputs = {
            one.name: np.empty([0, *(max(size, 0) for size in one.shape[1:])], dtype=DTYPES[one.datatype])
            for one in fields
        }
        return Prediction(self.inputs or fields_of(inputs.columns), outputs, fields, 0, inputs.columns, 0.0)

    def answer(self, question: Question) -> Prediction:
        """Answer a question here and now.

        Raises:
            MainspringError: If something is wrong with it, or the model fails.
        """
        inputs = self.read(question)
        if inputs.rows == 0:
            return self.nothing(inputs)
        began = time.perf_counter()
        outputs = self.compute(inputs)
        return self.finish(inputs, outputs, time.perf_counter() - began)
