"""Whether columns are there, and their values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from mainspring.data.celltypes import ColumnType
from mainspring.data.schema import Feature
from mainspring.data.schema.declaration import Declaration
from mainspring.data.statistics import FeatureStatistics
from mainspring.data.validation.anomalies import Anomaly, AnomalyType
from mainspring.data.validation.findings import SLACK, finding, floor, plural

_STEP: Final = re.compile(r"(?<!\\)\.")


def check_columns(
    schema: Declaration, expected: Sequence[Feature], found: Mapping[str, FeatureStatistics]
) -> Iterator[Anomaly]:
    """Columns that are not there, and columns that nobody expects.

    Of a structure that is not there, or that the schema does not know, the fields are not told one by one.

    Args:
        expected: The features that are validated in this environment.
    """
    known = schema.features
    silent = {name for name, feature in known.items() if feature.type is ColumnType.OTHER}
    silent |= {name for name in found if name not in known}
    absent = {name for name in known if name not in found}
    new = [name for name in found if name not in known and not _parents(name) & silent]
    wanted = [feature for feature in expected if not _parents(feature.name) & absent]
    for feature in wanted:
        if feature.name not in found and feature.required:
            near = get_close_matches(feature.name, new, 1)
            yield finding(
                AnomalyType.SCHEMA_MISSING_COLUMN,
                feature.name,
                found="the column is not there" + (f"; there is a new column {near[0]!r}" if near else ""),
                expected=f"a column {feature.name!r} of type {feature.type}",
                edit="required: false",
            )
    for name in new:
        yield finding(
            AnomalyType.SCHEMA_NEW_COLUMN,
            name,
            found=f"a column of type {found[name].type} that the schema does not name; it is not used",
            expected="the columns of the schema",
            edit=f"under features, add {name!r}: {{type: {found[name].type}}}",
        )


def _parents(path: str) -> set[str]:
    """The structures that a field is in."""
    return {path[: step.start()] for step in _STEP.finditer(path)}


def check_presence(feature: Feature, found: FeatureStatistics) -> Iterator[Anomaly]:
    """Too few rows with a value. Where rows have weights, a fraction is one of their weight."""
    least = feature.min_count or 0
    share, by_weight = found.presence, ""
    if found.weighted is not None:
        share, by_weight = found.weighted.presence, f" by {found.weighted.by!r}"
    if not found.num_non_missing and found.num_examples and (feature.presence > 0 or least > 0):
        edits = ["presence: 0.0"] * (feature.presence > 0) + ["min_count: 0"] * (least > 0)
        yield finding(
            AnomalyType.FEATURE_TYPE_NOT_PRESENT,
            feature.name,
            found="no row has a value",
            expected=f"a value in at least {feature.presence:.2%} of the rows"
            if feature.presence
            else f"a value in at least {plural(least, 'row')}",
            edit=", ".join(edits),
            observed=0.0,
            limit=feature.presence or least,
        )
        return
    if found.num_examples and share < feature.presence - SLACK:
        yield finding(
            AnomalyType.FEATURE_TYPE_LOW_FRACTION_PRESENT,
            feature.name,
            found=f"{found.num_missing:,} of {found.num_examples:,} rows have no value "
            f"({share:.2%}{by_weight} have one)",
            expected=f"a value in at least {feature.presence:.2%} of the rows",
            edit=f"presence: {floor(share)}",
            observed=share,
            limit=feature.presence,
        )
    if found.num_examples and found.num_non_missing < least:
        yield finding(
            AnomalyType.FEATURE_TYPE_LOW_NUMBER_PRESENT,
            feature.name,
            found=plural(found.num_non_missing, "row has a value", "rows have a value"),
            expected=f"a value in at least {plural(least, 'row')}",
            edit=f"min_count: {found.num_non_missing}",
            observed=found.num_non_missing,
            limit=least,
        )
