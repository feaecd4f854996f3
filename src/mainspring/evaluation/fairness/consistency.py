"""Whether people who are alike are answered alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError
from mainspring.evaluation.metrics.grouping import Floats

NEIGHBOURS = 5

_BLOCK = 500
_SAME = 1 + 1e-9


def consistency(places: npt.ArrayLike, answers: npt.ArrayLike, *, neighbours: int = NEIGHBOURS) -> float:
    """One minus the mean distance of each row's answer from the mean answer of its nearest rows; 1 is best.

    A row is the first of its own neighbours, as in AIF360; rows as far away as the last neighbour count too, so
    that the figure does not depend on the order of the rows. It takes time with the square of the rows.

    Reference: R. Zemel et al., *Learning fair representations*, ICML 2013.

    Args:
        places: Where each row lies, shape ``[n, d]``; distances are Euclidean, see :func:`coordinates`.
        answers: 1 where the row is selected and 0 where it is not, shape ``[n]``.
        neighbours: How many rows are its neighbours, itself included.

    Returns:
        The consistency; NaN for fewer rows than neighbours.

    Raises:
        InputError: If the number of neighbours is not positive.

    Example:
        >>> consistency([[0.0], [0.1], [5.0], [5.2]], [1, 1, 0, 1], neighbours=2)
        0.75
    """
    if neighbours < 1:
        raise InputError(f"{neighbours} neighbours", expected="at least 1: the row itself")
    where, given = np.asarray(places, dtype=np.float64), np.asarray(answers, dtype=np.float64)
    if len(where) < neighbours:
        return math.nan
    square = (where * where).sum(axis=1)
    off = 0.0
    for start in range(0, len(where), _BLOCK):
        block = slice(start, start + _BLOCK)
        # Rounding of the products must not part rows that lie in one place.
        distance = np.maximum(square[block, None] + square - 2 * (where[block] @ where.T), 0.0).round(9)
        last = np.partition(distance, neighbours - 1, axis=1)[:, neighbours - 1 : neighbours]
        near = distance <= last * _SAME
        off += float(np.abs(given[block] - (near @ given) / near.sum(axis=1)).sum())
    return 1 - off / len(where)


def coordinates(columns: Sequence[npt.NDArray[Any]]) -> Floats:
    """Columns as places of rows, shape ``[n, d]``: a number one deviation off is as far away as another text.

    Args:
        columns: Arrays of one length, as :meth:`mainspring.data.Table.column` gives them. A number that is missing
            stands at the mean, a text that is missing is a text of its own.
    """
    parts: list[Floats] = []
    for values in columns:
        if values.dtype == object:
            texts = np.array(["" if value is None else f"={value}" for value in values], dtype=np.str_)
            parts.append((texts[:, None] == np.unique(texts)) / math.sqrt(2))
        else:
            known = np.isfinite(values)
            mean = float(values[known].mean()) if known.any() else 0.0
            centred = np.where(known, values, mean) - mean
            spread = float(centred.std())
            parts.append((centred / spread if spread > 0 else centred)[:, None])
    return np.concatenate(parts, axis=1)
