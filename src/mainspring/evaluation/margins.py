"""How near answers are to being others."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.predictions import Predictions


def margins(predictions: Predictions) -> npt.NDArray[np.float64]:
    """By how much of its score each row has the answer that it has, shape ``[n]``; for classification only.

    With a cutoff it is the distance to the cutoff, else that of the two most probable classes: a score that moves
    by less than that (by half of it, without a cutoff) leaves the answer as it is.

    Example:
        >>> margins(Predictions(("no", "yes"), np.array([[0.9, 0.1], [0.5, 0.5]]))).tolist()
        [0.8, 0.0]
    """
    cutoff, classes = predictions.cutoff, predictions.classes
    if cutoff is not None and classes is not None:
        distance: npt.NDArray[np.float64] = np.abs(
            predictions.scores[:, classes.index(cutoff.positive)] - cutoff.at
        )
        return distance
    ordered = np.sort(predictions.scores, axis=1)
    lead: npt.NDArray[np.float64] = ordered[:, -1] - ordered[:, -2]
    return lead
