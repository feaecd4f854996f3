"""Reweighing: rows count so much that the label does not depend on the group any more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from mainspring.evaluation.fairness.mitigation.rows import GroupedRows, group_rows
from mainspring.evaluation.metrics.grouping import Floats, Ints
from mainspring.evaluation.weighing import row_weights

if TYPE_CHECKING:
    from mainspring.data import Table

WEIGHT: Final = "fair_weight"
"""The name of a column of such weights."""


def reweigh(
    table: Table, *, label: str, protected: Sequence[str], positive: str | None = None, weight: str | None = None
) -> Floats:
    """What each row should count so that group and label are independent, shape ``[n]``.

    A row of group g with label y counts P(g) P(y) / P(g, y), times its own weight if it has one. With these
    weights every group has the base rate of all rows, the weight of each group and of each label stays, and so
    does the sum. A row without a label counts as before.

    It repairs the data and not the model: a learner that heeds weights then sees nothing to gain by the group, but
    nothing holds its errors to be alike. The price is that the model learns a world that is not there: expect
    probabilities that are too low for groups weighted down and too high for those weighted up. A group in which a
    label does not occur keeps its base rate of 0 or 1: no weight can change that.

    Args:
        table: The rows to learn from.
        label: A column of two classes.
        protected: Columns; several are crossed.
        positive: The class that a group may want.
        weight: A column of weights that rows have already.

    Returns:
        Float64 weights from 0.

    Raises:
        InputError: If a column does not exist, or the label has not two classes.

    Reference:
        F. Kamiran and T. Calders, *Data preprocessing techniques for classification without discrimination*,
        Knowledge and Information Systems 33 (2012).

    Example:
        >>> from mainspring.data import Table
        >>> table = Table.from_columns({"sex": [*"mmmmm", *"fffff"], "y": [1, 1, 1, 1, 0, 1, 0, 0, 0, 0]})
        >>> reweigh(table, label="y", protected=["sex"]).tolist()
        [0.625, 0.625, 0.625, 0.625, 2.5, 2.5, 0.625, 0.625, 0.625, 0.625]
    """
    rows = group_rows(table, label=label, protected=protected, positive=positive, weight=weight)
    given = row_weights(table, weight)
    found = np.ones(table.num_rows) if given is None else given
    found[rows.place] = rows.weights * factors(rows)
    return found


def factors(rows: GroupedRows) -> Floats:
    """P(g) P(y) / P(g, y) of each row."""
    total = float(rows.weights.sum())
    of_group = rows.mass()
    of_label = np.array([rows.weights[~rows.truth].sum(), rows.weights[rows.truth].sum()])
    both = np.stack([rows.mass(~rows.truth), rows.mass(rows.truth)], axis=1)
    label = rows.truth.astype(np.int64)
    expected = of_group[rows.group] * of_label[label] / total
    found: Floats = expected / both[rows.group, label]
    return found


def resample(
    table: Table,
    *,
    label: str,
    protected: Sequence[str],
    positive: str | None = None,
    weight: str | None = None,
    seed: int = 0,
) -> Ints:
    """Rows drawn so that group and label are independent: reweighing for learners that take no weights.

    Of each group and label so many rows are drawn as they weigh after :func:`reweigh`: all of them as often as it
    goes, and the rest at random. Rows drawn again are the same rows: a learner can hold on to them, which is the
    price, and rows left out are lost.

    Args:
        table: The rows to learn from.
        label: A column of two classes.
        protected: Columns; several are crossed.
        positive: The class that a group may want.
        weight: A column of weights that rows have already.
        seed: Of the random rest.

    Returns:
        Indices of rows of the table in ascending order, some of them repeated.

    Raises:
        InputError: If a column does not exist, or the label has not two classes.

    Reference:
        F. Kamiran and T. Calders (2012), *uniform sampling*.

    Example:
        >>> from mainspring.data import Table
        >>> table = Table.from_columns({"sex": [*"mmmm", *"ffff"], "y": [1, 1, 1, 0, 1, 0, 0, 0]})
        >>> resample(table, label="y", protected=["sex"]).tolist()
        [0, 2, 3, 3, 4, 4, 5, 6]
    """
    rows = group_rows(table, label=label, protected=protected, positive=positive, weight=weight)
    weights = rows.weights * factors(rows)
    weights *= len(rows) / weights.sum()
    random = np.random.default_rng(seed)
    drawn: list[Ints] = []
    for group in range(len(rows.groups)):
        for truth in (False, True):
            cell = np.flatnonzero((rows.group == group) & (rows.truth == truth))
            if not len(cell):
                continue
            times = np.floor(weights[cell])
            left = weights[cell] - times
            rest = round(float(weights[cell].sum() - times.sum()))
            if rest:
                times[random.choice(len(cell), rest, replace=False, p=left / left.sum())] += 1
            drawn.append(np.repeat(rows.place[cell], times.astype(np.int64)))
    return np.sort(np.concatenate(drawn))
