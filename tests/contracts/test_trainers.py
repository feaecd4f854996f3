"""Every trainer keeps its promises, for an estimator of each kind."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mainspring.core.plugins import load
from mainspring.models.ports import Recipe, Trainer
from mainspring.testing.conformance import TrainerSuite

CLASSES = ("a", "b")

OWN = """
import json

import numpy as np
from sklearn.linear_model import LogisticRegression


def logistic(matrix, target, seed, C=1.0):
    return LogisticRegression(C=C, random_state=seed).fit(matrix, target)


class Line:
    def __init__(self, weights):
        self.weights = np.asarray(weights)

    def predict(self, matrix):
        return np.column_stack([matrix, np.ones(len(matrix))]) @ self.weights

    def save(self, folder):
        (folder / "weights.json").write_text(json.dumps(self.weights.tolist()))

    @classmethod
    def load(cls, folder):
        return cls(json.loads((folder / "weights.json").read_text()))


def least_squares(matrix, target):
    wide = np.column_stack([matrix, np.ones(len(matrix))])
    return Line(np.linalg.lstsq(wide, target, rcond=None)[0])
"""


class _Core(TrainerSuite):
    @pytest.fixture
    def trainer(self, recipe: Recipe) -> Trainer:
        return load("trainers", recipe.estimator.partition(".")[0])()


class TestLightGBM(_Core):
    @pytest.fixture
    def gaps(self) -> bool:
        return True

    @pytest.fixture(params=["LGBMClassifier", "LGBMRegressor"])
    def recipe(self, request) -> Recipe:
        classes = CLASSES if request.param == "LGBMClassifier" else None
        return Recipe(f"lightgbm.{request.param}", {"n_estimators": 40, "num_leaves": 7}, 3, classes)


class TestXGBoost(TrainerSuite):
    @pytest.fixture
    def trainer(self) -> Trainer:
        pytest.importorskip("xgboost", reason="the extra xgboost is not installed")
        return load("trainers", "xgboost")()

    @pytest.fixture
    def gaps(self) -> bool:
        return True

    @pytest.fixture(params=["XGBClassifier", "XGBRegressor"])
    def recipe(self, request) -> Recipe:
        classes = CLASSES if request.param == "XGBClassifier" else None
        return Recipe(f"xgboost.{request.param}", {"n_estimators": 40, "max_depth": 3}, 3, classes)


class TestCatBoost(TrainerSuite):
    @pytest.fixture
    def trainer(self) -> Trainer:
        pytest.importorskip("catboost", reason="the extra catboost is not installed")
        return load("trainers", "catboost")()

    @pytest.fixture
    def gaps(self) -> bool:
        return True

    @pytest.fixture(params=["CatBoostClassifier", "CatBoostRegressor"])
    def recipe(self, request) -> Recipe:
        classes = CLASSES if request.param == "CatBoostClassifier" else None
        return Recipe(f"catboost.{request.param}", {"iterations": 40, "depth": 3}, 3, classes)


class TestExplainableBoosting(TrainerSuite):
    @pytest.fixture
    def trainer(self) -> Trainer:
        pytest.importorskip("interpret", reason="the extra interpret is not installed")
        return load("trainers", "interpret")()

    @pytest.fixture
    def gaps(self) -> bool:
        return True

    @pytest.fixture(params=["Classifier", "Regressor"])
    def recipe(self, request) -> Recipe:
        classes = CLASSES if request.param == "Classifier" else None
        params = {"outer_bags": 2, "max_rounds": 60, "interactions": 1, "learning_rate": 0.1}
        return Recipe(f"interpret.glassbox.ExplainableBoosting{request.param}", params, 3, classes)


class TestScikitLearn(_Core):
    @pytest.fixture(
        params=[
            ("linear_model.LogisticRegression", {}, CLASSES),
            ("linear_model.Ridge", {}, None),
            ("tree.DecisionTreeClassifier", {"max_depth": 5}, CLASSES),
            ("ensemble.RandomForestClassifier", {"n_estimators": 20}, CLASSES),
            ("ensemble.HistGradientBoostingClassifier", {"max_iter": 15}, CLASSES),
            ("ensemble.HistGradientBoostingRegressor", {"max_iter": 15}, None),
            ("ensemble.GradientBoostingClassifier", {"n_estimators": 40}, CLASSES),
            ("ensemble.GradientBoostingRegressor", {"n_estimators": 40}, None),
            ("linear_model.SGDClassifier", {"loss": "log_loss"}, CLASSES),
        ],
        ids=lambda one: one[0].rpartition(".")[2],
    )
    def recipe(self, request) -> Recipe:
        name, params, classes = request.param
        return Recipe(f"sklearn.{name}", params, 3, classes)


class TestOwnFunctions(TrainerSuite):
    @pytest.fixture
    def trainer(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trainer:
        (tmp_path / "own_learners.py").write_text(OWN)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "own_learners", raising=False)
        return load("trainers", "function")()

    @pytest.fixture(
        params=[("logistic", {"C": 0.5}, CLASSES), ("least_squares", {}, None)], ids=lambda one: one[0]
    )
    def recipe(self, request) -> Recipe:
        name, params, classes = request.param
        return Recipe(f"own_learners:{name}", params, 3, classes)


class TestTorch(TrainerSuite):
    @pytest.fixture
    def trainer(self) -> Trainer:
        pytest.importorskip("torch", reason="the extra torch is not installed")
        return load("trainers", "torch")()

    @pytest.fixture(params=[CLASSES, None], ids=["classes", "values"])
    def recipe(self, request) -> Recipe:
        # In float32 a row alone and a row among others differ in the seventh digit.
        params = {"hidden": [16], "lr": 0.02, "epochs": 20, "batch_size": 32, "dtype": "float64"}
        return Recipe("torch.MLP", params, 3, request.param)
