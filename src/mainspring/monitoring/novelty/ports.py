"""What detectors of novelty promise, and what they give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.core.records import Value

Label: TypeAlias = str | int | float | bool
Ints = npt.NDArray[np.int64]

UNKNOWN: Final = -1
"""The code of a row that looks like nothing that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NovelCluster:
    """Rows that looked like nothing, and lie close together.

    Attributes:
        number: Of the novelty that they belong to, from 1.
        size: How many they are.
        centre: Their mean, by feature.
        spread: Root mean square of their distances from it.
        rows: Their numbers, counted from the first row after the fit, the nearest to the centre first.
    """

    number: int
    size: int
    centre: tuple[float, ...]
    spread: float
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What a detector of novelty thinks of some rows.

    A *code* is the place of a known class among ``classes``, -1 for an unknown row, and ``-1 - k`` for the novelty
    with the number ``k``.

    Attributes:
        classes: The known classes.
        codes: ``[rows]``, of the rows that were given, as far as it is known after the last of them.
        first: The number of the first of them, counted from 0 after the fit.
        earlier: Numbers of rows of earlier calls that were unknown, and are not any more.
        earlier_codes: What they are.
        found: The clusters that were found meanwhile: new novelties, and more of those that were found before.
    """

    classes: tuple[Label, ...]
    codes: Ints
    first: int
    earlier: Ints
    earlier_codes: Ints
    found: tuple[NovelCluster, ...] = ()

    @property
    def unknown(self) -> npt.NDArray[np.bool_]:
        """``[rows]``: whether they look like nothing so far."""
        unknown: npt.NDArray[np.bool_] = self.codes == UNKNOWN
        return unknown

    @property
    def novel(self) -> npt.NDArray[np.bool_]:
        """``[rows]``: whether they belong to a novelty."""
        novel: npt.NDArray[np.bool_] = self.codes < UNKNOWN
        return novel

    @property
    def labels(self) -> list[Label]:
        """In words, by row: the class, ``"unknown"``, or ``"novel 1"`` and so on."""
        return [named(code, self.classes) for code in self.codes.tolist()]


class NoveltyDetector(Protocol):
    """Tells rows of known classes from others, and finds new classes among the others.

    Promises:
        - ``fit`` gives the detector itself, fitted; what was fitted and seen before is forgotten.
        - It does not matter how rows are divided into calls of ``update``: what is said of them in the end is the
          same.
        - Memory is bounded: a row that has waited for too long is given up.
        - ``from_dict(as_dict())`` goes on exactly as the original would; the dict is plain JSON.
        - What is random is drawn from a seed.
        - Distances are Euclidean: scale the features first. A missing value (NaN) is refused.
        - Not safe for threads.
    """

    def fit(self, rows: npt.ArrayLike, labels: npt.ArrayLike) -> Self:
        """Learn what is known.

        Args:
            rows: ``[rows, features]``.
            labels: ``[rows]``: their classes. With one class only, it is what is usual.

        Raises:
            InputError: If these are too few rows, no finite numbers, or not as many labels.
        """
        ...

    def update(self, rows: npt.ArrayLike) -> Recognised:
        """Take rows one after the other.

        Args:
            rows: ``[rows, features]``, or ``[features]`` for one row.

        Raises:
            InputError: If it is not fitted, or the rows do not fit; then none has been taken.
        """
        ...

    def as_dict(self) -> Mapping[str, Value]:
        """Settings and memory as plain values."""
        ...

    @classmethod
    def from_dict(cls, value: Mapping[str, Value]) -> Self:
        """The inverse of :meth:`as_dict`."""
        ...


def named(code: int, classes: tuple[Label, ...]) -> Label:
    """A code in words."""
    if code >= 0:
        return classes[code]
    return "unknown" if code == UNKNOWN else f"novel {-1 - code}"
