"""The path of penalised models against an independent library's single models."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Lasso, LogisticRegression

from mainspring.data.bundled import load
from mainspring.data.transforms.selection.l1 import l1_path


def matrix_of(table):
    found = np.stack([table.column(name) for name in table.names if name != "target"], axis=1)
    return (found - found.mean(axis=0)) / found.std(axis=0)


def test_lasso():
    table = load("diabetes")
    matrix, target = matrix_of(table), table.column("target")
    path = l1_path(matrix, target, None)
    assert not path.used(0).any()
    for point in (5, 15, 25):
        model = Lasso(alpha=path.penalties[point], tol=1e-9, max_iter=100_000).fit(matrix, target)
        assert path.weights[point, :, 0] == pytest.approx(model.coef_, abs=0.02)
        assert (path.used(point) == (model.coef_ != 0)).all()
        loss = ((model.predict(matrix) - target) ** 2).mean() / 2
        assert path.losses(matrix, target)[point] == pytest.approx(loss, rel=1e-4)


def test_two_classes():
    table = load("breast_cancer")
    matrix, target = matrix_of(table), (table.column("target") == "malignant").astype(np.int64)
    path = l1_path(matrix, target, 2)
    for point in (3, 8, 14):
        strength = 1 / (len(matrix) * path.penalties[point])
        model = LogisticRegression(l1_ratio=1.0, solver="saga", C=strength, tol=1e-8, max_iter=20_000)
        model.fit(matrix, target)
        assert path.weights[point, :, 0] == pytest.approx(model.coef_[0], abs=0.01)
    used = [int(path.used(point).sum()) for point in range(len(path.penalties))]
    assert used[0] == 0
    assert used[-1] > 10
    assert (np.diff(path.losses(matrix, target)) < 0).all()


def test_three_classes_and_other_scales():
    table = load("wine")
    matrix = np.stack([table.column(name) for name in table.names if name != "target"], axis=1)
    target = np.array([int(word[-1]) for word in table.column("target")])
    path = l1_path(matrix, target, 3)
    middle, deviation = matrix.mean(axis=0), matrix.std(axis=0)
    scaled = (matrix - middle) / deviation
    model = LogisticRegression(
        l1_ratio=1.0, solver="saga", C=1 / (len(matrix) * path.penalties[10]), tol=1e-8, max_iter=20_000
    ).fit(scaled, target)
    assert pytest.approx(model.coef_, abs=0.02) == (path.weights[10] * deviation[:, None]).T
    assert path.losses(matrix, target)[-1] < 0.05


def test_columns_that_do_not_vary_get_nothing():
    matrix = np.stack([np.arange(20.0), np.full(20, 1e6)], axis=1)
    path = l1_path(matrix, np.arange(20.0), None)
    assert path.used(29).tolist() == [True, False]
