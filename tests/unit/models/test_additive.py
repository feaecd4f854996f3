"""Tables as trees answer as the tables do."""

from __future__ import annotations

import numpy as np
import pytest

from mainspring.models import build, train
from mainspring.models.additive import Term, additive_trees
from mainspring.models.trees import Link

BELOW = np.nextafter(1.0, 0)


def test_one_feature_by_hand():
    term = Term((1,), ((1.0, 2.0),), np.array([[9.0], [10.0], [11.0], [12.0]]))
    trees = additive_trees([term], np.array([0.5]), features=2, link=Link.IDENTITY)
    values = [np.nan, -np.inf, BELOW, 1.0, 1.5, 2.0, np.inf]
    matrix = np.column_stack([np.zeros(7), values])
    assert trees.scores(matrix).tolist() == [9.5, 10.5, 10.5, 11.5, 11.5, 12.5, 12.5]


def test_two_features_by_hand():
    scores = np.arange(9.0).reshape(3, 3, 1)
    trees = additive_trees(
        [Term((0, 1), ((0.0,), (5.0,)), scores)], np.array([0.0]), features=2, link=Link.IDENTITY
    )
    matrix = np.array([[np.nan, np.nan], [np.nan, 6.0], [-1.0, np.nan], [-1.0, 4.0], [0.0, 5.0]])
    assert trees.scores(matrix).tolist() == [0.0, 2.0, 3.0, 4.0, 8.0]


def test_terms_come_back_from_json():
    term = Term((0,), ((0.1,),), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    again = Term.from_dict(term.as_dict())
    assert (again.features, again.cuts, again.scores.tolist()) == (term.features, term.cuts, term.scores.tolist())


@pytest.mark.parametrize("task", ["binary", "several", "regression"])
def test_explainable_boosting_is_packaged_as_one_file(task, tables, transforms):
    pytest.importorskip("interpret", reason="the extra interpret is not installed")
    kind = "Regressor" if task == "regression" else "Classifier"
    model = train(
        tables[task],
        transforms[task, "gaps"],
        estimator=f"ExplainableBoosting{kind}",
        params={"outer_bags": 2, "max_rounds": 50, "interactions": 0 if task == "several" else 2},
    )
    assert {len(term.features) for term in model.fitted.terms} == ({1} if task == "several" else {1, 2})
    parity = build(model, tables[task]).parity
    assert parity.runtime == "onnx", parity
    assert parity.max_abs_difference <= 1e-9
