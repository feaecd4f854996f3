"""Policies that look at the request."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.serving.rollout.policies import Knowledge, LinUcb
from mainspring.serving.rollout.policies.linear import solve
from mainspring.serving.rollout.policies.linear_thompson import LinearThompson, normal_shares


def _known(rows: list[tuple[int, float, dict[str, float]]], arms: int = 2) -> Knowledge:
    known = Knowledge("abcdefgh"[:arms])
    for place, reward, context in rows:
        known.add(place, reward, context)
    return known


def test_indicators_are_solved_as_in_the_paper() -> None:
    """A = ΣxxT + I = [[4, 2], [2, 3]], b = [3, 1]: weights [7/8, -1/4]; xT A^-1 x = 3/8 for x = [1, 1]."""
    on, off = {"1": 1.0, "k=b": 1.0}, {"1": 1.0}
    known = _known([(0, 1.0, on), (0, 0.0, on), (0, 2.0, off)])
    means, unknown = solve(known, 1.0).read(on)
    assert means == pytest.approx([7 / 8 - 1 / 4, 0.0])
    assert unknown == pytest.approx([3 / 8, 2.0])
    assert LinUcb(alpha=0.0).shares(known, on) == [1.0, 0.0]
    turn = 0.625 / (math.sqrt(2.0) - math.sqrt(3 / 8))
    assert LinUcb(alpha=turn * 1.01).shares(known, on) == [0.0, 1.0]
    assert LinUcb(alpha=turn * 0.99).shares(known, on) == [1.0, 0.0]


@given(scale=st.sampled_from([1e-3, 1.0, 1e4]), shift=st.sampled_from([-50.0, 0.0, 3.0]), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_the_unit_of_a_number_makes_no_difference(scale: float, shift: float, seed: int) -> None:
    chance = np.random.default_rng(seed)
    rows = [(int(chance.integers(2)), float(chance.normal()), float(chance.normal())) for _ in range(30)]
    one = _known([(place, reward, {"1": 1.0, "x": x}) for place, reward, x in rows])
    other = _known([(place, reward, {"1": 1.0, "x": scale * (x + shift)}) for place, reward, x in rows])
    here, there = (
        solve(one, 1.0).read({"1": 1.0, "x": 0.7}),
        solve(other, 1.0).read({"1": 1.0, "x": scale * (0.7 + shift)}),
    )
    assert here[0] == pytest.approx(there[0], abs=1e-6)
    assert here[1] == pytest.approx(there[1], rel=1e-6)


def test_features_that_nobody_has_learned_of_are_left_out() -> None:
    known = _known([(0, 1.0, {"1": 1.0})])
    assert solve(known, 1.0).read({"1": 1.0, "city=Rome": 1.0}) == solve(known, 1.0).read({"1": 1.0})
    assert solve(Knowledge("abc"), 1.0).read({"1": 1.0}) == ([0.0] * 3, [1.0] * 3)


def test_a_number_that_never_changes_does_no_harm() -> None:
    known = _known([(place, float(place), {"1": 1.0, "x": 1e6}) for place in (0, 1) for _ in range(20)])
    means, unknown = solve(known, 1.0).read({"1": 1.0, "x": 1e6})
    assert means == pytest.approx([0.0, 20 / 21])
    assert unknown == pytest.approx([1 / 21] * 2)


def test_two_normal_values_exactly() -> None:
    expected = 0.5 * math.erfc(-(1.0 / math.hypot(2.0, 0.5)) / math.sqrt(2.0))
    assert normal_shares([1.0, 0.0], [2.0, 0.5]) == pytest.approx([expected, 1.0 - expected])
    assert normal_shares([3.0], [1.0]) == [1.0]


@pytest.mark.parametrize("size", [3, 4, 5, 6, 8])
def test_normal_values_as_draws_say(size: int) -> None:
    chance = np.random.default_rng(size)
    for _ in range(5):
        means, widths = chance.normal(0, 0.7, size), chance.uniform(0.5, 2.0, size)
        draws = chance.normal(means[:, None], widths[:, None], (size, 50_000))
        expected = np.bincount(draws.argmax(axis=0), minlength=size) / 50_000
        assert normal_shares(means.tolist(), widths.tolist()) == pytest.approx(expected, abs=0.04)


def test_values_that_are_surely_the_largest() -> None:
    shares = normal_shares([0.0, 100.0, 1.0], [1.0, 1.0, 0.1])
    assert shares[1] > 0.99999
    assert min(shares) > 0.0


def test_linear_thompson_uses_the_width_of_what_is_known() -> None:
    on = {"1": 1.0}
    known = _known([(0, 1.0, on)] * 8)
    shares = LinearThompson(noise=0.5).shares(known, on)
    gap = (8 / 9) / (0.5 * math.sqrt(1 / 9 + 1.0))
    assert shares[0] == pytest.approx(0.5 * math.erfc(-gap / math.sqrt(2.0)))


def test_three_normal_values_to_a_ten_thousandth() -> None:
    """Values that are alike have a third each; others are integrated over a fine grid."""
    assert normal_shares([2.0] * 3, [0.7] * 3) == pytest.approx([1 / 3] * 3, abs=1e-5)
    chance = np.random.default_rng(3)
    below = np.vectorize(lambda at: 0.5 * math.erfc(-at / math.sqrt(2.0)))
    for spread in (0.1, 1.0, 4.0):
        means, widths = chance.normal(0.0, spread, 3), np.exp(chance.uniform(-3.0, 1.0, 3))
        at = np.linspace((means - 9 * widths).min(), (means + 9 * widths).max(), 20_001)
        scaled = (at[:, None] - means) / widths
        dense, under = np.exp(-0.5 * scaled**2) / widths / math.sqrt(2 * math.pi), below(scaled)
        step = at[1] - at[0]
        expected = [(dense[:, i] * np.delete(under, i, axis=1).prod(axis=1)).sum() * step for i in range(3)]
        assert normal_shares(means.tolist(), widths.tolist()) == pytest.approx(expected, abs=1e-4)


def test_threads_that_read_at_once_do_not_disturb_each_other() -> None:
    chance = np.random.default_rng(5)
    known = _known(
        [(int(n % 2), float(chance.normal()), {"1": 1.0, "x": float(chance.normal())}) for n in range(40)]
    )
    solved = solve(known, 1.0)
    contexts = [{"1": 1.0, "x": float(x)} for x in range(50)]
    expected = [solved.read(context) for context in contexts]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            assert list(pool.map(solved.read, contexts)) == expected
