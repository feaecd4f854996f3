"""Validating: every check of every feature of every split, as bad as the schema says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from mainspring.data.celltypes import ColumnType
from mainspring.data.comparison import LEVEL, Measurement
from mainspring.data.examples import Examples
from mainspring.data.schema import TRAINING, Feature, Schema, SparseFeature, WeightedFeature
from mainspring.data.statistics import FeatureStatistics, Statistics, TableStatistics
from mainspring.data.tables import Table
from mainspring.data.validation.anomalies import Anomaly
from mainspring.data.validation.comparators import compare_pair, pairs, sliced
from mainspring.data.validation.composites import check_composite
from mainspring.data.validation.custom import Check, NotEvaluated, python_check, run_checks
from mainspring.data.validation.datasets import check_any_rows, check_growth, check_size
from mainspring.data.validation.flags import check_flag, is_flag
from mainspring.data.validation.images import check_images
from mainspring.data.validation.kinds import check_type
from mainspring.data.validation.language import check_language
from mainspring.data.validation.lists import check_lists
from mainspring.data.validation.offenders import rows_of, with_examples
from mainspring.data.validation.presence import check_columns, check_presence
from mainspring.data.validation.problems import check_meaning, check_schema, check_source
from mainspring.data.validation.ranges import check_numbers
from mainspring.data.validation.report import Validation, by_severity
from mainspring.data.validation.severities import severity_of
from mainspring.data.validation.times import check_times
from mainspring.data.validation.uniqueness import check_unique
from mainspring.data.validation.wording import check_words


def validate(
    statistics: Statistics | Examples | Mapping[str, Table] | Table,
    schema: Schema,
    *,
    environment: str = TRAINING,
    previous: Statistics | Table | None = None,
    serving: Statistics | Table | None = None,
    previous_version: Statistics | Table | None = None,
    tables: Mapping[str, Table] | Examples | None = None,
    checks: Sequence[Check] = (),
    slices: Sequence[str] | bool = (),
    level: float = LEVEL,
) -> Validation:
    """Hold every split against the schema, and measure how far it is from other data.

    Distances are measured from the splits of ``previous`` to those of the same name (drift), from those of
    ``serving`` (skew), and from the first split to the others. What is past the schema's limit and more than
    chance is an error, between splits a warning. How bad a kind of anomaly is, ``severities`` of a feature, else
    those of the schema say.

    Args:
        statistics: Of the data, or the data itself, whose statistics are then taken and whose rows are ``tables``.
        environment: Where the data is used; columns absent there need not be in the data.
        previous: The statistics of the span before.
        serving: The statistics of serving data, or of another environment.
        previous_version: The statistics of the same span as it was delivered before.
        tables: The rows: for checks in SQL and Python, and to show some of the rows that are wrong.
        checks: Checks in Python beside those in SQL of the schema: functions of a table, or names of plugins.
        slices: Slices of the statistics to be validated too, by name; ``True`` for all.
        level: The share of false alarms among the columns called drifted.

    Raises:
        InputError: If the schema does not name the environment.
        NotFoundError: If no plugin offers a check of a name that is given.

    Example:
        >>> from mainspring.data import Table, infer, summarize
        >>> schema = infer(summarize(Table.from_columns({"size": [1, 2, 3] * 50})))
        >>> found = validate(summarize(Table.from_columns({"weight": [1.5] * 150})), schema)
        >>> [(one.path, one.type.value) for one in found.anomalies]
        [('size', 'SCHEMA_MISSING_COLUMN'), ('weight', 'SCHEMA_NEW_COLUMN')]
    """
    from mainspring.data.profiling import described

    expected = _expected(schema, environment)
    if tables is None and not isinstance(statistics, Statistics):
        tables = {"train": statistics} if isinstance(statistics, Table) else statistics
    statistics = described(statistics)
    previous, serving, previous_version = (
        None if one is None else described(one) for one in (previous, serving, previous_version)
    )
    rows = rows_of(tables)
    anomalies = [] if schema.strict else [*check_schema(schema)]
    anomalies += _in(" and ".join(statistics.splits), "", check_any_rows(statistics))
    chosen, not_evaluated = _slices(statistics, slices)
    for split, found in statistics.splits.items():
        anomalies += _in(split, "", _whole(schema, expected, found, split, previous, previous_version))
        for name in chosen:
            if name in found.slices:
                part = found.slices[name]
                anomalies += _in(split, name, _features(expected, part))
    measurements, apart = _compared(statistics, schema, expected, previous, serving, chosen, level)
    custom, lacking = run_checks(
        schema.checks, [python_check(one) for one in checks], rows, list(statistics.splits)
    )
    anomalies = _weighed([*anomalies, *apart], schema) + custom
    return Validation(
        environment=environment,
        rows={name: found.num_examples for name, found in statistics.splits.items()},
        anomalies=by_severity(with_examples(anomalies, schema, rows, environment=environment)),
        measurements=measurements,
        not_evaluated=(*not_evaluated, *lacking),
        slices=tuple(chosen),
    )


def _wrong(schema: Schema) -> frozenset[str]:
    """Features that contradict themselves: nothing can be said of them but that."""
    return frozenset() if schema.strict else frozenset(problem.path for problem in schema.problems())


def _expected(schema: Schema, environment: str) -> list[Feature]:
    wrong = _wrong(schema)
    return [
        feature
        for feature in schema.in_environment(environment)
        if feature.stage.is_validated and feature.name and feature.name not in wrong
    ]


def _in(split: str, name: str, found: Iterable[Anomaly]) -> Iterator[Anomaly]:
    for one in found:
        yield replace(one, split=split, slice=name)


def _whole(
    schema: Schema,
    expected: Sequence[Feature],
    found: TableStatistics,
    split: str,
    previous: Statistics | None,
    version: Statistics | None,
) -> Iterator[Anomaly]:
    yield from check_size(schema, found)
    before = previous.splits.get(split) if previous is not None else None
    older = version.splits.get(split) if version is not None else None
    yield from check_growth(schema.num_examples_drift, found, before, part="drift")
    yield from check_growth(schema.num_examples_version, found, older, part="version")
    yield from check_columns(schema, expected, found.features)
    yield from _features(expected, found)
    composites: list[SparseFeature | WeightedFeature] = [*schema.sparse, *schema.weighted]
    for composite in composites:
        if found.num_examples and composite.name not in _wrong(schema):
            yield from check_composite(composite, found.composites)


def _features(expected: Sequence[Feature], found: TableStatistics) -> Iterator[Anomaly]:
    names = frozenset(found.features)
    for feature in expected:
        if feature.name in names:
            given = found.features[feature.name]
            yield from check_feature(feature, given)
            yield from check_source(feature, given, names)


def check_feature(feature: Feature, found: FeatureStatistics) -> Iterator[Anomaly]:
    """Everything about one feature that is not as the schema says."""
    yield from check_presence(feature, found)
    if not found.num_non_missing or feature.type is ColumnType.OTHER:
        return
    yield from check_lists(feature, found)
    if not found.num_values:
        return
    if is_flag(feature):
        yield from check_flag(feature, found)
    else:
        mismatch = check_type(feature, found)
        if mismatch is not None:
            yield mismatch
            return
        yield from check_numbers(feature, found)
    yield from check_words(feature, found)
    yield from check_unique(feature, found)
    yield from check_times(feature, found)
    yield from check_language(feature, found)
    yield from check_images(feature, found)
    yield from check_meaning(feature, found)


def _slices(statistics: Statistics, wanted: Sequence[str] | bool) -> tuple[list[str], list[NotEvaluated]]:
    known = list(dict.fromkeys(name for split in statistics.splits.values() for name in split.slices))
    if isinstance(wanted, bool):
        return (known if wanted else []), []
    lacking = [
        NotEvaluated(name=f"slice {name!r}", reason="the statistics do not have this slice")
        for name in wanted
        if name not in known
    ]
    return [name for name in wanted if name in known], lacking


def _compared(
    statistics: Statistics,
    schema: Schema,
    expected: Sequence[Feature],
    previous: Statistics | None,
    serving: Statistics | None,
    slices: Sequence[str],
    level: float,
) -> tuple[tuple[Measurement, ...], list[Anomaly]]:
    names = [feature.name for feature in expected]
    measured: list[Measurement] = []
    anomalies: list[Anomaly] = []
    for pair in pairs(statistics, previous, serving):
        for one in (pair, *(sliced(pair, name) for name in slices)):
            found, wrong = compare_pair(schema, one, names, level)
            measured += found
            anomalies += _in(one.split, one.slice, wrong)
    return tuple(measured), anomalies


def _weighed(anomalies: Iterable[Anomaly], schema: Schema) -> list[Anomaly]:
    return [
        replace(one, severity=severity)
        for one in anomalies
        for severity in [severity_of(schema, one.path, one.type, one.severity)]
        if severity is not None
    ]
