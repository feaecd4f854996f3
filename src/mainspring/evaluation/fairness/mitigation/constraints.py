"""What groups should have alike: the share of yes, of all rows or of those with one label."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from mainspring.core import InputError
from mainspring.evaluation.fairness.mitigation.rows import Bools, GroupedRows
from mainspring.evaluation.metrics.grouping import Floats


class Constraint(StrEnum):
    """What a mitigation makes alike over groups."""

    DEMOGRAPHIC_PARITY = "demographic_parity"
    """The share of rows answered yes."""
    EQUAL_OPPORTUNITY = "equal_opportunity"
    """The share of yes among rows whose label is yes (recall; Hardt, Price and Srebro 2016)."""
    EQUALIZED_ODDS = "equalized_odds"
    """Recall, and the share of yes among rows whose label is no."""

    @classmethod
    def of(cls, name: str) -> Constraint:
        """The constraint of a name; "equalised" is read too.

        Raises:
            InputError: If there is none.
        """
        try:
            return cls(name.replace("equalised", "equalized"))
        except ValueError:
            raise InputError(f"there is no constraint {name!r}", expected="one of " + ", ".join(cls)) from None

    @property
    def notion(self) -> str:
        """The gap that it narrows, as fairness names it."""
        return f"{self.value}_difference"

    @property
    def words(self) -> str:
        """Its name for people."""
        return self.value.replace("_", " ").replace("equalized", "equalised")


def events(constraint: Constraint, rows: GroupedRows) -> tuple[Bools, ...]:
    """The rows within which groups should be answered alike: one set, or two for equalised odds."""
    if constraint is Constraint.DEMOGRAPHIC_PARITY:
        return (np.ones(len(rows), dtype=np.bool_),)
    if constraint is Constraint.EQUAL_OPPORTUNITY:
        return (rows.truth,)
    return (rows.truth, ~rows.truth)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moments:
    """How often groups are answered yes, within each event.

    Attributes:
        rates: Weighted share of yes by event and group, shape ``[events, groups]``; NaN where the group has no
            row of the event.
        overall: The same over all groups, shape ``[events]``.
        error: Weighted share of wrong answers over all rows.
    """

    rates: Floats
    overall: Floats
    error: float

    @property
    def gap(self) -> float:
        """The largest difference between two groups, over all events; NaN if no two groups have a rate."""
        ranges = [np.ptp(one[~np.isnan(one)]) for one in self.rates if np.count_nonzero(~np.isnan(one)) > 1]
        return float(max(ranges, default=math.nan))


def moments(constraint: Constraint, rows: GroupedRows, chosen: Bools | Floats) -> Moments:
    """Measure answers.

    Args:
        constraint: What should be alike.
        rows: The rows.
        chosen: For each of them whether the answer is yes, or how probable that is.

    Example:
        ``moments(Constraint.EQUAL_OPPORTUNITY, rows, chosen).gap``
    """
    yes = chosen.astype(np.float64)
    rates, overall = [], []
    for event in events(constraint, rows):
        weights = np.where(event, rows.weights, 0.0)
        mass = np.bincount(rows.group, weights, len(rows.groups))
        told = np.bincount(rows.group, weights * yes, len(rows.groups))
        rates.append(np.divide(told, mass, out=np.full(len(mass), math.nan), where=mass > 0))
        overall.append(float(told.sum() / mass.sum()) if mass.sum() > 0 else math.nan)
    wrong = np.where(rows.truth, 1.0 - yes, yes)
    error = float(rows.weights @ wrong / rows.weights.sum()) if len(rows) else math.nan
    return Moments(rates=np.array(rates), overall=np.array(overall), error=error)
