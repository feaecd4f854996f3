"""Everything a schema says, its parts by name, and whether they contradict each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple, Self

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data.schema.constraints import DriftLimits, Range, SparseFeature, SqlCheck, WeightedFeature
from mainspring.data.schema.feature import Feature

TRAINING: Final = "TRAINING"
SERVING: Final = "SERVING"


class Problem(NamedTuple):
    """A place where a schema contradicts itself.

    Attributes:
        path: The feature; empty for the whole.
        kind: The anomaly type that stands for it, such as ``INVALID_DOMAIN_SPECIFICATION``.
        sentence: What is wrong.
    """

    path: str
    kind: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What a data set should look like: the parts of a :class:`mainspring.data.Schema`, which see."""

    features: Mapping[str, Feature]
    label: str | None = None
    environments: tuple[str, ...] = (TRAINING, SERVING)
    min_examples: int | None = None
    max_examples: int | None = None
    num_examples_drift: Range | None = None
    num_examples_version: Range | None = None
    drift: DriftLimits = field(default_factory=lambda: DriftLimits(0.1, 0.1))
    skew: DriftLimits = field(default_factory=DriftLimits)
    sparse: tuple[SparseFeature, ...] = ()
    weighted: tuple[WeightedFeature, ...] = ()
    checks: tuple[SqlCheck, ...] = ()
    severities: Mapping[str, str] = field(default_factory=dict)
    version: int | None = None
    strict: bool = True

    def __post_init__(self) -> None:
        if not self.strict:
            return
        problems = self.problems()
        if problems:
            told = [f"feature {one.path!r}: {one.sentence}" if one.path else one.sentence for one in problems]
            raise InputError("the schema contradicts itself: " + "; ".join(told))

    def problems(self) -> tuple[Problem, ...]:
        """What contradicts itself, all of it, features first."""
        kind = "INVALID_SCHEMA_SPECIFICATION"
        found = [
            Problem(name, kind, why) for name, feature in self.features.items() for _, why in feature.problems()
        ]
        for name, feature in self.features.items():
            unknown = [place for place in feature.absent_in if place not in self.environments]
            if unknown:
                found.append(Problem(name, kind, f"absent_in names {', '.join(unknown)}, not among environments"))
        if self.label is not None and self.label not in self.features:
            found.append(Problem("", kind, f"the label {self.label!r} is not among the features"))
        if not self.features:
            found.append(Problem("", kind, "there are no features"))
        if (
            self.min_examples is not None
            and self.max_examples is not None
            and self.min_examples > self.max_examples
        ):
            found.append(Problem("", kind, "the least number of examples is larger than the largest"))
        return tuple(found)

    def feature(self, name: str) -> Feature:
        """What a column should look like.

        Raises:
            NotFoundError: If the schema does not know the column.
        """
        if name not in self.features:
            raise NotFoundError(
                f"the schema has no feature {name!r}", expected="one of " + ", ".join(self.features)
            )
        return self.features[name]

    def in_environment(self, environment: str) -> tuple[Feature, ...]:
        """The features that are there in an environment.

        Raises:
            InputError: If the schema does not name that environment.
        """
        if environment not in self.environments:
            raise InputError(
                f"the schema has no environment {environment!r}", expected="one of " + ", ".join(self.environments)
            )
        return tuple(feature for feature in self.features.values() if feature.is_in(environment))

    def drift_limits(self, name: str) -> DriftLimits:
        """The limits between data before and data now that hold for a feature: its own, else the schema's."""
        own = self.features[name].drift if name in self.features else DriftLimits()
        return own.over(self.drift)

    def skew_limits(self, name: str) -> DriftLimits:
        """The limits between training and serving that hold for a feature: its own, else the schema's."""
        own = self.features[name].skew if name in self.features else DriftLimits()
        return own.over(self.skew)

    def with_feature(self, feature: Feature) -> Self:
        """The schema with one feature added or replaced."""
        return replace(self, features={**self.features, feature.name: feature})
