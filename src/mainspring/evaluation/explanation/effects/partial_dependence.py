"""Partial dependence and individual conditional expectation."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.explanation.asking import Asked, Columns, taken
from mainspring.evaluation.explanation.attributions import Cell
from mainspring.evaluation.explanation.effects.effect import PARTIAL_DEPENDENCE, Effect
from mainspring.evaluation.explanation.effects.grids import POINTS, counts_at, filled, grid_of

if TYPE_CHECKING:
    from mainspring.data import Table

ROWS = 1000
ROWS_AT_ONCE = 1 << 17

Means: TypeAlias = Callable[[Columns, dict[str, Sequence[Cell]]], npt.NDArray[np.float64]]
"""From rows, and each feature's value at every point: the mean answer over the rows at each point."""

_ASK = "leave out means, so that the model is asked about every row"


def partial_dependence(
    asked: Asked,
    table: Table,
    features: str | Sequence[str],
    *,
    grid: Sequence[Sequence[Cell]] | None = None,
    points: int = POINTS,
    rows: int = ROWS,
    seed: int = 0,
    individual: bool = False,
    centred: bool = False,
    means: Means | None = None,
) -> Effect:
    """The mean answer over rows in which one feature, or two, are set to each point in turn.

    Args:
        asked: The model.
        table: Rows that stand for the data.
        features: One raw column, or two.
        grid: The points of each feature; without it those of the table, see :func:`grid_of`. ``None`` among them
            asks for a missing value.
        points: The most points of a feature; for two features, the root of so many.
        rows: At most so many rows, drawn without replacement.
        seed: Of the draw.
        individual: Keep the curve of each row (ICE), for one feature.
        centred: Measure from the first point of the grid on, each row from its own (centred ICE).
        means: A faster way to the mean answers, of a model that can be read; it knows no single rows.

    Raises:
        InputError: If a feature does not exist, there are more than two, or single rows are wanted of ``means``.

    Reference: J. H. Friedman, *Greedy function approximation: a gradient boosting machine*, Annals of Statistics
    29 (2001); A. Goldstein and others, *Peeking inside the black box*, JCGS 24 (2015), for single rows.
    """
    names = chosen_features(asked, features)
    columns = drawn(asked.columns(table), rows, seed)
    count = len(columns[names[0]])
    most = points if len(names) == 1 else max(2, round(points**0.5))
    if grid is None:
        found = tuple(grid_of(columns[name], most) for name in names)
    else:
        found = tuple(tuple(one) for one in grid)
    combinations = list(itertools.product(*found))
    lines: npt.NDArray[np.float64] | None = None
    if means is None:
        lines = _lines(asked, columns, names, combinations)
        lines = lines - lines[:, :1] if centred else lines
        figures = lines.mean(axis=0)
    elif individual:
        raise InputError("single rows' curves were asked for, where means are read off a model", fix=_ASK)
    else:
        cells = zip(*combinations, strict=True)
        figures = means(columns, dict(zip(names, cells, strict=True)))
        figures = figures - figures[0] if centred else figures
    shape = tuple(len(one) for one in found)
    return Effect(
        method=PARTIAL_DEPENDENCE,
        features=names,
        grid=found,
        values=figures.reshape(shape),
        counts=counted([counts_at(columns[name], one) for name, one in zip(names, found, strict=True)], shape),
        individual=lines if individual and len(names) == 1 else None,
        output=asked.output,
        scale=asked.scale,
        parameters={"rows": count, "seed": seed, "centred": centred},
        spent=asked.spent,
    )


def _lines(
    asked: Asked, columns: Columns, names: tuple[str, ...], combinations: Sequence[tuple[Cell, ...]]
) -> npt.NDArray[np.float64]:
    """The answer to each row at each point, shape ``[rows, points]``."""
    count = len(columns[names[0]])
    lines = np.empty((count, len(combinations)))
    at_once = max(1, ROWS_AT_ONCE // count)
    for start in range(0, len(combinations), at_once):
        part = combinations[start : start + at_once]
        tiled = taken(columns, np.tile(np.arange(count), len(part)))
        for place, name in enumerate(names):
            tiled[name] = np.concatenate([filled(one[place], columns[name], count) for one in part])
        lines[:, start : start + at_once] = asked(tiled).reshape(len(part), count).T
    return lines


def chosen_features(asked: Asked, features: str | Sequence[str]) -> tuple[str, ...]:
    """One feature or two, that the model is given.

    Raises:
        InputError: If one is not, or there are none, or more than two.
    """
    names = (features,) if isinstance(features, str) else tuple(features)
    strange = [name for name in names if name not in asked.names]
    if strange or not 1 <= len(names) <= 2 or len(set(names)) < len(names):
        raise InputError(
            f"the effect of {', '.join(map(repr, names)) or 'nothing'} was asked for",
            expected="one feature, or two different ones, of " + ", ".join(asked.names),
        )
    return names


def drawn(columns: Columns, rows: int, seed: int) -> dict[str, npt.NDArray[Any]]:
    """At most so many rows, drawn without replacement, in their order.

    Raises:
        InputError: If there are none.
    """
    count = len(next(iter(columns.values())))
    if not count:
        raise InputError("there are no rows to look at an effect with", expected="rows that stand for the data")
    if count <= rows:
        return dict(columns)
    return taken(columns, np.sort(np.random.default_rng(seed).permutation(count)[:rows]))


def counted(places: Sequence[npt.NDArray[np.int64]], shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Rows at each point of a grid, from the index of each row's point; those with -1 are at none."""
    inside = np.all([place >= 0 for place in places], axis=0)
    counts = np.zeros(shape)
    np.add.at(counts, tuple(place[inside] for place in places), 1.0)
    return counts
