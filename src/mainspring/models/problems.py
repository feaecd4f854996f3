"""What is wrong with what a caller sent: every problem, by column and row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mainspring.core.errors import InputError, MainspringError

MOST_PROBLEMS = 20
"""An error keeps this many problems, and the number of all."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with what a caller sent.

    Attributes:
        code: A constant for machines: ``UNKNOWN_COLUMN``, ``MISSING_COLUMN``, ``MISSING_VALUE``, ``WRONG_TYPE``,
            ``WRONG_LENGTH`` or ``WRONG_ROW``.
        column: Name of the column, if it lies in one.
        row: Index of the first row, from 0, if it lies in one.
        value: The value found, as it would be written in JSON or Python, shortened.
        expected: What was expected there.
    """

    code: str
    expected: str
    column: str | None = None
    row: int | None = None
    value: str | None = None

    def __str__(self) -> str:
        place = ", ".join(
            part
            for part in (
                None if self.row is None else f"row {self.row}",
                None if self.column is None else f"column {self.column!r}",
            )
            if part
        )
        found = {
            "UNKNOWN_COLUMN": "is not known",
            "MISSING_COLUMN": "is not there",
            "MISSING_VALUE": "has no value",
        }.get(self.code, f"holds {self.value}")
        return f"{place or 'input'} {found}; expected {self.expected}"

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "code": self.code,
            "column": self.column,
            "row": self.row,
            "value": self.value,
            "expected": self.expected,
        }


class BadInputError(InputError):
    """Rows or columns given by a caller do not fit the signature.

    Attributes:
        problems: The first :data:`MOST_PROBLEMS` of them.
        total: How many there are.
    """

    code = "BAD_INPUT"

    def __init__(self, problems: Sequence[Problem], *, total: int | None = None) -> None:
        self.problems = tuple(problems[:MOST_PROBLEMS])
        self.total = len(problems) if total is None else total
        shown = [str(problem) for problem in self.problems]
        if self.total > len(shown):
            shown.append(f"and {self.total - len(shown)} more")
        word = "problem" if self.total == 1 else "problems"
        super().__init__(f"{self.total} {word} in the input:\n    " + "\n    ".join(shown))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.problems, self.total)

    def as_dict(self) -> Mapping[str, Any]:
        """The parts by name, with every problem kept."""
        return {
            **MainspringError.as_dict(self),
            "total": self.total,
            "problems": [problem.as_dict() for problem in self.problems],
        }


def _rebuild(problems: Sequence[Problem], total: int) -> BadInputError:
    return BadInputError(problems, total=total)


@dataclass(slots=True)
class Problems:
    """Collects problems, and raises them together."""

    found: list[Problem] = field(default_factory=list)
    total: int = 0

    def add(self, code: str, expected: str, **place: Any) -> None:
        """Note one."""
        self.total += 1
        if len(self.found) < MOST_PROBLEMS:
            self.found.append(Problem(code, expected, **place))

    def raise_if_any(self) -> None:
        """End with all of them.

        Raises:
            BadInputError: If there are any.
        """
        if self.total:
            raise BadInputError(self.found, total=self.total)
