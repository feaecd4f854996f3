"""What a caller may choose about answering many rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, TypeAlias

from mainspring.core.errors import InputError

Errors: TypeAlias = Literal["fail", "null", "skip"]
"""What becomes of rows that cannot be answered: the run fails, they have no answer, or they are left out."""

ALL: Final = "*"
"""Stands for every column of the data in :attr:`Options.keep`."""

ERRORS: Final[tuple[Errors, ...]] = ("fail", "null", "skip")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is written for every row, and what becomes of rows that cannot be answered.

    Attributes:
        keep: Columns of the data that are written before the answers; ``("*",)`` for all.
        columns: Column of the model to the column of the data that holds it, where the names differ.
        probabilities: Whether the probability of every class is written.
        errors: ``"fail"`` ends the run at the first rows that cannot be answered, ``"null"`` writes them without
            an answer and says why, ``"skip"`` leaves them out and lists them in a file of their own.
        prefix: Written before the names of answers, where they are names of kept columns too.
        row_numbers: Whether the number of every row in the data, from 0, is written as the column ``row``.
        part_rows: How many rows are one part: what is lost by a kill at most, in every process. By default as many
            as fit into 40 MB.

    Raises:
        InputError: If an option makes no sense.
    """

    keep: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    probabilities: bool = True
    errors: Errors = "fail"
    prefix: str = ""
    row_numbers: bool = False
    part_rows: int | None = None

    def __post_init__(self) -> None:
        if self.errors not in ERRORS:
            raise InputError(f"errors are to be {self.errors!r}", expected="one of " + ", ".join(ERRORS))
        if self.part_rows is not None and self.part_rows < 1:
            raise InputError(f"parts of {self.part_rows} rows", expected="at least 1 row")

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**asdict(self), "keep": list(self.keep), "columns": dict(self.columns)}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Options:
        """The inverse of :meth:`as_dict`."""
        return cls(**{**value, "keep": tuple(value["keep"])})
