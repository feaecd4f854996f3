"""Whether the columns of a sparse or weighted feature fit each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from mainspring.data.schema import SparseFeature, WeightedFeature
from mainspring.data.statistics.composites import CompositeStatistics
from mainspring.data.validation.anomalies import Anomaly, AnomalyType
from mainspring.data.validation.findings import finding, plural

_KINDS: Final = {
    "sparse": (
        AnomalyType.SPARSE_FEATURE_MISSING_VALUE,
        AnomalyType.SPARSE_FEATURE_MISSING_INDEX,
        AnomalyType.SPARSE_FEATURE_LENGTH_MISMATCH,
    ),
    "weighted": (
        AnomalyType.WEIGHTED_FEATURE_MISSING_VALUE,
        AnomalyType.WEIGHTED_FEATURE_MISSING_WEIGHT,
        AnomalyType.WEIGHTED_FEATURE_LENGTH_MISMATCH,
    ),
}


def check_composite(
    feature: SparseFeature | WeightedFeature, found: Mapping[str, CompositeStatistics]
) -> Iterator[Anomaly]:
    """Rows with values and without positions or weights, the other way round, or with more of one."""
    sparse = isinstance(feature, SparseFeature)
    kind = "sparse" if sparse else "weighted"
    beside = feature.index if isinstance(feature, SparseFeature) else (feature.weight,)
    value = feature.value if isinstance(feature, SparseFeature) else feature.feature
    given = found.get(feature.name)
    edit = f"leave out {kind} {feature.name!r}"
    if given is None:
        yield finding(
            AnomalyType.STATS_NOT_AVAILABLE,
            feature.name,
            found=f"nothing is known of the {kind} feature",
            expected=f"statistics with {kind}=[{feature.name!r}]",
            edit=f"{edit}; or take the statistics again",
        )
        return
    no_value, no_index, unequal = _KINDS[kind]
    if given.missing_value:
        yield finding(
            no_value,
            feature.name,
            found=f"{plural(given.missing_value, 'row has', 'rows have')} {' and '.join(map(repr, beside))} "
            f"and no {value!r}",
            expected=f"{value!r} wherever there is {' or '.join(map(repr, beside))}",
            edit=edit,
            observed=given.missing_value,
            limit=0,
        )
    for name in beside:
        missing = given.missing_index.get(name, 0)
        if missing:
            yield finding(
                no_index,
                feature.name,
                found=f"{plural(missing, 'row has', 'rows have')} {value!r} and no {name!r}",
                expected=f"{name!r} wherever there is {value!r}",
                edit=edit,
                observed=missing,
                limit=0,
            )
        fewer, more = given.min_length_diff.get(name, 0), given.max_length_diff.get(name, 0)
        if fewer or more:
            told = [f"up to {-fewer:,} fewer"] * (fewer < 0) + [f"up to {more:,} more"] * (more > 0)
            yield finding(
                unequal,
                feature.name,
                found=f"rows have {' and '.join(told)} values of {name!r} than of {value!r}",
                expected=f"as many values of {name!r} as of {value!r}",
                edit=edit,
                observed=max(-fewer, more),
                limit=0,
            )
