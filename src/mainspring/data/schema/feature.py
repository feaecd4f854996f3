"""What one column should look like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mainspring.data.celltypes import ColumnType
from mainspring.data.schema.constraints import DriftLimits, Range, Stage, ValueCount
from mainspring.data.schema.domains import BoolDomain, ImageDomain, LanguageDomain, TimeDomain


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """What one column should look like, or one field of a structure in it.

    Attributes:
        name: The column; a field of a structure has a path, such as ``person.age``.
        type: The type of its values, the innermost ones of lists; OTHER if none was ever seen.
        required: Whether the column must be there at all.
        presence: The least fraction of rows that have a value.
        min_count: The least number of rows that have a value.
        value_counts: How many values lists may have, the outermost level first.
        shape: The exact number of values on each level of lists, instead of ``value_counts``.
        domain: The values that a STRING may have; ``None`` for any.
        min_domain_mass: The least fraction of the values that must come from the domain. What is outside up to
            that is a warning.
        min: The least number.
        max: The largest number.
        allow_nan: Whether NaN ("not a number", beside missing) is fine.
        allow_inf: Whether infinities are fine.
        categorical: Whether numbers stand for categories.
        bool_domain: The two values of a feature that says yes or no.
        time: Values are points in time, written so.
        language: Values are natural language.
        image: Values are images.
        unique: How many different values there may be.
        length: How many characters a STRING, or how many bytes a BYTES, may have.
        present_in: The only environments in which the column is there; empty for all.
        absent_in: Environments in which the column is not there, such as ``("SERVING",)`` for a label.
        stage: How far the feature has come in its life; only some stages are validated.
        drift: Limits of its own between the data before and the data now, instead of the schema's.
        skew: Limits of its own between training and serving data, instead of the schema's.
        protected: Whether it tells of a person what must not decide, such as sex or race.
        frozen: Whether updates must leave it as it is.
        description: What it means, for people.
        tags: Words to find it by.
        severities: Anomaly type to ``ERROR``, ``WARNING`` or ``IGNORE``, instead of the usual.
    """

    name: str
    type: ColumnType
    required: bool = True
    presence: float = 0.0
    min_count: int | None = None
    value_counts: tuple[ValueCount, ...] = ()
    shape: tuple[int, ...] | None = None
    domain: tuple[str, ...] | None = None
    min_domain_mass: float = 1.0
    min: int | float | None = None
    max: int | float | None = None
    allow_nan: bool = False
    allow_inf: bool = False
    categorical: bool = False
    bool_domain: BoolDomain | None = None
    time: TimeDomain | None = None
    language: LanguageDomain | None = None
    image: ImageDomain | None = None
    unique: Range | None = None
    length: Range | None = None
    present_in: tuple[str, ...] = ()
    absent_in: tuple[str, ...] = ()
    stage: Stage = Stage.PRODUCTION
    drift: DriftLimits = field(default_factory=DriftLimits)
    skew: DriftLimits = field(default_factory=DriftLimits)
    protected: bool = False
    frozen: bool = False
    description: str = ""
    tags: tuple[str, ...] = ()
    severities: Mapping[str, str] = field(default_factory=dict)

    def is_in(self, environment: str) -> bool:
        """Whether the column is there in an environment."""
        return environment not in self.absent_in and (not self.present_in or environment in self.present_in)

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
