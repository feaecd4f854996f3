"""Reading a table to judge it."""

import numpy as np
import pytest

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.evaluation import Predictions, evaluate
from mainspring.evaluation.reading import answered, check_columns

_TABLE = Table.from_columns({"y": ["no", "yes", "no"]})


class Sloppy:
    """Forgets the last row of each piece."""

    def predict(self, table: Table) -> Predictions:
        return Predictions(("no", "yes"), np.full((table.num_rows - 1, 2), 0.5))


def test_pieces_come_with_their_answers_and_places() -> None:
    given = Predictions(("no", "yes"), np.array([[1.0, 0.0], [0.0, 1.0], [0.4, 0.6]]))
    found = [
        (start, answers.labels.tolist(), chunk.num_rows) for start, answers, chunk in answered(given, _TABLE, 2)
    ]
    assert found == [(0, ["no", "yes"], 2), (2, ["yes"], 1)]


def test_a_predictor_that_loses_rows_is_refused() -> None:
    with pytest.raises(InputError, match="1 predictions for 2 rows"):
        list(answered(Sloppy(), _TABLE, 2))
    with pytest.raises(InputError, match="2 predictions for 3 rows"):
        evaluate(Sloppy(), _TABLE, label="y")


def test_columns_that_are_missing_are_told_together() -> None:
    with pytest.raises(InputError, match="no column 'a', 'b' in the table"):
        check_columns(_TABLE, ["a", "y", "b"])
