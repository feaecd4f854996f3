from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics

from mainspring.core import InputError, Slice
from mainspring.core.digests import digest_file
from mainspring.data import Examples, Table
from mainspring.evaluation import Evaluation, Predictions, evaluate
from mainspring.evaluation.steps import evaluate as evaluate_step
from mainspring.evaluation.steps import gate


def make(rows: int = 400) -> tuple[Table, Predictions]:
    random = np.random.default_rng(3)
    truth = random.random(rows) < 0.3
    score = np.clip(np.where(truth, 0.6, 0.35) + random.normal(0, 0.2, rows), 0, 1).round(2)
    table = Table.from_columns(
        {"y": np.where(truth, "yes", "no").tolist(), "sex": random.choice(["f", "m"], rows).tolist()}
    )
    return table, Predictions(("no", "yes"), np.column_stack([1 - score, score]))


def test_figures_are_those_of_scikit_learn_overall_and_by_slice() -> None:
    table, predictions = make()
    found = evaluate(predictions, table, label="y", slices=["sex"])
    truth, score = np.array(table.column("y")) == "yes", predictions.scores[:, 1]
    assert found.positive == "yes"
    assert found.count == 400
    assert found.overall["auc"] == pytest.approx(metrics.roc_auc_score(truth, score))
    assert found.overall["brier"] == pytest.approx(metrics.brier_score_loss(truth, score))
    guess = np.array(predictions.labels) == "yes"
    assert found.overall["accuracy"] == metrics.accuracy_score(truth, guess)
    assert found.overall["f1"] == pytest.approx(metrics.f1_score(truth, guess))
    for sex in ("f", "m"):
        part = np.array(table.column("sex")) == sex
        one = found.slices[Slice.of(sex=sex)]
        assert one["auc"] == pytest.approx(metrics.roc_auc_score(truth[part], score[part]))
        assert one["accuracy"] == metrics.accuracy_score(truth[part], guess[part])


def test_what_does_not_exist_is_no_number_and_has_its_reason() -> None:
    table = Table.from_columns({"y": ["no"] * 20})
    scores = np.column_stack([np.full(20, 0.8), np.full(20, 0.2)])
    found = evaluate(Predictions(("no", "yes"), scores), table, label="y")
    assert found.overall["accuracy"] == 1.0
    assert math.isnan(found.overall["auc"])
    reasons = found.measured[Slice()].reasons
    assert reasons["auc"]


def test_it_comes_back_as_it_was_and_is_written_the_same_twice(tmp_path: Path) -> None:
    table, predictions = make()
    found = evaluate(predictions, table, label="y", slices=["sex"])
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        found.save(tmp_path / name)
    assert Evaluation.load(tmp_path / "one").as_dict() == found.as_dict()
    assert digest_file(tmp_path / "one" / "evaluation.json") == digest_file(tmp_path / "two" / "evaluation.json")


def test_the_record_can_be_searched_by_its_figures() -> None:
    table, predictions = make()
    told = evaluate(predictions, table, label="y", slices=["sex"]).properties()
    assert told["slices"] == 2
    assert 0.5 < float(str(told["auc"])) < 1
    assert all(value == value for value in told.values()), "no figure that is no number"


def test_the_worst_slice_comes_first() -> None:
    table, predictions = make()
    found = evaluate(predictions, table, label="y", slices=["sex"])
    ranked = found.worst("accuracy")
    assert ranked[0][1] <= ranked[1][1]
    assert (
        found.worst("log_loss", lower_is_better=True)[0][1] >= found.worst("log_loss", lower_is_better=True)[1][1]
    )


def test_regression() -> None:
    truth = np.array([1.0, 2.0, 3.0, 10.0])
    guess = np.array([1.5, 2.0, 2.0, 8.0])
    found = evaluate(Predictions(None, guess), Table.from_columns({"y": truth}), label="y")
    assert found.task == "regression"
    assert found.overall["mae"] == pytest.approx(0.875)
    assert found.overall["rmse"] == pytest.approx(math.sqrt((0.25 + 0 + 1 + 4) / 4))
    assert found.overall["r2"] == pytest.approx(metrics.r2_score(truth, guess))


def test_predictions_that_do_not_fit_the_rows_are_refused() -> None:
    table, _ = make(10)
    with pytest.raises(InputError, match="9"):
        evaluate(Predictions(("no", "yes"), np.full((9, 2), 0.5)), table, label="y")
    with pytest.raises(InputError, match="'z'"):
        evaluate(Predictions(("no", "yes"), np.full((10, 2), 0.5)), table, label="z")


class Rule:
    """A model written by hand."""

    def predict(self, table: Table) -> Predictions:
        return make(table.num_rows)[1]


def test_the_steps_are_plain_functions() -> None:
    table, _ = make()
    examples = Examples(splits={"eval": table})
    assert evaluate_step(None, examples, label="y") is None
    found = evaluate_step(Rule(), examples, label="y", slices=["sex"])
    assert found is not None
    verdict = gate(found, None, at_least={"auc": 0.7}, better_by={"auc": 0.0})
    assert verdict.ok
    assert "first run" in verdict.reasons[-1].message
    assert not gate(found, found, better_by={"auc": 0.01}).ok
    assert gate(found).failures[0].code == "NO_THRESHOLDS"
