"""Going on from a model, starting over, and keeping the better."""

from __future__ import annotations

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.data import Examples
from mainspring.evaluation import evaluate
from mainspring.models import steps
from mainspring.models.model import Model
from mainspring.models.training import train, train_both

FEW = {"n_estimators": 15, "num_leaves": 7}


@pytest.fixture(scope="module")
def before(tables, transforms):
    """A model of the first rows."""
    return train(tables["binary"].rows(0, 120), transforms["binary", "gaps"], params=FEW, seed=1)


def test_both_are_tried_and_the_better_is_kept(before, tables, transforms, tmp_path):
    table, held_out = tables["binary"].rows(0, 300), tables["binary"].rows(300, 400)
    model = train_both(
        table, transforms["binary", "gaps"], held_out, initial=before, params=FEW, metric="log_loss"
    )
    found = {one.name: one for one in model.training.candidates}
    assert list(found) == ["previous", "fine-tuned", "started over"]
    losses = {name: one.figures["log_loss"] for name, one in found.items()}
    tried = min(("started over", "fine-tuned"), key=losses.__getitem__)
    assert [name for name, one in found.items() if one.kept] == [tried]
    assert evaluate(model, held_out, label="label").overall["log_loss"] == losses[tried]
    assert evaluate(before, held_out, label="label").overall["log_loss"] == losses["previous"]
    assert model.properties()["log_loss fine-tuned"] == losses["fine-tuned"]
    assert model.properties()["kept"] == tried
    model.save(tmp_path)
    assert Model.load(tmp_path).training == model.training


def test_going_on_keeps_the_trees_and_the_transform_of_the_start(before, tables, transforms):
    other = transforms["binary", "filled"]
    model = train(tables["binary"], other, initial=before, params=FEW)
    assert model.transform == before.transform
    assert model.fitted.native.num_trees() == 30
    start = model.fitted.native.predict(before.transform.apply(tables["binary"]), num_iteration=15)
    assert np.array_equal(start, before.predict(tables["binary"]).scores[:, 1])


def test_what_cannot_be_gone_on_from_is_told(before, tables, transforms):
    table, held_out = tables["binary"].rows(0, 300), tables["binary"].rows(300, 400)
    arguments = {"estimator": "LogisticRegression", "params": {"max_iter": 500}}
    with pytest.raises(InputError, match="it is another estimator"):
        train(table, transforms["binary", "filled"], initial=before, **arguments)
    model = train_both(table, transforms["binary", "filled"], held_out, initial=before, **arguments)
    found = {one.name: one for one in model.training.candidates}
    assert found["started over"].kept
    assert "another estimator" in found["fine-tuned"].note
    assert found["previous"].figures


def test_without_a_start_there_is_one_candidate(tables, transforms):
    table, held_out = tables["regression"].rows(0, 300), tables["regression"].rows(300, 400)
    model = train_both(
        table, transforms["regression", "gaps"], held_out, initial=None, estimator="LGBMRegressor", params=FEW
    )
    (only,) = model.training.candidates
    assert (only.name, only.kept, model.training.metric) == ("started over", True, "rmse")


def test_a_metric_that_says_nothing_about_quality(before, tables, transforms):
    with pytest.raises(InputError, match="no metric 'base_rate' to compare by"):
        train_both(
            tables["binary"], transforms["binary", "gaps"], tables["binary"], initial=before, metric="base_rate"
        )


def test_the_step(before, tables, transforms):
    examples = Examples(splits={"train": tables["binary"].rows(0, 300), "eval": tables["binary"].rows(300, 400)})
    transform = transforms["binary", "gaps"]
    model = steps.train(examples, transform, before, params=FEW, compare=True, metric="auc")
    assert {one.name for one in model.training.candidates} == {"previous", "fine-tuned", "started over"}
    tuned = steps.train(examples, transform, before, params=FEW)
    assert tuned.fitted.native.num_trees() == 30
