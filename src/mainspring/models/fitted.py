"""What training gives, whatever the framework."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from mainspring.models.files import Files


class Fitted(Protocol):
    """A trained estimator, whatever its framework.

    Promises:
        - It never changes, and many threads may ask it at once.
        - The same matrix gives the same bits.
    """

    @property
    def native(self) -> Any:
        """The framework's own object, for exporters."""
        ...

    @property
    def probabilistic(self) -> bool:
        """Whether scores of classes are probabilities; if not, the chosen class has 1 and the others 0."""
        ...

    def scores(self, matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Probabilities ``[n, classes]``, or values ``[n]`` for regression.

        Raises:
            InputError: If the estimator cannot take such a matrix, for example one with missing values.
        """
        ...

    def dump(self) -> Files:
        """The estimator as files: no code in them, and the same bytes every time."""
        ...
