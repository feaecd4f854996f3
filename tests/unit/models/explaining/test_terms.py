"""Terms are the model itself: they add up to its answers, and without pairs they are its Shapley values."""

import dataclasses
import importlib.util
import math

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.evaluation.explanation import Background, explain
from mainspring.models import train
from mainspring.models.additive import Term, additive_trees
from mainspring.models.trees import Link

TIMES = " \N{MULTIPLICATION SIGN} "
PAIRS = {"n_estimators": 30, "num_leaves": 3, "verbose": -1}
STUMPS = {"n_estimators": 20, "num_leaves": 2, "verbose": -1}


def terms_of(model, table, rows, **options):
    background = Background.of(table, rows=50, without=["label"])
    return explain(model, rows, background=background, method="terms", **options)


@pytest.mark.parametrize(
    ("task", "estimator", "params", "scale", "shap"),
    [
        ("binary", "sklearn.linear_model.LogisticRegression", {}, "logit", "linear_shap"),
        ("regression", "sklearn.linear_model.Ridge", {}, "value", "linear_shap"),
        ("binary", "lightgbm.LGBMClassifier", STUMPS, "logit", "tree_shap"),
        ("regression", "lightgbm.LGBMRegressor", STUMPS, "value", "tree_shap"),
    ],
)
def test_without_pairs_terms_are_shapley_values(tables, fit, task, estimator, params, scale, shap):
    table = tables[task]
    model = train(table, fit(table), estimator=estimator, params=params)
    rows = table.rows(5, 15)
    background = Background.of(table, rows=50, without=["label"])
    terms = explain(model, rows, background=background, method="terms", scale=scale)
    values = explain(model, rows, background=background, method=shap, scale=scale)
    assert set(terms.features) <= set(values.features)
    by_name = dict(zip(values.features, values.contributions.T, strict=True))
    for name, column in zip(terms.features, terms.contributions.T, strict=True):
        assert column == pytest.approx(by_name[name], abs=1e-6)
    assert terms.base == pytest.approx(values.base, abs=1e-6)
    assert terms.residual < 1e-6


def test_terms_of_pairs_add_up_and_depend_on_their_columns_alone(tables, fit):
    table = tables["binary"]
    model = train(table, fit(table), estimator="lightgbm.LGBMClassifier", params=PAIRS)
    rows = table.rows(0, 20)
    found = terms_of(model, table, rows, scale="logit")
    pairs = [name for name in found.features if TIMES in name]
    assert pairs
    assert found.base + found.contributions.sum(axis=1) == pytest.approx(found.outputs)
    columns = rows.to_columns()
    moved = terms_of(model, table, Table.from_columns({**columns, "fare": [99.0] * 20}), scale="logit")
    for name, before, after in zip(found.features, found.contributions.T, moved.contributions.T, strict=True):
        if "fare" not in name.split(TIMES):
            assert before == pytest.approx(after)


def test_the_other_class_has_the_opposite_terms(tables, fit):
    table = tables["binary"]
    model = train(table, fit(table), estimator="lightgbm.LGBMClassifier", params=STUMPS)
    yes = terms_of(model, table, table.rows(0, 5), scale="logit", output="yes")
    no = terms_of(model, table, table.rows(0, 5), scale="logit", output="no")
    assert yes.contributions == pytest.approx(-no.contributions)


@dataclasses.dataclass(frozen=True, eq=False)
class Tables:
    """A sum of tables, as explainable boosting machines are kept."""

    native: object
    recipe: object
    probabilistic: bool = True

    def scores(self, matrix):
        return self.native.scores(matrix)

    def form(self):
        return self.native


def test_tables_written_out_by_hand(fit):
    table = Table.from_columns(
        {"a": [0.0, 1.0, 0.0, 1.0], "b": [0.0, 0.0, 1.0, 1.0], "label": ["no", "yes", "yes", "no"]}
    )
    transform = fit(table)
    model = train(table, transform, estimator="sklearn.linear_model.LogisticRegression")
    cut = tuple(np.unique(transform.apply(table)[:, place]).mean() for place in range(2))
    single = Term((0,), ((cut[0],),), np.array([[0.0], [-1.0], [2.0]]))
    pair = Term(
        (0, 1), ((cut[0],), (cut[1],)), np.array([[[0.0]] * 3, [[0.0], [0.0], [0.5]], [[0.0], [0.0], [4.0]]])
    )
    trees = additive_trees([single, pair], np.array([0.25]), features=2, link=Link.SIGMOID)
    model = dataclasses.replace(model, fitted=Tables(trees, model.recipe))
    found = terms_of(model, table, table, scale="logit", centred=False)
    assert found.features == ("a", f"a{TIMES}b")
    assert found.contributions.tolist() == [[-1.0, 0.0], [2.0, 0.0], [-1.0, 0.5], [2.0, 4.0]]
    assert found.base == pytest.approx([0.25] * 4)
    assert found.values[3] == (1.0, f"1{TIMES}1")
    centred = terms_of(model, table, table, scale="logit")
    assert centred.contributions[:, 0].tolist() == [-1.5, 1.5, -1.5, 1.5]
    assert centred.base == pytest.approx([0.25 + 0.5 + 1.125] * 4)
    odds = [math.log(chance / (1 - chance)) for chance in model.predict(table).scores[:, 1]]
    assert odds == pytest.approx(found.outputs.tolist())


def test_columns_that_are_not_explained_are_part_of_the_base(tables, fit):
    table = tables["regression"]
    model = train(table, fit(table), estimator="sklearn.linear_model.Ridge")
    background = Background.of(table, rows=50, features=["fare", "hour"], without=["label"])
    found = explain(model, table.rows(0, 8), background=background, method="terms")
    assert found.features == ("fare", "hour")
    assert len(set(found.base.round(9))) > 1


def test_models_that_are_no_sum_of_terms_are_refused(tables, fit):
    table = tables["binary"]
    forest = train(
        table, fit(table), estimator="lightgbm.LGBMClassifier", params={"n_estimators": 5, "verbose": -1}
    )
    with pytest.raises(InputError, match="no sum of terms"):
        terms_of(forest, table, table.rows(0, 1), scale="logit")
    neighbours = train(table, fit(table), estimator="sklearn.neighbors.KNeighborsClassifier")
    with pytest.raises(InputError, match="cannot look into"):
        terms_of(neighbours, table, table.rows(0, 1), scale="logit")


@pytest.mark.skipif(importlib.util.find_spec("interpret") is None, reason="the extra interpret is not installed")
def test_an_explainable_boosting_machine(tables, fit):
    table = tables["binary"]
    params = {"interactions": 3, "outer_bags": 2, "max_rounds": 100}
    estimator = "interpret.glassbox.ExplainableBoostingClassifier"
    model = train(table, fit(table, impute=None, categories="ordinal"), estimator=estimator, params=params)
    found = terms_of(model, table, table.rows(0, 20), scale="logit")
    assert sum(TIMES in name for name in found.features) == 3
    assert found.residual < 1e-9
