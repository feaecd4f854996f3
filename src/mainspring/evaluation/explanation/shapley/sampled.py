"""Shapley values from random orders of the players, each with its mirror image."""

from __future__ import annotations

import math

import numpy as np

from mainspring.core.errors import InputError
from mainspring.evaluation.explanation.shapley.games import Floats, Game


def sampled_shapley(
    game: Game, players: int, *, orders: int = 32, generator: np.random.Generator
) -> tuple[Floats, Floats]:
    """Shapley values from random orders, and their standard errors.

    Each order is played forwards and backwards (antithetic sampling): of games with pairwise interactions at most
    the two together are exact. The values always add up to the worth of all less the worth of none.

    Args:
        game: The worth of coalitions.
        players: How many there are.
        orders: Pairs of orders, 2 at least; each costs ``2 * (players - 1)`` coalitions.
        generator: Of the orders.

    Returns:
        Values and their standard errors, both of shape ``[players]``.

    Raises:
        InputError: If there are fewer than two pairs of orders.

    Reference: J. Castro, D. Gómez and J. Tejada, *Polynomial calculation of the Shapley value based on sampling*,
    Computers & Operations Research 36 (2009); R. Mitchell and others, *Sampling permutations for Shapley value
    estimation*, JMLR 23 (2022).
    """
    if orders < 2:
        raise InputError(f"{orders} pairs of orders", expected="2 at least: one has no standard error")
    ends = game(np.array([[False] * players, [True] * players]))
    drawn = [generator.permutation(players) for _ in range(orders)]
    both = [order for one in drawn for order in (one, one[::-1])]
    # Row k of an order's staircase holds its first k + 1 players.
    steps = [np.argsort(order)[None, :] <= np.arange(players - 1)[:, None] for order in both]
    worth = game(np.concatenate(steps)) if players > 1 else np.empty(0)
    gains = np.empty((len(both), players))
    for place, order in enumerate(both):
        inner = worth[place * (players - 1) : (place + 1) * (players - 1)]
        gains[place, order] = np.diff(np.concatenate((ends[:1], inner, ends[1:])))
    pairs = gains.reshape(orders, 2, players).mean(axis=1)
    return pairs.mean(axis=0), pairs.std(axis=0, ddof=1) / math.sqrt(orders)
