"""Everything a schema says, its parts by name, and ways to change them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Final, Self, TypeVar

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data.celltypes import ColumnType
from mainspring.data.schema import contradictions
from mainspring.data.schema.constraints import (
    DriftLimits,
    Range,
    SparseFeature,
    SqlCheck,
    Stage,
    WeightedFeature,
)
from mainspring.data.schema.contradictions import Problem
from mainspring.data.schema.feature import Feature
from mainspring.data.schema.plain import convert, plain, said

_STEP: Final = re.compile(r"(?<!\\)\.")
_Word = TypeVar("_Word", bound=StrEnum)

TRAINING: Final = "TRAINING"
SERVING: Final = "SERVING"


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
        return tuple(problem for _, problem in self.problems_by_key())

    def problems_by_key(self) -> tuple[tuple[str, Problem], ...]:
        """What contradicts itself, each with the key under which it stands."""
        return (
            *contradictions.of_features(self.features, self.environments),
            *contradictions.of_composites(self.features, self.sparse, self.weighted),
            *contradictions.of_whole(self.features, self.label, self.environments),
            *contradictions.of_sizes(
                self.min_examples, self.max_examples, self.num_examples_drift, self.num_examples_version
            ),
            *contradictions.of_limits({"drift": self.drift, "skew": self.skew}, self.severities),
            *contradictions.of_checks(self.features, self.checks),
        )

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

        A field of a structure is there only if the structure is; if that is in a stage that is not validated, so
        is the field.

        Raises:
            InputError: If the schema does not name that environment.
        """
        if environment not in self.environments:
            raise InputError(
                f"the schema has no environment {environment!r}", expected="one of " + ", ".join(self.environments)
            )
        found = ((feature, self._structures(feature.name)) for feature in self.features.values())
        return tuple(
            _staged(feature, within)
            for feature, within in found
            if feature.is_in(environment) and all(one.is_in(environment) for one in within)
        )

    def _structures(self, path: str) -> list[Feature]:
        """The structures that a field is in, the outermost first."""
        if "." not in path:
            return []
        parents = [path[: step.start()] for step in _STEP.finditer(path)]
        return [self.features[name] for name in parents if name in self.features]

    def drift_limits(self, name: str) -> DriftLimits:
        """The limits between data before and data now that hold for a feature: its own, else the schema's."""
        own = self.features[name].drift if name in self.features else DriftLimits()
        return own.over(self.drift)

    def skew_limits(self, name: str) -> DriftLimits:
        """The limits between training and serving that hold for a feature: its own, else the schema's."""
        own = self.features[name].skew if name in self.features else DriftLimits()
        return own.over(self.skew)

    def for_environment(self, environment: str) -> Self:
        """The schema of one environment: what is not there is left out, with what is made or checked of it.

        Raises:
            InputError: If the schema does not name that environment, or nothing is left.
        """
        kept = {feature.name: feature for feature in self.in_environment(environment)}
        return replace(
            self,
            features=kept,
            label=self.label if self.label in kept else None,
            sparse=tuple(one for one in self.sparse if {*one.index, one.value} <= kept.keys()),
            weighted=tuple(one for one in self.weighted if {one.feature, one.weight} <= kept.keys()),
            checks=tuple(one for one in self.checks if not one.feature or one.feature in kept),
        )

    def features_needed(self, environment: str | None = None) -> Mapping[str, tuple[str, ...]]:
        """The columns that data must have to be held to this schema, with the reasons.

        Columns in a stage that is not validated are not needed on their own account, nor are those that need not
        be there.

        Args:
            environment: Only those of one environment.

        Raises:
            InputError: If the schema does not name that environment.
        """
        there = [_staged(one, self._structures(one.name)) for one in self.features.values()]
        if environment is not None:
            there = list(self.in_environment(environment))
        needed: dict[str, list[str]] = {feature.name: [] for feature in there}
        for feature in there:
            if feature.required and feature.stage.is_validated:
                needed[feature.name].append("required")
        for name, reason in self._mentioned():
            if name in needed:
                needed[name].append(reason)
        return {name: tuple(reasons) for name, reasons in needed.items() if reasons}

    def _mentioned(self) -> Iterator[tuple[str, str]]:
        if self.label is not None:
            yield self.label, "the label"
        for sparse in self.sparse:
            yield from ((name, f"of the sparse feature {sparse.name}") for name in (*sparse.index, sparse.value))
        for weighted in self.weighted:
            names = (weighted.feature, weighted.weight)
            yield from ((name, f"of the weighted feature {weighted.name}") for name in names)
        yield from ((check.feature, f"of the check {check.name}") for check in self.checks)

    def with_feature(self, feature: Feature) -> Self:
        """The schema with one feature added or replaced."""
        return replace(self, features={**self.features, feature.name: feature})

    def edit(self, name: str, **changes: Any) -> Self:
        """The schema with some keys of a feature changed.

        Args:
            name: The feature.
            changes: Attributes of :class:`Feature` with their new values, ``None`` for the usual one. Types and
                stages may be words, and groups such as ``length`` mappings.

        Raises:
            NotFoundError: If the schema does not know the feature.
            InputError: If there is no such key, or the schema would contradict itself.

        Example:
            >>> from mainspring.data import Schema
            >>> schema = Schema.from_text("features: {age: {type: INT}}").edit("age", min=0, max=130)
            >>> schema.features["age"].max
            130
        """
        feature = self.feature(name)
        known = [field.name for field in fields(Feature) if field.name != "name"]
        for key in changes:
            if key not in known:
                near = get_close_matches(key, known, 1)
                raise InputError(
                    f"a feature has no key {key!r}",
                    expected="one of " + ", ".join(known),
                    fix=f"use {near[0]}" if near else "use rename for a new name" if key == "name" else None,
                )
        for key, kind in (("type", ColumnType), ("stage", Stage)):
            if isinstance(changes.get(key), str):
                changes[key] = _member(kind, changes[key])
        given = {**said(feature), **{key: plain(value) for key, value in changes.items()}}
        return self.with_feature(_converted({key: value for key, value in given.items() if value is not None}))

    def without(self, *names: str) -> Self:
        """The schema without some features and the fields in them; without a label, if it was among them.

        Raises:
            NotFoundError: If the schema does not know one of them.
            InputError: If a feature of several columns or a check needs one of them.
        """
        for name in names:
            self.feature(name)
        kept = {path: one for path, one in self.features.items() if not any(_within(path, name) for name in names)}
        return replace(self, features=kept, label=self.label if self.label in kept else None)

    def rename(self, old: str, new: str) -> Self:
        """The schema with a feature, and the fields in it, called otherwise, wherever they are named but in SQL.

        Raises:
            NotFoundError: If the schema does not know the feature.
            InputError: If the new name is taken.
        """
        self.feature(old)
        if new in self.features and new != old:
            raise InputError(f"there is a feature {new!r} already", fix="choose another name, or remove it first")
        names = {path: new + path[len(old) :] if _within(path, old) else path for path in self.features}
        return replace(
            self,
            features={names[path]: replace(one, name=names[path]) for path, one in self.features.items()},
            label=names.get(self.label, self.label) if self.label is not None else None,
            sparse=tuple(
                replace(one, index=tuple(names.get(name, name) for name in one.index), value=value)
                for one in self.sparse
                for value in [names.get(one.value, one.value)]
            ),
            weighted=tuple(
                replace(one, feature=names.get(one.feature, one.feature), weight=names.get(one.weight, one.weight))
                for one in self.weighted
            ),
            checks=tuple(replace(one, feature=names.get(one.feature, one.feature)) for one in self.checks),
        )


def _staged(feature: Feature, within: Sequence[Feature]) -> Feature:
    idle = [one.stage for one in within if not one.stage.is_validated]
    return replace(feature, stage=idle[0]) if idle and feature.stage.is_validated else feature


def _converted(keys: Mapping[str, Any]) -> Feature:
    import msgspec

    try:
        return convert(keys, Feature)
    except msgspec.ValidationError as error:
        raise InputError(f"feature {keys['name']!r}: {error}") from None


def _within(path: str, name: str) -> bool:
    return path == name or path.startswith(f"{name}.")


def _member(kind: type[_Word], word: str) -> _Word:
    known = list(kind.__members__)
    if word.upper() not in known:
        near = get_close_matches(word.upper(), known, 1)
        raise InputError(
            f"there is no {word!r}", expected="one of " + ", ".join(known), fix=f"use {near[0]}" if near else None
        )
    return kind[word.upper()]
