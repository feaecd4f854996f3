from __future__ import annotations

import numpy as np
import pytest

from mainspring.evaluation import Better, better
from mainspring.evaluation.metrics import ClassifiedRows, MeasuredRows


@pytest.mark.parametrize(
    ("metric", "way"),
    [
        ("auc", Better.HIGHER),
        ("r2", Better.HIGHER),
        ("f1_weighted", Better.HIGHER),
        ("log_loss", Better.LOWER),
        ("rmse", Better.LOWER),
        ("false_positive_rate", Better.LOWER),
        ("count", Better.NEITHER),
        ("base_rate", Better.NEITHER),
    ],
)
def test_direction(metric: str, way: Better) -> None:
    assert better(metric) is way


def test_every_error_metric_that_is_measured_is_better_low() -> None:
    classified = ClassifiedRows.of(
        np.array([0, 1]), np.array([[0.9, 0.1], [0.3, 0.7]]), classes=("a", "b"), positive=1
    )
    measured = MeasuredRows(np.array([1.0, 2.0]), np.array([1.0, 3.0]))
    names = {*classified.state().measure().values, *measured.state().measure().values}
    assert {name for name in names if better(name) is Better.LOWER} == {
        "log_loss", "brier", "calibration_error", "max_calibration_error", "mae", "mse", "rmse", "mape", "smape",
        "msle", "rmsle", "median_error", "max_error", "false_positive_rate", "false_negative_rate",
        "false_discovery_rate", "false_omission_rate", "negative_likelihood_ratio", "prevalence_threshold",
        "false_positives", "false_negatives",
    }  # fmt: skip
