"""Weights that make reference rows look like a window, so that probabilities are calibrated for what is asked now.

Reference: J. Białek, J. Kivimäki, W. Kuberski and N. Perrakis, *Estimating model performance under covariate shift
without labels*, arXiv:2401.08348 (2024).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.reference import TRUTH
from mainspring.monitoring.quality.boosting import density_ratios
from mainspring.monitoring.quality.drawing import some_rows
from mainspring.monitoring.quality.inputs import Inputs

if TYPE_CHECKING:
    from mainspring.data import Table

Floats: TypeAlias = npt.NDArray[np.float64]

LEAST_EFFECTIVE: Final = 100.0
"""So many equally weighted rows the weighted reference must be worth, to learn from (L. Kish, 1965)."""


def adapted_weights(reference: Table, window: Table, *, seed: int = 0) -> Floats:
    """How much more frequent rows like each of the reference are in the window, ``[reference rows]``.

    Args:
        reference: Rows with inputs, answers and truth.
        window: Rows with inputs and answers; at most 20,000 of them are looked at.
        seed: Of all draws.

    Raises:
        InputError: If an input is missing, or hardly any row of the reference is like those of the window.
    """
    inputs = Inputs.learn(reference.where(f'"{TRUTH}" IS NOT NULL'), answers=True)
    found = density_ratios(inputs.matrix(reference), inputs.matrix(some_rows(window)), seed=seed)
    effective = float(found.sum()) ** 2 / float((found**2).sum())
    if effective < LEAST_EFFECTIVE:
        raise InputError(
            f"the window is so unlike the reference that its rows are worth {effective:.0f}",
            expected=f"at least {LEAST_EFFECTIVE:.0f}",
            fix="have rows of the window reviewed: mainspring review fill",
        )
    return found
