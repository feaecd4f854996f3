"""The isolation forest, held against the paper and against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import IsolationForest as Known
from sklearn.metrics import roc_auc_score

from mainspring.serving.outliers.isolation_forest import IsolationForest, average_path

RANDOM = np.random.default_rng(3)
USUAL = RANDOM.normal(size=(1000, 4)).astype(np.float32).astype(np.float64)
ODD = RANDOM.normal(size=(50, 4)).astype(np.float32).astype(np.float64) * 3


def of_known(known: Known) -> IsolationForest:
    """The same trees as scikit-learn's, in our layout."""
    depth = max(tree.tree_.max_depth for tree in known.estimators_)
    shape = (len(known.estimators_), 2 ** (depth + 1) - 1)
    features, cuts, lengths = np.full(shape, -1, np.int32), np.zeros(shape), np.zeros(shape)
    for place, estimator in enumerate(known.estimators_):
        tree, waiting = estimator.tree_, [(0, 0, 0)]
        while waiting:
            node, ours, level = waiting.pop()
            if tree.children_left[node] < 0:
                lengths[place, ours] = level + average_path(int(tree.n_node_samples[node]))
                continue
            features[place, ours], cuts[place, ours] = tree.feature[node], tree.threshold[node]
            waiting.append((tree.children_left[node], 2 * ours + 1, level + 1))
            waiting.append((tree.children_right[node], 2 * ours + 2, level + 1))
    return IsolationForest(features=features, cuts=cuts, lengths=lengths, rows=known.max_samples_)


def test_the_same_trees_give_the_same_scores():
    known = Known(n_estimators=20, max_samples=128, random_state=0).fit(USUAL)
    rows = np.vstack([USUAL, ODD])
    np.testing.assert_allclose(of_known(known).score(rows), -known.score_samples(rows), rtol=0, atol=1e-9)


def test_it_tells_as_well_as_the_known_one():
    rows, truth = np.vstack([USUAL, ODD]), np.r_[np.zeros(1000), np.ones(50)]
    ours = roc_auc_score(truth, IsolationForest.fit(USUAL).score(rows))
    theirs = roc_auc_score(
        truth, -Known(n_estimators=100, max_samples=256, random_state=0).fit(USUAL).score_samples(rows)
    )
    assert ours == pytest.approx(theirs, abs=0.02)


def test_scores_of_the_paper():
    # c(256) as in the paper's table of normalisation; a forest of equal rows cannot cut: s = 2^(-c(n)/c(n)).
    assert average_path(256) == pytest.approx(10.2448, abs=1e-4)
    forest = IsolationForest.fit(np.ones((300, 2)))
    assert forest.score(np.array([[1.0, 1.0], [9.0, 9.0]])).tolist() == [0.5, 0.5]


def test_the_same_seed_gives_the_same_forest():
    one, two, other = (IsolationForest.fit(USUAL, trees=5, seed=seed).score(ODD) for seed in (1, 1, 2))
    assert one.tolist() == two.tolist() != other.tolist()


def test_rows_of_every_size():
    forest = IsolationForest.fit(np.array([[0.0], [1.0]]), trees=3)
    assert forest.rows == 2
    assert len(forest.score(np.zeros((0, 1)))) == 0
