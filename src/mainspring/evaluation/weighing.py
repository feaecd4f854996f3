"""What each row counts: reading a column of weights, and refusing what can weigh nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError
from mainspring.evaluation.reading import check_columns

if TYPE_CHECKING:
    from mainspring.data import Table

HEAVIEST: Final = 1e140
"""Weights above it, or below one divided by it, have squares whose sums are no numbers any more."""


def row_weights(table: Table, column: str | None) -> npt.NDArray[np.float64] | None:
    """The weight of each row, 0 where it is missing, shape ``[n]``; ``None`` without a column.

    Raises:
        InputError: If the column holds no numbers, or a weight is negative, infinite, or too far from 1.

    Example:
        >>> from mainspring.data import Table
        >>> row_weights(Table.from_columns({"w": [2.0, None, 0.5]}), "w").tolist()
        [2.0, 0.0, 0.5]
    """
    if column is None:
        return None
    check_weight_column(table, column)
    weights = np.nan_to_num(table.column(column).astype(np.float64), posinf=np.inf, neginf=-np.inf)
    for wrong, told in (
        (weights < 0, "negative"),
        (np.isinf(weights), "infinite"),
        ((np.abs(weights) > HEAVIEST) & np.isfinite(weights), f"above {HEAVIEST:g}"),
        ((weights > 0) & (weights < 1 / HEAVIEST), f"above 0, but below {1 / HEAVIEST:g}"),
    ):
        count = int(np.count_nonzero(wrong))
        if count:
            raise InputError(
                f"{count} of {len(weights)} weights in {column!r} are {told}, such as {weights[wrong][0]:g}",
                expected="numbers from 0 on; a row of weight 0 does not count",
                fix="mend the column; only the proportions of weights matter, so they may be scaled",
            )
    return weights


def check_weight_column(table: Table, column: str) -> None:
    """Refuse a column of weights that does not exist, or that holds no numbers.

    Raises:
        InputError: If it is so.
    """
    check_columns(table, [column])
    if not table.type_of(column).is_numeric:
        raise InputError(
            f"the weights in {column!r} are of type {table.type_of(column).value}", expected="a column of numbers"
        )
