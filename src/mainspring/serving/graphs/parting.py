"""Answers of nodes, taken apart and put together by rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError

_SHOWN = 10


class Answer(msgspec.Struct, eq=False, gc=False):
    """What a node answered, or what was asked.

    Attributes:
        columns: Arrays by name.
        rows: How many rows.
        how: What the columns are: arrays, or ``rows``, the rows of the request as they came.
    """

    columns: Mapping[str, npt.NDArray[Any]]
    rows: int
    how: str = "tensors"

    def part(self, rows: npt.NDArray[np.intp], count: int) -> Answer:
        """The same for some of the rows.

        Args:
            rows: Their numbers.
            count: How many rows the request has.

        Raises:
            InputError: If nobody can tell which values belong to which row.
        """
        for name, values in self.columns.items():
            if values.shape[:1] != (count,):
                raise InputError(
                    f"rows of this request go different ways, and {name!r} of shape {list(values.shape)} has no "
                    f"values for each of the {count} rows",
                    fix="ask for one row at a time",
                )
        return Answer({name: values[rows] for name, values in self.columns.items()}, len(rows), self.how)


class PartedError(Exception):
    """Rows of one request go different ways from here on.

    Args:
        groups: The numbers of the rows of each way.
    """

    def __init__(self, groups: Sequence[npt.NDArray[np.intp]]) -> None:
        super().__init__(f"{len(groups)} ways")
        self.groups = groups


def joined(answers: Sequence[Answer], groups: Sequence[npt.NDArray[np.intp]]) -> Answer:
    """One answer of those to parts of the rows, in the order of the rows.

    Raises:
        InputError: If they are not alike.
    """
    first, *others = answers
    rows = sum(len(group) for group in groups)
    kept = [name for name in first.columns if all(name in other.columns for other in others)]
    columns = {}
    for name in kept:
        parts = [answer.columns[name] for answer in answers]
        tails = {part.shape[1:] for part in parts}
        if len(tails) > 1 or any(len(part) != len(group) for part, group in zip(parts, groups, strict=True)):
            raise InputError(
                f"rows of this request were answered in different ways, and their answers {name!r} do not fit "
                f"together: shapes {', '.join(str(list(part.shape)) for part in parts)}",
                fix="ask for one row at a time",
            )
        whole = np.empty((rows, *tails.pop()), dtype=np.result_type(*parts))
        for part, group in zip(parts, groups, strict=True):
            whole[group] = part
        columns[name] = whole
    return Answer(columns, rows)


def ways(places: npt.NDArray[np.intp]) -> PartedError:
    """The parting of rows by the number of the way that each goes."""
    return PartedError([np.flatnonzero(places == place) for place in dict.fromkeys(places.tolist())])


def rows_of(rows: npt.NDArray[np.intp]) -> str:
    """Rows, for an error."""
    shown = ", ".join(map(str, rows[:_SHOWN].tolist()))
    return f"row{'s' if len(rows) > 1 else ''} {shown}" + (" and others" if len(rows) > _SHOWN else "")
