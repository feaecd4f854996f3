"""How far people who answered the same rows agree, beyond what chance would give."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Agreement of two or more people.

    Attributes:
        people: Their columns.
        rows: How many rows all of them answered; all figures are about these.
        same: The share of rows on which all gave the same answer.
        fleiss: Fleiss' kappa of all: 1 is full agreement, 0 that of chance; NaN where chance agrees fully.
        cohen: Cohen's kappa of every pair.
    """

    people: tuple[str, ...]
    rows: int
    same: float
    fleiss: float
    cohen: Mapping[tuple[str, str], float]

    def __str__(self) -> str:
        kappa = "does not exist" if math.isnan(self.fleiss) else f"{self.fleiss:.2f}"
        return (
            f"{len(self.people)} people on {self.rows} rows: the same answer on {self.same:.1%}, "
            f"Fleiss' kappa {kappa}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; ``None`` for what does not exist."""
        return {
            "people": list(self.people),
            "rows": self.rows,
            "same": _or_none(self.same),
            "fleiss": _or_none(self.fleiss),
            "cohen": [[one, other, _or_none(kappa)] for (one, other), kappa in self.cohen.items()],
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        return cls(
            people=tuple(value["people"]),
            rows=value["rows"],
            same=_or_nan(value["same"]),
            fleiss=_or_nan(value["fleiss"]),
            cohen={(one, other): _or_nan(kappa) for one, other, kappa in value["cohen"]},
        )


def agreement(answers: Mapping[str, Sequence[str | None]]) -> Agreement:
    """How far people agree.

    Args:
        answers: Name of each person to their answers, row by row; ``None`` for none.

    Raises:
        InputError: If there are fewer than two people, or they answered different numbers of rows.

    Example:
        >>> agreement({"ann": ["a", "b", "b", None], "ben": ["a", "b", "a", "a"]}).same
        0.6666666666666666
    """
    lengths = {len(given) for given in answers.values()}
    if len(answers) < 2 or len(lengths) > 1:
        raise InputError(
            f"answers of {len(answers)} people, to {sorted(lengths)} rows",
            expected="two or more, to the same rows",
        )
    rows = [row for row in zip(*answers.values(), strict=True) if None not in row]
    words = sorted({str(word) for row in rows for word in row})
    places = {word: place for place, word in enumerate(words)}
    codes = np.array([[places[str(word)] for word in row] for row in rows], dtype=np.int64)
    codes = codes.reshape(len(rows), len(answers))
    counts = (codes[:, :, None] == np.arange(len(words))).sum(axis=1)
    pairs = itertools.combinations(range(len(answers)), 2)
    people = tuple(answers)
    return Agreement(
        people=people,
        rows=len(rows),
        same=float((codes == codes[:, :1]).all(axis=1).mean()) if rows else math.nan,
        fleiss=fleiss_kappa(counts),
        cohen={(people[a], people[b]): cohen_kappa(codes[:, a], codes[:, b]) for a, b in pairs},
    )


def cohen_kappa(one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> float:
    """Agreement of two people beyond chance, from the codes of their answers; NaN without rows, or variety.

    Reference: J. Cohen, *A coefficient of agreement for nominal scales*, Educational and Psychological Measurement
    20 (1960).
    """
    if not len(one):
        return math.nan
    size = int(max(one.max(), other.max())) + 1
    shares = [np.bincount(codes, minlength=size) / len(one) for codes in (one, other)]
    return _beyond_chance(float((one == other).mean()), float(shares[0] @ shares[1]))


def fleiss_kappa(counts: npt.NDArray[np.int64]) -> float:
    """Agreement of several people beyond chance; NaN without rows, or variety.

    Args:
        counts: How many gave each answer to each row, ``[rows, answers]``; every row has as many.

    Reference: J. L. Fleiss, *Measuring nominal scale agreement among many raters*, Psychological Bulletin 76
    (1971).
    """
    if not counts.size:
        return math.nan
    people = int(counts[0].sum())
    same = ((counts * counts).sum(axis=1) - people) / (people * (people - 1))
    shares = counts.sum(axis=0) / counts.sum()
    return _beyond_chance(float(same.mean()), float(shares @ shares))


def krippendorff_alpha(
    answers: Iterable[Sequence[str | float | None]], *, level: Literal["nominal", "interval"] = "nominal"
) -> float:
    """Agreement of any number of people beyond chance, where not everybody answered every row.

    Args:
        answers: For each row what people answered, in any order; ``None`` for no answer. Rows with fewer than two
            answers tell nothing.
        level: ``"nominal"`` for words; ``"interval"`` for numbers, which disagree the more the farther apart they
            are.

    Returns:
        1 for full agreement, 0 for that of chance, below 0 for less; NaN without two answers to a row, or variety.

    Raises:
        InputError: If answers are no numbers, and ``interval`` is asked for.

    Reference: K. Krippendorff, *Computing Krippendorff's alpha-reliability*, University of Pennsylvania (2011).

    Example:
        >>> round(krippendorff_alpha([("a", "a"), ("a", "b"), ("b", "b", "b"), ("a", None)]), 3)
        0.5
    """
    units = [told for row in answers if len(told := [one for one in row if one is not None]) > 1]
    flat = [one for told in units for one in told]
    if level == "interval":
        if any(isinstance(one, str) for one in flat):
            raise InputError("answers that are words have no distance", expected="numbers, or level nominal")
        apart = sum(_squares([float(one) for one in told]) / (len(told) - 1) for told in units)
        every = _squares([float(one) for one in flat])
    else:
        apart = sum(_different(told) / (len(told) - 1) for told in units)
        every = _different(flat)
    return 1 - apart * (len(flat) - 1) / every if every > 0 else math.nan


def _squares(values: Sequence[float]) -> float:
    """The sum of squared differences over ordered pairs."""
    mean = sum(values) / max(len(values), 1)
    return 2 * len(values) * sum((one - mean) ** 2 for one in values)


def _different(values: Sequence[str | float]) -> float:
    """The number of ordered pairs that differ."""
    return len(values) ** 2 - sum(count * count for count in Counter(values).values())


def _beyond_chance(seen: float, expected: float) -> float:
    return (seen - expected) / (1 - expected) if expected < 1 else math.nan


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
