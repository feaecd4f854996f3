"""Shapley values of a model's features, row by row, by any of the ways to get them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring.evaluation.explanation.asking import Asked, Columns, taken
from mainspring.evaluation.explanation.attributions import Attributions, Cell
from mainspring.evaluation.explanation.background import Background
from mainspring.evaluation.explanation.seeding import generator_of
from mainspring.evaluation.explanation.shapley.exact import exact_shapley
from mainspring.evaluation.explanation.shapley.games import Coalitions, Floats, Game, game_of
from mainspring.evaluation.explanation.shapley.kernel import ALL_UP_TO, chosen_coalitions, kernel_shap
from mainspring.evaluation.explanation.shapley.sampled import sampled_shapley

if TYPE_CHECKING:
    from mainspring.data import Table

TOLERANCE = 1e-9
"""How far parts may miss an answer, as a share of one plus its size."""

Solve = Callable[[Game, int, np.random.Generator], tuple[Floats, Floats | None]]
"""From a game, its number of players and a generator: values, and standard errors if they are sampled."""


def by_exact_shapley(asked: Asked, rows: Table, *, background: Background, seed: int = 0) -> Attributions:
    """Exact Shapley values: every coalition of features, 16 of them at most."""
    return attributed(
        "exact_shapley", asked, rows, background, lambda game, n, _: (exact_shapley(game, n), None), seed=seed
    )


def by_sampled_shapley(
    asked: Asked, rows: Table, *, background: Background, seed: int = 0, orders: int = 32
) -> Attributions:
    """Shapley values from ``orders`` random orders of the features and their mirror images, with their errors."""

    def solve(game: Game, players: int, generator: np.random.Generator) -> tuple[Floats, Floats | None]:
        return sampled_shapley(game, players, orders=orders, generator=generator)

    return attributed("sampled_shapley", asked, rows, background, solve, seed=seed, parameters={"orders": orders})


def by_kernel_shap(
    asked: Asked, rows: Table, *, background: Background, seed: int = 0, coalitions: int | None = None
) -> Attributions:
    """Kernel SHAP; without ``coalitions`` all of up to twelve features, and 2,048 + 2 for each of more.

    All rows are explained by the same coalitions, so that a row's explanation does not depend on the others.
    """
    players = len(background.features)
    most = coalitions or ((1 << players) - 2 if players <= ALL_UP_TO else 2 * players + 2048)
    chosen, weights = _coalitions(players, most, seed)

    def solve(game: Game, players: int, _: np.random.Generator) -> tuple[Floats, Floats | None]:
        return kernel_shap(game, players, coalitions=chosen, weights=weights), None

    return attributed(
        "kernel_shap", asked, rows, background, solve, seed=seed, parameters={"coalitions": len(chosen)}
    )


@functools.lru_cache(maxsize=8)
def _coalitions(players: int, most: int, seed: int) -> tuple[Coalitions, Floats]:
    """Drawn once for all calls: row after row is explained by the same ones."""
    return chosen_coalitions(players, most, np.random.default_rng(seed))


def attributed(
    method: str,
    asked: Asked,
    rows: Table,
    background: Background,
    solve: Solve,
    *,
    seed: int,
    parameters: Mapping[str, Any] | None = None,
) -> Attributions:
    """Solve the game of every row.

    Raises:
        BudgetError: If the model had to be asked more than is allowed; nothing is given back then.
        ResidualError: If a row's parts do not add up to its answer.
    """
    columns = asked.columns(rows)
    size = len(background.features)
    values, errors = np.empty((rows.num_rows, size)), np.full((rows.num_rows, size), np.nan)
    alone = set(asked.names) <= set(background.features)
    base = np.full(rows.num_rows, asked(background_columns(asked, background)).mean() if alone else np.nan)
    sampled = False
    for place in range(rows.num_rows):
        row = taken(columns, [place])
        generator = generator_of({name: value[0] for name, value in row.items()}, seed)
        game = game_of(asked, row, background)
        found, error = solve(game, size, generator)
        values[place] = found
        if not alone:
            # Columns that are not explained keep the row's values, so nothing known is not the same for all rows.
            base[place] = game(np.zeros((1, size), dtype=np.bool_))[0]
        if error is not None:
            errors[place], sampled = error, True
    return Attributions(
        method=method,
        features=background.features,
        base=base,
        contributions=values,
        outputs=asked(columns) if rows.num_rows else np.empty(0),
        values=cells_of(columns, background.features, rows.num_rows),
        output=asked.output,
        scale=asked.scale,
        standard_errors=errors if sampled else None,
        parameters={
            **(parameters or {}),
            "background": background.digest,
            "background_rows": len(background),
            "seed": seed,
        },
        spent=asked.spent,
    ).checked(TOLERANCE)


def background_columns(asked: Asked, background: Background) -> Columns:
    """The background as the model is given it."""
    return {name: background.columns[name] for name in asked.names}


def cells_of(columns: Columns, features: tuple[str, ...], rows: int) -> tuple[tuple[Cell, ...], ...]:
    """The explained cells, row by row; ``None`` for missing."""
    lists = [[None if value != value else value for value in columns[name].tolist()] for name in features]
    return tuple(zip(*lists, strict=True)) if lists else ((),) * rows
