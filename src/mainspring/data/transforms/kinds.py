"""The rules that turn one raw column into columns of the matrix.

Raw values come as ``Table.column`` gives them: float64 with NaN for missing, or text with ``None`` for missing.
All arithmetic is in float64, in the order written here, so that a graph of the same operations gives the same
bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from mainspring.core.errors import InputError

if TYPE_CHECKING:
    import numpy as np

_CAP = 10


@dataclass(frozen=True, slots=True)
class Numeric:
    """A number: missing is filled, then ``(x - shift) / scale``.

    Attributes:
        column: The raw column.
        fill: What stands in for a missing value; ``None`` leaves NaN.
        shift: Taken away, usually the mean.
        scale: Divided by, usually the population standard deviation.
        indicator: Whether a second column says 1.0 where the value was missing, else 0.0.
    """

    column: str
    fill: float | None = None
    shift: float = 0.0
    scale: float = 1.0
    indicator: bool = False

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the matrix columns."""
        return (self.column, f"{self.column}=missing") if self.indicator else (self.column,)

    def apply(self, values: np.ndarray) -> np.ndarray:
        """The matrix columns, ``[n, len(outputs)]``.

        Raises:
            InputError: If text is not a number.
        """
        import numpy as np

        numbers = as_numbers(values, self.column)
        missing = np.isnan(numbers)
        if self.fill is not None:
            numbers = np.where(missing, self.fill, numbers)
        scaled = (numbers - self.shift) / self.scale
        return np.column_stack([scaled, missing.astype(np.float64)] if self.indicator else [scaled])


@dataclass(frozen=True, slots=True)
class OneHot:
    """A word: one column per known word, 1.0 where the value is that word.

    Attributes:
        column: The raw column.
        vocabulary: The known words.
        unseen: Whether a further column says 1.0 for a value that is not among them.
        missing: Whether a last column says 1.0 where there is no value.
    """

    column: str
    vocabulary: tuple[str, ...]
    unseen: bool = True
    missing: bool = True

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the matrix columns."""
        marks = [*(["unseen"] if self.unseen else []), *(["missing"] if self.missing else [])]
        return tuple(
            [f"{self.column}={word}" for word in self.vocabulary] + [f"{self.column}?{mark}" for mark in marks]
        )

    def apply(self, values: np.ndarray) -> np.ndarray:
        """The matrix columns, ``[n, len(outputs)]``."""
        import numpy as np

        size = len(self.vocabulary)
        found = _places(values, self.vocabulary, unseen=size, missing=size + 1)
        # A slot for every case; those that are not asked for are cut off.
        slots = np.zeros((len(found), size + 2))
        slots[np.arange(len(found)), found] = 1.0
        kept = [*range(size), *([size] if self.unseen else []), *([size + 1] if self.missing else [])]
        return slots[:, kept]


@dataclass(frozen=True, slots=True)
class Ordinal:
    """A word as its place in the vocabulary, counted from 0.0; -1.0 for an unseen word, NaN for a missing one."""

    column: str
    vocabulary: tuple[str, ...]

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the matrix columns."""
        return (self.column,)

    def apply(self, values: np.ndarray) -> np.ndarray:
        """The matrix column, ``[n, 1]``."""
        import numpy as np

        found = _places(values, self.vocabulary, unseen=-1, missing=-2).astype(np.float64)
        return np.where(found == -2.0, np.nan, found)[:, None]


ColumnTransform: TypeAlias = Numeric | OneHot | Ordinal


def as_numbers(values: np.ndarray, column: str) -> np.ndarray:
    """Values as float64 with NaN for missing. Text is read as a number where it is one.

    Raises:
        InputError: If text is not a number; the first rows are named.
    """
    import numpy as np

    if values.dtype != object:
        return np.asarray(values, dtype=np.float64)
    numbers = np.full(len(values), np.nan)
    wrong: list[str] = []
    for row, value in enumerate(values):
        if value is None:
            continue
        try:
            # Python would read 1_000 as a number.
            numbers[row] = float("" if "_" in str(value) else value)
        except (TypeError, ValueError):
            wrong.append(f"{value!r} in row {row + 1}")
    if wrong:
        rest = f" and {len(wrong) - _CAP} more" if len(wrong) > _CAP else ""
        raise InputError(
            f"column {column!r} holds text: {', '.join(wrong[:_CAP])}{rest}",
            expected="numbers, as in training",
            fix="mend the values, or leave them empty",
        )
    return numbers


def as_words(values: np.ndarray) -> list[str | None]:
    """Values as text with ``None`` for missing; numbers as Python writes them, whole ones without a point."""
    if values.dtype == object:
        return [None if value is None else str(value) for value in values]
    return [
        None if value != value else str(int(value)) if float(value).is_integer() else repr(value)
        for value in values.astype(float).tolist()
    ]


def _places(values: np.ndarray, vocabulary: tuple[str, ...], *, unseen: int, missing: int) -> np.ndarray:
    import numpy as np

    places: dict[str | None, int] = {word: place for place, word in enumerate(vocabulary)}
    places[None] = missing
    return np.fromiter((places.get(word, unseen) for word in as_words(values)), dtype=np.int64, count=len(values))
