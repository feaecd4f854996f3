"""The census income example: trained on the official file, judged on the official test file, served as trained."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mainspring.data import Table, Transform, infer, summarize
from mainspring.evaluation import evaluate
from mainspring.models import Model, build, train


@pytest.fixture
def census(shared: Callable[..., Path]) -> tuple[Table, Table, Transform]:
    """Training rows, test rows, and a transform of scaled numbers and one-hot words fitted on the former."""
    return _read(shared("adult", "adult.data.gz"), shared("adult", "adult.test.gz"))


@functools.cache
def _read(train_file: Path, test_file: Path) -> tuple[Table, Table, Transform]:
    test = Table.read_csv(test_file, missing=["?"], trim=True)
    # The training file has no header: its columns are those of the test file.
    training = Table.read_csv(train_file, header=False, names=test.names, missing=["?"], trim=True)
    assert (training.num_rows, test.num_rows) == (32_561, 16_281)
    schema = infer(summarize(training), label="class")
    return training, test, Transform.fit(training, schema, categories="onehot")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("estimator", "params", "least"),
    [
        ("RandomForestClassifier", {"n_estimators": 100, "min_samples_leaf": 2, "n_jobs": 2}, 0.85),
        ("lightgbm.LGBMClassifier", {"n_estimators": 300, "learning_rate": 0.05}, 0.87),
        ("xgboost.XGBClassifier", {"n_estimators": 300, "learning_rate": 0.1}, 0.87),
    ],
)
def test_census_income(
    estimator: str, params: dict[str, object], least: float, census: tuple[Table, Table, Transform]
) -> None:
    if estimator.startswith("xgboost"):
        pytest.importorskip("xgboost", reason="the extra xgboost is not installed")
    training, test, transform = census
    model = train(training, transform, estimator=estimator, params=params)
    package = build(model, test)
    assert package.parity.runtime == "onnx", package.parity
    assert evaluate(package, test, label="class").overall["accuracy"] >= least
    for rows in (test, _holes(test), _strangers(test)):
        _same(model, package.predict(rows), rows, 1e-6 if estimator.startswith("xgboost") else 1e-12)


def _same(model: Model, answers: object, rows: Table, tolerance: float) -> None:
    """The package answers every row as the model does."""
    trained = model.predict(rows)
    assert np.abs(answers.scores - trained.scores).max() <= tolerance
    assert (answers.labels == trained.labels).all()


def _holes(test: Table) -> Table:
    """The rows with every third value missing, another one in each row."""
    columns = test.to_columns()
    return Table.from_columns(
        {
            name: [
                None if (row + place) % 3 == 0 and name != "class" else value for row, value in enumerate(values)
            ]
            for place, (name, values) in enumerate(columns.items())
        }
    )


def _strangers(test: Table) -> Table:
    """The rows with words that nobody saw in training, and numbers far outside."""
    columns = test.to_columns()
    columns["occupation"] = [f"never seen {row % 7}" for row in range(test.num_rows)]
    columns["native-country"] = ["Ünseen"] * test.num_rows
    columns["age"] = [row - 5_000 for row in range(test.num_rows)]
    return Table.from_columns(columns)
