"""What attacks by gradients need of a model; ports say what an attack is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.explanation.asking import Columns

Floats = npt.NDArray[np.float64]


class HasGradients(Protocol):
    """A classifier that says which way its answers move.

    Promises:
        - The classes are in the order of the model's predictions.
        - Rows do not influence each other.
        - It says nothing of columns of text, nor of cells without a value: the gradient there is 0.
    """

    def logits(self, columns: Columns) -> Floats:
        """What the probabilities are the softmax of, shape ``[n, classes]``."""
        ...

    def gradients(self, columns: Columns, weights: Floats) -> Mapping[str, Floats]:
        """The slope of ``(weights * logits).sum(axis=1)`` by each raw column of numbers, each of shape ``[n]``.

        Args:
            columns: Raw columns in the form of ``Table.column``.
            weights: Shape ``[n, classes]``.
        """
        ...
