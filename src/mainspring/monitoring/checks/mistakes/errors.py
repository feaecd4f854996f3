"""How wrong the answers were, row by row, in a reference and in a window alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from mainspring.data import Table
from mainspring.evaluation.metrics import ClassifiedRows
from mainspring.monitoring.quality.answers import Answers, label_answers, read_answers

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_LARGE: Final = 0.8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Errors:
    """The rows of a table that can be judged.

    Attributes:
        rows: Their places in the table, ``[k]``.
        sizes: How wrong each is, ``[k]``: the log loss where there are probabilities, the residual (truth less
            prediction) of a regression; ``None`` if the model only names classes.
        metric: What ``sizes`` are.
        wrong: Whether the answer is wrong, ``[k]``; ``None`` for a regression.
        sampled: Whether these are only some of the rows.
    """

    rows: npt.NDArray[np.int64]
    sizes: Floats | None
    metric: str
    wrong: Mask | None
    sampled: bool = False

    def thinned(self, most: int) -> Errors:
        """So many of the rows at most, evenly spread."""
        if len(self.rows) <= most:
            return self
        kept = np.linspace(0, len(self.rows) - 1, most).astype(np.int64)
        return replace(
            self,
            rows=self.rows[kept],
            sizes=None if self.sizes is None else self.sizes[kept],
            wrong=None if self.wrong is None else self.wrong[kept],
            sampled=True,
        )


def read_errors(table: Table, classes: tuple[str, ...] | None = None) -> tuple[Answers, Errors] | None:
    """What is known of the errors in a table with answers and truth; ``None`` if it has no answers.

    Args:
        table: With ``output.…`` and ``feedback.truth``.
        classes: The classes, where only labels are named.

    Raises:
        InputError: If answers or truth cannot be read.
    """
    answers = read_answers(table, classes=classes)
    if answers is None:
        return None
    rows, labelled = label_answers(answers, table)
    places = np.flatnonzero(labelled.kept)
    if isinstance(rows, ClassifiedRows):
        sizes = np.asarray(rows.log_loss, dtype=np.float64) if answers.ranked else None
        wrong: Mask = np.asarray(rows.predicted != rows.truth)
        return answers, Errors(rows=places, sizes=sizes, metric="log_loss", wrong=wrong)
    residuals: Floats = np.asarray(rows.truth - rows.predicted, dtype=np.float64)
    finite = np.isfinite(residuals)
    return answers, Errors(rows=places[finite], sizes=residuals[finite], metric="residual", wrong=None)


def indicators(reference: Errors, window: Errors) -> Mapping[str, tuple[Mask, Mask]]:
    """What is true or false of each row, in the reference and in the window.

    Of a classification whether the answer is wrong. Of a regression whether the error is as large as those of the
    worst fifth of the reference, and whether the truth is above the prediction by more than it usually is.
    """
    if reference.wrong is not None and window.wrong is not None:
        return {"error_rate": (reference.wrong, window.wrong)}
    if reference.sizes is None or window.sizes is None or not len(reference.sizes):
        return {}
    edge = float(np.quantile(np.abs(reference.sizes), _LARGE))
    middle = float(np.median(reference.sizes))
    return {
        "large_errors": (np.abs(reference.sizes) > edge, np.abs(window.sizes) > edge),
        "too_low": (reference.sizes > middle, window.sizes > middle),
    }
