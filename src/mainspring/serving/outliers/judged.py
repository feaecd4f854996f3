"""What is said of the rows of a request, and who says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol, TypeAlias

import msgspec
import numpy.typing as npt

Columns: TypeAlias = Mapping[str, npt.NDArray[Any]]
"""Rows by column, each ``[rows]``: numbers and flags as float64 with NaN for missing, words as objects with
``None``. So ``Table.column`` gives them, and so a server reads them."""


FLAG: Final = "outlier"
SCORE: Final = "outlier.score"
"""What flags and scores are called in logs and answers."""


class RowJudge(Protocol):
    """Says of rows whether they are outliers. Safe for threads."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The inputs that are looked at."""
        ...

    def judge(self, columns: Columns) -> Outliers:
        """Judge the rows of a request; there is at least one."""
        ...

    def reasons(self, columns: Columns) -> list[tuple[str, ...]]:
        """The columns that make each row what it is, the first of them the most; a few rows at a time."""
        ...


class Outliers(msgspec.Struct, frozen=True, eq=False):
    """What is said of the rows of one request.

    Attributes:
        flags: Whether each is an outlier.
        scores: How far each is from usual ones.
        judge: Who says so.
    """

    flags: list[bool]
    scores: list[float]
    judge: RowJudge

    @property
    def count(self) -> int:
        """How many of the rows are outliers."""
        return sum(self.flags)
