"""What may be changed about a row, and which way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.explanation.asking import Columns

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """Hard limits on changes; what they do not name may become anything that the data holds.

    A value that is there is never taken away: to leave something out is no advice.

    Attributes:
        immutable: Columns that never change: ``("sex", "race")``.
        rising: Columns of numbers that may only grow: ``("age",)``.
        falling: Columns of numbers that may only shrink.
        within: Column to the least and the largest number that it may become.
        among: Column to the words that it may become.
    """

    immutable: tuple[str, ...] = ()
    rising: tuple[str, ...] = ()
    falling: tuple[str, ...] = ()
    within: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    among: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def check(self, columns: Columns) -> None:
        """See that they can be kept.

        Raises:
            InputError: If they name a column that does not exist or is of the wrong kind, naming all of them.
        """
        numbers = (*self.rising, *self.falling, *self.within)
        wrong = [f"no column {name!r}" for name in (*self.immutable, *numbers, *self.among) if name not in columns]
        wrong += [f"{name!r} holds words" for name in numbers if name in columns and columns[name].dtype == object]
        wrong += [
            f"{name!r} holds numbers" for name in self.among if name in columns and columns[name].dtype != object
        ]
        wrong += [f"{name!r} may neither rise nor fall" for name in set(self.rising) & set(self.falling)]
        if wrong:
            raise InputError(
                "the constraints cannot be kept: " + "; ".join(wrong),
                expected="numbers in rising, falling and within, words in among, of " + ", ".join(columns),
            )

    def allowed(self, feature: str, before: Any, after: npt.NDArray[Any]) -> Bools:
        """Which values a feature may take, from the one it has; staying as it is is always allowed.

        Args:
            feature: The raw column.
            before: The row's value: a number (NaN if missing), a word or ``None``.
            after: Values, shape ``[n]``.
        """
        if after.dtype == object:
            same = np.fromiter((value == before for value in after), np.bool_, len(after))
            words = self.among.get(feature)
            fits = np.fromiter((value is not None for value in after), np.bool_, len(after))
            if words is not None:
                fits = np.fromiter((value in words for value in after), np.bool_, len(after))
        else:
            same = (after == before) | (np.isnan(after) & np.isnan(before))
            fits = ~np.isnan(after)
            if feature in self.rising:
                fits &= after >= before
            if feature in self.falling:
                fits &= after <= before
            if feature in self.within:
                low, high = self.within[feature]
                fits &= (after >= low) & (after <= high)
        if feature in self.immutable:
            fits &= False
        return same | fits
