"""Models that people can read."""

from __future__ import annotations

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.models.training import read_rules, read_weights, train


@pytest.fixture(scope="module")
def exact():
    """``y = 3 x - 2 z + 5``, to the last digit."""
    dice = np.random.default_rng(0)
    x, z = dice.normal(10, 4, 200), dice.normal(-2, 0.5, 200)
    return Table.from_columns({"x": x.tolist(), "z": z.tolist(), "label": (3 * x - 2 * z + 5).tolist()})


def test_weights_are_told_in_units_of_the_raw_column(exact, fit):
    model = train(exact, fit(exact), estimator="LinearRegression")
    found = {one.feature: one for one in read_weights(model)}
    assert list(found) == ["x", "z", ""]
    assert found["x"].per_unit == pytest.approx(3)
    assert found["z"].per_unit == pytest.approx(-2)
    assert found["x"].weight == pytest.approx(3 * np.std(exact.to_columns()["x"]))
    assert "(+3 per unit)  x" in str(found["x"])


def test_weights_of_every_class(tables, transforms):
    model = train(tables["several"], transforms["several", "filled"], estimator="LogisticRegression")
    found = read_weights(model)
    assert {one.answer for one in found} == {"high", "low", "middle"}
    assert len(found) == 3 * (len(model.transform.outputs) + 1)
    two = train(tables["binary"], transforms["binary", "filled"], estimator="LogisticRegression")
    assert {one.answer for one in read_weights(two)} == {None}


def test_rules_of_a_tree_in_words(fit):
    table = Table.from_columns(
        {"x": [1.0, 2.0, 3.0, 7.0, 8.0, 9.0] * 10, "label": ["low", "low", "low", "high", "high", "high"] * 10}
    )
    model = train(table, fit(table), estimator="DecisionTreeClassifier")
    assert [str(rule) for rule in read_rules(model)] == ["x <= 5: 0, 1", "x > 5: 1, 0"]


def test_the_rules_answer_as_the_tree(tables, transforms):
    model = train(
        tables["regression"],
        transforms["regression", "gaps"],
        estimator="DecisionTreeRegressor",
        params={"max_leaf_nodes": 8},
    )
    rules = read_rules(model)
    assert len(rules) == 8
    assert {rule.values[0] for rule in rules} == set(model.predict(tables["regression"]).scores.tolist())
    assert any("or missing" in condition for rule in rules for condition in rule.conditions)


def test_what_cannot_be_read(tables, transforms):
    forest = train(tables["binary"], transforms["binary", "gaps"], params={"n_estimators": 3})
    with pytest.raises(InputError, match="is not linear"):
        read_weights(forest)
    with pytest.raises(InputError, match="is not a single tree"):
        read_rules(forest)
    wide = train(tables["regression"], transforms["regression", "gaps"], estimator="DecisionTreeRegressor")
    with pytest.raises(InputError, match="leaves"):
        read_rules(wide)
