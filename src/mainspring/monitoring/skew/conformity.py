"""Serving rows held against the schema, in its environment ``SERVING``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from scipy.stats import binom

from mainspring.core.verdicts import Reason
from mainspring.data import (
    Anomaly,
    AnomalyType,
    Feature,
    Schema,
    Severity,
    Statistics,
    TableStatistics,
    validate,
)
from mainspring.data.profiling.paths import column_of, escaped
from mainspring.data.schema import SERVING, TRAINING
from mainspring.data.schema.constraints import DriftLimits
from mainspring.data.statistics import FeatureStatistics
from mainspring.monitoring.skew.codes import MISSING, NEW_COLUMN, RANGE, TYPE, UNAVAILABLE, VIOLATED, WORDS
from mainspring.monitoring.skew.material import Material

_WINDOW: Final = "window"
_CHANCE: Final = 1e-6
"""Shares of missing and of unknown values that chance makes more often than this are no finding."""

_CODES: Final[Mapping[AnomalyType, str]] = {
    AnomalyType.SCHEMA_MISSING_COLUMN: UNAVAILABLE,
    AnomalyType.FEATURE_TYPE_NOT_PRESENT: UNAVAILABLE,
    AnomalyType.FEATURE_TYPE_LOW_FRACTION_PRESENT: MISSING,
    AnomalyType.SCHEMA_NEW_COLUMN: NEW_COLUMN,
    AnomalyType.ENUM_TYPE_UNEXPECTED_STRING_VALUES: WORDS,
    **dict.fromkeys(
        (
            AnomalyType.UNEXPECTED_DATA_TYPE,
            AnomalyType.INT_TYPE_INT_EXPECTED,
            AnomalyType.INT_TYPE_NOT_INT_STRING,
            AnomalyType.FLOAT_TYPE_NOT_FLOAT,
            AnomalyType.FLOAT_TYPE_STRING_NOT_FLOAT,
            AnomalyType.STRING_TYPE_NOW_INT,
            AnomalyType.STRING_TYPE_NOW_FLOAT,
            AnomalyType.BOOL_TYPE_UNEXPECTED_STRING,
            AnomalyType.BOOL_TYPE_UNEXPECTED_FLOAT,
            AnomalyType.VALUE_NESTEDNESS_MISMATCH,
        ),
        TYPE,
    ),
    **dict.fromkeys(
        (
            AnomalyType.INT_TYPE_SMALL_INT,
            AnomalyType.INT_TYPE_BIG_INT,
            AnomalyType.FLOAT_TYPE_SMALL_FLOAT,
            AnomalyType.FLOAT_TYPE_BIG_FLOAT,
            AnomalyType.FLOAT_TYPE_HAS_NAN,
            AnomalyType.FLOAT_TYPE_HAS_INF,
            AnomalyType.BOOL_TYPE_SMALL_INT,
            AnomalyType.BOOL_TYPE_BIG_INT,
        ),
        RANGE,
    ),
}


def check_schema(material: Material) -> Iterator[Reason]:
    """Every anomaly of a window by the schema; what is only a warning there is ok here.

    What a schema asks of whole data sets is not asked of a window: numbers of rows, of different values, of rows
    that must have a value. A share of missing or unknown values that chance makes of an allowed one is no finding.
    """
    schema = _for_windows(material)
    if schema is None:
        yield Reason(ok=True, code="NO_SCHEMA", message="the package has no schema to hold the window against")
        return
    environment = SERVING if SERVING in schema.environments else TRAINING
    found = validate(Statistics({_WINDOW: _by_path(material.served)}), schema, environment=environment)
    for anomaly in found.anomalies:
        if not _is_chance(anomaly, schema, material.served.features.get(column_of(anomaly.path))):
            yield _reason(anomaly)
    if not found.anomalies:
        yield Reason(ok=True, code="AS_THE_SCHEMA_SAYS", message="all inputs are as the schema says")


def _by_path(statistics: TableStatistics) -> TableStatistics:
    """Statistics of columns under the paths that a schema knows them by."""
    features = {escaped(name): replace(one, name=escaped(name)) for name, one in statistics.features.items()}
    return replace(statistics, features=features)


def _for_windows(material: Material) -> Schema | None:
    """The schema of the model's inputs, with what can be asked of a window."""
    schema = material.schema
    if schema is None:
        return None
    kept = {name: one for name, one in schema.features.items() if column_of(name) in material.inputs}
    limits = DriftLimits()
    return replace(
        schema,
        features={name: replace(one, min_count=None, unique=None) for name, one in kept.items()},
        label=None,
        min_examples=None,
        max_examples=None,
        num_examples_drift=None,
        num_examples_version=None,
        drift=limits,
        skew=limits,
        sparse=(),
        weighted=(),
        checks=(),
    )


def _is_chance(anomaly: Anomaly, schema: Schema, found: FeatureStatistics | None) -> bool:
    feature = schema.features.get(anomaly.path)
    if feature is None or found is None:
        return False
    if anomaly.type is AnomalyType.FEATURE_TYPE_LOW_FRACTION_PRESENT:
        return _tail(found.num_missing, found.num_examples, 1.0 - feature.presence) > _CHANCE
    if anomaly.type is AnomalyType.ENUM_TYPE_UNEXPECTED_STRING_VALUES and anomaly.severity is Severity.ERROR:
        return _tail(_unknown(feature, found), found.num_values, 1.0 - feature.min_domain_mass) > _CHANCE
    return False


def _unknown(feature: Feature, found: FeatureStatistics) -> int:
    """Values outside of the domain."""
    if found.words is None or feature.domain is None:
        return 0
    known = set(feature.domain)
    return sum(count for word, count in found.words.frequencies.counts.items() if word not in known)


def _tail(hits: float, rows: int, share: float) -> float:
    """How likely so many of the rows, or more, are what happens with this probability to each."""
    return float(binom.sf(hits - 1, rows, share)) if share > 0 else 0.0


def _reason(anomaly: Anomaly) -> Reason:
    code = _CODES.get(anomaly.type, VIOLATED)
    name = column_of(anomaly.path)
    column = f"column {name!r}: " if name else ""
    return Reason(
        ok=anomaly.severity is not Severity.ERROR,
        code=code,
        message=f"{column}{anomaly.description}",
        subject=name or None,
        observed=anomaly.observed if anomaly.observed is not None else anomaly.found,
        expected=anomaly.limit if anomaly.limit is not None else anomaly.expected,
    )
