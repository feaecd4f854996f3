from typing import Any

import numpy as np
import pytest

from mainspring.data import Table
from mainspring.evaluation import Predictions


class Linear:
    """Least squares on two columns, as probabilities of a logistic."""

    def __init__(self, weights: Any) -> None:
        self.weights = weights

    def predict(self, table: Table) -> Predictions:
        scores = 1 / (1 + np.exp(-matrix(table) @ self.weights))
        return Predictions(("no", "yes"), np.column_stack([1 - scores, scores]))


def matrix(table: Table) -> Any:
    return np.column_stack([table.column("a"), table.column("b"), np.ones(table.num_rows)])


def trained(rows: Table) -> Linear:
    truth = (rows.column("y") == "yes") * 2.0 - 1
    return Linear(2 * np.linalg.lstsq(matrix(rows), truth, rcond=None)[0])


def made(rows: int = 4000, changed: int | None = None, seed: int = 0) -> Table:
    """Ten minutes between two rows; from the changed one on, the one column means the opposite."""
    random = np.random.default_rng(seed)
    a, b, noise = random.normal(size=(3, rows))
    sign = np.where(np.arange(rows) >= (rows if changed is None else changed), -1, 1)
    answer = np.where(2 * sign * a + b + 0.5 * noise > 0, "yes", "no")
    return Table.from_columns({"a": a, "b": b, "y": answer, "request.time": 600.0 * np.arange(rows)})


@pytest.fixture(scope="session")
def steady() -> Table:
    return made()


@pytest.fixture(scope="session")
def changing() -> Table:
    return made(changed=2500)


@pytest.fixture(scope="session")
def fit() -> Any:
    """Trains on rows."""
    return trained


@pytest.fixture(scope="session")
def world() -> Any:
    """Makes rows."""
    return made
