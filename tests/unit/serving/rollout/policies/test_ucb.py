"""Upper confidence bounds."""

from __future__ import annotations

import math

import pytest

from mainspring.serving.rollout.policies import Knowledge, Ucb


def _known(rewards: list[list[float]]) -> Knowledge:
    known = Knowledge([str(place) for place in range(len(rewards))])
    for place, mine in enumerate(rewards):
        for reward in mine:
            known.add(place, reward)
    return known


def test_arms_without_a_reward_come_first() -> None:
    assert Ucb().shares(_known([[1.0], [], []]), {}) == [0.0, 0.5, 0.5]


def test_the_bound_by_hand() -> None:
    """Ten rewards: 0.6 + sqrt(2 ln 10 / 8) = 1.359 against 0.5 + sqrt(2 ln 10 / 2) = 2.017."""
    known = _known([[1.0] * 4 + [0.8] + [0.0] * 3, [0.5, 0.5]])
    assert known.mean[0] == pytest.approx(0.6)
    assert Ucb().shares(known, {}) == [0.0, 1.0]
    assert Ucb(alpha=0.1).shares(known, {}) == [1.0, 0.0]
    turn = 0.1 / (math.sqrt(2 * math.log(10) / 2) - math.sqrt(2 * math.log(10) / 8))
    assert Ucb(alpha=turn * 1.001).shares(known, {}) == [0.0, 1.0]
    assert Ucb(alpha=turn * 0.999).shares(known, {}) == [1.0, 0.0]


def test_numbers_are_scaled_by_what_was_seen() -> None:
    """Deviations of 2 in both arms: 10 + 2 sqrt(2 ln 8 / 6) = 11.67 against 9 + 2 sqrt(2 ln 8 / 2) = 11.88."""
    known = _known([[8.0, 12.0] * 3, [7.0, 11.0]])
    scale = math.sqrt(32.0 / 6.0)
    bounds = [10 + scale * math.sqrt(2 * math.log(8) / 6), 9 + scale * math.sqrt(2 * math.log(8) / 2)]
    assert bounds[1] > bounds[0]
    assert Ucb(kind="number").shares(known, {}) == [0.0, 1.0]
    assert Ucb(kind="number", alpha=0.1).shares(known, {}) == [1.0, 0.0]
