"""Kernel SHAP: Shapley values as the solution of a weighted least squares problem over coalitions."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

from mainspring.core.errors import InputError
from mainspring.evaluation.explanation.shapley.games import Coalitions, Floats, Game

ALL_UP_TO = 12
"""With so many players every coalition is asked about, unless fewer were wanted: the answer is then exact."""


def kernel_shap(game: Game, players: int, *, coalitions: Coalitions, weights: Floats) -> Floats:
    """Solve for the values, which add up to the worth of all less the worth of none.

    Args:
        game: The worth of coalitions.
        players: How many there are.
        coalitions: From :func:`chosen_coalitions`, neither empty nor full, shape ``[m, players]``.
        weights: Of each, shape ``[m]``.

    Returns:
        One value per player, shape ``[players]``. Exact where the coalitions are all there are.

    Reference: S. M. Lundberg and S.-I. Lee, *A unified approach to interpreting model predictions*, NIPS 2017.
    """
    asked = np.concatenate((coalitions, [[False] * players, [True] * players]))
    worth = game(asked)
    none, everyone = float(worth[-2]), float(worth[-1])
    total = everyone - none
    if players == 1:
        return np.array([total])
    # The last player's value is the total less the others': what is left has no constraint.
    design = coalitions[:, :-1].astype(np.float64) - coalitions[:, -1:]
    target = worth[:-2] - none - coalitions[:, -1] * total
    # Each feature alone and all but it are among the coalitions, so that the equations have one solution.
    weighted = design.T * weights
    solved = np.linalg.solve(weighted @ design, weighted @ target)
    return np.append(solved, total - solved.sum())


def chosen_coalitions(players: int, most: int, generator: np.random.Generator) -> tuple[Coalitions, Floats]:
    """The coalitions that are asked about, each with its complement, and their weights.

    Sizes are taken from the outside in (one player and all but one, two and all but two …) as long as a whole size
    fits; what is left of ``most`` is drawn from the sizes between, by their weight, without repetition.

    Args:
        players: How many there are.
        most: The most coalitions; all are taken if they fit.
        generator: Of the draw.

    Returns:
        Coalitions, shape ``[m, players]``, and weights that add up to 1, shape ``[m]``.

    Raises:
        InputError: If there are too few to tell the players apart.
    """
    if players == 1:
        return np.empty((0, 1), dtype=np.bool_), np.empty(0)
    if most < 2 * players:
        raise InputError(
            f"{most} coalitions for {players} features",
            expected=f"{2 * players} at least: each feature alone, and all but it",
        )
    mass = {size: (players - 1) / (size * (players - size)) for size in range(1, players)}
    whole = sum(mass.values())
    found: list[Coalitions] = []
    weights: list[Floats] = []
    left, outer = most, 1
    while outer <= players // 2:
        count = math.comb(players, outer) * (1 if 2 * outer == players else 2)
        if count > left:
            break
        part = np.array(list(_of_size(players, outer)))
        part = part if 2 * outer == players else np.concatenate((part, ~part))
        share = mass[outer] * (1 if 2 * outer == players else 2) / whole
        found.append(part)
        weights.append(np.full(len(part), share / len(part)))
        left, outer = left - count, outer + 1
    if outer <= players // 2 and left >= 2:
        part, counts = _drawn(players, range(outer, players - outer + 1), mass, left, generator)
        share = sum(mass[size] for size in range(outer, players - outer + 1)) / whole
        found.append(part)
        weights.append(counts / counts.sum() * share)
    chosen, weight = np.concatenate(found), np.concatenate(weights)
    return chosen, weight / weight.sum()


def _of_size(players: int, size: int) -> Iterator[list[bool]]:
    for members in itertools.combinations(range(players), size):
        yield [place in members for place in range(players)]


def _drawn(
    players: int, sizes: range, mass: dict[int, float], most: int, generator: np.random.Generator
) -> tuple[Coalitions, Floats]:
    """Coalitions of the inner sizes with how often each came up, complements together."""
    share = np.array([mass[size] for size in sizes])
    counts: dict[bytes, int] = {}
    # Drawing goes on until so many different ones are there, or they come up again and again.
    for _ in range(8 * most):
        if len(counts) >= most - 1:
            break
        one = np.zeros(players, dtype=np.bool_)
        one[generator.permutation(players)[: generator.choice(sizes, p=share / share.sum())]] = True
        for each in (one, ~one):
            counts[each.tobytes()] = counts.get(each.tobytes(), 0) + 1
    part = np.array([np.frombuffer(key, dtype=np.bool_) for key in counts])
    return part, np.array(list(counts.values()), dtype=np.float64)
