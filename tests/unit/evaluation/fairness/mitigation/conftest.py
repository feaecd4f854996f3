"""Two thousand made-up people of two groups, of which one has the positive label more often."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.linear_model import LogisticRegression

from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.fairness.mitigation.pricing import Fit


@dataclass(frozen=True)
class Learnt:
    """A logistic regression on two columns; it does not know the group."""

    model: LogisticRegression

    def predict(self, table: Table) -> Predictions:
        return Predictions(("0", "1"), self.model.predict_proba(matrix(table)))


def matrix(table: Table) -> npt.NDArray[np.float64]:
    return np.column_stack([table.column("x1"), table.column("x2")])


@pytest.fixture(scope="session")
def learn() -> Fit:
    """The learner, which heeds weights."""

    def fit(table: Table, weights: npt.NDArray[np.float64] | None) -> Learnt:
        return Learnt(LogisticRegression().fit(matrix(table), table.column("y"), sample_weight=weights))

    return fit


@pytest.fixture(scope="session")
def people() -> Table:
    random = np.random.default_rng(5)
    other = random.random(2000) < 0.35
    x1 = random.normal(0, 1, 2000) + 0.8 * other
    x2 = random.normal(0, 1, 2000)
    y = random.random(2000) < 1 / (1 + np.exp(-(1.2 * x1 - 0.8 * x2 + 0.6 * other - 0.5)))
    return Table.from_columns(
        {"x1": x1.round(4), "x2": x2.round(4), "g": np.where(other, "b", "a").tolist(), "y": y.astype(int)}
    )
