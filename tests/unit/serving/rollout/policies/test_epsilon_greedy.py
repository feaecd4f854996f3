"""Epsilon-greedy."""

from __future__ import annotations

import pytest

from mainspring.serving.rollout.policies import EpsilonGreedy, Knowledge


def test_the_share_of_chance_shrinks_with_every_reward() -> None:
    known = Knowledge("ab")
    for _ in range(3):
        known.add(0, 1.0)
    shares = EpsilonGreedy(epsilon=0.4, decay=0.5).shares(known, {})
    assert shares == pytest.approx([1 - 0.4 / 8 / 2, 0.4 / 8 / 2])


def test_of_equal_arms_each_gets_the_same_and_unknown_ones_wait_for_chance() -> None:
    known = Knowledge("abc")
    known.add(0, -5.0)
    known.add(1, -5.0)
    assert EpsilonGreedy(epsilon=0.3).shares(known, {}) == pytest.approx([0.45, 0.45, 0.1])
