"""The methods of calibration by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from mainspring.core.errors import InputError
from mainspring.models.calibration.isotonic import Isotonic
from mainspring.models.calibration.platt import Platt
from mainspring.models.calibration.ports import Calibrator, Floats, Ints
from mainspring.models.calibration.temperature import Temperature

METHODS: Final[Mapping[str, type[Calibrator]]] = {one.METHOD: one for one in (Temperature, Platt, Isotonic)}
"""The simplest first."""


def fit_calibrator(method: str, scores: Floats, truth: Ints, weights: Floats | None = None) -> Calibrator:
    """Fit a calibrator on rows that the model did not learn from.

    Args:
        method: ``"temperature"``, ``"platt"`` or ``"isotonic"``.
        scores: Probabilities of the model, ``[n, classes]``. Rows whose scores are not finite are left out.
        truth: Index of each row's class, ``[n]``.
        weights: What each row counts, ``[n]``; 1 without it. Rows that count nothing are left out.

    Raises:
        InputError: For an unknown method, or rows that hold fewer than two classes.

    Example:
        >>> scores = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]])
        >>> fit_calibrator("platt", scores, np.array([0, 1, 1])).as_dict()["method"]
        'platt'
    """
    if method not in METHODS:
        raise InputError(f"no method of calibration is called {method!r}", expected="one of " + ", ".join(METHODS))
    kept = np.isfinite(scores).all(axis=1)
    if weights is not None:
        kept &= weights > 0
    known = truth[kept]
    if len(np.unique(known)) < 2:
        raise InputError(
            f"there {'is one class' if len(known) else 'is no row'} to calibrate on",
            expected="rows of at least two classes that the model answers",
            fix="give more rows, or another split",
        )
    return METHODS[method].fit(scores[kept], known, None if weights is None else weights[kept])


def read_calibrator(value: Mapping[str, Any]) -> Calibrator:
    """What ``as_dict`` of a calibrator wrote.

    Raises:
        InputError: If its method is unknown, as of a newer version.
    """
    method = str(value.get("method"))
    if method not in METHODS:
        raise InputError(
            f"no method of calibration is called {method!r}",
            expected="one of " + ", ".join(METHODS),
            fix="install a newer mainspring",
        )
    return METHODS[method].from_dict(value)
