"""The schema: what data should look like, as a noun and as text that people edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, Final, Self

from mainspring.core.errors import InputError, NotFoundError
from mainspring.core.records import Value
from mainspring.data.expectations import DriftLimits, Feature

__all__ = ["DriftLimits", "Feature", "SERVING", "Schema", "TRAINING"]

TRAINING: Final = "TRAINING"
SERVING: Final = "SERVING"
_FILE: Final = "schema.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """What a data set should look like.

    Attributes:
        features: Column name to what it should look like, in the order of the columns.
        label: The column to be predicted.
        environments: The places where the data is used.
        min_examples: The least number of rows in a split.
        max_examples: The largest number of rows in a split.
        drift: Limits for all features that have none of their own.

    Example:
        >>> schema = Schema.from_text("{label: y, features: {x: {type: INT}, y: {type: BOOL}}}")
        >>> schema.features["x"].type
        <ColumnType.INT: 'INT'>
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Schema"

    features: Mapping[str, Feature]
    label: str | None = None
    environments: tuple[str, ...] = (TRAINING, SERVING)
    min_examples: int | None = None
    max_examples: int | None = None
    drift: DriftLimits = field(default_factory=lambda: DriftLimits(0.1, 0.1))

    def __post_init__(self) -> None:
        problems = [f"feature {name!r}: {why}" for name, why in self.problems() if name]
        problems += [why for name, why in self.problems() if not name]
        if problems:
            raise InputError("the schema contradicts itself: " + "; ".join(problems))

    def problems(self) -> tuple[tuple[str, str], ...]:
        """What contradicts itself, as pairs of a feature's name (empty for the whole) and a sentence."""
        found = [(name, why) for name, feature in self.features.items() for _, why in feature.problems()]
        if self.label is not None and self.label not in self.features:
            found.append(("", f"the label {self.label!r} is not among the features"))
        if not self.features:
            found.append(("", "there are no features"))
        for name, feature in self.features.items():
            unknown = [place for place in feature.absent_in if place not in self.environments]
            if unknown:
                found.append((name, f"absent_in names {', '.join(unknown)}, not among environments"))
        if (
            self.min_examples is not None
            and self.max_examples is not None
            and self.min_examples > self.max_examples
        ):
            found.append(("", "the least number of examples is larger than the largest"))
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
        return tuple(feature for feature in self.features.values() if environment not in feature.absent_in)

    def with_feature(self, feature: Feature) -> Self:
        """The schema with one feature added or replaced."""
        return replace(self, features={**self.features, feature.name: feature})

    def drift_limits(self, name: str) -> DriftLimits:
        """The limits that hold for a feature: its own, else the schema's."""
        own = self.features[name].drift if name in self.features else DriftLimits()
        return DriftLimits(
            own.l_infinity if own.l_infinity is not None else self.drift.l_infinity,
            own.jensen_shannon if own.jensen_shannon is not None else self.drift.jensen_shannon,
        )

    def to_text(self) -> str:
        """The schema as YAML for people."""
        from mainspring.data import schema_text

        return schema_text.write(
            self.features,
            label=self.label,
            environments=self.environments,
            examples={"min": self.min_examples, "max": self.max_examples},
            drift=self.drift,
        )

    @classmethod
    def from_text(cls, text: str, *, where: str = "schema") -> Self:
        """Read what :meth:`to_text` wrote, or people edited.

        Args:
            where: What to call the text in errors, such as the name of its file.

        Raises:
            InputError: If the text is not a schema: every problem, with its line and feature.
        """
        from mainspring.data import schema_text

        return cls(**schema_text.read(text, where=where))

    def save(self, folder: Path) -> None:
        """Write ``schema.yaml`` into the folder."""
        (folder / _FILE).write_text(self.to_text(), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote."""
        return cls.from_text((folder / _FILE).read_text(encoding="utf-8"), where=_FILE)

    def properties(self) -> Mapping[str, Value]:
        """The label and how many features there are."""
        return {"features": len(self.features), **({"label": self.label} if self.label else {})}
