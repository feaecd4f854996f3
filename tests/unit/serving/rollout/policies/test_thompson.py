"""Thompson sampling: how likely each arm is to be the best."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mainspring.serving.rollout.policies import Knowledge, Thompson


def _binary(counts: list[tuple[int, int]]) -> Knowledge:
    known = Knowledge([str(place) for place in range(len(counts))])
    for place, (wins, total) in enumerate(counts):
        known.count[place], known.mean[place] = total, wins / total if total else 0.0
    return known


def _better(a: float, b: float, c: int, d: float) -> float:
    """The probability that Beta(c, d) is larger than Beta(a, b), for a whole c: Evan Miller's closed form."""

    def beta(x: float, y: float) -> float:
        return math.lgamma(x) + math.lgamma(y) - math.lgamma(x + y)

    return sum(math.exp(beta(a + i, b + d) - math.log(d + i) - beta(1 + i, d) - beta(a, b)) for i in range(c))


@pytest.mark.parametrize(
    "counts",
    [
        [(0, 0), (1, 1)],
        [(3, 10), (5, 12)],
        [(300, 1000), (330, 1000)],
        [(0, 500), (2, 400)],
        [(0, 0), (900, 1000)],
    ],
)
def test_two_arms_as_the_closed_form_says(counts: list[tuple[int, int]]) -> None:
    (w, n), (v, m) = counts
    expected = _better(1 + w, 1 + n - w, 1 + v, 1 + m - v)
    assert Thompson().shares(_binary(counts), {})[1] == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("prior", [(1.0, 1.0), (0.5, 0.5), (2.0, 8.0)])
def test_many_arms_as_draws_say(prior: tuple[float, float]) -> None:
    counts = [(3, 10), (5, 12), (2, 4), (30, 100), (0, 0)]
    chance = np.random.default_rng(1)
    draws = np.stack([chance.beta(prior[0] + w, prior[1] + n - w, 200_000) for w, n in counts])
    expected = np.bincount(draws.argmax(axis=0), minlength=5) / 200_000
    assert Thompson(prior=prior).shares(_binary(counts), {}) == pytest.approx(expected, abs=0.005)


def test_numbers_as_draws_say() -> None:
    chance = np.random.default_rng(2)
    known = Knowledge("abc")
    for place, mean in enumerate((0.0, 0.2, 0.4)):
        for reward in chance.normal(mean, 1.0, 5 + 10 * place):
            known.add(place, float(reward))
    total = known.count.sum()
    centre = known.mean.mean()
    variance = known.squares.sum() / total + known.mean.var()
    draws = []
    for count, mean, squares in zip(known.count, known.mean, known.squares, strict=True):
        shape = 1.0 + count / 2
        rate = variance + squares / 2 + count / (count + 1) * (mean - centre) ** 2 / 2
        spread = 1.0 / chance.gamma(shape, 1.0 / rate, 200_000)
        middle = centre + count / (count + 1) * (mean - centre)
        draws.append(chance.normal(middle, np.sqrt(spread / (count + 1))))
    expected = np.bincount(np.stack(draws).argmax(axis=0), minlength=3) / 200_000
    assert Thompson(kind="number").shares(known, {}) == pytest.approx(expected, abs=0.005)


def test_rewards_that_are_all_the_same_tell_nothing_apart() -> None:
    known = Knowledge("ab")
    for _ in range(5):
        known.add(0, 7.0)
    assert Thompson(kind="number").shares(known, {}) == [0.5, 0.5]


def test_many_arms_with_many_rewards() -> None:
    counts = [(place * 1000, 50_000) for place in range(30)]
    shares = Thompson().shares(_binary(counts), {})
    assert shares[-1] > 0.999
    assert min(shares) > 0.0
