"""What evaluation needs of a model, and of rows that can be judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self, TypeVar, runtime_checkable

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.metrics.intervals import CLOSED, Intervals
from mainspring.evaluation.metrics.measured import Measured
from mainspring.evaluation.predictions import Predictions

if TYPE_CHECKING:
    from mainspring.data import Table


@runtime_checkable
class Predictor(Protocol):
    """Anything that answers rows: a trained model, a served package, a rule written by hand.

    Promises:
        - The answer has one row per row of the table, in the same order.
        - Columns are found by name; columns it does not know are ignored, the label among them.
        - The same table gives the same answer; the predictor is not changed by being asked.
    """

    def predict(self, table: Table) -> Predictions:
        """Predict on every row of the table.

        Raises:
            InputError: If a column it needs is missing or holds values of another type.
        """
        ...


class State(Protocol):
    """What is kept of some rows: enough for every figure of a family of metrics.

    Promises:
        - Its size is bounded, however many rows it stands for (a family that cannot keep this says so).
        - Merging is associative, and the order of the parts changes figures by rounding only.
        - ``measure`` never raises for want of rows: a figure that does not exist is NaN with its reason.
    """

    def merge(self, other: Self) -> Self:
        """The state over the rows of both."""
        ...

    def measure(self, intervals: Intervals = CLOSED) -> Measured:
        """All figures, with intervals of the wanted kind where the family has them."""
        ...


StateT_co = TypeVar("StateT_co", bound=State, covariant=True)


class Rows(Protocol[StateT_co]):
    """Rows with their labels and predictions, that can be judged all together or in parts."""

    def __len__(self) -> int:
        """How many rows there are."""
        ...

    def state(self, rows: npt.NDArray[np.int64] | None = None) -> StateT_co:
        """The state of some rows, given by their indices, or of all."""
        ...
