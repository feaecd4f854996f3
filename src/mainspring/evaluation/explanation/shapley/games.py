"""What a coalition of features is worth: the model's mean answer when only they keep the row's values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.explanation.asking import Asked, Columns
from mainspring.evaluation.explanation.background import Background

Floats: TypeAlias = npt.NDArray[np.float64]
Coalitions: TypeAlias = npt.NDArray[np.bool_]
"""Which players take part, shape ``[m, players]``."""

Game: TypeAlias = Callable[[Coalitions], Floats]
"""The worth of each coalition, shape ``[m]``."""

ROWS_AT_ONCE = 1 << 18


def game_of(asked: Asked, row: Columns, background: Background) -> Game:
    """The game of one row: absent features take the values of the background's rows, all of one row together.

    This is the interventional (marginal) value function: it breaks dependences between features on purpose, so
    that a feature which the model does not read has no worth.

    Args:
        asked: The model.
        row: One value in each raw column, arrays of shape ``[1]``.
        background: What stands for the rest.

    Reference: D. Janzing, L. Minorics and P. Blöbaum, *Feature relevance quantification in explainable AI: a
    causal problem*, AISTATS 2020.
    """
    size = len(background)
    others = [name for name in asked.names if name not in background.features]
    differ = _differences(row, background)

    def worth(coalitions: Coalitions) -> Floats:
        figures = np.empty(len(coalitions))
        most = max(1, ROWS_AT_ONCE // size)
        for start in range(0, len(coalitions), most):
            part = coalitions[start : start + most]
            mixed, place, back = _mixtures(part, differ)
            columns: dict[str, npt.NDArray[Any]] = {
                name: np.where(mixed[:, player], row[name], background.columns[name][place])
                for player, name in enumerate(background.features)
            }
            columns |= {name: np.repeat(row[name], len(place)) for name in others}
            answers = asked({name: columns[name] for name in asked.names})[back]
            figures[start : start + most] = answers.reshape(len(part), size).mean(axis=1)
        return figures

    return worth


def _differences(row: Columns, background: Background) -> npt.NDArray[np.bool_]:
    """Which cells of the background are not the row's, bit by bit, shape ``[rows, players]``."""
    apart = np.empty((len(background), len(background.features)), dtype=np.bool_)
    for place, name in enumerate(background.features):
        theirs, mine = background.columns[name], row[name]
        if theirs.dtype != object:
            theirs, mine = (one.astype(np.float64).view(np.int64) for one in (theirs, mine))
        apart[:, place] = theirs != mine
    return apart


def _mixtures(
    coalitions: Coalitions, differ: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The different rows that coalitions make of a row and each background row.

    Where a background row holds the row's own value already, it does not matter who keeps it: many coalitions make
    the same row, and the model is asked about it once.

    Returns:
        Which cells are the explained row's and the background row of the others, for each mixture; and the mixture
        of each coalition and background row, coalition by coalition.
    """
    size, players = differ.shape
    if size << players > 1 << 62:
        place = np.tile(np.arange(size), len(coalitions))
        return np.repeat(coalitions, size, axis=0), place, np.arange(len(place))
    powers = 1 << np.arange(players)
    codes = (coalitions @ powers)[:, None] & (differ @ powers)[None, :]
    found, back = np.unique(codes * size + np.arange(size), return_inverse=True)
    return (found // size)[:, None] & powers != 0, found % size, back.ravel()
