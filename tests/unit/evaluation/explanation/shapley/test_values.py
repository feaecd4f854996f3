"""Shapley values against games solved by hand, and against the axioms that define them."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.explanation import Asked, Background
from mainspring.evaluation.explanation.shapley.exact import exact_shapley
from mainspring.evaluation.explanation.shapley.games import game_of
from mainspring.evaluation.explanation.shapley.kernel import chosen_coalitions, kernel_shap
from mainspring.evaluation.explanation.shapley.sampled import sampled_shapley


def table_game(worths):
    """A game given by the worth of every coalition, the empty one first."""
    worths = np.asarray(worths, dtype=np.float64)
    players = int(np.log2(len(worths)))

    def game(coalitions):
        return worths[coalitions @ (1 << np.arange(players))]

    return game, players


def kernel(game, players, most=None, seed=0):
    chosen, weights = chosen_coalitions(players, most or max(2 * players, 2**players), np.random.default_rng(seed))
    return kernel_shap(game, players, coalitions=chosen, weights=weights)


def weighted_voting(coalitions):
    return (coalitions @ np.array([4, 2, 1, 1]) >= 5).astype(float)


games = st.integers(1, 5).flatmap(
    lambda players: st.lists(st.floats(-10, 10), min_size=2**players, max_size=2**players)
)


@pytest.mark.parametrize("solve", [exact_shapley, kernel])
def test_weighted_voting(solve):
    # Quota 5, weights 4, 2, 1, 1: of 24 orders the first player turns 18, each other one 2.
    assert solve(weighted_voting, 4) == pytest.approx([3 / 4, 1 / 12, 1 / 12, 1 / 12])


@pytest.mark.parametrize("solve", [exact_shapley, kernel])
def test_a_product_is_shared_alike(solve):
    # x1 * x2 at (2, 3) from (0, 0): all 6 come only together.
    assert solve(lambda c: 6.0 * c.all(axis=1), 2) == pytest.approx([3, 3])


@given(games)
def test_the_definition_by_all_orders(worths):
    game, players = table_game(worths)
    gains = np.zeros(players)
    orders = list(itertools.permutations(range(players)))
    for order in orders:
        inside = np.zeros(players, dtype=bool)
        before = game(inside[None])[0]
        for player in order:
            inside[player] = True
            after = game(inside[None])[0]
            gains[player] += after - before
            before = after
    assert exact_shapley(game, players) == pytest.approx(gains / len(orders), abs=1e-9)


@given(games)
def test_kernel_over_all_coalitions_is_exact(worths):
    game, players = table_game(worths)
    assert kernel(game, players) == pytest.approx(exact_shapley(game, players), abs=1e-8)


@given(games)
def test_they_add_up(worths):
    game, players = table_game(worths)
    total = worths[-1] - worths[0]
    generator = np.random.default_rng(0)
    sampled, _ = sampled_shapley(game, players, orders=2, generator=generator)
    for values in (exact_shapley(game, players), sampled, kernel(game, players)):
        assert values.sum() == pytest.approx(total, abs=1e-8)


@given(st.lists(st.floats(-5, 5), min_size=8, max_size=8), st.lists(st.floats(-5, 5), min_size=8, max_size=8))
def test_the_values_of_a_sum_are_the_sums_of_values(first, second):
    both, _ = table_game(np.add(first, second))
    one, other = table_game(first)[0], table_game(second)[0]
    assert exact_shapley(both, 3) == pytest.approx(exact_shapley(one, 3) + exact_shapley(other, 3), abs=1e-9)


def test_who_adds_nothing_gets_nothing_and_equals_get_alike():
    def game(coalitions):
        held = coalitions.astype(float)
        return held[:, 0] + held[:, 1] + 3 * held[:, 0] * held[:, 1]

    values = exact_shapley(game, 4)
    assert values == pytest.approx([2.5, 2.5, 0, 0])


def test_mirrored_orders_are_exact_for_pairs():
    def game(coalitions):
        held = coalitions.astype(float)
        return held @ np.arange(6.0) + held[:, 0] * held[:, 3] - 2 * held[:, 1] * held[:, 5]

    values, errors = sampled_shapley(game, 6, orders=3, generator=np.random.default_rng(1))
    assert values == pytest.approx(exact_shapley(game, 6))
    assert errors == pytest.approx(np.zeros(6), abs=1e-12)


def test_sampled_values_lie_within_their_errors():
    rng = np.random.default_rng(3)
    game, players = table_game(rng.normal(size=2**8))
    exact = exact_shapley(game, players)
    distances = []
    for seed in range(40):
        values, errors = sampled_shapley(game, players, orders=16, generator=np.random.default_rng(seed))
        distances.append(np.abs(values - exact) / errors)
    assert np.mean(np.array(distances) < 2) == pytest.approx(0.94, abs=0.04)


def test_more_coalitions_come_closer():
    rng = np.random.default_rng(5)
    slopes = rng.normal(size=14)

    def game(coalitions):
        held = coalitions.astype(float)
        return np.tanh(held @ slopes) + held[:, 0] * held[:, 1] * held[:, 2]

    exact = exact_shapley(game, 14)
    few = np.abs(kernel(game, 14, most=100) - exact).max()
    many = np.abs(kernel(game, 14, most=4000) - exact).max()
    assert many < few / 3
    assert kernel(game, 14, most=2**14) == pytest.approx(exact, abs=1e-9)


def test_coalitions_come_with_their_complements():
    chosen, weights = chosen_coalitions(15, 700, np.random.default_rng(0))
    seen = {one.tobytes() for one in chosen}
    assert len(seen) == len(chosen) <= 700
    assert {(~one).tobytes() for one in chosen} == seen
    assert weights.sum() == pytest.approx(1)


def test_too_many_or_too_few():
    with pytest.raises(InputError, match="20 features have"):
        exact_shapley(weighted_voting, 20)
    with pytest.raises(InputError, match="5 coalitions for 4 features"):
        chosen_coalitions(4, 5, np.random.default_rng(0))
    with pytest.raises(InputError, match="1 pairs of orders"):
        sampled_shapley(weighted_voting, 4, orders=1, generator=np.random.default_rng(0))


def test_equal_mixtures_are_asked_about_once():
    table = Table.from_columns({"a": [1.0, 1.0, math.nan], "b": ["x", None, None], "c": [0.0, 0.0, 5.0]})
    background = Background.of(table)

    class Summed:
        def predict(self, rows):
            words = np.array([0.0 if word is None else 2.0 for word in rows.column("b")])
            return Predictions(None, np.nan_to_num(rows.column("a"), nan=7.0) * (1 + words) + rows.column("c"))

    row = table.rows(1, 2)
    asked = Asked.of(Summed(), table)
    game = game_of(asked, asked.columns(row), background)
    coalitions = np.array([[place >> bit & 1 for bit in range(3)] for place in range(8)], dtype=bool)
    # By hand: of the three background rows the first differs in b, the second not at all, the third in a and c.
    first = np.where(coalitions[:, 1], 1, 3)
    third = np.where(coalitions[:, 0], 1, 7) + np.where(coalitions[:, 2], 0, 5)
    assert game(coalitions) == pytest.approx((first + 1 + third) / 3)
    assert asked.spent.rows == 2 + 1 + 4
