"""Comparing two arms: intervals that hold whenever they are looked at."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.serving.rollout.experiments import Sums, compare_means, compare_quantiles, compare_shares
from mainspring.serving.rollout.experiments.martingales import share_bet

EDGES = [20e-6 * 1.1**place for place in range(-1, 162)]


def histogram(values: np.ndarray) -> list[float]:
    return [float(count) for count in np.histogram(values, EDGES)[0]]


@given(
    hits=st.tuples(st.integers(0, 60), st.integers(0, 60)),
    more=st.tuples(st.integers(1, 300), st.integers(1, 300)),
    shares=st.tuples(st.floats(0.01, 0.99), st.floats(0.01, 0.99)),
)
@settings(max_examples=25, deadline=None)
def test_whatever_both_shares_may_be_is_in_the_interval(
    hits: tuple[int, int], more: tuple[int, int], shares: tuple[float, float]
) -> None:
    old, new = (hits[0], hits[0] + more[0]), (hits[1], hits[1] + more[1])
    found = compare_shares(old, new)
    assert found.lower <= found.difference <= found.upper
    if share_bet(*old, shares[0]) + share_bet(*new, shares[1]) < math.log(20.0) - 1e-6:
        assert found.lower - 1e-6 <= shares[1] - shares[0] <= found.upper + 1e-6


def test_shares_the_other_way_round() -> None:
    one, other = compare_shares((30, 400), (61, 500)), compare_shares((61, 500), (30, 400))
    assert (one.lower, one.upper) == pytest.approx((-other.upper, -other.lower), abs=1e-5)
    assert one.p_value == pytest.approx(other.p_value, rel=1e-4)


@pytest.mark.parametrize("second", [10, 60, 80, 100, 130])
def test_the_p_value_is_the_level_at_which_the_interval_ends_at_none(second: int) -> None:
    shares = compare_shares((50, 1000), (second, 1000))
    if shares.p_value < 1.0:
        edge = compare_shares((50, 1000), (second, 1000), confidence=1.0 - shares.p_value)
        assert min(abs(edge.lower), abs(edge.upper)) == pytest.approx(0.0, abs=1e-5)
    assert shares.significant is (shares.p_value < 0.05)


def test_narrower_than_two_intervals_of_their_own() -> None:
    both = compare_shares((100, 1000), (100, 1000))
    width = both.upper - both.lower
    alone = compare_shares((100, 1000), (10_000_000, 100_000_000), confidence=0.975)
    assert width < 0.85 * 2 * (alone.upper - alone.lower)


def test_means_that_are_equal_are_found_different_no_more_often_than_agreed() -> None:
    chance = np.random.default_rng(11)
    runs, wrong = 300, 0
    for _ in range(runs):
        values = chance.exponential(1.0, (2, 2000))
        totals, squares = values.cumsum(axis=1), (values**2).cumsum(axis=1)
        for look in range(40, 2001, 20):
            one, other = (Sums(look, totals[arm, look - 1], squares[arm, look - 1]) for arm in (0, 1))
            if compare_means(one, other, confidence=0.9).significant:
                wrong += 1
                break
    assert wrong / runs <= 0.1


def test_means_by_hand() -> None:
    found = compare_means(Sums(100, 0.0, 99.0), Sums(100, 50.0, 124.0), confidence=0.95)
    tight = -2 * math.log(0.05)
    rho = (tight + math.log(tight + 1) + 1) / 1000
    scale = 0.02 * (100 * rho + 1) / (100 * rho)
    half = math.sqrt(2 * scale * (0.5 * math.log(100 * rho + 1) + math.log(20)))
    assert found.difference == 0.5
    assert found.upper - 0.5 == pytest.approx(half) == 0.5 - found.lower
    assert found.p_value == pytest.approx(math.exp(-(0.25 / (2 * scale) - 0.5 * math.log(100 * rho + 1))))


def test_quantiles_cover_what_is_so_at_all_looks() -> None:
    chance = np.random.default_rng(5)
    runs, wrong = 60, 0
    for _ in range(runs):
        old = np.exp(chance.normal(-6.0, 0.6, 3000))
        new = 1.2 * np.exp(chance.normal(-6.0, 0.6, 3000))
        for look in range(100, 3001, 290):
            found = compare_quantiles(
                histogram(old[:look]), histogram(new[:look]), 0.95, edges=EDGES, confidence=0.9
            )
            if not found.lower <= 0.2 <= found.upper:
                wrong += 1
                break
    assert wrong / runs <= 0.1


def test_a_quantile_that_is_larger_is_found() -> None:
    chance = np.random.default_rng(6)
    old, new = (histogram(factor * np.exp(chance.normal(-6.0, 0.6, 4000))) for factor in (1.0, 1.5))
    found = compare_quantiles(old, new, 0.95, edges=EDGES)
    assert found.primary == pytest.approx(math.exp(-6.0 + 0.6 * 1.645), rel=0.06)
    assert found.lower > 0.2
    assert found.upper < 0.9
    assert found.p_value < 1e-6
    same = compare_quantiles(old, old, 0.5, edges=EDGES)
    assert (same.difference, same.p_value) == (0.0, 1.0)


def test_of_few_values_a_quantile_may_be_anything() -> None:
    found = compare_quantiles([0.0, 5.0, 0.0], [0.0, 0.0, 4.0], 0.95, edges=[1.0, 2.0, 3.0, 4.0])
    assert (found.lower, found.upper, found.significant) == (-1.0, math.inf, False)


def test_without_values_nothing_is_known() -> None:
    for found in (
        compare_shares((0, 0), (3, 4)),
        compare_means(Sums(), Sums.of([1.0, 2.0])),
        compare_quantiles([0.0], [2.0], 0.5, edges=[1.0, 2.0]),
    ):
        assert (found.lower, found.upper, found.p_value) == (-math.inf, math.inf, 1.0)
        assert not found.significant
        assert found.as_dict()["lower"] is None


def test_what_cannot_be_compared() -> None:
    with pytest.raises(InputError, match="there are 5 of 4"):
        compare_shares((5, 4), (1, 4))
    with pytest.raises(InputError, match=r"the confidence is 95\.0"):
        compare_shares((1, 4), (1, 4), confidence=95.0)
    with pytest.raises(InputError, match="one edge more"):
        compare_quantiles([1.0], [1.0], 0.5, edges=[1.0])
