"""What contradicts itself in a schema: between its features, and in the whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Final, NamedTuple, TypeAlias

from mainspring.data.schema.constraints import DriftLimits, Range, SparseFeature, SqlCheck, WeightedFeature
from mainspring.data.schema.feature import Feature, limit_problems, range_problems, severity_problems


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


Keyed: TypeAlias = Iterator[tuple[str, Problem]]
"""Problems, each with the key under which it stands."""

_SCHEMA: Final = "INVALID_SCHEMA_SPECIFICATION"


def of_features(features: Mapping[str, Feature], environments: Sequence[str]) -> Keyed:
    """In the features, one by one."""
    for name, feature in features.items():
        if not name:
            yield "", Problem(name, "FEATURE_MISSING_NAME", "a feature has no name")
        elif feature.name != name:
            yield "", Problem(name, _SCHEMA, f"it stands under {name!r}, but its name is {feature.name!r}")
        for key, kind, why in feature.problems():
            yield key, Problem(name, kind, why)
        for key in ("present_in", "absent_in"):
            unknown = [place for place in getattr(feature, key) if place not in environments]
            if unknown:
                yield key, Problem(name, _SCHEMA, f"{key} names {', '.join(unknown)}, not among environments")


def of_composites(
    features: Mapping[str, Feature], sparse: Sequence[SparseFeature], weighted: Sequence[WeightedFeature]
) -> Keyed:
    """In the features of several columns: columns that are not there, and names that are taken."""
    parts = [("sparse", one.name, "index", one.index) for one in sparse]
    parts += [("sparse", one.name, "value", (one.value,)) for one in sparse]
    parts += [("weighted", one.name, "feature", (one.feature,)) for one in weighted]
    parts += [("weighted", one.name, "weight", (one.weight,)) for one in weighted]
    for key, composite, role, names in parts:
        what = f"the {key} feature {composite!r}"
        if not names:
            yield key, _whole(f"{what} names no column as its {role}")
        for name in names:
            if name not in features:
                yield (
                    key,
                    _whole(
                        f"{what} names {name!r} as its {role}, which is not among the features"
                        f"{_meant(name, features)}"
                    ),
                )
    seen: dict[str, str] = {}
    for key, name in [*(("sparse", one.name) for one in sparse), *(("weighted", one.name) for one in weighted)]:
        kind = f"{key.upper()}_FEATURE_NAME_COLLISION"
        if name in features:
            yield key, Problem(name, kind, f"the {key} feature {name!r} is called like a column")
        if name in seen:
            yield key, Problem(name, kind, f"the {key} feature {name!r} is called like a {seen[name]} feature")
        seen.setdefault(name, key)


def of_whole(features: Mapping[str, Feature], label: str | None, environments: Sequence[str]) -> Keyed:
    """In what is said of all columns together."""
    if label is not None and label not in features:
        yield "label", _whole(f"the label {label!r} is not among the features{_meant(label, features)}")
    if not features:
        yield "features", _whole("there are no features")
    for place, count in Counter(environments).items():
        if count > 1:
            yield "environments", _whole(f"the environment {place!r} is listed more than once")


def of_sizes(least: int | None, most: int | None, drift: Range | None, version: Range | None) -> Keyed:
    """In the number of rows."""
    for word, size in (("least", least), ("largest", most)):
        if size is not None and size < 0:
            yield "examples", _whole(f"the {word} number of examples is {size}, not 0 or more")
    if least is not None and most is not None and least > most:
        yield "examples", _whole("the least number of examples is larger than the largest")
    for before, found in (("span", drift), ("version", version)):
        for why in range_problems(f"the number of examples against the {before} before", found):
            yield "examples", _whole(why)


def of_limits(limits: Mapping[str, DriftLimits], severities: Mapping[str, str]) -> Keyed:
    """In the limits and severities for all features."""
    for key, found in limits.items():
        yield from ((key, _whole(why)) for why in limit_problems(key, found))
    yield from (("severities", _whole(why)) for why in severity_problems(severities))


def of_checks(features: Mapping[str, Feature], checks: Sequence[SqlCheck]) -> Keyed:
    """In the checks in SQL."""
    for name, count in Counter(check.name for check in checks).items():
        if count > 1:
            yield "checks", _whole(f"the check {name!r} is there more than once")
    for check in checks:
        what = f"the check {check.name!r}"
        if not check.sql.strip():
            yield "checks", _whole(f"{what} has no SQL")
        for why in severity_problems({"a failure": check.severity}):
            yield "checks", _whole(f"{what}: {why}")
        if check.feature and check.feature not in features:
            yield "checks", _whole(f"{what} names the feature {check.feature!r}, which is not among the features")


def _whole(sentence: str) -> Problem:
    return Problem("", _SCHEMA, sentence)


def _meant(name: str, known: Mapping[str, Feature]) -> str:
    near = get_close_matches(name, known, 1)
    return f"; did you mean {near[0]!r}?" if near else ""
