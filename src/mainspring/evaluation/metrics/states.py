"""What every family of metrics keeps: a state that merges, made from rows that can be judged in parts."""

from __future__ import annotations

from typing import Protocol, Self, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.metrics.intervals import CLOSED, Intervals
from mainspring.evaluation.metrics.measured import Measured

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]


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

    def state(self, rows: Ints | None = None) -> StateT_co:
        """The state of some rows, given by their indices, or of all."""
        ...
