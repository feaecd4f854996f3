"""Models that cannot read the rows: after a column has changed its type, a model from before is no baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mainspring.core.errors import InputError
from mainspring.evaluation.evaluation import ALL_ROWS, Evaluation, evaluate
from mainspring.evaluation.metrics.measured import Measured
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.predictions import Predictions

if TYPE_CHECKING:
    from mainspring.data import Table


class _UnreadableError(Exception):
    """The model refused the rows; everything else that may be wrong is told as it always is."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A predictor whose refusals can be told from other errors."""

    predictor: Predictor

    def predict(self, table: Table) -> Predictions:
        try:
            return self.predictor.predict(table)
        except InputError as error:
            raise _UnreadableError(str(error)) from error


def evaluate_if_readable(
    predictor: Predictor, table: Table, *, label: str | Sequence[str], split: str = "eval", **options: Any
) -> Evaluation:
    """Judge a model on rows that it may be unable to read.

    Args:
        predictor: What predicts.
        table: The rows.
        label: The label column, or several.
        split: The name of the rows.
        options: Further ones of :func:`mainspring.evaluation.evaluate`.

    Returns:
        The evaluation; or one without figures whose ``unreadable`` says what the model found wrong with the rows.

    Raises:
        InputError: As ``evaluate`` does, for all that is not the model's refusal.
    """
    try:
        return evaluate(_Asked(predictor), table, label=label, split=split, **options)
    except _UnreadableError as refusal:
        why = str(refusal)
    return Evaluation(
        task="unknown",
        label=label if isinstance(label, str) else ", ".join(label),
        split=split,
        measured={ALL_ROWS: Measured(0, {})},
        notes=(f"the model cannot read the rows: {why}",),
        unreadable=why,
    )
