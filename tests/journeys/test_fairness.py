"""Census income by sex and race: what a boosted model does to whom, and what a gate says to it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mainspring.data import Table
from mainspring.evaluation import Fairness, Intervals, Predictions, assess_fairness, judge_fairness


@pytest.fixture
def census(shared: Callable[..., Path]) -> tuple[Table, Predictions]:
    """The official test rows, and what gradient boosting on the official training rows says of them."""
    return _answered(shared("adult", "adult.data.gz"), shared("adult", "adult.test.gz"))


@functools.cache
def _answered(train_file: Path, test_file: Path) -> tuple[Table, Predictions]:
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    test = Table.read_csv(test_file, missing=["?"], trim=True)
    training = Table.read_csv(train_file, header=False, names=test.names, missing=["?"], trim=True)
    names = [name for name in test.names if name != "class"]
    words = [place for place, name in enumerate(names) if test.column(name).dtype == object]

    def rows(table: Table) -> np.ndarray:
        columns = [table.column(name) for name in names]
        return np.array([np.where(c == None, "?", c) if c.dtype == object else c for c in columns], dtype=object).T  # noqa: E711 - element by element

    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    model = make_pipeline(
        make_column_transformer((encoder, words), remainder="passthrough"),
        HistGradientBoostingClassifier(categorical_features=list(range(len(words))), random_state=0),
    )
    earns = [str(value).startswith(">50K") for value in training.column("class")]
    model.fit(rows(training), earns)
    chance = model.predict_proba(rows(test))[:, 1]
    columns = {name: test.column(name) for name in ("sex", "race", "age")}
    labels = [str(value).startswith(">50K") for value in test.column("class")]
    judged = Table.from_columns({**columns, "earns": labels})
    return judged, Predictions(("false", "true"), np.column_stack([1 - chance, chance]))


def assessed(census: tuple[Table, Predictions], *protected: str, **options: object) -> Fairness:
    table, predictions = census
    return assess_fairness(predictions, table, label="earns", protected=protected, **options)  # type: ignore[arg-type]  # options of the test


@pytest.mark.slow
def test_men_are_selected_three_times_as_often_as_women(census: tuple[Table, Predictions]) -> None:
    found = assessed(census, "sex", privileged={"sex": "Male"})
    known = {
        "Male": {"selection_rate": 0.256, "true_positive_rate": 0.660, "false_positive_rate": 0.083},
        "Female": {"selection_rate": 0.082, "true_positive_rate": 0.585, "false_positive_rate": 0.020},
    }
    for sex, figures in known.items():
        group = found.group(f"sex={sex}").figures
        for name, value in figures.items():
            assert group[name].value == pytest.approx(value, abs=0.012), (sex, name)
    ratio = found.gap("demographic_parity_ratio", "sex")
    assert ratio.interval is not None
    assert ratio.interval.high < 0.4
    assert found.gap("statistical_parity_difference").value < -0.15
    # Base rates differ, so calibration and parity cannot both hold: this model is calibrated in both groups.
    assert abs(found.gap("calibration_gap", "sex").value) < 0.03


@pytest.mark.slow
def test_the_gate_says_what_is_wrong_and_what_is_not_known(census: tuple[Table, Predictions]) -> None:
    found = assessed(census, "sex", "sex * race", intervals=Intervals(method="bootstrap", resamples=200))
    verdict = judge_fairness(
        found,
        at_least={"sex": {"demographic_parity_ratio": 0.8}},
        at_most={"sex * race": {"equal_opportunity_difference": 0.5}},
    )
    codes = {reason.code: reason for reason in verdict.failures}
    assert "sex=Male and sex=Female" in codes["METRIC_BELOW_THRESHOLD"].message
    assert "rows behind its true_positive_rate, fewer than 30" in codes["INSUFFICIENT_EVIDENCE"].message
    assert verdict.details["outcome"] == "failed"
