"""What trainers share: scores for all classes of the label, whichever of them a fitted estimator has seen."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError


def two_columns(second: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Probabilities of both classes from those of the second."""
    return np.stack([1 - second, second], axis=1)


def chosen(indices: npt.NDArray[np.int64], classes: int) -> npt.NDArray[np.float64]:
    """1 for the chosen class of each row, 0 for the others."""
    return np.asarray(np.eye(classes)[indices], dtype=np.float64)


def spread(scores: npt.NDArray[np.float64], seen: Sequence[int], classes: int) -> npt.NDArray[np.float64]:
    """Scores of the classes seen in training, put into the columns of all classes.

    Args:
        scores: ``[n, len(seen)]``.
        seen: Index of each column's class.
        classes: Number of all classes; those not seen get 0.
    """
    if list(seen) == list(range(classes)):
        return np.ascontiguousarray(scores, dtype=np.float64)
    wide = np.zeros((len(scores), classes))
    wide[:, list(seen)] = scores
    return wide


def check_params(
    estimator: str, params: Mapping[str, Any], named: Sequence[str], also: Collection[str] = ()
) -> None:
    """Refuse parameters that the estimator does not know, all at once.

    Args:
        estimator: Its full name.
        params: What was given.
        named: The parameters of its constructor.
        also: Further ones that it takes.

    Raises:
        InputError: With the closest names and all of the constructor's.
    """
    unknown = [name for name in params if name not in named and name not in also]
    if not unknown:
        return
    letters = {name.lower(): name for name in named}
    hints = []
    for name in unknown:
        near = get_close_matches(name.lower(), letters, n=1)
        hints.append(f"{name!r} (perhaps {letters[near[0]]!r})" if near else repr(name))
    raise InputError(
        f"{estimator} has no parameter {', '.join(hints)}",
        expected=("parameters such as " if also else "only ") + ", ".join(sorted(named)),
        fix="correct the name in params",
    )


def wrong_task(estimator: str, *, classification: bool) -> InputError:
    """The error for an estimator that does the other task."""
    if classification:
        return InputError(
            f"{estimator} predicts numbers, and the label has classes",
            expected="a classifier",
            fix="choose an estimator that is a classifier, such as lightgbm.LGBMClassifier",
        )
    return InputError(
        f"{estimator} predicts classes, and the label is a number",
        expected="a regressor",
        fix="choose an estimator that is a regressor, such as lightgbm.LGBMRegressor",
    )


def refused(estimator: str, error: Exception) -> InputError:
    """The error for what a framework refused, in the framework's words."""
    text = " ".join(str(error).split())
    if "contains NaN" in text:
        return InputError(
            f"{estimator} cannot take missing values",
            expected="a matrix without NaN",
            fix="fill missing values in the transform, or choose lightgbm.LGBMClassifier, "
            "sklearn.ensemble.HistGradientBoostingClassifier or a forest",
        )
    return InputError(f"{estimator} refused: {text}", fix="correct params, or choose another estimator")
