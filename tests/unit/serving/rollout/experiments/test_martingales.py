"""Bets that nobody becomes rich from while the hypothesis is true."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mainspring.serving.rollout.experiments.martingales import counts_bet, crossing, least_point, share_bet


@pytest.mark.parametrize("share", [0.003, 0.05, 0.5, 0.95])
def test_a_bet_on_shares_is_a_martingale(share: float) -> None:
    hits = range(31)
    chances = np.array([math.comb(30, hit) * share**hit * (1 - share) ** (30 - hit) for hit in hits])
    worth = np.array([math.exp(share_bet(hit, 30, share)) for hit in hits])
    assert (chances * worth).sum() == pytest.approx(1.0)
    assert share_bet(0, 0, share) == 0.0


def test_a_bet_on_counts_is_a_martingale() -> None:
    shares, worth = (0.2, 0.3, 0.5), 0.0
    for a in range(9):
        for b in range(9 - a):
            c = 8 - a - b
            ways = math.factorial(8) / math.factorial(a) / math.factorial(b) / math.factorial(c)
            worth += ways * 0.2**a * 0.3**b * 0.5**c * math.exp(counts_bet((a, b, c), shares))
    assert worth == pytest.approx(1.0)


def test_what_cannot_be_is_bet_against_without_limit() -> None:
    assert share_bet(1, 10, 0.0) == math.inf
    assert share_bet(0, 10, 0.0) == 0.0
    assert share_bet(9, 10, 1.0) == math.inf
    assert share_bet(10, 10, 1.0) == 0.0


def test_who_looks_all_the_time_is_wrong_no_more_often_than_agreed() -> None:
    chance = np.random.default_rng(3)
    limit, wrong, runs = -math.log(0.1), 0, 300
    for _ in range(runs):
        hits = np.cumsum(chance.random((2, 1500)) < 0.02, axis=1)
        wrong += any(
            share_bet(float(hits[0, n - 1]), n, 0.02) + share_bet(float(hits[1, n - 1]), n, 0.02) > limit
            for n in range(5, 1501, 5)
        )
    assert wrong / runs <= 0.1


def test_searches() -> None:
    assert least_point(lambda x: (x - 0.3) ** 2, 0.0, 1.0) == pytest.approx(0.3, abs=1e-6)
    assert crossing(lambda x: x - 0.7, 0.0, 1.0) == pytest.approx(0.7)
    assert crossing(lambda x: -1.0, 0.0, 1.0) == 1.0
