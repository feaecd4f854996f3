"""The limits that a schema is made of: counts, ranges, distances, stages, features of several columns, checks."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum


class Stage(StrEnum):
    """How far a feature has come in its life. Only BETA, PRODUCTION and DERIVED are validated."""

    PLANNED = "PLANNED"
    """Not there yet."""
    ALPHA = "ALPHA"
    """There, and may look like anything."""
    BETA = "BETA"
    PRODUCTION = "PRODUCTION"
    DEPRECATED = "DEPRECATED"
    """Nobody should use it any more."""
    DEBUG_ONLY = "DEBUG_ONLY"
    """For people who look for mistakes."""
    DISABLED = "DISABLED"
    """Switched off for now."""
    DERIVED = "DERIVED"
    """Computed from other features when statistics are taken."""

    @property
    def is_validated(self) -> bool:
        """Whether data is held to what the schema says about such a feature."""
        return self in {Stage.BETA, Stage.PRODUCTION, Stage.DERIVED}


@dataclass(frozen=True, slots=True)
class Range:
    """A range with both ends in it; ``None`` for an open end."""

    min: int | float | None = None
    max: int | float | None = None

    def holds(self, value: float) -> bool:
        """Whether a value lies in the range."""
        return (self.min is None or value >= self.min) and (self.max is None or value <= self.max)


@dataclass(frozen=True, slots=True)
class ValueCount:
    """How many values a list may have, on one level of lists."""

    min: int | None = None
    max: int | None = None


@dataclass(frozen=True, slots=True)
class DriftLimits:
    """How far a feature may move between two sets of rows.

    Attributes:
        l_infinity: For categories: the largest change of any value's share, from 0 to 1.
        jensen_shannon: For numbers: the Jensen-Shannon divergence in bits, from 0 to 1.
        normalized_absolute_difference: For categories: the largest change of any value's count, over all counts.
        psi: Population stability index, from 0.
        wasserstein: Earth mover's distance, in standard deviations of the data before, outliers drawn in.
        kolmogorov_smirnov: For numbers: the largest distance of the distribution functions, from 0 to 1.
        hellinger: Hellinger distance, from 0 to 1.
    """

    l_infinity: float | None = None
    jensen_shannon: float | None = None
    normalized_absolute_difference: float | None = None
    psi: float | None = None
    wasserstein: float | None = None
    kolmogorov_smirnov: float | None = None
    hellinger: float | None = None

    def __bool__(self) -> bool:
        return self != DriftLimits()

    def over(self, other: DriftLimits) -> DriftLimits:
        """These limits, and those of ``other`` where these say nothing."""
        names = [field.name for field in fields(self)]
        mine = {name: getattr(self, name) for name in names}
        return DriftLimits(**{name: getattr(other, name) if mine[name] is None else mine[name] for name in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class SparseFeature:
    """A sparse vector kept in columns: for each value, where it stands.

    Attributes:
        name: What the vector is called; no column may be called so.
        index: The columns of positions, one per dimension.
        value: The column of values.
        is_sorted: Whether positions are in ascending order.
    """

    name: str
    index: tuple[str, ...]
    value: str
    is_sorted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedFeature:
    """A column whose values are weighted by those of another.

    Attributes:
        name: What the pair is called; no column may be called so.
        feature: The column of values.
        weight: The column of weights.
    """

    name: str
    feature: str
    weight: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlCheck:
    """A check in SQL over the rows, called ``this``.

    Attributes:
        name: What the check is called.
        sql: An expression that is true for a good row, such as ``"tips" <= "fare"``, or a query of one value
            that is true, such as ``SELECT avg("fare") < 50 FROM this``.
        description: Why, for people.
        severity: What a failure is: ``ERROR``, ``WARNING`` or ``IGNORE``.
        feature: The feature that a failure is reported under; the whole data set if empty.
    """

    name: str
    sql: str
    description: str = ""
    severity: str = "ERROR"
    feature: str = ""
