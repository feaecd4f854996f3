"""Influence is held against the thing itself: leaving every row out and training again."""

import numpy as np
import pytest
from sklearn import linear_model

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.models import train
from mainspring.models.explaining import influence, influences, similar_by_model

LOGISTIC = "sklearn.linear_model.LogisticRegression"
SURE = {"solver": "newton-cholesky", "tol": 1e-10}
ROWS = 60


def ranks(values):
    return np.argsort(np.argsort(values))


def left_out(table, transform, rows, figure, estimator, params):
    """By how much the figure of each row is higher than without each training row: fitted again every time."""
    name = estimator.rpartition(".")[2]
    matrix, target, asked = transform.apply(table), transform.labels(table), transform.apply(rows)
    fitted = [
        getattr(linear_model, name)(**params).fit(np.delete(matrix, gone, 0), np.delete(target, gone, 0))
        for gone in [[], *([place] for place in range(len(matrix)))]
    ]
    whole, *fewer = (figure(one, asked) for one in fitted)
    return np.array([whole - one for one in fewer]).T


@pytest.fixture(scope="module")
def few(tables):
    return {task: table.rows(0, ROWS) for task, table in tables.items()}


def probability(estimator, matrix):
    return estimator.predict_proba(matrix)[:, 1]


def value(estimator, matrix):
    return estimator.predict(matrix)


@pytest.mark.parametrize(
    ("task", "estimator", "params", "figure"),
    [
        ("binary", LOGISTIC, SURE, probability),
        ("binary", LOGISTIC, {**SURE, "C": 0.1}, probability),
        ("several", LOGISTIC, SURE, probability),
        ("regression", "sklearn.linear_model.Ridge", {"alpha": 2.0}, value),
    ],
)
def test_as_if_each_row_were_left_out(few, tables, fit, task, estimator, params, figure):
    table, rows = few[task], tables[task].rows(200, 203)
    transform = fit(table)
    model = train(table, transform, estimator=estimator, params=params)
    output = {"output": model.recipe.classes[1]} if task != "regression" else {}
    found = influences(model, table, rows, **output)
    true = left_out(table, transform, rows, figure, estimator, params)
    assert found.shape == true.shape == (3, ROWS)
    for one, other in zip(found, true, strict=True):
        assert np.corrcoef(ranks(one), ranks(other))[0, 1] > 0.95
        assert np.corrcoef(one, other)[0, 1] > 0.95
    if task == "regression":
        assert found == pytest.approx(true, abs=1e-4 * np.abs(true).max())


def test_the_loss_falls_by_rows_that_say_the_same(few, fit):
    table = few["binary"]
    transform = fit(table)
    model = train(table, transform, estimator=LOGISTIC, params=SURE)

    rows = table.rows(0, 2)

    def loss(one, matrix):
        scores = one.predict_proba(matrix)
        return -np.log(scores[np.arange(len(scores)), transform.labels(rows)])

    found = influences(model, table, rows, figure="loss")
    true = left_out(table, transform, rows, loss, LOGISTIC, SURE)
    assert np.corrcoef(found.ravel(), true.ravel())[0, 1] > 0.95
    assert (np.diag(found[:, :2]) < 0).all()  # a row lowers its own loss


def test_figures_of_a_class_and_of_the_other_are_opposite(few, fit):
    table = few["binary"]
    model = train(table, fit(table), estimator=LOGISTIC, params=SURE)
    yes = influences(model, table, table.rows(0, 3), figure="logit", output="yes")
    no = influences(model, table, table.rows(0, 3), figure="logit", output="no")
    assert yes == pytest.approx(-no)
    steep = np.prod(model.predict(table.rows(0, 3)).scores, axis=1)
    assert influences(model, table, table.rows(0, 3)) == pytest.approx(yes * steep[:, None])


def test_a_row_of_weight_two_counts_as_two_rows(few, fit):
    table = few["binary"]
    columns = table.to_columns()
    weighed = Table.from_columns({**columns, "weight": [2.0] + [1.0] * (ROWS - 1)})
    twice = Table.from_columns({name: [values[0], *values] for name, values in columns.items()})
    transform = fit(table)
    heavy = train(weighed, transform, estimator=LOGISTIC, params=SURE, weight="weight")
    double = train(twice, transform, estimator=LOGISTIC, params=SURE)
    rows = table.rows(5, 8)
    one = influences(heavy, weighed, rows, weight="weight")
    other = influences(double, twice, rows)
    assert one[:, 1:] == pytest.approx(other[:, 2:], rel=1e-3)


def test_the_rows_come_with_their_cells(few, fit):
    table = few["binary"]
    named = Table.from_columns({**table.to_columns(), "name": [f"ride {place}" for place in range(ROWS)]})
    model = train(table, fit(table), estimator=LOGISTIC, params=SURE)
    (first,) = influence(model, named, named.rows(0, 1), count=4)
    amounts = influences(model, named, named.rows(0, 1))[0]
    assert [one.row for one in first] == np.argsort(-np.abs(amounts), kind="stable")[:4].tolist()
    assert first[0].cells["name"] == f"ride {first[0].row}"
    assert {"fare", "label"} <= set(first[0].cells)
    assert str(first[0]).startswith(f"row {first[0].row}: ")


def test_rows_that_the_model_was_not_trained_on_are_refused(few, tables, fit):
    table = few["binary"]
    model = train(table, fit(table), estimator=LOGISTIC, params=SURE)
    with pytest.raises(InputError, match="not what these rows lead to"):
        influences(model, tables["binary"].rows(100, 160), table.rows(0, 1))


def test_what_cannot_be_worked_out_is_said(few, fit):
    table = few["binary"]
    transform = fit(table)
    forest = train(
        table, transform, estimator="sklearn.ensemble.RandomForestClassifier", params={"n_estimators": 3}
    )
    with pytest.raises(InputError, match="cannot look into"):
        influences(forest, table, table.rows(0, 1))
    model = train(table, transform, estimator=LOGISTIC, params=SURE)
    with pytest.raises(InputError, match="has no value"):
        influences(model, table, table.rows(0, 1), figure="value")
    with pytest.raises(InputError, match="no class 'maybe'"):
        influences(model, table, table.rows(0, 1), output="maybe")
    choice = train(table, transform, estimator="sklearn.linear_model.RidgeClassifier")
    with pytest.raises(InputError, match="no loss"):
        influences(choice, table, table.rows(0, 1))
    lasso = train(few["regression"], fit(few["regression"]), estimator="sklearn.linear_model.Lasso")
    with pytest.raises(InputError, match="Lasso minimised is not known"):
        influences(lasso, few["regression"], few["regression"].rows(0, 1))


def test_rows_are_alike_that_end_in_the_same_leaves(few, fit):
    table = few["binary"]
    params = {"n_estimators": 20, "max_depth": 3}
    model = train(table, fit(table), estimator="sklearn.ensemble.RandomForestClassifier", params=params)
    found = similar_by_model(model, table, table.rows(3, 5), count=6)
    leaves = np.column_stack(
        [tree.apply(model.transform.apply(table)) for tree in model.fitted.native.estimators_]
    )
    for place, nearest in zip((3, 4), found, strict=True):
        apart = (leaves != leaves[place]).mean(axis=1)
        assert [one.distance for one in nearest] == pytest.approx(np.sort(apart)[:6])
        assert nearest[0].distance == 0
        assert place in [one.row for one in nearest if one.distance == 0]
        assert nearest[0].cells["label"] in {"yes", "no"}
    linear = train(table, fit(table), estimator=LOGISTIC)
    with pytest.raises(InputError, match="cannot look into"):
        similar_by_model(linear, table, table.rows(0, 1))
