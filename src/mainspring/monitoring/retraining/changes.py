"""Where losses changed last: which part of the past is no longer right."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError

Floats: TypeAlias = "npt.NDArray[np.float64]"

LEAST: Final = 30
"""No stretch is shorter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of the mean of a stream.

    Attributes:
        place: The item with which it most likely began, from 0.
        low: The first item with which it may have begun, with 95 % probability.
        high: The last.
        before: The mean since the change before it.
        after: The mean from it on.
        probability: That there was a change at all.
    """

    place: int
    low: int
    high: int
    before: float
    after: float
    probability: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


def last_change(values: npt.ArrayLike, *, level: float = 0.99, least: int = LEAST) -> Change | None:
    """The last change of the mean of a stream, such as the losses of a model in the order of time.

    The stream is cut at its most likely change, if there is one with at least the probability asked for; what
    comes after is looked at again, until nothing more is found. For items of 0 and 1 the probabilities follow
    exactly from uniform priors on the two means and on the place; for others, from normal items with one variance
    and a prior worth one item.

    Args:
        values: The items, oldest first, finite, shape ``[n]``.
        level: The least probability of a change, both being equally likely beforehand.
        least: The fewest items on either side.

    Raises:
        InputError: If an item is not finite.

    References:
        A. F. M. Smith, "A Bayesian approach to inference about a change-point in a sequence of random variables",
        Biometrika 62(2), 1975.

        L. Y. Vostrikova, "Detecting 'disorder' in multidimensional random processes", Soviet Mathematics Doklady
        24, 1981 (looking at parts again).

    Example:
        >>> change = last_change([1, 0, 0, 0, 0] * 40 + [1, 1, 1, 1, 0] * 20)
        >>> change.place, change.low <= 200 <= change.high
        (200, True)
    """
    given = np.asarray(values, dtype=np.float64)
    if not np.isfinite(given).all():
        raise InputError("the stream has items that are not finite", expected="numbers")
    begin, found = 0, None
    while (change := _one_change(given[begin:], level, least)) is not None:
        found = Change(
            place=begin + change.place,
            low=begin + change.low,
            high=begin + change.high,
            before=change.before,
            after=change.after,
            probability=change.probability,
        )
        begin = found.place
    return found


def _one_change(values: Floats, level: float, least: int) -> Change | None:
    count = len(values)
    places = np.arange(least, count - least + 1)
    if not len(places):
        return None
    binary = bool(np.isin(values, (0.0, 1.0)).all())
    logs = _binary(values, places) if binary else _normal(values, places)
    total = float(np.logaddexp.reduce(logs))
    evidence = total - math.log(len(places))
    probability = 1.0 / (1.0 + math.exp(-min(max(evidence, -700.0), 700.0)))
    if probability < level:
        return None
    shares = np.exp(logs - total)
    low, high = np.searchsorted(np.cumsum(shares), [0.025, 0.975])
    place = int(places[int(np.argmax(logs))])
    last = len(places) - 1
    return Change(
        place=place,
        low=min(int(places[min(low, last)]), place),
        high=max(int(places[min(high, last)]), place),
        before=float(values[:place].mean()),
        after=float(values[place:].mean()),
        probability=probability,
    )


def _binary(values: Floats, places: npt.NDArray[np.int64]) -> Floats:
    """The logarithm of how much likelier the items are with a change at each place than without one."""
    count = len(values)
    factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, count + 2)))])

    def beta(ones: npt.NDArray[np.int64], zeros: npt.NDArray[np.int64]) -> Floats:
        """The logarithm of the beta function of one more than each."""
        logs: Floats = factorial[ones] + factorial[zeros] - factorial[ones + zeros + 1]
        return logs

    left = np.cumsum(values.astype(np.int64))
    total, before = left[-1], left[places - 1]
    return (
        beta(before, places - before)
        + beta(total - before, (count - places) - (total - before))
        - beta(total, count - total)
    )


def _normal(values: Floats, places: npt.NDArray[np.int64]) -> Floats:
    """The same for normal items, by the information criterion of G. Schwarz (1978)."""
    count = len(values)
    centred = values - values.mean()
    whole = float(centred @ centred)
    if whole <= 0.0:
        return np.full(len(places), -np.inf)
    left = np.cumsum(centred)[places - 1]
    explained = left**2 / places + left**2 / (count - places)
    rest = np.maximum(1.0 - explained / whole, 1e-12)
    logs: Floats = -0.5 * count * np.log(rest) - 0.5 * math.log(count)
    return logs
