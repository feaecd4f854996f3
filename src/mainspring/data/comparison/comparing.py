"""Comparing two sets of rows as a whole: every column, every slice, and all columns together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from mainspring.core.errors import InputError
from mainspring.data.comparison.apart import distances_of_sides
from mainspring.data.comparison.changes import explain_changes
from mainspring.data.comparison.compared import Comparison, Distance, FeatureComparison, Mass, NotCompared
from mainspring.data.comparison.measuring import LEVEL
from mainspring.data.comparison.mmd import mmd_test
from mainspring.data.comparison.nouns import METRICS, without_chance
from mainspring.data.comparison.sides import (
    Side,
    aligned,
    bins_of,
    line_of,
    shares_of,
    side_of,
)
from mainspring.data.comparison.significance import benjamini_hochberg
from mainspring.data.comparison.tfdv import tfdv_distances
from mainspring.data.statistics import FeatureStatistics, Statistics, TableStatistics, merge_all
from mainspring.data.tables import Table

if TYPE_CHECKING:
    from mainspring.data.comparison.multivariate import ClassifierTest
    from mainspring.data.schema import DriftLimits, Schema

Data: TypeAlias = Statistics | TableStatistics | Table

LIMITS: Final[Mapping[str, float]] = {
    "l_infinity": 0.1,
    "jensen_shannon": 0.03,
    "psi": 0.2,
    "kolmogorov_smirnov": 0.15,
    "wasserstein": 0.4,
    "hellinger": 0.15,
    "total_variation": 0.15,
    "missing": 0.1,
    "length": 0.15,
}
"""What is large where nothing else is said: about what moving a bell curve by 0.4 of its deviations does."""
METHODS: Final = ("distances", "changes", "classifier", "mmd")
"""What :func:`compare` can do; the last two need rows."""
_MOST_MASSES: Final = 12


@dataclass(frozen=True, slots=True)
class _Column:
    """A column before the p-values of all are adjusted for their number."""

    slice: str
    comparison: FeatureComparison
    corrected: Mapping[str, float]


def compare(
    a: Data,
    b: Data,
    *,
    schema: Schema | None = None,
    tables: tuple[Table, Table] | None = None,
    tfdv: bool = False,
    methods: Collection[str] = ("distances", "changes"),
    level: float = LEVEL,
    between: tuple[str, str] = ("before", "after"),
    kind: str = "drift",
    intervals: bool = True,
) -> Comparison:
    """Compare two sets of rows, column by column, slice by slice, and, where asked for, all columns together.

    A column has drifted if one of its distances is past its threshold, also without what chance alone adds, and is
    more than chance after correcting for everything that is judged (Benjamini and Hochberg, 1995). Thresholds are
    the schema's where it has any for the column, else :data:`LIMITS`; points in time, which move on by
    themselves, have only those of the schema other than ``l_infinity`` and ``jensen_shannon``.

    Args:
        a: The reference: statistics, or a table, whose statistics are then taken. Splits are taken together.
        b: What is compared with it.
        schema: Limits per column.
        tables: The rows of both, for ``classifier`` and ``mmd``, where ``a`` and ``b`` are statistics.
        tfdv: Give TensorFlow Data Validation's numbers under its names, and judge as it does: past the limit of
            the schema is drift, chance or not.
        methods: Some of :data:`METHODS`.
        level: The share of false alarms among the columns called drifted that is put up with.
        between: What to call the sides.
        kind: Whether the schema's limits are those of ``drift`` or ``skew``.
        intervals: Whether to give confidence intervals, which take most of the time.

    Raises:
        InputError: If a method is not known or has no rows to work on, or a side has no splits.

    Example:
        >>> one = Table.from_columns({"paid": ["cash"] * 60 + ["card"] * 40})
        >>> other = Table.from_columns({"paid": ["cash"] * 30 + ["card"] * 70})
        >>> compare(one, other).drifted
        ('paid',)
    """
    _check(methods, kind)
    if isinstance(a, Table) and isinstance(b, Table) and tables is None:
        tables = a, b
    if tables is None and {"classifier", "mmd"} & set(methods):
        raise InputError(
            "statistics alone do not tell about all columns together",
            expected="tables for the methods classifier and mmd",
            fix="pass tables=(one, other)",
        )
    one, other = statistics_of(a), statistics_of(b)
    options = _Options(schema=schema, kind=kind, tfdv=tfdv, intervals=intervals, level=level)
    pairs = [("", one, other)]
    pairs += [(name, part, other.slices[name]) for name, part in one.slices.items() if name in other.slices]
    columns, left_out = _columns(pairs, options)
    judged = _judged(columns, options)
    return Comparison(
        between=between,
        rows=(one.num_examples, other.num_examples),
        features=_sorted(each.comparison for each in judged if not each.slice),
        not_compared=tuple(left_out),
        changes=explain_changes(one, other) if "changes" in methods else (),
        slices={
            name: _sorted(each.comparison for each in judged if each.slice == name) for name, _, _ in pairs[1:]
        },
        level=level,
        compatible=tfdv,
        classifier=_classifier(tables, methods),
        mmd=mmd_test(*tables) if tables is not None and "mmd" in methods else None,
    )


def statistics_of(data: Data) -> TableStatistics:
    """The statistics of all rows, whatever splits they are in.

    Raises:
        InputError: If there are none.
    """
    from mainspring.data.profiling import summarize

    if isinstance(data, TableStatistics):
        return data
    if isinstance(data, Table):
        data = summarize(data)
    if not data.splits:
        raise InputError("there are no splits in the statistics", expected="at least one")
    parts = list(data.splits.values())
    return parts[0] if len(parts) == 1 else merge_all(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    schema: Schema | None
    kind: str
    tfdv: bool
    intervals: bool
    level: float


def _check(methods: Collection[str], kind: str) -> None:
    unknown = [name for name in methods if name not in METHODS]
    if unknown:
        raise InputError(f"no such methods: {', '.join(unknown)}", expected="some of " + ", ".join(METHODS))
    if kind not in {"drift", "skew"}:
        raise InputError(f"no such kind: {kind!r}", expected="drift or skew")


def _columns(
    pairs: Sequence[tuple[str, TableStatistics, TableStatistics]], options: _Options
) -> tuple[list[_Column], list[NotCompared]]:
    columns: list[_Column] = []
    left_out: list[NotCompared] = []
    for slice_, one, other in pairs:
        for name, feature in one.features.items():
            if name not in other.features:
                continue
            found = _column(feature, other.features[name], options)
            if isinstance(found, str):
                left_out += [] if slice_ else [NotCompared(name, found)]
            else:
                columns.append(replace(found, slice=slice_))
    return columns, left_out


def _column(one: FeatureStatistics, other: FeatureStatistics, options: _Options) -> _Column | str:
    """One column, or why it cannot be compared."""
    sides = aligned(side_of(one), side_of(other))
    empty = [name for name, side in zip(("before", "after"), sides, strict=True) if not side.rows]
    if empty:
        return f"there are no rows {' and '.join(empty)}"
    limits = _limits(one.name, sides[0], options)
    apart = distances_of_sides(*sides, intervals=options.intervals and not options.tfdv)
    if apart is None:
        lists = [", in lists" if side.levels else "" for side in (one, other)]
        return f"{one.type}{lists[0]} before and {other.type}{lists[1]} after"
    if options.tfdv:
        found = _compatible(one, other, limits)
        corrected = {name: distance.value for name, distance in found.items()}
    else:
        values = {name: value for name in METRICS for value in [apart.value(name)] if value is not None}
        found = {
            name: Distance(
                value=value,
                threshold=limits.get(name),
                p_value=apart.p_values.get(name),
                interval=apart.intervals.get(name),
            )
            for name, value in values.items()
        }
        corrected = {
            name: without_chance(name, value, apart.chance.get(name, 0.0)) for name, value in values.items()
        }
    if not found:
        return f"there is no compatible distance for values of type {one.type}"
    comparison = FeatureComparison(
        name=one.name,
        type=str(one.type),
        distances=found,
        drifted=False,
        at=apart.at,
        sizes=apart.sizes,
        masses=_masses(*sides),
    )
    return _Column("", comparison, corrected)


def _limits(name: str, side: Side, options: _Options) -> Mapping[str, float]:
    own = _of_schema(name, options)
    if side.timed:
        return {metric: limit for metric, limit in own.items() if metric not in {"l_infinity", "jensen_shannon"}}
    return own or ({} if options.tfdv else LIMITS)


def _of_schema(name: str, options: _Options) -> Mapping[str, float]:
    if options.schema is None:
        return {}
    found: DriftLimits = (
        options.schema.drift_limits(name) if options.kind == "drift" else options.schema.skew_limits(name)
    )
    limits = {metric: getattr(found, metric, None) for metric in METRICS}
    return {metric: limit for metric, limit in limits.items() if limit is not None}


def _compatible(
    one: FeatureStatistics, other: FeatureStatistics, limits: Mapping[str, float]
) -> dict[str, Distance]:
    found = tfdv_distances(one, other)
    if found is None:
        return {}
    values = {
        "l_infinity": found.l_infinity,
        "jensen_shannon": found.jensen_shannon,
        "normalized_absolute_difference": found.normalized_absolute_difference,
        "jensen_shannon_quantiles": found.jensen_shannon_quantiles,
    }
    return {
        name: Distance(value=value, threshold=limits.get(name))
        for name, value in values.items()
        if value is not None
    }


def _judged(columns: Sequence[_Column], options: _Options) -> list[_Column]:
    """The columns with adjusted p-values and verdicts."""
    keys = [
        (place, name)
        for place, column in enumerate(columns)
        for name, distance in column.comparison.distances.items()
        if distance.threshold is not None and distance.p_value is not None
    ]
    p_values = [columns[place].comparison.distances[name].p_value or 0.0 for place, name in keys]
    adjusted: list[dict[str, float]] = [{} for _ in columns]
    for (place, name), p_value in zip(keys, benjamini_hochberg(p_values), strict=True):
        adjusted[place][name] = p_value
    return [_verdict(column, own, options) for column, own in zip(columns, adjusted, strict=True)]


def _verdict(column: _Column, adjusted: Mapping[str, float], options: _Options) -> _Column:
    found = {
        name: replace(distance, adjusted_p=adjusted.get(name))
        for name, distance in column.comparison.distances.items()
    }
    why = []
    for name, distance in found.items():
        if distance.threshold is None or not column.corrected[name] > distance.threshold:
            continue
        if options.tfdv or (distance.adjusted_p is not None and distance.adjusted_p <= options.level):
            at = f", most at {column.comparison.at!r}" if name == "l_infinity" else ""
            why.append(f"{name} {distance.value:.4g} is more than {distance.threshold:g}{at}")
    comparison = replace(column.comparison, distances=found, drifted=bool(why), why=tuple(why))
    return replace(column, comparison=comparison)


def _sorted(found: Iterable[FeatureComparison]) -> tuple[FeatureComparison, ...]:
    return tuple(sorted(found, key=lambda one: (not one.drifted, -one.effect, one.name)))


def _masses(one: Side, other: Side) -> tuple[Mass, ...]:
    line = line_of(one.points, other.points)
    bins = bins_of(one, other, line)
    shares = dict(zip(bins, shares_of(list(bins.values())), strict=False))
    kept = [name for name, pair in shares.items() if any(pair)]
    if line is None:
        kept = sorted(kept, key=lambda name: (-sum(shares[name]), name))[:_MOST_MASSES]
    return tuple(Mass(name.removeprefix("="), *shares[name]) for name in kept)


def _classifier(tables: tuple[Table, Table] | None, methods: Collection[str]) -> ClassifierTest | None:
    if tables is None or "classifier" not in methods:
        return None
    from mainspring.data.comparison.classifier import classifier_test

    return classifier_test(*tables)
