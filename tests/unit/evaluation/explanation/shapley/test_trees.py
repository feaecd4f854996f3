"""Shapley values of trees against the definition, features of one raw column known together."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor

from mainspring.core import InputError
from mainspring.evaluation.explanation.shapley.exact import exact_shapley
from mainspring.evaluation.explanation.shapley.trees import Paths, interventional_tree_shap, sets_of

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 6))
Y = np.column_stack([X[:, 0] * X[:, 1] + np.abs(X[:, 2]), X[:, 3] - X[:, 4] * (X[:, 5] > 0)])


def flat(forest, owner):
    """The arrays of a forest, with the player behind each feature."""
    parts, roots, start = [], [], 0
    for tree in (one.tree_ for one in forest.estimators_):
        leaf = tree.children_left < 0
        shift = np.where(leaf, 0, start)
        parts.append(
            (
                tree.children_left + shift,
                tree.children_right + shift,
                np.where(leaf, -1, tree.feature),
                tree.threshold,
                tree.value[:, :, 0] / len(forest.estimators_),
            )
        )
        roots.append(start)
        start += tree.node_count
    left, right, feature, threshold, values = (np.concatenate(part) for part in zip(*parts, strict=True))
    player = np.where(feature < 0, -1, np.asarray(owner)[np.maximum(feature, 0)])
    paths = Paths.of(roots=np.array(roots), left=left, right=right, player=player, values=values)

    def answers(rows):
        return rows.astype(np.float32)[:, np.maximum(feature, 0)] <= threshold

    return paths, answers


@pytest.mark.parametrize(("owner", "players"), [(range(6), 6), ([0, 0, 1, 2, 2, 1], 3)])
def test_a_forest_by_the_definition(owner, players):
    forest = RandomForestRegressor(8, max_depth=5, random_state=0).fit(X, Y)
    owner = np.array(owner)
    paths, answers = flat(forest, owner)
    background, rows = X[:15], X[50:54]
    found = interventional_tree_shap(paths, answers(rows), sets_of(answers(background)), len(background), players)
    for place, row in enumerate(rows):
        for output in range(2):

            def game(coalitions, row=row, output=output):
                mixed = np.where(coalitions[:, owner][:, None, :], row, background[None])
                flat_rows = mixed.reshape(-1, 6)
                worth = forest.predict(flat_rows)[:, output]
                return worth.reshape(len(coalitions), len(background)).mean(axis=1)

            assert found[place, :, output] == pytest.approx(exact_shapley(game, players), abs=1e-12)


def test_a_leaf_without_questions_adds_nothing():
    paths = Paths.of(
        roots=np.array([0]),
        left=np.array([0]),
        right=np.array([0]),
        player=np.array([-1]),
        values=np.array([[7.0]]),
    )
    nothing = np.zeros((1, 1), dtype=bool)
    assert interventional_tree_shap(paths, nothing, sets_of(nothing), 1, 3).tolist() == [[[0.0], [0.0], [0.0]]]


def test_a_path_of_too_many_players():
    depth = 65
    left = np.array([*range(1, depth + 1), *([0] * (depth + 1))])
    right = np.array([*range(depth + 1, 2 * depth + 1), *([0] * (depth + 1))])
    player = np.array([*range(depth), *([-1] * (depth + 1))])
    with pytest.raises(InputError, match="65 features"):
        Paths.of(roots=np.array([0]), left=left, right=right, player=player, values=np.zeros((2 * depth + 1, 1)))
