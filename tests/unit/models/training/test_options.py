"""What accompanies a training: what it does to the model, and what is kept of it."""

from __future__ import annotations

import random

import numpy as np
import pytest

from mainspring.core.errors import InputError, StateError
from mainspring.data import Table
from mainspring.data.splits import split_rows
from mainspring.models.model import Model
from mainspring.models.training import train
from mainspring.models.training.monotone import check_monotone
from mainspring.models.training.seeding import seeded
from mainspring.models.training.validation import ANOTHER, take_validation
from mainspring.models.training_environment import Environment
from mainspring.models.training_options import Ending

FEW = {"n_estimators": 25, "num_leaves": 7}


def test_validation_is_taken_by_the_rule_of_splits(tables):
    table = tables["binary"]
    learnt, watched = take_validation(table, 0.2, seed=4)
    splits, _ = split_rows(table, {"train": 800, "validation": 200}, seed=4 + ANOTHER)
    assert learnt.to_columns() == splits["train"].to_columns()
    assert watched.to_columns() == splits["validation"].to_columns()
    assert learnt.num_rows + watched.num_rows == table.num_rows


def test_validation_of_a_split_gets_its_share(tables):
    """The hash that parted training from evaluation must not part the rest again."""
    rows, _ = split_rows(tables["binary"], {"train": 3, "eval": 1})
    _, watched = take_validation(rows["train"], 0.25)
    assert 0.15 < watched.num_rows / rows["train"].num_rows < 0.35


@pytest.mark.parametrize("share", [1.0, -0.1, 2.0, 0.0001])
def test_a_share_that_is_none(share, tables):
    with pytest.raises(InputError, match="validation is"):
        take_validation(tables["binary"], share)


def test_nothing_is_watched_by_default(tables, transforms):
    model = train(tables["binary"], transforms["binary", "gaps"], params=FEW)
    assert model.training.curves == {}
    assert model.training.ending == Ending("done", 25, 25)
    assert model.training.rows == 400


def test_curves_and_ending_are_kept(tables, transforms, tmp_path):
    model = train(
        tables["binary"],
        transforms["binary", "gaps"],
        params={**FEW, "n_estimators": 300},
        validation=0.3,
        patience=5,
        class_weights="balanced",
    )
    record = model.training
    assert record.ending.reason == "early"
    assert record.ending.iterations == record.ending.kept + 5
    validation = record.curves["validation binary_logloss"]
    assert len(validation) == record.ending.iterations
    assert int(np.argmin(validation)) + 1 == record.ending.kept
    assert model.fitted.native.current_iteration() == record.ending.kept
    assert record.settings["validation"]["share"] == 0.3
    assert record.settings["class_weights"] == "balanced"
    model.save(tmp_path)
    loaded = Model.load(tmp_path)
    assert loaded.training == record
    assert loaded.properties()["ended"] == "early"


def test_patience_without_rows_to_watch(tables, transforms):
    with pytest.raises(InputError, match="patience needs rows to watch"):
        train(tables["binary"], transforms["binary", "gaps"], patience=3)


def test_a_weight_of_nothing_takes_a_row_out(tables, transforms):
    """Zero weight gives what leaving the rows out gives."""
    table = tables["regression"]
    weights = [float(row % 2) for row in range(table.num_rows)]
    weighted = Table.from_columns({**{name: table.to_columns()[name] for name in table.names}, "w": weights})
    odd = Table.from_rows([row for place, row in enumerate(table.iter_rows()) if place % 2])
    transform = transforms["regression", "filled"]
    by_weight = train(weighted, transform, estimator="LinearRegression", weight="w")
    by_rows = train(odd, transform, estimator="LinearRegression")
    assert by_weight.predict(table).scores == pytest.approx(by_rows.predict(table).scores, rel=1e-8)


def test_weights_that_are_a_feature_too(tables, transforms):
    with pytest.raises(InputError, match="are a feature of the transform too"):
        train(tables["binary"], transforms["binary", "filled"], weight="hour")


def test_balanced_classes_find_more_of_the_rare_one(fit):
    dice = np.random.default_rng(0)
    x = dice.normal(size=1500)
    label = np.where(x + dice.normal(0, 1, 1500) > 2.2, "rare", "usual")
    table = Table.from_columns({"x": x.tolist(), "label": label.tolist()})
    transform = fit(table)
    found = {
        how: (train(table, transform, params=FEW, class_weights=how).predict(table).labels == "rare").sum()
        for how in (None, "balanced")
    }
    assert found["balanced"] > 2 * found[None]


@pytest.mark.parametrize(
    "estimator", ["lightgbm.LGBMClassifier", "HistGradientBoostingClassifier", "xgboost.XGBClassifier"]
)
def test_constraints_by_column_name(estimator, tables, transforms):
    if estimator.startswith("xgboost"):
        pytest.importorskip("xgboost", reason="the extra xgboost is not installed")
    transform = transforms["binary", "gaps"]
    free = train(tables["binary"], transform, estimator=estimator)
    names = {"hour": 1, "fare": -1}
    with pytest.raises(StateError, match="breaks its constraints"):
        check_monotone(free, tables["binary"], names)
    bound = train(tables["binary"], transform, estimator=estimator, monotone=names)
    assert set(bound.training.findings) == {"monotone hour", "monotone fare"}
    assert max(bound.training.findings.values()) <= 1e-6


@pytest.mark.parametrize(
    ("monotone", "words"),
    [
        ({"hours": 1}, "'hours' is no number that the model is given"),
        ({"company": 1}, "'company' is no number"),
        ({"hour": 2, "x": 1}, "'x' is no number.*2 for 'hour' is neither 1 nor -1"),
    ],
)
def test_constraints_that_are_none(monotone, words, tables, transforms):
    with pytest.raises(InputError, match=words):
        train(tables["binary"], transforms["binary", "gaps"], monotone=monotone)


def test_several_classes_have_no_direction(tables, transforms):
    with pytest.raises(InputError, match="the label has 3 classes"):
        train(tables["several"], transforms["several", "gaps"], monotone={"hour": 1})


def test_the_environment_is_kept(tables, transforms):
    found = train(tables["binary"], transforms["binary", "gaps"], params=FEW).training.environment
    assert {"lightgbm", "numpy", "mainspring"} <= set(found.distributions)
    assert found.differences(found) == ()
    other = Environment(
        python=found.python,
        platform=found.platform,
        distributions={**found.distributions, "numpy": "0.1"},
        cpus=found.cpus + 1,
        threads=found.threads,
        hash_seed=found.hash_seed,
    )
    assert len(found.differences(other)) == 2
    assert Environment.from_dict(found.as_dict()) == found


def test_seeds_are_put_back():
    random.seed(1)
    np.random.seed(1)
    before = random.getstate(), np.random.get_state()[1].tolist()
    with seeded(5):
        one = random.random(), np.random.rand()
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before
    with seeded(5):
        assert (random.random(), np.random.rand()) == one


def test_a_trainer_from_before_there_were_options(tables, transforms, monkeypatch):
    from mainspring.models.training import fitting

    real = fitting.trainer("lightgbm")

    class Old:
        libraries = ("lightgbm",)

        def fit(self, recipe, matrix, target):
            return real.fit(recipe, matrix, target)

    monkeypatch.setattr(fitting, "trainer", lambda _name: Old())
    assert train(tables["binary"], transforms["binary", "gaps"], params=FEW).training.ending is None
    with pytest.raises(InputError, match="cannot do: validation"):
        train(tables["binary"], transforms["binary", "gaps"], params=FEW, validation=0.2)
