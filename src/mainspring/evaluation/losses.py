"""What each row costs: the loss of a prediction against its label, row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError
from mainspring.evaluation.columns import ColumnPredictor
from mainspring.evaluation.labelled import LeftOut, label_rows
from mainspring.evaluation.metrics.classification import ClassifiedRows
from mainspring.evaluation.metrics.regression import MeasuredRows
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.predictions import Predictions
from mainspring.evaluation.reading import answered

if TYPE_CHECKING:
    from mainspring.data import Table

Floats: TypeAlias = "npt.NDArray[np.float64]"

ERROR_RATE: Final = "error_rate"
CLASSIFIED: Final = (ERROR_RATE, "log_loss", "brier")
MEASURED: Final = ("absolute_error", "squared_error")
_CHUNK_ROWS: Final = 500_000


@dataclass(frozen=True, slots=True, eq=False)
class RowLosses:
    """The loss of every row that can be judged.

    Attributes:
        metric: Which loss.
        values: The losses, finite, shape ``[k]``.
        weights: Row weights, shape ``[k]``; ``None`` weighs every row 1.
        kept: Which rows of the table they are, shape ``[n]``.
        confidence: How sure the model was of its answer, shape ``[k]``: the probability of the class it chose;
            the size of the error for a regression.
        answers: What it answered, texts or numbers, shape ``[k]``.
        labels: What was right, shape ``[k]``.
        positive: The positive class of a binary task.
        notes: What was left out, in sentences.
    """

    metric: str
    values: Floats
    weights: Floats | None
    kept: npt.NDArray[np.bool_]
    confidence: Floats
    answers: npt.NDArray[np.object_]
    labels: npt.NDArray[np.object_]
    positive: str | None
    notes: tuple[str, ...]

    @property
    def is_binary(self) -> bool:
        """Whether a row is either right or wrong."""
        return self.metric == ERROR_RATE

    @property
    def mean(self) -> float:
        """The weighted mean loss; NaN without rows."""
        return float(np.average(self.values, weights=self.weights)) if len(self.values) else float("nan")


def row_losses(
    predictor: Predictor | Predictions,
    table: Table,
    *,
    label: str,
    metric: str | None = None,
    positive: str | None = None,
    weight: str | None = None,
) -> RowLosses:
    """Predict the rows of a table, piece by piece, and hold each answer against its label.

    Args:
        predictor: What predicts, or one prediction per row.
        table: The rows.
        label: The label column.
        metric: ``"error_rate"`` (0 or 1), ``"log_loss"`` or ``"brier"`` of a classification, ``"absolute_error"``
            or ``"squared_error"`` of a regression; the first of each without it.
        positive: The class that a binary task is about.
        weight: The column of row weights.

    Raises:
        InputError: If a column does not exist, the predictions do not fit, or the metric is not one of the task.
    """
    pieces = [
        _piece(found, chunk, label, metric, positive, weight)
        for _, found, chunk in answered(predictor, table, _CHUNK_ROWS)
    ]
    left_out = LeftOut()
    for _, one in pieces:
        left_out = left_out.merge(one)
    parts = [part for part, _ in pieces]
    weights = [part.weights for part in parts if part.weights is not None]
    kept = np.concatenate([part.kept for part in parts])
    unknown = len(kept) - left_out.lost - left_out.weightless - left_out.blocked - int(kept.sum())
    notes = [f"{unknown} rows have no finite prediction and were left out"] if unknown else []
    return RowLosses(
        metric=parts[0].metric,
        values=np.concatenate([part.values for part in parts]),
        weights=np.concatenate(weights) if weights else None,
        kept=kept,
        confidence=np.concatenate([part.confidence for part in parts]),
        answers=np.concatenate([part.answers for part in parts]),
        labels=np.concatenate([part.labels for part in parts]),
        positive=parts[0].positive,
        notes=(*left_out.notes, *notes),
    )


def columns_read(predictor: Predictor | Predictions) -> tuple[str, ...]:
    """The columns that hold a predictor's answers, where they lie in the data."""
    if not isinstance(predictor, ColumnPredictor):
        return ()
    return (*predictor.scores.values(), *([] if predictor.predicted is None else [predictor.predicted]))


def _piece(
    predictions: Predictions,
    table: Table,
    label: str,
    metric: str | None,
    positive: str | None,
    weight: str | None,
) -> tuple[RowLosses, LeftOut]:
    labelled = label_rows(predictions, table, label=label, positive=positive, weight=weight)
    rows = labelled.rows
    if isinstance(rows, ClassifiedRows):
        metric = _metric(metric, CLASSIFIED, "classification")
        wrong = (rows.predicted != rows.truth).astype(np.float64)
        losses = {ERROR_RATE: wrong, "log_loss": rows.log_loss, "brier": rows.brier}[metric]
        finite = rows.finite
        sure = rows.scores[np.arange(len(rows.truth)), np.minimum(rows.predicted, rows.scores.shape[1] - 1)]
        names = np.array(rows.classes, dtype=object)
        answers, labels = names[rows.predicted], names[rows.truth]
    elif isinstance(rows, MeasuredRows):
        metric = _metric(metric, MEASURED, "regression")
        error = rows.predicted - rows.truth
        losses = np.abs(error) if metric == "absolute_error" else error**2
        finite = np.isfinite(losses)
        sure = np.abs(error)
        answers, labels = rows.predicted.astype(object), rows.truth.astype(object)
    else:
        raise InputError("several labels at once", expected="one label column")
    kept = labelled.kept.copy()
    kept[np.flatnonzero(kept)[~finite]] = False
    part = RowLosses(
        metric=metric,
        values=losses[finite],
        weights=None if rows.weights is None else rows.weights[finite],
        kept=kept,
        confidence=sure[finite],
        answers=answers[finite],
        labels=labels[finite],
        positive=labelled.positive,
        notes=(),
    )
    return part, labelled.left_out


def _metric(wanted: str | None, known: tuple[str, ...], task: str) -> str:
    if wanted is not None and wanted not in known:
        raise InputError(f"no row has a {wanted!r} of its own in a {task}", expected="one of " + ", ".join(known))
    return wanted or known[0]
