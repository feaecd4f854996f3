"""A tree in place of a model: exact where the model is one, honest where it is not."""

import math

import numpy as np
import pytest

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.explanation import Asked
from mainspring.evaluation.explanation.surrogate import Surrogate, surrogate

RNG = np.random.default_rng(0)
N = 2000
TABLE = Table.from_columns(
    {
        "age": RNG.integers(0, 20, N).astype(float),
        "job": RNG.choice(np.array(["smith", "baker", None], dtype=object), N),
        "noise": RNG.normal(size=N),
    }
)


class Of:
    def __init__(self, of, classes=None):
        self.of, self.classes = of, classes

    def predict(self, table):
        figures = np.asarray(self.of({name: table.column(name) for name in table.names}), dtype=np.float64)
        if self.classes is None:
            return Predictions(None, figures)
        return Predictions(self.classes, np.column_stack([1 - figures, figures]))


def test_a_tree_is_found_again():
    def tree(held):
        gap = np.array([job is None for job in held["job"]])
        return np.where(gap, 0.9, np.where(held["age"] > 11, 0.7, 0.1))

    found = surrogate(Asked.of(Of(tree, ("no", "yes")), TABLE), TABLE, leaves=3)
    assert found.fidelity == pytest.approx(1)
    assert found.agreement == 1
    rules = {leaf.answer: leaf for leaf in found.leaves}
    assert {round(answer, 9) for answer in rules} == {0.1, 0.7, 0.9}
    told = str(found)
    assert "job is missing: 0.9" in told
    assert "age > 11" in told
    assert sum(leaf.share for leaf in found.leaves) == pytest.approx(1)


def test_what_a_tree_cannot_say_has_little_fidelity():
    found = surrogate(Asked.of(Of(lambda held: np.sin(40 * held["noise"])), TABLE), TABLE, leaves=4)
    assert found.fidelity < 0.3
    assert math.isnan(found.agreement)


def test_they_are_kept(tmp_path):
    found = surrogate(Asked.of(Of(lambda held: held["age"]), TABLE), TABLE)
    found.save(tmp_path)
    again = Surrogate.load(tmp_path)
    assert again.leaves == found.leaves
    assert again.fidelity == found.fidelity


def test_what_cannot_be_stood_for():
    asked = Asked.of(Of(lambda held: held["age"]), TABLE)
    with pytest.raises(InputError, match="'height'"):
        surrogate(asked, TABLE, features=["height"])
    with pytest.raises(InputError, match="1 rows"):
        surrogate(asked, TABLE.rows(0, 1))
    flat = surrogate(Asked.of(Of(lambda held: held["age"] * 0), TABLE), TABLE)
    assert math.isnan(flat.fidelity)
