"""Trees of XGBoost and CatBoost, read by our own readers, answer as the libraries do, on every kind of value."""

from __future__ import annotations

import numpy as np
import pytest

from mainspring.core.plugins import load
from mainspring.models import build, train
from mainspring.models.ports import NotExportableError, Recipe

ROWS = 600
FEW = {"n_estimators": 25, "max_depth": 4}
SMALL = {"iterations": 25, "depth": 4}


def matrices():
    """Rows to learn from, the last column without gaps; and rows with gaps and huge values everywhere."""
    dice = np.random.default_rng(0)
    matrix = dice.normal(size=(ROWS, 4)) * 10
    matrix[dice.random(matrix.shape) < 0.1] = np.nan
    matrix[:, 3] = dice.normal(size=ROWS)
    known = np.nan_to_num(matrix)
    signal = known[:, 0] + known[:, 1] * known[:, 2] / 10 + dice.normal(0, 0.7, ROWS)
    odd = [[np.nan] * 4, [np.inf] * 4, [-np.inf] * 4, [1e300] * 4, [-0.0] * 4, [0.0, 1.0, 2.0, np.nan]]
    return matrix, signal, np.concatenate([matrix, odd, dice.normal(size=(50, 4)) * 1e6])


TARGETS = {
    "binary": (lambda signal: (signal > 0).astype(np.int64), ("a", "b")),
    "several": (lambda signal: np.digitize(signal, [-5, 5]), ("a", "b", "c")),
    "value": (lambda signal: signal * 1000, None),
    "count": (lambda signal: np.abs(signal).round(), None),
}


@pytest.mark.parametrize(
    ("name", "task", "params"),
    [
        ("XGBClassifier", "binary", {}),
        ("XGBClassifier", "several", {}),
        ("XGBClassifier", "binary", {"booster": "dart", "rate_drop": 0.3}),
        ("XGBClassifier", "binary", {"num_parallel_tree": 3, "subsample": 0.5}),
        ("XGBRegressor", "value", {}),
        ("XGBRegressor", "count", {"objective": "count:poisson"}),
        ("XGBRegressor", "count", {"objective": "reg:tweedie"}),
        ("CatBoostClassifier", "binary", {}),
        ("CatBoostClassifier", "binary", {"nan_mode": "Max"}),
        ("CatBoostClassifier", "several", {}),
        ("CatBoostClassifier", "several", {"loss_function": "MultiClassOneVsAll"}),
        ("CatBoostRegressor", "value", {}),
        ("CatBoostRegressor", "count", {"loss_function": "Poisson"}),
    ],
)
def test_the_form_answers_as_the_library(name, task, params):
    framework = "xgboost" if name.startswith("XGB") else "catboost"
    pytest.importorskip(framework, reason=f"the extra {framework} is not installed")
    matrix, signal, asked = matrices()
    make, classes = TARGETS[task]
    recipe = Recipe(f"{framework}.{name}", {**(FEW if framework == "xgboost" else SMALL), **params}, 0, classes)
    fitted = load("trainers", framework)().fit(recipe, matrix, make(signal))
    expected, form = fitted.scores(asked), fitted.form()
    apart = np.abs(form.scores(asked) - expected) / (1 if classes else 1 + np.abs(expected))
    assert apart.max() <= (max(1e-5, form.rounding) if framework == "xgboost" else 1e-12)


@pytest.mark.parametrize(
    ("name", "params", "words"),
    [
        ("xgboost.XGBClassifier", {"booster": "gblinear"}, "gblinear is not made of trees"),
        ("catboost.CatBoostClassifier", {"grow_policy": "Depthwise", "iterations": 5}, "not symmetric"),
    ],
)
def test_what_is_no_plain_tree_runs_in_python(name, params, words, tables, transforms):
    pytest.importorskip(name.partition(".")[0], reason="the extra is not installed")
    model = train(tables["binary"], transforms["binary", "filled"], estimator=name, params=params)
    with pytest.raises(NotExportableError, match=words):
        model.fitted.form()
    parity = build(model, tables["binary"]).parity
    assert parity.runtime == "python"
    assert words in parity.fallback_reason
