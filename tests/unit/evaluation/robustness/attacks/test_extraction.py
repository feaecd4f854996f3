"""Copies of a linear model come near it with the queries; noise cannot be copied."""

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from mainspring.core import InputError, plugins
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.robustness.attacks import Extraction, extract_model


class Copy:
    """What :func:`learn` gives."""

    def __init__(self, fitted: LogisticRegression) -> None:
        self.fitted = fitted

    def predict(self, table: Table) -> Predictions:
        matrix = np.column_stack([table.column(f"x{i}") for i in range(3)])
        return Predictions(tuple(self.fitted.classes_), self.fitted.predict_proba(matrix))


def learn(table: Table, weights: Any) -> Copy:
    matrix = np.column_stack([table.column(f"x{i}") for i in range(3)])
    return Copy(LogisticRegression(C=1e4, max_iter=1000).fit(matrix, table.column("label")))


@pytest.mark.parametrize("made_up", [False, True])
def test_more_queries_make_a_better_copy(linear: Any, table: Table, made_up: bool) -> None:
    found = extract_model(
        linear,
        table.rows(0, 600),
        table.rows(600, 1000),
        label="label",
        fit=learn,
        queries=[20, 500],
        made_up=made_up,
    )
    few, many = found.found
    assert few.fidelity < many.fidelity
    assert many.fidelity > 0.98
    assert found.baseline < 0.6
    assert found.spent.rows == 500
    assert found.judge(fidelity_at_most=0.95, within=20).ok
    assert not found.judge(fidelity_at_most=0.95).ok
    assert found.judge(fidelity_at_most=0.95, within=3).failures[0].code == "NOT_TESTED"


def test_one_that_answers_at_random_is_not_copied(table: Table) -> None:
    class Dice:
        """Answers by a hash of the row, of which nothing can be learnt."""

        def predict(self, table: Table) -> Predictions:
            yes = ((table.column("x0") * 1e6) % 2 > 1).astype(float)
            return Predictions(("no", "yes"), np.column_stack([1 - yes, yes]))

    found = extract_model(
        Dice(), table.rows(0, 600), table.rows(600, 1000), label="label", fit=learn, queries=[500]
    )
    assert found.found[0].interval.low < 0.5 < found.found[0].interval.high


def test_one_that_always_says_the_same_is_copied_for_nothing(table: Table) -> None:
    class Constant:
        def predict(self, table: Table) -> Predictions:
            return Predictions(("no", "yes"), np.tile([0.9, 0.1], (table.num_rows, 1)))

    found = extract_model(Constant(), table, table, label="label", fit=learn, queries=[10])
    assert found.found[0].fidelity == found.baseline == 1.0


def test_it_is_kept(linear: Any, table: Table, tmp_path: Any) -> None:
    found = extract_model(linear, table, table, label="label", fit=learn, queries=[50])
    found.save(tmp_path)
    assert Extraction.load(tmp_path) == found
    assert plugins.load("artifact_types", Extraction.ARTIFACT_TYPE) is Extraction
    assert "50 queries" in str(found)


def test_too_many_queries(linear: Any, table: Table) -> None:
    with pytest.raises(InputError, match="5000"):
        extract_model(linear, table, table, label="label", fit=learn, queries=[5000])
