"""Rows of many features: how detectors read and remember them, and how they tell which feature has moved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.monitoring.detectors.blocks import Floats, as_plain, from_plain
from mainspring.monitoring.detectors.blockwise import Kept

MOST_ROWS = 10_000
"""Rows that a reference keeps at most; others are left out by a draw."""


class OnRows(Kept):
    """A detector, a dataclass, that remembers rows: arrays of floats, or ``None`` as long as there are none."""

    __slots__ = ()
    # The fields that are arrays.
    _ARRAYS: ClassVar[tuple[str, ...]] = ()

    def as_dict(self) -> Mapping[str, Value]:
        """Settings and memory as plain values; what is missing or not known yet is ``None``."""
        return as_plain(self) | {name: listed(getattr(self, name)) for name in self._ARRAYS}

    @classmethod
    def from_dict(cls, value: Mapping[str, Value]) -> Self:
        """The inverse of :meth:`as_dict`.

        Raises:
            InputError: If a field is missing, or one is there that the detector does not have.
        """
        made = from_plain(cls, value, unknown=cls._UNKNOWN)
        for name in cls._ARRAYS:
            kept = getattr(made, name)
            setattr(made, name, None if kept is None else np.array(kept, dtype=np.float64))
        return made


def matrix(
    values: npt.ArrayLike,
    *,
    least: int = 1,
    columns: int | None = None,
    missing: bool = False,
    what: str = "batch",
) -> Floats:
    """Rows as an array of shape ``[rows, features]``; one row of numbers is taken for one feature.

    Args:
        values: The rows.
        least: So many must there be.
        columns: So many features must they have.
        missing: Whether NaN is let through.
        what: What they are called in an error.

    Raises:
        InputError: If they are not that; the place of the first value that does not fit is told.
    """
    try:
        given = np.array(values, dtype=np.float64, order="C")
    except (TypeError, ValueError) as error:
        raise InputError(f"the {what} holds no numbers: {error}", expected="rows of numbers") from error
    given = given[:, None] if given.ndim == 1 else given
    if given.ndim != 2 or given.shape[1] == 0:
        raise InputError(f"the {what} has the shape {given.shape}", expected="[rows, features]")
    if len(given) < least:
        raise InputError(f"the {what} has {len(given)} rows", expected=f"at least {least}")
    if columns is not None and given.shape[1] != columns:
        raise InputError(f"the {what} has {given.shape[1]} features", expected=f"{columns}, as in the reference")
    bad = np.isinf(given) if missing else ~np.isfinite(given)
    if bad.any():
        row, column = (int(place) for place in np.argwhere(bad)[0])
        raise InputError(f"row {row}, feature {column} of the {what} is {given[row, column]}", expected="a number")
    return given


def fitted(reference: Floats | None) -> Floats:
    """The reference.

    Raises:
        InputError: If there is none yet.
    """
    if reference is None:
        raise InputError(
            "the detector has no reference yet", expected="a call of fit", fix="detector.fit(reference)"
        )
    return reference


def groups(names: Sequence[str], columns: int) -> dict[str, list[int]]:
    """The columns of each feature: those that have its name; without names every column is one, by its number.

    Raises:
        InputError: If there are not as many names as columns.
    """
    if names and len(names) != columns:
        raise InputError(f"{len(names)} names for {columns} features", expected="one for each column")
    found: dict[str, list[int]] = {}
    for place in range(columns):
        found.setdefault(names[place] if names else str(place), []).append(place)
    return found


def largest_first(values: Mapping[str, float]) -> dict[str, float]:
    """What each feature has to do with it, in order."""
    return dict(sorted(values.items(), key=lambda item: (-item[1], item[0])))


def draw(rows: Floats, most: int, seed: int) -> Floats:
    """At most so many of the rows, in their order."""
    if len(rows) <= most:
        return rows
    return rows[np.sort(np.random.default_rng(seed).choice(len(rows), most, replace=False))]


def by_shuffling(
    one: Floats,
    other: Floats,
    features: Mapping[str, Sequence[int]],
    measure: Callable[[Floats, Floats], float],
    seed: int,
) -> dict[str, float]:
    """How much of a distance is lost when the values of one feature are dealt out anew to the rows of both sides.

    A feature that moved, and one that is tied to others in another way than before, lose the most. L. Breiman,
    "Random forests", Machine Learning 45 (2001), for distances.

    Args:
        one: Rows.
        other: Rows to compare them with.
        features: Name to columns.
        measure: The distance of two sets of rows.
        seed: Of the dealing.
    """
    dice = np.random.default_rng(seed)
    whole, lost = measure(one, other), {}
    both = np.concatenate([one, other])
    for name, columns in features.items():
        mixed = both.copy()
        mixed[:, columns] = dice.permutation(both[:, columns])
        lost[name] = whole - measure(mixed[: len(one)], mixed[len(one) :])
    return largest_first(lost)


def p_value_and_threshold(value: float, others: Floats, level: float) -> tuple[float, float]:
    """What a permutation test says: ``value`` alarms exactly if its p-value is at most the level.

    Args:
        value: The statistic.
        others: The same of permuted rows, ``[permutations]``.
        level: Of the test.

    Returns:
        The p-value (B. Phipson, G. K. Smyth, "Permutation p-values should never be zero", 2010), and the value
        from which on it alarms.
    """
    # Sums of the same terms in another order differ in their last digits.
    close = 1e-12 * max(1.0, abs(value))
    p_value = (1.0 + float((others >= value - close).sum())) / (1.0 + len(others))
    allowed = int(level * (1 + len(others)) + 1e-9)
    ranked = np.sort(others)[::-1]
    return p_value, float(ranked[allowed - 1]) if allowed else float("inf")


def listed(array: Floats | None) -> Value:
    """An array as plain JSON; NaN becomes ``None``."""
    if array is None:
        return None
    holes = np.isnan(array)
    plain = array.astype(object)
    plain[holes] = None
    found: Value = plain.tolist()
    return found
