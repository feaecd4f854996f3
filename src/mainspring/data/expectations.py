"""What one column should look like: the parts of a schema."""

from __future__ import annotations

from dataclasses import dataclass

from mainspring.data.celltypes import ColumnType


@dataclass(frozen=True, slots=True)
class DriftLimits:
    """How far a feature may move between two sets of rows.

    Attributes:
        l_infinity: For categories: the largest change of any value's share, from 0 to 1.
        jensen_shannon: For numbers: the Jensen-Shannon divergence in bits, from 0 to 1.
    """

    l_infinity: float | None = None
    jensen_shannon: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """What one column should look like.

    Attributes:
        name: The column.
        type: The type of its values; OTHER if none was ever seen.
        required: Whether the column must be there at all.
        presence: The least fraction of rows that have a value.
        domain: The values that a STRING may have; ``None`` for any.
        min_domain_mass: The least fraction of the values that must come from the domain. What is outside up to
            that is a warning.
        min: The least number.
        max: The largest number.
        allow_nan: Whether NaN ("not a number", beside missing) is fine.
        allow_inf: Whether infinities are fine.
        absent_in: Environments in which the column is not there, such as ``("SERVING",)`` for a label.
        drift: Limits of its own, instead of the schema's.
    """

    name: str
    type: ColumnType
    required: bool = True
    presence: float = 0.0
    domain: tuple[str, ...] | None = None
    min_domain_mass: float = 1.0
    min: float | None = None
    max: float | None = None
    allow_nan: bool = False
    allow_inf: bool = False
    absent_in: tuple[str, ...] = ()
    drift: DriftLimits = DriftLimits()

    def problems(self) -> tuple[tuple[str, str], ...]:
        """What contradicts itself in here, as pairs of the key and the sentence."""
        found = [
            (key, f"{key} is {getattr(self, key)}, not between 0 and 1")
            for key in ("presence", "min_domain_mass")
            if not 0.0 <= getattr(self, key) <= 1.0
        ]
        if self.min is not None and self.max is not None and self.min > self.max:
            found.append(("min", f"min {self.min} is larger than max {self.max}"))
        if (self.min is not None or self.max is not None) and not self.type.is_numeric:
            found.append(("min" if self.min is not None else "max", f"a {self.type} has no min and max"))
        if self.domain is not None:
            if self.type is not ColumnType.STRING:
                found.append(("domain", f"a {self.type} has no domain of words"))
            repeated = sorted({word for word in self.domain if self.domain.count(word) > 1})
            if repeated:
                found.append(("domain", f"the domain lists {', '.join(map(repr, repeated))} more than once"))
        return tuple(found)
