"""Votes under noise, and radii, of a linear model whose answers under noise are known in closed form."""

from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.robustness.smoothing import Smoothed

WEIGHTS = np.array([1.0, -2.0])
MATRIX = np.random.default_rng(0).normal(size=(200, 2))
TABLE = Table.from_columns({"a": MATRIX[:, 0], "b": MATRIX[:, 1], "job": ["x", "y"] * 100})
SCALES = MATRIX.std(axis=0)


class Sharp:
    """Answers by the sign of ``a - 2 b``, always sure."""

    def predict(self, table: Table) -> Predictions:
        return self.predict_columns({name: table.column(name) for name in ("a", "b")})

    def predict_columns(self, columns: Any) -> Predictions:
        yes = (columns["a"] - 2 * columns["b"] > 0).astype(float)
        return Predictions(("no", "yes"), np.column_stack([1 - yes, yes]))


LENGTH = np.linalg.norm(WEIGHTS * SCALES)
AWAY = np.abs(MATRIX @ WEIGHTS) / LENGTH
"""From the border, in standard deviations."""


def test_votes_are_those_of_the_normal_distribution() -> None:
    smooth = Smoothed.of(Sharp(), TABLE, sigma=0.5, draws=2000)
    found = smooth.predict(TABLE).scores[:, 1]
    exact = [NormalDist().cdf(sum_ / (0.5 * LENGTH)) for sum_ in (MATRIX @ WEIGHTS).tolist()]
    assert found == pytest.approx(exact, abs=0.06)


def test_radii_are_sure_and_not_far_from_the_border() -> None:
    smooth = Smoothed.of(Sharp(), TABLE, sigma=0.5)
    labels, radii = smooth.radii(TABLE, draws=2000)
    plain = Sharp().predict(TABLE).labels
    sure = radii > 0
    assert (labels[sure] == plain[sure]).all()
    assert (radii <= AWAY).all()
    # The largest radius that so many draws can show is 0.5 times the quantile of 0.001 ** (1 / 2000).
    largest = 0.5 * NormalDist().inv_cdf(0.001 ** (1 / 2000))
    near = 0.8 * largest > AWAY
    assert np.mean(radii[near & sure] / AWAY[near & sure]) > 0.75
    assert radii.max() == pytest.approx(largest, rel=1e-3)


def test_the_same_row_has_the_same_answer_whatever_comes_with_it() -> None:
    smooth = Smoothed.of(Sharp(), TABLE, draws=20)
    whole = smooth.predict(TABLE).scores
    assert (smooth.predict(TABLE.rows(50, 60)).scores == whole[50:60]).all()


def test_what_cannot_be_smoothed() -> None:
    class Values:
        def predict(self, table: Table) -> Predictions:
            return Predictions(None, table.column("a"))

    with pytest.raises(InputError, match="predicts values"):
        Smoothed.of(Values(), TABLE)
    with pytest.raises(InputError, match="no column of numbers"):
        Smoothed.of(Sharp(), TABLE, features=["job"])
