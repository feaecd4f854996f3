"""Linear models by hand, whose weaknesses can be worked out."""

import numpy as np
import pytest

from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.explanation.asking import Columns, Floats

NAMES = ("x0", "x1", "x2")


class Linear:
    """Answers yes where ``x0 - 2 x1 + x2 / 2 + 0.3 > 0``; it knows its own gradients."""

    weights = np.array([1.0, -2.0, 0.5])
    bias = 0.3

    def sums(self, columns: Columns) -> Floats:
        found: Floats = np.column_stack([columns[name] for name in NAMES]) @ self.weights + self.bias
        return found

    def predict(self, table: Table) -> Predictions:
        return self.predict_columns({name: table.column(name) for name in NAMES})

    def predict_columns(self, columns: Columns) -> Predictions:
        yes = 1 / (1 + np.exp(-self.sums(columns)))
        return Predictions(("no", "yes"), np.column_stack([1 - yes, yes]))

    def logits(self, columns: Columns) -> Floats:
        return np.column_stack([np.zeros(len(columns["x0"])), self.sums(columns)])

    def gradients(self, columns: Columns, weights: Floats) -> dict[str, Floats]:
        return {name: weights[:, 1] * own for name, own in zip(NAMES, self.weights, strict=True)}


@pytest.fixture
def linear() -> Linear:
    return Linear()


@pytest.fixture(scope="session")
def matrix() -> Floats:
    return np.random.default_rng(0).normal(size=(1000, 3))


@pytest.fixture(scope="session")
def signs(matrix: Floats) -> Floats:
    """+1 and -1: the classes, which the model knows for the most part."""
    noise = np.random.default_rng(1).normal(size=len(matrix))
    return np.where(matrix @ Linear.weights + Linear.bias + 0.7 * noise > 0, 1.0, -1.0)


@pytest.fixture(scope="session")
def table(matrix: Floats, signs: Floats) -> Table:
    return Table.from_columns(
        {**{f"x{i}": matrix[:, i] for i in range(3)}, "label": np.where(signs > 0, "yes", "no").tolist()}
    )
