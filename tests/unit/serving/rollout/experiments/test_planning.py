"""How large an A/B test must be: as statsmodels 0.15 says, and as simulation does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.serving.rollout.experiments import Plan, Sums, compare_means, plan_means, plan_shares


@pytest.mark.parametrize(
    ("share", "effect", "options", "first"),
    [  # statsmodels.stats.proportion.samplesize_proportions_2indep_onetail, which is for two sides
        (0.2, 0.05, {}, 1093.739),
        (0.2, 0.05, {"confidence": 0.99, "power": 0.9}, 2073.201),
        (0.1, 0.02, {}, 3840.847),
        (0.05, -0.01, {}, 6744.933),
        (0.05, -0.01, {"confidence": 0.99, "power": 0.9}, 12786.361),
        (0.25, -0.05, {"weights": (1.0, 3.0)}, 716.991),
        (0.12, -0.02, {"weights": (1.0, 3.0)}, 2518.538),
    ],
)
def test_shares_as_statsmodels(share: float, effect: float, options: dict[str, Any], first: float) -> None:
    assert plan_shares(share, effect, **options).fixed[0] == np.ceil(first)


@pytest.mark.parametrize(
    ("effect", "options", "first"),
    [  # statsmodels.stats.power.TTestIndPower
        (0.2, {}, 393.406),
        (0.5, {}, 63.766),
        (0.8, {}, 25.525),
        (0.5, {"confidence": 0.975, "power": 0.9}, 100.558),
        (0.5, {"weights": (1.0, 3.0)}, 42.346),
    ],
)
def test_means_as_statsmodels(effect: float, options: dict[str, Any], first: float) -> None:
    assert plan_means(1.0, effect, **options).fixed[0] == np.ceil(first)
    assert plan_means(100.0, 100.0 * effect, **options).fixed[0] == np.ceil(first)


def test_an_effect_may_be_a_part_of_what_is_there() -> None:
    assert plan_shares(0.1, 0.2, relative=True) == plan_shares(0.1, 0.2 * 0.1)
    assert plan_means(4.0, 0.1, mean=-20.0) == plan_means(4.0, 2.0)


def test_with_several_arms_each_is_held_to_more() -> None:
    three = plan_means(1.0, 0.3, weights=(1.0, 1.0, 1.0))
    assert three.fixed == plan_means(1.0, 0.3, confidence=0.975).fixed[:1] * 3
    assert three.total == sum(three.sequential)


def test_days_and_sizes_follow_from_how_it_is_read() -> None:
    once = plan_shares(0.1, 0.02, sequential=False, per_day=1000.0)
    again = plan_shares(0.1, 0.02, per_day=1000.0)
    assert once.sizes == once.fixed == again.fixed
    assert again.sizes == again.sequential
    assert once.days == once.total / 1000.0
    assert 1.5 < again.total / once.total < 4.0
    assert again.as_dict()["total"] == again.total


def test_a_test_that_is_looked_at_finds_what_it_was_made_for() -> None:
    plan = plan_means(1.0, 0.25, power=0.8)
    size, runs = plan.sequential[0], 200
    chance = np.random.default_rng(7)
    found, when = 0, []
    for _ in range(runs):
        old, new = chance.normal(0.0, 1.0, size), chance.normal(0.25, 1.0, size)
        for count in range(50, size + 1, 10):
            one, two = (Sums(count, float(x[:count].sum()), float((x[:count] ** 2).sum())) for x in (old, new))
            if compare_means(one, two).significant:
                found += 1
                when.append(count)
                break
    assert found / runs >= 0.8
    assert np.mean(when) < 0.75 * size, "mostly it ends earlier"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plan_shares(0.9, 0.2), "a share of 0.9 that becomes 1.1"),
        (lambda: plan_shares(0.5, 0.0), "an effect of 0"),
        (lambda: plan_means(0.0, 1.0), "a standard deviation of 0"),
        (lambda: plan_means(1.0, 1.0, confidence=1.0), "a confidence of 1 and a power of 0.8"),
        (lambda: plan_means(1.0, 1.0, weights=(1.0, 0.0)), r"the weights \[1.0, 0.0\]"),
        (lambda: plan_means(1.0, 1e-8), "an effect of 1e-08 takes more than"),
    ],
)
def test_what_cannot_be_planned(call: Callable[[], Plan], message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()
