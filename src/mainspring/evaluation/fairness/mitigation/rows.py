"""Labelled rows with the group of each: what every mitigation starts from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError, Slice
from mainspring.data import ColumnType
from mainspring.evaluation.labelled import positive_class
from mainspring.evaluation.metrics.grouping import Floats, Ints
from mainspring.evaluation.reading import check_columns
from mainspring.evaluation.slicing import CROSS, number_text, slice_rows
from mainspring.evaluation.weighing import row_weights

if TYPE_CHECKING:
    from mainspring.data import Table

Bools = npt.NDArray[np.bool_]
MOST_SHOWN: Final = 5
"""So many classes are named in an error."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupedRows:
    """Rows of a table with a label of two classes, a group and a weight.

    Attributes:
        label: The label column.
        columns: The protected columns, whose values together make the group.
        classes: The two classes as texts, the positive one last.
        values: What stands for the two in the label column, in the same order.
        groups: The groups, the largest first.
        group: The index of each row's group, shape ``[n]``.
        truth: Whether each row has the positive label.
        weights: What each row counts.
        place: The index of each row in the table; rows without a label, or without weight, are left out.
    """

    label: str
    columns: tuple[str, ...]
    classes: tuple[str, str]
    values: tuple[Any, Any]
    groups: tuple[Slice, ...]
    group: Ints
    truth: Bools
    weights: Floats
    place: Ints

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def positive(self) -> str:
        """The positive class."""
        return self.classes[1]

    def mass(self, among: Bools | None = None) -> Floats:
        """The weight of each group, of all rows or of some."""
        weights = self.weights if among is None else np.where(among, self.weights, 0.0)
        return np.bincount(self.group, weights, len(self.groups)).astype(np.float64)


def group_rows(
    table: Table, *, label: str, protected: Sequence[str], positive: str | None = None, weight: str | None = None
) -> GroupedRows:
    """Line up labels, groups and weights.

    Args:
        table: The rows.
        label: A column of two classes: texts, numbers or booleans.
        protected: Columns; several are crossed, so that each combination of values that occurs is a group. A
            missing value is a group of its own; numbers with many values are cut at their quartiles.
        positive: The class that a group may want; without it the last one in sorted order.
        weight: A numeric column with the weight of each row.

    Raises:
        InputError: If a column does not exist, there is no protected one, or the label has not two classes.
    """
    needed = [label, *protected, *([] if weight is None else [weight])]
    check_columns(table, needed)
    if not protected:
        raise InputError("no protected column was named", expected="some of " + ", ".join(table.names))
    codes, texts, values = _labels(table, label)
    if len(texts) != 2:
        raise InputError(
            f"the label {label!r} has {_told(texts)}",
            expected="two classes",
            fix="compare one class with all others: make such a column first",
        )
    wanted = texts.index(positive_class(texts, positive) or texts[1])
    given = row_weights(table, weight)
    weights = np.ones(table.num_rows) if given is None else given
    kept = (codes >= 0) & (weights > 0)
    if not kept.any():
        raise InputError("every weight is 0 or missing", expected="rows that count")
    place = np.flatnonzero(kept)
    groups, group = _groups(table, protected, kept)
    return GroupedRows(
        label=label,
        columns=tuple(protected),
        classes=(texts[1 - wanted], texts[wanted]),
        values=(values[1 - wanted], values[wanted]),
        groups=groups,
        group=group,
        truth=codes[place] == wanted,
        weights=weights[place],
        place=place,
    )


def _told(classes: Sequence[str]) -> str:
    if not classes:
        return "no classes: every row lacks it"
    shown = ", ".join(map(repr, classes[:MOST_SHOWN])) + (", …" if len(classes) > MOST_SHOWN else "")
    return f"{len(classes)} class{'es' * (len(classes) != 1)}: {shown}"


def _labels(table: Table, label: str) -> tuple[Ints, list[str], list[Any]]:
    """For each row the place of its label, or -1; the classes as texts, and as values of the column."""
    column, kind = table.column(label), table.type_of(label)
    missing = [x is None for x in column] if column.dtype == object else np.isnan(column)
    present = ~np.asarray(missing, dtype=np.bool_)
    found, inverse = np.unique(column[present], return_inverse=True)
    codes = np.full(len(column), -1, dtype=np.int64)
    codes[present] = inverse
    values = found.tolist()
    if column.dtype == object:
        return codes, [str(value) for value in values], values
    if kind is ColumnType.BOOL:
        return codes, ["true" if value else "false" for value in values], [bool(value) for value in values]
    made = int if kind is ColumnType.INT else float
    return codes, [number_text(value) for value in values], [made(value) for value in values]


def _groups(table: Table, protected: Sequence[str], kept: Bools) -> tuple[tuple[Slice, ...], Ints]:
    spec = f" {CROSS} ".join(protected)
    cut = slice_rows(table, [spec], min_slice_size=1, kept=kept).rows
    group = np.zeros(int(np.count_nonzero(kept)), dtype=np.int64)
    for code, rows in enumerate(cut.values()):
        group[rows] = code
    return tuple(cut), group
