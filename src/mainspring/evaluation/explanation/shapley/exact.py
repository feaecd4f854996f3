"""Shapley values by their definition, over every coalition."""

from __future__ import annotations

import math

import numpy as np

from mainspring.core.errors import InputError
from mainspring.evaluation.explanation.shapley.games import Floats, Game

MOST_PLAYERS = 16
"""65,536 coalitions; every further player doubles them."""


def exact_shapley(game: Game, players: int) -> Floats:
    """The Shapley value of each player of a game.

    Args:
        game: The worth of coalitions.
        players: How many there are, :data:`MOST_PLAYERS` at most.

    Returns:
        One value per player, shape ``[players]``; their sum is the worth of all less the worth of none.

    Raises:
        InputError: If there are too many players.

    Reference: L. S. Shapley, *A value for n-person games*, Contributions to the Theory of Games 2 (1953).

    Example:
        One left glove and two right ones; a pair is worth 1.

        >>> def gloves(coalitions):
        ...     return (coalitions[:, 0] & coalitions[:, 1:].any(axis=1)).astype(float)
        >>> exact_shapley(gloves, 3).round(4).tolist()
        [0.6667, 0.1667, 0.1667]
    """
    if players > MOST_PLAYERS:
        raise InputError(
            f"{players} features have {2.0**players:.3g} coalitions",
            expected=f"{MOST_PLAYERS} features at most",
            fix="take kernel_shap or sampled_shapley, or name the features to explain",
        )
    numbers = np.arange(1 << players)
    coalitions = (numbers[:, None] >> np.arange(players)) & 1 == 1
    worth = game(coalitions)
    sizes = coalitions.sum(axis=1)
    weights = np.array(
        [math.factorial(s) * math.factorial(players - s - 1) / math.factorial(players) for s in range(players)]
    )
    values = np.empty(players)
    for player in range(players):
        without = np.flatnonzero(~coalitions[:, player])
        gains = worth[without | (1 << player)] - worth[without]
        values[player] = gains @ weights[sizes[without]]
    return values
