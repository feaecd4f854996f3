"""Whether a candidate is good enough."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from mainspring.serving.rollout.experiments import Sums, judge, judge_all
from mainspring.serving.rollout.options import Guard

EDGES = [20e-6 * 1.1**place for place in range(-1, 162)]


@dataclass(frozen=True)
class Arm:
    requests: float = 0.0
    errors: float = 0.0
    times: list[float] = field(default_factory=lambda: [0.0] * 162)
    samples: dict[str, Sums] = field(default_factory=dict)


def sample(mean: float, deviation: float = 1.0, count: int = 2000) -> Sums:
    return Sums(count, mean * count, count * (mean * mean + deviation * deviation))


def told(figure: str, values: Sums) -> Arm:
    return Arm(samples={figure: values})


@pytest.mark.parametrize(("errors", "answer"), [(20, "good"), (200, "bad"), (45, "unknown")])
def test_error_rates_are_compared_in_points(errors: int, answer: str) -> None:
    guard = Guard(figure="error_rate", worse=0.02)
    found = judge(guard, Arm(5000, 50), Arm(2000, errors), 0.95)
    assert found.answer == answer
    assert found.lower <= found.comparison.difference <= found.upper
    reason = found.reason()
    assert reason.ok is (answer != "bad")
    assert reason.observed == errors / 2000
    assert "may be by 0.02; 2000 and 5000 values" in reason.message
    assert found.as_dict()["answer"] == answer


@pytest.mark.parametrize(("hits", "answer"), [(1850, "good"), (1600, "bad"), (1780, "unknown")])
def test_of_accuracy_more_is_better(hits: int, answer: str) -> None:
    old, new = (told("accuracy", Sums(2000, each, each)) for each in (1800, hits))
    assert judge(Guard(figure="accuracy", worse=0.03), old, new, 0.95).answer == answer


@pytest.mark.parametrize(("factor", "answer"), [(1.0, "good"), (1.9, "bad"), (1.5, "unknown")])
def test_latency_is_compared_relative_to_the_primary(factor: float, answer: str) -> None:
    chance = np.random.default_rng(1)
    old, new = (
        Arm(5000, 0, np.histogram(scale * np.exp(chance.normal(-6, 0.5, 5000)), EDGES)[0].tolist())
        for scale in (1.0, factor)
    )
    found = judge(Guard(figure="latency_p95", worse=0.5), old, new, 0.95, edges=EDGES)
    assert found.answer == answer
    assert found.lower < factor - 1 < found.upper


@pytest.mark.parametrize(
    ("figure", "primary", "candidate", "answer"),
    [
        ("reward", 10.0, 10.0, "good"),
        ("reward", 10.0, 8.0, "bad"),
        ("reward", 10.0, 8.95, "unknown"),
        ("reward", -10.0, -12.0, "bad"),
        ("reward", -10.0, -10.2, "good"),
        ("error", 10.0, 12.0, "bad"),
        ("error", 10.0, 9.0, "good"),
        ("error", 10.0, 11.05, "unknown"),
        ("clicks", 10.0, 10.1, "good"),
        ("reward", 0.0, 1.0, "good"),
        ("reward", 0.0, -1.0, "bad"),
    ],
)
def test_means_are_compared_relative_to_the_primary(
    figure: str, primary: float, candidate: float, answer: str
) -> None:
    old, new = told(figure, sample(primary)), told(figure, sample(candidate))
    found = judge(Guard(figure=figure, worse=0.1), old, new, 0.95)
    assert found.answer == answer
    worse = (candidate - primary if figure == "error" else primary - candidate) / (abs(primary) or 1.0)
    assert found.lower <= worse <= found.upper


def test_with_less_than_was_asked_for_nothing_is_said() -> None:
    guard = Guard(figure="error_rate", worse=0.01, least=100)
    assert judge(guard, Arm(5000, 0), Arm(99, 99), 0.95).answer == "unknown"
    assert judge(guard, Arm(5000, 0), Arm(100, 99), 0.95).answer == "bad"
    nothing = judge(Guard(figure="reward"), Arm(), Arm(), 0.95)
    assert nothing.answer == "unknown"
    assert nothing.as_dict()["upper"] is None
    assert nothing.reason().observed is None


def test_several_guards_share_the_probability_to_be_wrong() -> None:
    guards = (Guard(figure="error_rate", worse=0.02), Guard(figure="reward", worse=0.1))
    old = Arm(5000, 50, samples={"reward": sample(1.0)})
    found = judge_all(guards, old, old, 0.9)
    assert [one.comparison.confidence for one in found] == [0.95, 0.95]


def test_a_candidate_that_is_just_bad_enough_is_called_good_no_more_often_than_agreed() -> None:
    chance = np.random.default_rng(4)
    guard = Guard(figure="reward", worse=0.1, least=50)
    wrong, runs = 0, 150
    for _ in range(runs):
        old, new = chance.normal(5.0, 2.0, 1500), chance.normal(4.5, 2.0, 1500)
        for look in range(50, 1501, 50):
            arms = [told("reward", Sums(look, x[:look].sum(), (x[:look] ** 2).sum())) for x in (old, new)]
            if judge(guard, arms[0], arms[1], 0.9).answer != "unknown":
                wrong += 1
                break
    assert wrong / runs <= 0.1
