"""The rows most like one: what the model was shown that looked so, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.explanation.asking import taken
from mainspring.evaluation.explanation.distances import distances, scales_of

if TYPE_CHECKING:
    from mainspring.data import Table

_AT_ONCE = 1 << 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A row that is like another.

    Attributes:
        row: Its index in the table that was searched.
        distance: How far it is, in scales of the columns; 0 is a copy.
        cells: Its values by column, the label among them.
    """

    row: int
    distance: float
    cells: dict[str, Any]


def similar_examples(
    rows: Table,
    among: Table,
    *,
    count: int = 5,
    features: Sequence[str] | None = None,
    without: Sequence[str] = (),
) -> list[tuple[Neighbour, ...]]:
    """For each row the nearest ones of a table, such as of the training rows.

    Numbers are apart by their difference in median absolute deviations, words by 1 where they differ.

    Args:
        rows: The rows to find the like of.
        among: Where to look.
        count: How many for each row.
        features: Columns that count; without it those that both tables have.
        without: Columns that do not count, such as the label.

    Returns:
        For each row its neighbours, the nearest first, by index where they are equally far.

    Raises:
        InputError: If there is no column to compare, or nothing to look among.
    """
    names = tuple(features or [name for name in rows.names if name in among.names and name not in without])
    strange = [name for name in names if name not in rows.names or name not in among.names]
    if strange or not names or not among.num_rows:
        raise InputError(
            f"no column {', '.join(map(repr, strange))} in both tables"
            if strange
            else "there is nothing to compare",
            expected="columns that both tables have, and rows to look among",
        )
    here = {name: rows.column(name) for name in names}
    there = {name: among.column(name) for name in names}
    scales = scales_of(there, names)
    plain = among.to_columns()
    at_once = max(1, _AT_ONCE // among.num_rows)
    found = []
    for start in range(0, rows.num_rows, at_once):
        places = np.arange(start, min(start + at_once, rows.num_rows))
        apart = distances(taken(here, places), there, names, scales)
        for line in apart:
            nearest = np.argsort(line, kind="stable")[:count]
            found.append(tuple(_neighbour(int(place), float(line[place]), plain) for place in nearest))
    return found


def _neighbour(place: int, distance: float, plain: dict[str, list[Any]]) -> Neighbour:
    return Neighbour(row=place, distance=distance, cells={name: values[place] for name, values in plain.items()})


def knn_shapley(
    rows: Table, among: Table, *, label: str, neighbours: int = 5, without: Sequence[str] = ()
) -> npt.NDArray[np.float64]:
    """What each training row is worth to a nearest-neighbour model on other rows: its exact Shapley value.

    A row that helps the labelled rows near it is above 0, a row that misleads them, such as a wrongly labelled
    one, below. The model need not be one of neighbours for this to find rows worth looking at.

    Args:
        rows: Labelled rows that are to be answered.
        among: Labelled training rows, ``m`` of them.
        label: The label column, of words or classes.
        neighbours: Of the model, as are asked for each answer.
        without: Columns that do not count besides the label.

    Returns:
        Shape ``[m]``; the sum is the share of right votes of the model over all rows.

    Raises:
        InputError: If a table is empty, or there is no column to compare.

    Reference: R. Jia and others, *Efficient task-specific data valuation for nearest neighbor algorithms*, VLDB
    2019.
    """
    names = tuple(name for name in rows.names if name in among.names and name not in {label, *without})
    if not names or not rows.num_rows or not among.num_rows:
        raise InputError("there is nothing to compare", expected="rows in both tables, with columns in common")
    there = {name: among.column(name) for name in names}
    here = {name: rows.column(name) for name in names}
    scales = scales_of(there, names)
    given = np.array([str(value) for value in among.column(label).tolist()], dtype=object)
    wanted = np.array([str(value) for value in rows.column(label).tolist()], dtype=object)
    size = among.num_rows
    ranks = np.arange(1, size)
    # From rank i + 1 to rank i a value grows by the change in being right, by the chance of being asked at all.
    steps = np.minimum(neighbours, ranks) / (neighbours * ranks)
    total = np.zeros(size)
    for place in range(rows.num_rows):
        apart = distances(taken(here, [place]), there, names, scales)[0]
        order = np.argsort(apart, kind="stable")
        right = (given[order] == wanted[place]).astype(np.float64)
        last = right[-1] * min(neighbours, size) / (neighbours * size)
        gains = (right[:-1] - right[1:]) * steps
        total[order] += last + np.append(np.cumsum(gains[::-1])[::-1], 0.0)
    return total / rows.num_rows
