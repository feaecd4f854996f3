"""How far people who answered the same rows agree, beyond what chance would give."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

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


def _beyond_chance(seen: float, expected: float) -> float:
    return (seen - expected) / (1 - expected) if expected < 1 else math.nan


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
