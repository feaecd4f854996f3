"""People, the system before and the simplest models, side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mainspring.core import Storable
from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.evaluation import compare, evaluate, predictions_in
from mainspring.models.training import train
from mainspring.models.training.baseline_set import Baselines, measure_baselines


def answered(rows: int = 300) -> Table:
    """Three people who are right in 90, 80 and 70 of 100 rows, and an older system with scores."""
    random = np.random.default_rng(0)
    x = random.normal(0, 1, rows)
    truth = x + random.normal(0, 0.8, rows) > 0
    people = {
        name: truth ^ (random.random(rows) > right) for name, right in (("ann", 0.9), ("ben", 0.8), ("cem", 0.7))
    }
    return Table.from_columns(
        {
            "x": x.tolist(),
            **{name: np.where(told, "late", "early").tolist() for name, told in people.items()},
            "sparse": [
                ("late" if one else "early") if place % 3 == 0 else None for place, one in enumerate(truth)
            ],
            "system": (0.2 + 0.6 * (x > 0.5)).tolist(),
            "label": np.where(truth, "late", "early").tolist(),
        }
    )


TABLE = answered()
PEOPLE = ["ann", "ben", "cem"]


@pytest.fixture(scope="module")
def transform(fit):
    return fit(TABLE, exclude=["ann", "ben", "cem", "sparse", "system"])


@pytest.fixture(scope="module")
def measured(transform) -> Baselines:
    previous = predictions_in(TABLE, scores="system", label="label")
    return measure_baselines(TABLE, TABLE, transform, human=PEOPLE, previous=previous)


def test_each_person_and_their_vote(measured) -> None:
    found = {one.name: one.figures["accuracy"] for one in measured.found}
    truth = TABLE.column("label")
    for name in PEOPLE:
        assert found[name] == np.mean(TABLE.column(name) == truth)
    votes = np.stack([TABLE.column(name) == "late" for name in PEOPLE]).sum(axis=0) >= 2
    assert found["human"] == np.mean(votes == (truth == "late"))
    assert found["human"] > found["ben"] > found["cem"]
    assert [one.name for one in measured.found[-4:]] == ["constant", "best feature", "linear", "previous"]
    assert measured.agreement.rows == 300
    assert 0.1 < measured.agreement.fleiss < 0.9


def test_the_system_before_has_scores(measured) -> None:
    previous = measured.evaluations["previous"]
    scores = TABLE.column("system")
    assert previous.overall["accuracy"] == np.mean((scores >= 0.5) == (TABLE.column("label") == "late"))
    assert 0.5 < previous.overall["auc"] < 1


def test_a_gate_speaks_of_them(measured, transform) -> None:
    model = train(TABLE, transform, estimator="LogisticRegression")
    evaluation = evaluate(model, TABLE, label="label")
    rules = ["accuracy >= constant + 0.1", "accuracy >= human - 0.3", "auc >= best_feature - 0.05"]
    verdict = compare(evaluation, baselines=measured.evaluations, rules=rules)
    assert verdict.ok, verdict
    assert not compare(evaluation, baselines=measured.evaluations, rules=["accuracy >= human"]).ok


def test_a_person_who_answered_some_rows_is_judged_on_these(transform) -> None:
    (human, *_) = measure_baselines(TABLE, TABLE, transform, human="sparse").found
    assert human.figures["accuracy"] == 1.0
    assert human.note == "on the 100 of 300 rows that have an answer"
    assert human.evaluation.count == 100
    together = measure_baselines(TABLE, TABLE, transform, human=["sparse", "ann"])
    assert together.agreement.rows == 100


def test_numbers_of_people_are_averaged(tables, transforms) -> None:
    table = tables["regression"]
    truth = np.array(table.to_columns()["label"])
    over, under = np.linspace(0, 1, len(truth)), np.linspace(0, 1, len(truth)) ** 2
    people = {"one": (truth + over).tolist(), "two": (truth - under).tolist()}
    held = Table.from_columns({**table.to_columns(), **people})
    found = measure_baselines(table, held, transforms["regression", "filled"], human=["one", "two"])
    figures = {one.name: one.figures["rmse"] for one in found.found}
    assert figures["human"] == pytest.approx(np.sqrt(np.mean(((over - under) / 2) ** 2)))
    assert figures["one"] == pytest.approx(np.sqrt(np.mean(over**2)))
    assert found.agreement is None


def test_saving_and_loading(measured, tmp_path: Path) -> None:
    assert isinstance(measured, Storable)
    measured.save(tmp_path)
    loaded = Baselines.load(tmp_path)
    assert loaded.as_dict() == measured.as_dict()
    assert loaded.properties() == {"baselines": 8, "fleiss_kappa": measured.agreement.fleiss}


def test_the_table_for_people(measured) -> None:
    lines = str(measured).splitlines()
    assert lines[0].split() == ["baseline", "auc", "what", "it", "is"]
    assert lines[1].startswith("human")
    assert "the vote of 3 people" in lines[1]
    assert "Fleiss' kappa" in lines[-1]


def test_a_column_that_is_not_there(transform) -> None:
    with pytest.raises(InputError, match="no column 'dan' of answers"):
        measure_baselines(TABLE, TABLE, transform, human=["ann", "dan"])
