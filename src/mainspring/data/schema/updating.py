"""Relaxing a schema to new data: the smallest way that lets the data pass, and never the other way.

What is done, feature by feature, over all splits together:

- a column that is not there becomes ``required: false``; a new column is added as it would be inferred;
- ``presence``, ``min_count``, ``min``, ``unique``, ``length``, lists and sizes are widened to what was observed;
- words outside the domain are added to it, up to :data:`MOST_WORDS` in all; past that there is no domain any more;
- NaN and infinity are allowed where they were seen; a type becomes the next one that holds all values;
- limits of drift and skew are raised to what was measured, where it was called drifted.

Left as they are, with a note: features that people froze (``frozen: true``), the label, features that are not
validated, and what no edit of the schema can accept, such as text that is not UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol, TypeVar

from mainspring.data.schema.constraints import DriftLimits, Range
from mainspring.data.schema.declaration import TRAINING, Declaration
from mainspring.data.schema.differing import SchemaDiff, diff
from mainspring.data.schema.feature import Feature
from mainspring.data.schema.inference import infer_feature
from mainspring.data.schema.relaxing import floor, relax
from mainspring.data.statistics import FeatureStatistics, Statistics, TableStatistics

MOST_WORDS: Final = 400
"""The largest domain that words are added to."""
_STEP: Final = re.compile(r"(?<!\\)\.")
_S = TypeVar("_S", bound=Declaration)


class Measured(Protocol):
    """A distance that was measured, such as :class:`mainspring.data.comparison.Measurement`."""

    @property
    def path(self) -> str:
        """The feature."""

    @property
    def between(self) -> tuple[str, str]:
        """What was compared; the first begins with ``serving`` where it is skew."""

    @property
    def metric(self) -> str:
        """Which distance: a field of :class:`DriftLimits`."""

    @property
    def value(self) -> float:
        """How far apart they are."""

    @property
    def drifted(self) -> bool:
        """Whether that is past the limit."""


def update(
    schema: _S,
    statistics: Statistics,
    *,
    environment: str = TRAINING,
    previous: Statistics | None = None,
    measurements: Iterable[Measured] = (),
    most_words: int = MOST_WORDS,
) -> tuple[_S, SchemaDiff]:
    """Relax a schema as little as is needed for data to pass.

    Args:
        environment: Where the data is used; columns absent there are not looked at.
        previous: The statistics of the span before, for the number of rows.
        measurements: What validation measured; limits that were passed are raised.
        most_words: The largest domain that words are added to.

    Returns:
        The schema, with its version counted up if anything changed, and what changed.

    Raises:
        InputError: If the schema does not name the environment.

    Example:
        >>> from mainspring.data import Schema, Table, summarize
        >>> schema = Schema.from_text("features: {age: {type: INT, max: 99}}")
        >>> relaxed, found = update(schema, summarize(Table.from_columns({"age": [7, 104]})))
        >>> print(found)
        ~ age: max: 99 → 104  (looser)
    """
    splits = list(statistics.splits.values())
    notes: list[str] = []
    features = {
        name: _relaxed(schema, feature, splits, environment, most_words, notes)
        for name, feature in schema.features.items()
    }
    features |= {one.name: one for one in _new(schema, splits, most_words)}
    features = _raised(schema, features, measurements, notes)
    relaxed = replace(schema, features=features, **_sizes(schema, statistics, previous))
    found = diff(schema, relaxed)
    if found:
        relaxed = replace(relaxed, version=(schema.version or 1) + 1)
    return relaxed, replace(found, notes=tuple(notes))


def _relaxed(
    schema: Declaration,
    feature: Feature,
    splits: Sequence[TableStatistics],
    environment: str,
    most_words: int,
    notes: list[str],
) -> Feature:
    there = {one.name for one in schema.in_environment(environment)}
    if feature.name not in there or not feature.stage.is_validated or not feature.name or feature.problems():
        return feature
    found = [split.features[feature.name] for split in splits if feature.name in split.features]
    relaxed = relax(feature, found, most_words, notes)
    if feature.required and any(_is_dropped(schema, feature.name, split) for split in splits):
        relaxed = replace(relaxed, required=False)
    keeper = "the label" if feature.name == schema.label else "frozen" if feature.frozen else ""
    if keeper and relaxed != feature:
        wanted = diff(_alone(feature), _alone(relaxed))
        told = "; ".join(str(one).removeprefix("~ ").removeprefix(f"{feature.name}: ") for one in wanted.changed)
        notes.append(f"{feature.name} is {keeper} and left as it is; the data needs {told}")
    return feature if keeper else relaxed


def _alone(feature: Feature) -> Declaration:
    return Declaration(features={feature.name: feature}, strict=False)


def _is_dropped(schema: Declaration, name: str, split: TableStatistics) -> bool:
    """Whether a column is not there; the fields of a structure that is not there do not count."""
    parents = {name[: step.start()] for step in _STEP.finditer(name)} & schema.features.keys()
    return name not in split.features and parents <= split.features.keys()


def _new(schema: Declaration, splits: Sequence[TableStatistics], most_words: int) -> Iterator[Feature]:
    """Columns that the schema does not name, as they would be inferred, wide enough for all splits."""
    found: dict[str, list[FeatureStatistics]] = {}
    for split in splits:
        for name, one in split.features.items():
            if name not in schema.features:
                found.setdefault(name, []).append(one)
    for parts in found.values():
        feature = infer_feature(parts[0])
        if len(parts) < len(splits):
            feature = replace(feature, required=False, presence=0.0)
        yield relax(feature, parts, most_words, [])


def _raised(
    schema: Declaration, features: Mapping[str, Feature], measurements: Iterable[Measured], notes: list[str]
) -> dict[str, Feature]:
    raised = dict(features)
    for one in measurements:
        feature = raised.get(one.path)
        if feature is None or not one.drifted or one.metric not in DriftLimits.__slots__:
            continue
        if feature.frozen:
            notes.append(f"{one.path} is frozen and left as it is; its {one.metric} is {one.value:.4g}")
            continue
        key = "skew" if one.between[0].startswith("serving") else "drift"
        own = getattr(feature, key)
        before = getattr(
            schema.skew_limits(one.path) if key == "skew" else schema.drift_limits(one.path), one.metric
        )
        value = max(-floor(-one.value), before or 0.0, getattr(own, one.metric) or 0.0)
        raised[one.path] = replace(feature, **{key: replace(own, **{one.metric: value})})
    return raised


def _sizes(schema: Declaration, statistics: Statistics, previous: Statistics | None) -> dict[str, Any]:
    rows = [split.num_examples for split in statistics.splits.values()]
    least, most = schema.min_examples, schema.max_examples
    sizes: dict[str, Any] = {
        "min_examples": least if least is None else min([least, *rows]),
        "max_examples": most if most is None else max([most, *rows]),
    }
    wanted = schema.num_examples_drift
    before = previous.splits if previous is not None else {}
    shares = [
        split.num_examples / before[name].num_examples
        for name, split in statistics.splits.items()
        if name in before and before[name].num_examples and split.num_examples
    ]
    if wanted is not None and shares:
        low = wanted.min if wanted.min is None or wanted.min <= min(shares) else floor(min(shares))
        high = wanted.max if wanted.max is None or wanted.max >= max(shares) else -floor(-max(shares))
        sizes["num_examples_drift"] = Range(low, high)
    return sizes
