"""What a policy would have been worth."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.serving.rollout.context import features
from mainspring.serving.rollout.off_policy import (
    METHODS,
    Evaluation,
    Logged,
    Target,
    always,
    evaluate,
    halves,
    learned,
    split,
)
from mainspring.serving.rollout.options import Bandit
from mainspring.serving.rollout.policies import Knowledge, chooser


def row(number: int, arm: str, propensity: float, reward: float, **more: Any) -> Logged:
    return Logged(id=str(number), arm=arm, propensity=propensity, reward=reward, **more)


def simulated(size: int, seed: int, logging: Callable[[float], tuple[float, float]]) -> list[Logged]:
    """Arm ``a`` is worth ``x``, arm ``b`` 0.5; ``x`` is even from 0 to 1; rewards are 0 or 1."""
    chance = random.Random(seed)
    rows = []
    for number in range(size):
        x = chance.random()
        share = logging(x)[0]
        arm = "a" if chance.random() < share else "b"
        worth = x if arm == "a" else 0.5
        rows.append(
            row(number, arm, share if arm == "a" else 1 - share, float(chance.random() < worth), row={"x": x})
        )
    return rows


def better(x: Mapping[str, Any]) -> dict[str, float]:
    """The best policy there: worth ``∫ max(x, 1/2) = 5/8``."""
    return {"a": 1.0} if x["x"] > 0.5 else {"b": 1.0}


def test_by_hand() -> None:
    rows = [row(1, "a", 0.5, 1.0), row(2, "a", 0.25, 0.0), row(3, "b", 0.5, 3.0), row(4, "b", 0.8, 1.0)]
    found = evaluate(rows, split({"a": 1, "b": 3}), methods=("ips", "snips"))
    weights = [0.5, 1.0, 1.5, 0.75 / 0.8]
    value = 0.5 * 1 + 1.5 * 3 + 0.75 / 0.8
    assert found.estimates["ips"].value == pytest.approx(value / 4)
    assert found.estimates["snips"].value == pytest.approx(value / sum(weights))
    assert found.effective == pytest.approx(sum(weights) ** 2 / sum(weight**2 for weight in weights))
    assert found.largest == pytest.approx(1.5 / sum(weights))
    assert (found.rows, found.requests, found.least, found.logged.value) == (4, 4, 0.25, 1.25)
    assert found.as_dict()["estimates"]["ips"]["value"] == found.estimates["ips"].value


@pytest.mark.parametrize("method", METHODS)
def test_the_best_policy_is_worth_what_it_is(method: Any) -> None:
    rows = simulated(3000, 1, lambda x: (0.2 + 0.6 * x, 0.0))
    found = evaluate(rows, better, columns=("x",))
    one = found.estimates[method]
    assert one.lower < (one.value if method == "dm" else 0.625) < one.upper
    assert one.value == pytest.approx(0.625, abs=0.04)
    assert found.warnings == ()


def test_the_doubly_robust_estimate_varies_least() -> None:
    rows = simulated(3000, 2, lambda x: (0.1 + 0.8 * x, 0.0))
    found = evaluate(rows, better, columns=("x",)).estimates
    widths = {method: one.upper - one.lower for method, one in found.items()}
    assert widths["dr"] < widths["snips"] * 1.02 < widths["ips"] * 1.02


def test_doubly_robust_is_right_where_the_regression_is_wrong() -> None:
    """The regression does not see ``x``; the policy depends on it."""
    rows = simulated(4000, 3, lambda x: (0.5, 0.5))
    found = evaluate(rows, better).estimates
    assert not found["dm"].lower < 0.625 < found["dm"].upper
    assert found["dr"].lower < 0.625 < found["dr"].upper


def test_rows_of_one_request_are_decided_together() -> None:
    one = [row(number, "a", 0.5, float(number % 2)) for number in range(40)]
    many = [Logged(id=each.id, arm="a", propensity=0.5, reward=each.reward) for each in one for _ in range(25)]
    alone, together = (evaluate(rows, always("a"), methods=("ips",)) for rows in (one, many))
    assert together.rows == 1000
    assert together.requests == 40
    assert together.estimates["ips"].lower == pytest.approx(alone.estimates["ips"].lower)


def test_rows_that_stand_for_others() -> None:
    rows = [row(1, "a", 0.5, 1.0, weight=9.0), row(2, "a", 0.5, 0.0)]
    assert evaluate(rows, split({"a": 1, "b": 1}), methods=("ips",)).estimates["ips"].value == pytest.approx(0.9)


def _covered(size: int, runs: int, methods: tuple[Any, ...], **options: Any) -> dict[str, float]:
    inside = dict.fromkeys(methods, 0)
    for run in range(runs):
        rows = simulated(size, 100 + run, lambda x: (0.15 + 0.7 * x, 0.0))
        found: Evaluation = evaluate(rows, better, columns=("x",), methods=methods, confidence=0.9, **options)
        for method in methods:
            one = found.estimates[method]
            inside[method] += one.lower <= 0.625 <= one.upper
    return {method: count / runs for method, count in inside.items()}


@pytest.mark.slow
def test_intervals_hold_as_often_as_they_say() -> None:
    covered = _covered(400, 150, ("ips", "snips", "dr"))
    assert min(covered.values()) > 0.85, covered
    assert max(covered.values()) < 0.95, covered
    bounded = _covered(400, 30, ("ips",), bounds=(0.0, 1.0))
    assert bounded["ips"] == 1.0


def test_the_bound_of_bernstein_holds_and_is_wide() -> None:
    rows = simulated(2000, 5, lambda x: (0.5, 0.5))
    drawn = evaluate(rows, better, methods=("ips",)).estimates["ips"]
    bounded = evaluate(rows, better, methods=("ips",), bounds=(0.0, 1.0)).estimates["ips"]
    assert bounded.lower < drawn.lower < 0.625 < drawn.upper < bounded.upper
    with pytest.raises(InputError, match=r"rewards are from 0 to 1\n  expected: from 0 to 0\.5"):
        evaluate(rows, better, bounds=(0.0, 0.5))


def test_the_log_of_a_bandit_that_learns_tells_what_its_arms_are_worth() -> None:
    """Propensities that depend on everything before are right all the same."""
    worth, chance = {"a": 0.3, "b": 0.5, "c": 0.6}, random.Random(6)
    bandit = Bandit(arms=("a", "b", "c"), explore=15.0)
    policy, known, rows = chooser(bandit), Knowledge(bandit.arms), []
    for number in range(3000):
        place, propensity = policy.choose(known, {}, chance)
        arm = bandit.arms[place]
        reward = float(chance.random() < worth[arm])
        policy.learn(known, place, reward, {})
        rows.append(row(number, arm, propensity, reward))
    for arm, expected in worth.items():
        found = evaluate(rows, always(arm), methods=("ips", "dr"), confidence=0.99)
        assert found.estimates["ips"].lower < expected < found.estimates["ips"].upper
        assert found.estimates["dr"].value == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("policy", ["linucb", "linear_thompson"])
def test_a_policy_that_learned_from_one_half_is_estimated_from_the_other(policy: Any) -> None:
    rows = simulated(3000, 7, lambda x: (0.5, 0.5))
    first, second = halves(rows)
    assert {one.id for one in first}.isdisjoint(one.id for one in second)
    assert len(first) == pytest.approx(1500, abs=120)
    target: Target = learned(Bandit(arms=("a", "b"), policy=policy, context=("x",), noise=0.5), first)
    found = evaluate(second, target, columns=("x",))
    assert found.estimates["dr"].value == pytest.approx(0.61, abs=0.04)
    assert found.estimates["dr"].lower > found.logged.value


def test_a_bandit_without_context_learns_from_the_log() -> None:
    rows = [row(number, "ab"[number % 2], 0.5, float(number % 2)) for number in range(100)]
    target = learned(Bandit(arms=("a", "b", "new")), rows)
    shares = target({})
    assert shares["b"] > 0.95
    assert sum(shares.values()) == pytest.approx(1.0)
    known = Knowledge(("a", "b", "new"))
    for one in rows:
        known.add("ab".index(one.arm), one.reward)
    assert list(shares.values()) == pytest.approx(list(chooser(Bandit(arms=("a", "b", "new"))).shares(known, {})))
    assert features((), {}) == {"1": 1.0}


@pytest.mark.parametrize(
    ("rows", "target", "warning"),
    [
        ([row(1, "a", 0.0001, 1.0), row(2, "b", 0.5, 1.0)], always("a"), "1 of 2 propensities are below 0.001"),
        ([row(1, "a", 0.5, 1.0)], split({"a": 1, "new": 1}), "the policy chooses new, which the log never did"),
        ([row(n, "ab"[n > 0], 0.5, 1.0) for n in range(50)], always("a"), "50 rows tell as much as 1 of"),
        ([row(n, "ab"[n > 0], 0.5, 1.0) for n in range(50)], always("a"), "one row has 100 % of the weight"),
        ([row(n, "a", 0.5, 1.0) for n in range(900)] + [row(901, "b", 0.5, 1.0)], always("a"), "weights are 2 on"),
    ],
)
def test_why_it_may_be_wrong(rows: list[Logged], target: Target, warning: str) -> None:
    found = evaluate(rows, target)
    assert any(warning in one for one in found.warnings), found.warnings


@pytest.mark.parametrize(
    ("rows", "target", "message"),
    [
        ([], always("a"), "there is no row with a decision and a reward"),
        ([row(1, "a", 0.5, 1.0)], lambda x: {"a": 0.4, "b": 0.4}, "the policy's shares add up to 0.8"),
        ([row(1, "a", 0.5, np.nan)], always("a"), "a reward or a propensity is no number"),
        ([row(1, "a", 0.0, 1.0)], always("a"), "a reward or a propensity is no number"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_what_cannot_be_estimated(rows: list[Logged], target: Target, message: str) -> None:
    with pytest.raises(InputError, match=message):
        evaluate(rows, target)
    with pytest.raises(InputError, match="the weights are"):
        split({"a": 0.0})
