"""Effects of functions that can be integrated by hand, and scikit-learn's partial dependence."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.inspection import partial_dependence as by_sklearn

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.explanation import Asked
from mainspring.evaluation.explanation.effects import (
    Effect,
    accumulated_local_effects,
    effects,
    partial_dependence,
)

RNG = np.random.default_rng(0)
N = 4000


class Function:
    def __init__(self, of):
        self.of = of

    def predict(self, table):
        return Predictions(None, self.predict_columns({n: table.column(n) for n in table.names}).scores)

    def predict_columns(self, columns):
        return Predictions(None, np.asarray(self.of(columns), dtype=np.float64))


def asked_of(function, table):
    return Asked.of(Function(function), table)


UNIFORM = Table.from_columns({"a": RNG.uniform(0, 1, N), "b": RNG.uniform(0, 1, N)})
COPY = RNG.normal(size=N)
CORRELATED = Table.from_columns({"a": COPY, "b": COPY + 0.05 * RNG.normal(size=N)})


def test_partial_dependence_is_scikit_learns():
    x = RNG.normal(size=(300, 3))
    y = x[:, 0] * 2 + np.sin(x[:, 1]) * x[:, 2]
    model = HistGradientBoostingRegressor(max_iter=20, random_state=0).fit(x, y)
    theirs = by_sklearn(model, x, [1], method="brute", grid_resolution=20, kind="both")
    table = Table.from_columns({"a": x[:, 0], "b": x[:, 1], "c": x[:, 2]})
    asked = asked_of(lambda held: model.predict(np.column_stack([held[n] for n in "abc"])), table)
    ours = partial_dependence(asked, table, "b", grid=[theirs["grid_values"][0].tolist()], individual=True)
    assert ours.values.tolist() == pytest.approx(theirs["average"][0].tolist(), abs=1e-12)
    assert np.abs(ours.individual - theirs["individual"][0]).max() < 1e-12
    both = by_sklearn(model, x, [0, 2], method="brute", grid_resolution=6, kind="average")
    grid = [points.tolist() for points in both["grid_values"]]
    ours = partial_dependence(asked, table, ["a", "c"], grid=grid)
    assert np.abs(ours.values - both["average"][0]).max() < 1e-12


def test_single_rows_from_their_first_point_on():
    asked = asked_of(lambda held: held["a"] * held["b"], UNIFORM)
    found = partial_dependence(asked, UNIFORM, "a", points=5, rows=50, individual=True, centred=True)
    assert found.individual.shape == (50, 5)
    assert (found.individual[:, 0] == 0).all()
    assert found.counts.sum() == 50


def test_words_and_gaps_are_points_of_their_own():
    table = Table.from_columns(
        {"job": ["smith", "baker", "smith", None], "age": [1.0, float("nan"), 3.0, 4.0]},
    )
    worth = {"smith": 1.0, "baker": 2.0, None: 5.0}

    def rule(held):
        return np.array([worth[job] for job in held["job"]]) + np.isnan(held["age"]) * 10

    asked = asked_of(rule, table)
    job = partial_dependence(asked, table, "job")
    assert job.grid == (("smith", "baker", None),)
    assert job.values.tolist() == [3.5, 4.5, 7.5]
    assert job.counts.tolist() == [2, 1, 1]
    age = partial_dependence(asked, table, "age")
    assert age.grid == ((1.0, 3.0, 4.0, None),)
    assert age.values.tolist() == [2.25, 2.25, 2.25, 12.25]


def test_local_effects_of_a_line_have_its_slope():
    asked = asked_of(lambda held: 3 * held["a"] - 7 * held["b"], CORRELATED)
    for name, slope in (("a", 3), ("b", -7)):
        found = accumulated_local_effects(asked, CORRELATED, name)
        assert np.diff(found.values) / np.diff(found.grid[0]) == pytest.approx(slope)


def test_local_effects_of_a_square_are_the_square_less_its_mean():
    asked = asked_of(lambda held: held["a"] ** 2, UNIFORM)
    found = accumulated_local_effects(asked, UNIFORM, "a", bins=100)
    points = np.array(found.grid[0])
    assert np.abs(found.values - (points**2 - 1 / 3)).max() < 0.01


def test_what_a_copy_does_is_not_put_down_to_the_feature():
    # Only b is read: partial dependence and local effects of a are flat, though a goes along with b.
    asked = asked_of(lambda held: held["b"] ** 2, CORRELATED)
    assert accumulated_local_effects(asked, CORRELATED, "a").size == pytest.approx(0, abs=1e-12)


def test_where_no_rows_are_partial_dependence_invents_and_local_effects_do_not():
    # Off the diagonal, where there is no data, the model says 100.
    def rule(held):
        return np.where(np.abs(held["a"] - held["b"]) > 1, 100.0, held["a"])

    asked = asked_of(rule, CORRELATED)
    assert partial_dependence(asked, CORRELATED, "a").size > 20
    local = accumulated_local_effects(asked, CORRELATED, "a")
    assert np.median(np.diff(local.values) / np.diff(local.grid[0])) == pytest.approx(1)


def test_the_joint_effect_beyond_each_alone():
    asked = asked_of(lambda held: held["a"] * held["b"] + 5 * held["a"], UNIFORM)
    found = accumulated_local_effects(asked, UNIFORM, ["a", "b"], bins=100)
    a, b = (np.array(points) for points in found.grid)
    assert np.abs(found.values - np.outer(a - 0.5, b - 0.5)).max() < 0.02
    alone = asked_of(lambda held: np.exp(held["a"]) - held["b"] ** 3, UNIFORM)
    assert accumulated_local_effects(alone, UNIFORM, ["a", "b"]).size == pytest.approx(0, abs=1e-9)


def test_words_are_ordered_by_what_goes_with_them():
    level = RNG.integers(0, 4, 2000)
    names = np.array(["low", "middling", "fair", "high"], dtype=object)
    table = Table.from_columns({"class": names[level], "pay": level + 0.3 * RNG.normal(size=2000)})
    worth = {"low": 0.0, "middling": 1.0, "fair": 4.0, "high": 9.0}
    asked = asked_of(lambda held: [worth[word] for word in held["class"]], table)
    found = accumulated_local_effects(asked, table, "class")
    assert found.grid[0] in (("low", "middling", "fair", "high"), ("high", "fair", "middling", "low"))
    figures = dict(zip(found.grid[0], found.values.tolist(), strict=True))
    mean = np.mean([worth[word] for word in table.column("class")])
    assert figures == pytest.approx({word: value - mean for word, value in worth.items()})


def test_all_features_are_asked_about_together():
    asked = asked_of(lambda held: held["a"] + held["b"], UNIFORM)
    found = effects(asked, UNIFORM, rows=500)
    assert [one.features for one in found] == [("a",), ("b",)]
    assert asked.spent.calls == 1
    alone = accumulated_local_effects(asked, UNIFORM, "a", rows=500)
    assert found[0] == alone


def test_they_are_kept(tmp_path):
    asked = asked_of(lambda held: held["a"], UNIFORM)
    for place, found in enumerate(
        (partial_dependence(asked, UNIFORM, "a", rows=20, individual=True), effects(asked, UNIFORM)[0])
    ):
        folder = tmp_path / str(place)
        folder.mkdir()
        found.save(folder)
        assert Effect.load(folder) == found


def test_what_cannot_be_looked_at():
    asked = asked_of(lambda held: held["a"], UNIFORM)
    with pytest.raises(InputError, match="'height'"):
        partial_dependence(asked, UNIFORM, "height")
    with pytest.raises(InputError, match="no rows"):
        partial_dependence(asked, UNIFORM.rows(0, 0), "a")
    flat = Table.from_columns({"a": [1.0, 1.0], "b": [1.0, 2.0]})
    with pytest.raises(InputError, match="'a' has 1 value"):
        accumulated_local_effects(asked_of(lambda held: held["a"], flat), flat, "a")
    words = Table.from_columns({"a": ["x", "y"], "b": [1.0, 2.0]})
    with pytest.raises(InputError, match="joint effect of words"):
        accumulated_local_effects(asked_of(lambda held: held["b"], words), words, ["a", "b"])
