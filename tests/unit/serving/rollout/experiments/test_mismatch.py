"""Whether arms got as many as they should."""

from __future__ import annotations

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.serving.rollout.experiments import mismatch
from mainspring.serving.rollout.experiments.mismatch import chi_square_tail


@pytest.mark.parametrize(
    ("value", "freedom", "tail"),
    [  # Abramowitz and Stegun, table 26.8: percentage points of the chi-square distribution
        (3.84146, 1, 0.05),
        (6.63490, 1, 0.01),
        (5.99146, 2, 0.05),
        (7.81473, 3, 0.05),
        (13.2767, 4, 0.01),
        (11.0705, 5, 0.05),
        (29.5883, 10, 0.001),
        (0.0, 3, 1.0),
    ],
)
def test_the_tail_of_the_chi_square_distribution(value: float, freedom: int, tail: float) -> None:
    assert chi_square_tail(value, freedom) == pytest.approx(tail, rel=1e-4)


def test_counts_by_hand() -> None:
    found = mismatch({"a": 821_588, "b": 815_482}, {"a": 1, "b": 1})  # Kohavi, Tang and Xu (2020), chapter 21
    assert found.chi_square == pytest.approx((6106 / 2) ** 2 / 818_535 * 2)
    assert found.p_value == pytest.approx(1.8e-6, rel=0.02)
    assert found.expected == {"a": 818_535, "b": 818_535}
    assert found.as_dict()["p_value"] == found.p_value


def test_what_fits_is_let_be_and_what_does_not_is_found() -> None:
    assert not mismatch({"a": 5040, "b": 4960}, {"a": 1, "b": 1}).found
    assert not mismatch({}, {"a": 1, "b": 1}).found
    assert mismatch({"a": 5300, "b": 4700}, {"a": 1, "b": 1}).found
    assert mismatch({"a": 900, "b": 50}, {"a": 9, "b": 1}).found
    with pytest.raises(InputError, match="c got some, without a weight"):
        mismatch({"a": 1, "c": 1}, {"a": 1, "b": 1})


def test_who_looks_all_the_time_is_seldom_frightened() -> None:
    chance = np.random.default_rng(2)
    wrong = 0
    for _ in range(200):
        firsts = np.cumsum(chance.random(4000) < 0.5)
        wrong += any(
            mismatch({"a": float(firsts[n - 1]), "b": float(n - firsts[n - 1])}, {"a": 1, "b": 1}).always < 0.05
            for n in range(20, 4001, 20)
        )
    assert wrong / 200 <= 0.05
