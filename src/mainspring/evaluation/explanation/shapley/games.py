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

    def worth(coalitions: Coalitions) -> Floats:
        figures = np.empty(len(coalitions))
        most = max(1, ROWS_AT_ONCE // size)
        for start in range(0, len(coalitions), most):
            part = coalitions[start : start + most]
            columns: dict[str, npt.NDArray[Any]] = {
                name: np.where(part[:, place, None], row[name], background.columns[name][None, :]).ravel()
                for place, name in enumerate(background.features)
            }
            columns |= {name: np.repeat(row[name], len(part) * size) for name in others}
            answers = asked({name: columns[name] for name in asked.names})
            figures[start : start + most] = answers.reshape(len(part), size).mean(axis=1)
        return figures

    return worth
