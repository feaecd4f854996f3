"""The disparate impact remover: numbers moved until they do not tell groups apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from mainspring.core import InputError, Slice
from mainspring.data.replacing import with_columns
from mainspring.evaluation.metrics.grouping import Floats
from mainspring.evaluation.slicing import CROSS, slice_rows

if TYPE_CHECKING:
    from mainspring.data import Table

_PLACES = 101


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Repair:
    """Moves the numbers of each group towards what the middle group has at the same rank.

    A number keeps its rank within its group, so that order within groups stays. Fitted on one table it repairs
    any other with the same columns: what is learnt from and what is answered must be repaired alike. Only numeric
    columns are repaired, each by itself: words, and what columns tell only together, still tell groups apart.

    Attributes:
        protected: The columns whose values together make the group.
        quantiles: Column to group to the quantiles of its numbers, from the least to the greatest.
        amount: From 0 (nothing) to 1 (all columns are distributed alike in all groups).

    Reference:
        M. Feldman, S. A. Friedler, J. Moeller, C. Scheidegger and S. Venkatasubramanian, *Certifying and removing
        disparate impact*, KDD 2015.
    """

    protected: tuple[str, ...]
    quantiles: Mapping[str, Mapping[Slice, Floats]]
    amount: float = 1.0

    @classmethod
    def of(cls, table: Table, columns: Sequence[str], *, protected: Sequence[str], amount: float = 1.0) -> Self:
        """Measure the quantiles of each group.

        Args:
            table: The rows to learn from.
            columns: Numeric columns to repair.
            protected: Columns; several are crossed.
            amount: How far numbers are moved, from 0 to 1.

        Raises:
            InputError: If a column does not exist or is no number, or the amount is not a share.

        Example:
            >>> from mainspring.data import Table
            >>> table = Table.from_columns({"sex": [*"fff", *"mmm"], "pay": [10, 20, 30, 30, 40, 50]})
            >>> Repair.of(table, ["pay"], protected=["sex"]).apply(table).to_columns()["pay"]
            [20.0, 30.0, 40.0, 20.0, 30.0, 40.0]
        """
        words = [name for name in columns if not table.type_of(name).is_numeric]
        if words or not columns or not 0 <= amount <= 1:
            raise InputError(
                f"{', '.join(map(repr, words)) or 'nothing'} to repair by {amount}",
                expected="numeric columns, and an amount from 0 to 1",
            )
        groups = _groups(table, protected)
        at = np.linspace(0, 1, _PLACES)
        quantiles: dict[str, dict[Slice, Floats]] = {}
        for name in columns:
            values = table.column(name).astype(np.float64)
            present = {key: values[rows][~np.isnan(values[rows])] for key, rows in groups.items()}
            quantiles[name] = {key: np.quantile(found, at) for key, found in present.items() if len(found)}
        return cls(protected=tuple(protected), quantiles=quantiles, amount=amount)

    def apply(self, table: Table) -> Table:
        """The table with repaired columns, as FLOAT; rows of a group that was not seen stay as they are.

        Raises:
            InputError: If a column does not exist.
        """
        groups = _groups(table, self.protected)
        made = {}
        for name, of_groups in self.quantiles.items():
            values = np.array(table.column(name), dtype=np.float64)
            middle = np.median(np.stack(list(of_groups.values())), axis=0)
            for key, rows in groups.items():
                if key in of_groups:
                    moved = np.interp(_ranks(values[rows], of_groups[key]), np.linspace(0, 1, _PLACES), middle)
                    values[rows] += self.amount * (moved - values[rows])
            made[name] = values
        return with_columns(table, made)


def _groups(table: Table, protected: Sequence[str]) -> dict[Slice, np.ndarray]:
    return slice_rows(table, [f" {CROSS} ".join(protected)], min_slice_size=1).rows


def _ranks(values: Floats, quantiles: Floats) -> Floats:
    """The share of the group below each number; a number that many rows have lies in the midst of them."""
    last = len(quantiles) - 1
    lower = np.searchsorted(quantiles, values, side="left")
    upper = np.searchsorted(quantiles, values, side="right") - 1
    distinct, places = np.unique(quantiles, return_index=True)
    between = np.interp(values, distinct, places.astype(np.float64))
    found: Floats = np.where(upper > lower, (lower + upper) / 2, between) / last
    return np.where(np.isnan(values), np.nan, found)
