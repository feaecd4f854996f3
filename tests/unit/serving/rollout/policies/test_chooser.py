"""Policies: what all of them promise."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.serving.rollout.context import features
from mainspring.serving.rollout.options import Bandit
from mainspring.serving.rollout.policies import Chooser, EpsilonGreedy, Knowledge, Thompson, chooser

KINDS: list[dict[str, Any]] = [
    {"policy": "epsilon_greedy"},
    {"policy": "epsilon_greedy", "epsilon": 0.5, "decay": 0.005},
    {"policy": "ucb"},
    {"policy": "ucb", "kind": "number"},
    {"policy": "thompson"},
    {"policy": "thompson", "kind": "number"},
    {"policy": "linucb", "context": ("x", "city")},
    {"policy": "linear_thompson", "context": ("x", "city")},
]
NAMES = [f"{kind['policy']}-{kind.get('kind', kind.get('decay', ''))}" for kind in KINDS]


def bandit(kind: dict[str, Any], arms: int = 3, **more: Any) -> Bandit:
    return Bandit(arms=tuple("abcdefgh"[:arms]), **kind, **more)


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
@given(
    arms=st.integers(1, 7),
    rewards=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 4), st.floats(-9, 9)), max_size=25),
    explore=st.sampled_from([0.0, 1.0, 30.0]),
)
@settings(max_examples=40, deadline=None)
def test_shares_are_probabilities_and_arms_are_drawn_by_them(
    kind: dict[str, Any], arms: int, rewards: list[tuple[int, int, float]], explore: float
) -> None:
    policy, known, chance = (
        chooser(bandit(kind, arms, explore=explore)),
        Knowledge("abcdefgh"[:arms]),
        random.Random(1),
    )
    for place, quarters, value in rewards:
        row = features(("x", "city"), {"x": value, "city": f"c{quarters}"})
        policy.learn(known, place % arms, quarters / 4, row)
    context = features(("x", "city"), {"x": 1.5, "city": "c1"})
    shares = policy.shares(known, context)
    assert len(shares) == arms
    assert sum(shares) == pytest.approx(1.0)
    assert min(shares) >= min(explore / 100, 1 / arms) - 1e-12
    for _ in range(5):
        place, propensity = policy.choose(known, context, chance)
        assert propensity == shares[place] > 0.0


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_arms_of_which_nothing_is_known_are_equal_and_one_arm_works(kind: dict[str, Any]) -> None:
    context = features(("x", "city"), {"x": 1.0, "city": "Rome"})
    assert chooser(bandit(kind)).shares(Knowledge("abc"), context) == pytest.approx([1 / 3] * 3, abs=0.02)
    assert chooser(bandit(kind, 1)).choose(Knowledge("a"), context, random.Random(0)) == (0, 1.0)


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
@pytest.mark.parametrize("best", [0, 2])
def test_the_best_arm_is_found_whichever_it_is(kind: dict[str, Any], best: int) -> None:
    policy, known, chance = chooser(bandit(kind)), Knowledge("abc"), random.Random(3)
    chosen: Counter[int] = Counter()
    for turn in range(1500):
        context = features(("x", "city"), {"x": chance.gauss(0, 1), "city": chance.choice(["Rome", "Oslo"])})
        place, _ = policy.choose(known, context, chance)
        policy.learn(known, place, float(chance.random() < (0.7 if place == best else 0.2)), context)
        chosen[place] += turn >= 500
    assert chosen[best] > 0.75 * sum(chosen.values())


@pytest.mark.parametrize("kind", [{"policy": "ucb"}, {"policy": "thompson"}])
def test_rewards_that_are_no_shares_are_refused_by_what_counts_successes(kind: dict[str, Any]) -> None:
    policy, known = chooser(bandit(kind)), Knowledge("abc")
    for reward in (-0.1, 1.5, float("nan")):
        with pytest.raises(InputError, match="the reward is"):
            policy.learn(known, 0, reward, {})
    policy.learn(known, 0, 0.25, {})
    assert known.mean[0] == 0.25
    numbers = chooser(bandit({**kind, "kind": "number"}))
    numbers.learn(known, 0, -1234.5, {})


@pytest.mark.parametrize(
    "kind",
    [{"policy": "ucb", "kind": "number"}, {"policy": "thompson", "kind": "number"}],
    ids=["ucb", "thompson"],
)
def test_the_unit_of_rewards_makes_no_difference(kind: dict[str, Any]) -> None:
    chance = random.Random(5)
    small, large = Knowledge("abc"), Knowledge("abc")
    policy = chooser(bandit(kind))
    for _ in range(60):
        place, reward = chance.randrange(3), chance.gauss(0, 1)
        small.add(place, reward)
        large.add(place, 1000.0 * reward - 50_000.0)
    assert policy.shares(small, {}) == pytest.approx(policy.shares(large, {}), abs=1e-6)


def test_shares_are_kept_until_something_is_learned_or_for_a_while() -> None:
    known = Knowledge("ab")
    policy = chooser(bandit({"policy": "thompson"}, 2))
    before = policy.shares(known, {})
    assert policy.shares(known, {}) is before
    known.add(0, 1.0)
    assert policy.shares(known, {}) == pytest.approx([2 / 3, 1 / 3])
    resting = chooser(bandit({"policy": "thompson"}, 2), rest=1000.0)
    kept = resting.shares(known, {})
    known.add(0, 1.0)
    assert resting.shares(known, {}) is kept


def test_a_least_share_for_every_arm() -> None:
    known = Knowledge("abcd")
    known.add(2, 1.0)
    policy = Chooser(EpsilonGreedy(epsilon=0.0), least=0.05)
    assert policy.shares(known, {}) == pytest.approx([0.05, 0.05, 0.85, 0.05])
    assert Chooser(Thompson(), least=0.5).shares(known, {}) == [0.25] * 4
