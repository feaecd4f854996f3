"""What rows count: weights that are read, and weights that are refused everywhere alike."""

from collections.abc import Sequence

import numpy as np
import pytest

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.evaluation import Predictions, assess_fairness, evaluate, find_slices, optimise_thresholds
from mainspring.evaluation.weighing import row_weights


def _table(weights: Sequence[float | str]) -> Table:
    return Table.from_columns({"y": ["no", "yes"] * 2, "sex": ["f", "f", "m", "m"], "w": weights})


_SCORES = np.array([0.2, 0.7, 0.6, 0.9])
_PREDICTIONS = Predictions(("no", "yes"), np.column_stack([1 - _SCORES, _SCORES]))


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        ([1.0, -1.0, -2.0, 1.0], "2 of 4 weights in 'w' are negative, such as -1"),
        ([1.0, np.inf, 1.0, 1.0], "1 of 4 weights in 'w' are infinite"),
        ([1.0, 1e300, 1.0, 1.0], "1 of 4 weights in 'w' are above 1e"),
        ([1e-300, 1.0, 1.0, 1.0], "1 of 4 weights in 'w' are above 0, but below 1e-140"),
        (["a", "b", "c", "d"], "the weights in 'w' are of type STRING"),
    ],
)
def test_weights_that_cannot_count_are_refused_by_whatever_reads_them(
    weights: Sequence[float | str], told: str
) -> None:
    table = _table(weights)
    for judge in (
        lambda: row_weights(table, "w"),
        lambda: evaluate(_PREDICTIONS, table, label="y", weight="w", slices=["sex"]),
        lambda: find_slices(_PREDICTIONS, table, label="y", weight="w"),
        lambda: assess_fairness(_PREDICTIONS, table, label="y", weight="w", protected=["sex"]),
        lambda: optimise_thresholds(_PREDICTIONS, table, label="y", weight="w", protected=["sex"]),
    ):
        with pytest.raises(InputError) as caught:
            judge()
        assert told in str(caught.value)


def test_rows_without_weight_are_told_apart_from_rows_without_label() -> None:
    table = Table.from_columns({"y": ["no", "yes", None, "yes"], "w": [0.0, None, 1.0, 2.0]})
    found = evaluate(_PREDICTIONS, table, label="y", weight="w", chunk_rows=1)
    assert found.notes == (
        "1 of 4 rows have no label and were left out",
        "2 of 4 rows have no weight and were left out",
    )
    assert found.count == 1


def test_weights_of_nothing_leave_no_groups_to_be_compared() -> None:
    with pytest.raises(InputError, match="every weight is 0 or missing"):
        optimise_thresholds(_PREDICTIONS, _table([0.0] * 4), label="y", weight="w", protected=["sex"])


def test_without_a_column_there_are_no_weights() -> None:
    table = _table([1.0] * 4)
    assert row_weights(table, None) is None
    with pytest.raises(InputError, match="no column 'heft'"):
        row_weights(table, "heft")
