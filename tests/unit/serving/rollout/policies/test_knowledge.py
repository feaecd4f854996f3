"""Sums of rewards, to which rewards are added and from which they are taken away."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.serving.rollout.policies import Knowledge

_REWARDS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30)


@given(rewards=_REWARDS, taken=st.integers(0, 29))
def test_sums_are_those_of_the_rewards_that_are_left(rewards: list[float], taken: int) -> None:
    known = Knowledge(["a", "b"])
    for reward in rewards:
        known.add(1, reward)
    for reward in rewards[:taken]:
        known.take(1, reward)
    left = rewards[taken:]
    assert known.count.tolist() == [0, len(left)]
    assert known.mean[1] == pytest.approx(np.mean(left) if left else 0.0, rel=1e-6, abs=1e-5)
    assert known.squares[1] == pytest.approx(np.var(left) * len(left) if left else 0.0, rel=1e-5, abs=1e-2)


def test_features_are_summed_by_name() -> None:
    known = Knowledge(["a"])
    known.add(0, 2.0, {"1": 1.0, "x": 3.0})
    known.add(0, 1.0, {"1": 1.0, "y=b": 1.0})
    assert known.features == ("1", "x", "y=b")
    assert known.gram[0].tolist() == [[2, 3, 1], [3, 9, 0], [1, 0, 1]]
    assert known.moment[0].tolist() == [3, 6, 1]
    known.take(0, 2.0, {"1": 1.0, "x": 3.0})
    assert known.gram[0].tolist() == [[1, 0, 1], [0, 0, 0], [1, 0, 1]]
    known.take(0, 1.0, {"1": 1.0, "y=b": 1.0})
    assert not known.gram.any()


def test_arms_in_another_order_and_new_ones() -> None:
    known = Knowledge(["a", "b"])
    known.add(0, 1.0)
    known.add(1, 5.0, {"1": 1.0})
    other = known.of(["b", "c", "a"])
    assert other.mean.tolist() == [5, 0, 1]
    assert other.gram.tolist() == [[[1]], [[0]], [[0]]]
    assert known.of([]).count.tolist() == []


@given(st.lists(st.tuples(st.integers(0, 2), st.floats(-1e9, 1e9), st.floats(-1e9, 1e9)), max_size=12))
def test_what_is_written_down_is_exact(rewards: list[tuple[int, float, float]]) -> None:
    known = Knowledge(["a", "b", "c"])
    for place, reward, value in rewards:
        known.add(place, reward, {"1": 1.0, "x": value})
    again = Knowledge.from_dict(json.loads(json.dumps(known.as_dict())))
    assert again.as_dict() == known.as_dict()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e200])
def test_what_cannot_be_summed_is_refused(value: float) -> None:
    known = Knowledge(["a"])
    with pytest.raises(InputError, match="the reward for arm 'a' is"):
        known.add(0, value)
    with pytest.raises(InputError, match="feature 'x' is"):
        known.add(0, 1.0, {"x": value})
    assert known.generation == 0


def test_an_arm_that_is_none_and_a_reward_that_was_not() -> None:
    known = Knowledge(["a"])
    with pytest.raises(InputError, match="there is no arm 1\n  expected: one of 0 to 0"):
        known.add(1, 1.0)
    with pytest.raises(InputError, match="there is no arm -1"):
        known.add(-1, 1.0)
    with pytest.raises(InputError, match="arm 'a' has no reward that could be taken away"):
        known.take(0, 1.0)
