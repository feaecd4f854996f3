"""What evaluation needs of a model: that it predicts on a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from mainspring.evaluation.predictions import Predictions

if TYPE_CHECKING:
    from mainspring.data import Table


@runtime_checkable
class Predictor(Protocol):
    """Anything that answers rows: a trained model, a served package, a rule written by hand.

    Promises:
        - The answer has one row per row of the table, in the same order.
        - Columns are found by name; columns it does not know are ignored, the label among them.
        - The same table gives the same answer; the predictor is not changed by being asked.
    """

    def predict(self, table: Table) -> Predictions:
        """Predict on every row of the table.

        Raises:
            InputError: If a column it needs is missing or holds values of another type.
        """
        ...
