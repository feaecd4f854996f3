"""What each row counts: a column of weights, times the weight of its class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.data import Table

BALANCED = "balanced"
"""Every class counts the same in total: ``rows / (classes * rows of the class)``, as scikit-learn has it."""


def class_weights(
    given: str | Mapping[str, float] | None, classes: Sequence[str] | None, target: npt.NDArray[Any]
) -> npt.NDArray[np.float64] | None:
    """The weight of each class, by its index.

    Args:
        given: ``"balanced"``, or class to weight; classes that are not named weigh 1.
        classes: Of the label.
        target: Class indices of the training rows.

    Raises:
        InputError: For regression, for a class that there is not, or a weight that is not a number from 0.

    Example:
        >>> class_weights("balanced", ("no", "yes"), np.array([0, 0, 0, 1])).round(3).tolist()
        [0.667, 2.0]
    """
    if given is None:
        return None
    if classes is None:
        raise InputError("class weights were given, and the label is a number", fix="leave class_weights out")
    if isinstance(given, str):
        if given != BALANCED:
            raise InputError(f"class_weights is {given!r}", expected=f"{BALANCED!r}, or a weight for each class")
        counts = np.bincount(target, minlength=len(classes))
        present = np.count_nonzero(counts)
        return np.where(counts > 0, len(target) / (present * np.maximum(counts, 1)), 0.0)
    unknown = [name for name in given if name not in classes]
    wrong = [name for name, weight in given.items() if not _is_weight(weight)]
    if unknown or wrong:
        near = [match for name in unknown for match in get_close_matches(str(name), classes, 1)]
        raise InputError(
            "class_weights: "
            + "; ".join(
                [*(f"there is no class {name!r}" for name in unknown), *(f"{given[n]!r} of {n!r}" for n in wrong)]
            ),
            expected="numbers from 0 for classes among " + ", ".join(map(repr, classes)),
            fix=f"did you mean {near[0]!r}?" if near else None,
        )
    return np.array([float(given.get(name, 1.0)) for name in classes])


def row_weights(
    table: Table, column: str | None, by_class: npt.NDArray[np.float64] | None, target: npt.NDArray[Any]
) -> npt.NDArray[np.float64] | None:
    """What each row counts, ``[n]``; ``None`` if all count the same.

    Args:
        table: The rows.
        column: A column of weights.
        by_class: The weight of each class.
        target: Class indices, where there are class weights.

    Raises:
        InputError: If the column does not exist or holds what is no weight.
    """
    weights = None if column is None else _column(table, column)
    if by_class is None:
        return weights
    found: npt.NDArray[np.float64] = by_class[target]
    return found if weights is None else weights * found


def _column(table: Table, column: str) -> npt.NDArray[np.float64]:
    if column not in table.names:
        near = get_close_matches(column, table.names, 1)
        raise InputError(
            f"there is no column of weights {column!r}",
            expected="one of " + ", ".join(table.names),
            fix=f"did you mean {near[0]!r}?" if near else None,
        )
    values = table.column(column)
    if values.dtype == object:
        raise InputError(f"the weights in {column!r} are text", expected="numbers from 0")
    weights = np.asarray(values, dtype=np.float64)
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(wrong) or not weights.any():
        found = f"row {wrong[0]} weighs {weights[wrong[0]]}" if len(wrong) else "all rows weigh nothing"
        raise InputError(
            f"{found} in {column!r} ({len(wrong)} of {len(weights)} rows)",
            expected="numbers from 0, and some above",
            fix="fill or drop those rows",
        )
    return weights


def _is_weight(weight: Any) -> bool:
    return isinstance(weight, int | float) and bool(np.isfinite(weight)) and weight >= 0
