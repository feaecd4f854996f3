"""What can be known before a long run."""

from __future__ import annotations

import numpy as np
import pytest

from mainspring.data import Examples, Table
from mainspring.models import steps
from mainspring.models.training import baseline_table, baselines, check_training, train
from mainspring.models.training.checks import _some

FEW = {"n_estimators": 20}


@pytest.fixture(scope="module")
def noise(fit):
    """A label that nothing tells."""
    dice = np.random.default_rng(0)
    table = Table.from_columns(
        {"x": dice.normal(size=600).tolist(), "label": dice.choice(["a", "b"], 600).tolist()}
    )
    return table, fit(table)


def codes(verdict):
    return {reason.code for reason in verdict.reasons}


def test_all_is_well(tables, transforms):
    table = tables["binary"]
    verdict = check_training(table.rows(0, 300), table.rows(300, 400), transforms["binary", "gaps"], params=FEW)
    assert verdict.ok
    assert codes(verdict) == {"MEMORISES", "BEATS_CONSTANT", "NO_LEAKAGE", "TARGETS_ALIKE"}
    assert verdict.details["metric"] == "auc"
    assert [one["name"] for one in verdict.details["baselines"]] == [
        "constant",
        "best feature",
        "linear",
        "short run",
    ]


def test_baselines_are_what_they_say(tables, transforms):
    table = tables["regression"]
    learnt, judged = table.rows(0, 300), table.rows(300, 400)
    found = {one.name: one for one in baselines(learnt, judged, transforms["regression", "filled"])}
    label = np.array(judged.to_columns()["label"])
    mean = np.mean(learnt.to_columns()["label"])
    assert found["constant"].figures["rmse"] == pytest.approx(np.sqrt(np.mean((label - mean) ** 2)))
    assert found["best feature"].about == "payment alone"
    linear = train(learnt, transforms["regression", "filled"], estimator="Ridge").predict(judged).scores
    assert found["linear"].figures["rmse"] == pytest.approx(np.sqrt(np.mean((label - linear) ** 2)))


def test_the_majority_is_right_as_often_as_it_is_there(fit):
    table = Table.from_columns({"x": [float(row) for row in range(100)], "label": ["a"] * 70 + ["b"] * 30})
    found = {one.name: one for one in baselines(table, table, fit(table))}
    assert found["constant"].figures["accuracy"] == 0.7
    assert found["best feature"].figures["auc"] > 0.99


def test_a_linear_model_that_takes_no_gaps_says_so(tables, transforms):
    found = {one.name: one for one in baselines(tables["binary"], tables["binary"], transforms["binary", "gaps"])}
    assert "cannot take missing values" in found["linear"].note
    assert found["linear"].figures == {}


def test_what_cannot_memorise(noise):
    table, transform = noise
    verdict = check_training(
        table, table, transform, estimator="DummyClassifier", params={"strategy": "most_frequent"}
    )
    assert {"CANNOT_MEMORISE", "NO_BETTER_THAN_CONSTANT"} <= codes(verdict)
    assert not verdict.ok


def test_a_leak(tables, fit):
    columns = tables["binary"].to_columns()
    columns["answer"] = [1.0 if label == "yes" else 0.0 for label in columns["label"]]
    columns["answer"][:6] = [0.5] * 6
    table = Table.from_columns(columns)
    verdict = check_training(table.rows(0, 300), table.rows(300, 400), fit(table), params=FEW)
    (leak,) = [reason for reason in verdict.failures if reason.code == "LABEL_LEAKAGE"]
    assert leak.subject == "answer, label"


def test_targets_that_differ(tables, transforms):
    table = tables["binary"]
    only_yes = table.where("label = 'yes' OR fare < 5")
    verdict = check_training(table, only_yes, transforms["binary", "gaps"], params=FEW)
    (shifted,) = [reason for reason in verdict.failures if reason.code == "TARGET_SHIFT"]
    assert shifted.observed > 0.1
    numbers = tables["regression"]
    verdict = check_training(
        numbers,
        numbers.where("label > 4"),
        transforms["regression", "gaps"],
        estimator="LGBMRegressor",
        params=FEW,
    )
    assert "TARGET_SHIFT" in codes(verdict)


def test_the_step_and_the_table(tables, transforms):
    examples = Examples(splits={"train": tables["several"].rows(0, 300), "eval": tables["several"].rows(300, 400)})
    transform = transforms["several", "filled"]
    previous = train(examples.split("train"), transform, params=FEW)
    verdict = steps.check_training(examples, transform, previous, params=FEW, metric="accuracy")
    lines = baseline_table(verdict).splitlines()
    assert lines[0].split() == ["accuracy"]
    assert [line.split()[0] for line in lines[1:]] == ["constant", "best", "linear", "previous", "short"]


def test_some_rows_are_chosen_by_what_they_hold():
    table = Table.from_columns({"x": list(range(10_000))})
    some = _some(table, 500)
    assert some.num_rows == 500
    assert some.to_columns() == _some(table, 500).to_columns()
    assert _some(table, 20_000) is table
