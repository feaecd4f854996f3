"""What evaluation needs of a model, and of rows that can be judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from mainspring.evaluation.metrics.states import Rows, State
from mainspring.evaluation.predictions import Predictions

if TYPE_CHECKING:
    from mainspring.data import Table

__all__ = ["Predictor", "Rows", "State"]


@runtime_checkable
class Predictor(Protocol):
    """Anything that answers rows: a trained model, a served package, a rule written by hand.

    Promises:
        - The answer has one row per row of the table, in the same order.
        - Columns are found by name; columns it does not know are ignored, the label among them.
        - The same row gets the same answer, whatever rows come with it: tables are judged piece by piece. The
          predictor is not changed by being asked.
    """

    def predict(self, table: Table) -> Predictions:
        """Predict on every row of the table.

        Raises:
            InputError: If a column it needs is missing or holds values of another type.
        """
        ...
