"""Predictions that lie in the data."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.evaluation import Predictor, evaluate
from mainspring.evaluation.columns import predictions_in

TABLE = Table.from_columns(
    {
        "late": ["no", "no", "yes", "yes"],
        "score": [0.1, 0.7, 0.4, 0.9],
        "nurse": ["no", "no", "yes", "no"],
        "flag": [False, True, True, True],
        "number": [0, 1, 1, 0],
        "price": [1.5, 2.5, 3.25, 4.0],
        "guess": [1.0, 2.5, 3.25, 5.0],
        "gaps": ["no", None, "yes", "yes"],
    }
)


def test_a_probability_of_the_positive_class() -> None:
    predictor = predictions_in(TABLE, scores="score", label="late")
    assert isinstance(predictor, Predictor)
    found = predictor.predict(TABLE)
    assert found.classes == ("no", "yes")
    np.testing.assert_array_equal(found.scores, [[0.9, 0.1], [1 - 0.7, 0.7], [0.6, 0.4], [1 - 0.9, 0.9]])
    assert found.labels.tolist() == ["no", "yes", "no", "yes"]


def test_the_other_class_may_be_the_one_in_question() -> None:
    found = predictions_in(TABLE, scores="score", label="late", positive="no").predict(TABLE)
    np.testing.assert_array_equal(found.scores[:, 0], TABLE.column("score"))
    assert found.labels.tolist() == ["yes", "no", "yes", "no"]


def test_answers_are_certain() -> None:
    found = predictions_in(TABLE, predicted="nurse", label="late").predict(TABLE)
    assert found.scores.tolist() == [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]
    assert evaluate(found, TABLE, label="late").overall["accuracy"] == 0.75


def test_answers_decide_and_scores_rank() -> None:
    found = predictions_in(TABLE, scores="score", predicted="nurse", label="late").predict(TABLE)
    assert found.labels.tolist() == TABLE.column("nurse").tolist()
    assert found.scores[:, 1].tolist() == TABLE.column("score").tolist()


@pytest.mark.parametrize(("label", "predicted"), [("number", "flag"), ("flag", "number")])
def test_classes_are_alike_by_value(label: str, predicted: str) -> None:
    found = predictions_in(TABLE, predicted=predicted, label=label).predict(TABLE)
    assert found.classes is not None
    assert len(found.classes) == 2
    assert evaluate(found, TABLE, label=label).overall["accuracy"] == 0.75


def test_answers_that_the_label_never_has_are_classes_too() -> None:
    table = Table.from_columns({"kind": ["a", "b", "a"], "told": ["a", "c", "b"]})
    found = predictions_in(table, predicted="told", label="kind").predict(table)
    assert found.classes == ("a", "b", "c")
    assert evaluate(found, table, label="kind").overall["accuracy"] == pytest.approx(1 / 3)


def test_values_of_a_regression() -> None:
    found = predictions_in(TABLE, predicted="guess", label="price").predict(TABLE)
    assert found.classes is None
    assert evaluate(found, TABLE, label="price").overall["mae"] == pytest.approx(1.5 / 4)


def test_probabilities_of_every_class() -> None:
    table = Table.from_columns({"kind": ["a", "b"], "pa": [0.6, 0.1], "pb": [0.3, 0.2], "pc": [0.1, 0.7]})
    found = predictions_in(table, scores={"a": "pa", "b": "pb", "c": "pc"}, label="kind").predict(table)
    assert found.labels.tolist() == ["a", "c"]


def test_rows_without_an_answer_leave_figures_with_a_reason() -> None:
    found = predictions_in(TABLE, predicted="gaps", label="late").predict(TABLE)
    measured = evaluate(found, TABLE, label="late")
    assert np.isnan(measured.overall["accuracy"])


def test_one_class_in_a_small_piece_is_enough() -> None:
    predictor = predictions_in(TABLE, scores="score", label="late")
    assert predictor.predict(TABLE.rows(0, 1)).labels.tolist() == ["no"]
    all_no = TABLE.rows(0, 2)
    assert predictions_in(all_no, scores="score", label="late", positive="yes").classes == ("no", "yes")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "no predictions were named"),
        ({"scores": "scroe"}, "no column 'scroe'"),
        ({"scores": "score"}, "classes cannot be told"),
        ({"scores": "price", "label": "late"}, "below 0 or above 1"),
        ({"scores": "nurse", "label": "late"}, "holds text"),
        ({"scores": "score", "label": "price"}, "is a quantity"),
        ({"scores": {"a": "score"}, "predicted": "nurse"}, "both"),
    ],
)
def test_what_cannot_be_read_is_refused(given: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        predictions_in(TABLE, **given).predict(TABLE)


def test_an_answer_that_is_no_class_is_named() -> None:
    predictor = predictions_in(TABLE, scores="score", predicted="nurse", label="late")
    with pytest.raises(InputError, match="'maybe'"):
        predictor.predict(Table.from_columns({"score": [0.5], "nurse": ["maybe"]}))


def test_a_column_without_any_number_leaves_figures_that_say_why() -> None:
    table = Table.from_columns({"late": ["no", "yes"], "chance": [None, None]})
    found = evaluate(predictions_in(table, scores="chance", label="late"), table, label="late")
    assert math.isnan(found.overall["auc"])
    assert "no finite probabilities for 2 of 2 rows" in next(iter(found.measured.values())).reasons["auc"]
