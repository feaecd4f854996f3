import math
from typing import Any

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.monitoring.retraining import Judge, rank


class Blind:
    def predict(self, table: Table) -> Predictions:
        raise InputError("column 'z' is missing")


def test_of_equals_the_first_is_chosen_and_the_better_only_if_surely_so(steady: Table, fit: Any) -> None:
    models = {"fine-tuned": fit(steady.rows(0, 1000)), "started over": fit(steady.rows(0, 3000))}
    found = rank(models, steady.rows(3000, 4000), Judge(label="y"))
    assert found.chosen == "fine-tuned"
    turned = rank(dict(reversed(models.items())), steady.rows(3000, 4000), Judge(label="y"))
    assert turned.chosen == "started over"


def test_one_that_is_surely_worse_is_not_chosen(changing: Table, fit: Any) -> None:
    models = {"old": fit(changing.rows(0, 2000)), "new": fit(changing.rows(2500, 3500))}
    found = rank(models, changing.rows(3500, 4000), Judge(label="y", metric="accuracy"))
    assert (found.metric, found.best, found.chosen) == ("accuracy", "new", "new")
    right = [
        np.mean(model.predict(changing.rows(3500, 4000)).labels == changing.rows(3500, 4000).column("y"))
        for model in models.values()
    ]
    assert [one.value for one in found.contenders] == pytest.approx(right)
    assert found["old"].gap == pytest.approx(right[1] - right[0])
    assert found["old"].gap_low < found["old"].gap < found["old"].gap_high


def test_one_that_cannot_answer_is_told_of(steady: Table, fit: Any) -> None:
    found = rank({"blind": Blind(), "seeing": fit(steady)}, steady.rows(0, 300), Judge(label="y"))
    assert found.chosen == "seeing"
    assert (math.isnan(found["blind"].value), found["blind"].note) == (True, "column 'z' is missing")
    with pytest.raises(InputError, match="no model can answer"):
        rank({"blind": Blind()}, steady.rows(0, 300), Judge(label="y"))


def test_a_metric_that_there_is_not_is_refused(fit: Any, world: Any) -> None:
    rows = world(500)
    with pytest.raises(InputError, match="there is no 'rmse' to compare by"):
        rank({"one": fit(rows)}, rows, Judge(label="y", metric="rmse"))
