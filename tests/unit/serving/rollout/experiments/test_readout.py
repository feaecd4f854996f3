"""What an A/B test says."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.serving.rollout.experiments import Sums, per_key, plan_shares, read


def test_the_best_arm_is_found_and_the_others_are_compared_with_the_first() -> None:
    arms = {name: Sums(4000, hits, hits) for name, hits in (("old", 400), ("new", 600), ("other", 410))}
    found = read(arms, {"old": 1, "new": 1, "other": 1}, kind="share")
    assert found.best == "new"
    assert found.sound
    assert found.comparisons["new"].confidence == 0.975
    assert found.comparisons["other"].significant is False
    assert json.loads(json.dumps(found.as_dict()))["best"] == "new"


def test_where_less_is_better() -> None:
    arms = {"old": Sums(1000, 2000.0, 5000.0), "new": Sums(1000, 1500.0, 3250.0)}
    assert read(arms, {"old": 1, "new": 1}, less_is_better=True).best == "new"
    assert read(arms, {"old": 1, "new": 1}).best == ""


def test_how_much_is_still_needed() -> None:
    arms = {"old": Sums(1000, 100, 100), "new": Sums(1000, 110, 110)}
    found = read(arms, {"old": 1, "new": 1}, kind="share", effect=0.02)
    still = plan_shares(0.1, 0.02).sizes[0] - 1000
    assert found.needed == {"old": still, "new": still}
    assert read(arms, {"old": 1, "new": 1}, kind="share").needed is None
    assert read({"old": Sums(), "new": Sums()}, {"old": 1, "new": 1}, effect=0.1).needed is None
    means = read({"a": Sums(200, 0.0, 199.0), "b": Sums(1800, 0.0, 1799.0)}, {"a": 1, "b": 9}, effect=0.5)
    assert means.needed is not None
    assert means.needed["a"] == 0


def test_arms_that_got_too_many_make_it_unsound() -> None:
    arms = {"old": Sums(5000, 500, 500), "new": Sums(4000, 600, 600)}
    assert not read(arms, {"old": 1, "new": 1}, kind="share").sound
    assert read(arms, {"old": 5, "new": 4}, kind="share").sound
    assert read(arms, {"old": 1, "new": 1}, kind="share", dealt={"old": 300, "new": 310}).sound


def test_one_arm_is_no_test() -> None:
    with pytest.raises(InputError, match="the test has 1 arm"):
        read({"a": Sums()}, {"a": 1})


def test_the_caller_is_what_is_counted() -> None:
    """Callers differ, and ask often: who counts requests finds differences that are not there."""
    chance = np.random.default_rng(9)
    wrong = {"requests": 0, "callers": 0}
    for _ in range(60):
        values: dict[str, list[tuple[str, float]]] = {"a": [], "b": []}
        for arm in values:
            for caller in range(60):
                taste = chance.beta(0.3, 0.3)
                values[arm] += [(f"{arm}{caller}", float(chance.random() < taste)) for _ in range(30)]
        requests = {arm: Sums.of(value for _, value in each) for arm, each in values.items()}
        callers = {arm: per_key(each) for arm, each in values.items()}
        assert callers["a"].count == 60
        for name, arms in (("requests", requests), ("callers", callers)):
            wrong[name] += read(arms, {"a": 1, "b": 1}).comparisons["b"].significant
    assert wrong["callers"] <= 3
    assert wrong["requests"] > 15
