"""Whether the schema itself makes sense: only one that was made with ``strict=False`` may not."""

from __future__ import annotations

from collections.abc import Iterator

from mainspring.data.celltypes import ColumnType
from mainspring.data.schema import Feature
from mainspring.data.schema.declaration import Declaration
from mainspring.data.statistics import FeatureStatistics
from mainspring.data.statistics.recognition import GENERATOR, Kind, formats_of
from mainspring.data.validation.anomalies import Anomaly, AnomalyType
from mainspring.data.validation.findings import finding, floor

_DERIVED_FROM = "derived_from"
_DOMAIN = "domain_info"


def check_schema(schema: Declaration) -> Iterator[Anomaly]:
    """Everything in which a schema contradicts itself."""
    for problem in schema.problems():
        yield finding(
            AnomalyType(problem.kind),
            problem.path,
            found=problem.sentence,
            expected="a schema that does not contradict itself",
            edit="correct the schema",
        )


def check_meaning(feature: Feature, found: FeatureStatistics) -> Iterator[Anomaly]:
    """A generator found out what values stand for, and the schema does not say it."""
    told = found.custom.get(_DOMAIN) or _recognised(feature, found)
    says = (feature.domain, feature.bool_domain, feature.time, feature.language, feature.image)
    if told and all(one is None for one in says):
        yield finding(
            AnomalyType.SEMANTIC_DOMAIN_UPDATE,
            feature.name,
            found=f"the values look like {told}",
            expected="a schema that says what the values stand for",
            edit=str(told),
        )


def _recognised(feature: Feature, found: FeatureStatistics) -> str:
    """What a schema would say of values whose formats were counted."""
    if GENERATOR not in found.custom:
        return ""
    known = formats_of(found.custom[GENERATOR]).recognition()
    match known.kind, feature.type:
        case Kind.TIME, ColumnType.STRING if known.format:
            return f"time: {{format: {known.format!r}}}"
        case Kind.TIME, ColumnType.INT if known.unit:
            return f"time: {{unit: UNIX_{known.unit.upper()}}}"
        case Kind.IMAGE, ColumnType.BYTES | ColumnType.STRING:
            return f"image: {{min_supported_fraction: {floor(known.share)}}}"
        case Kind.LANGUAGE, ColumnType.STRING:
            return "language: {}"
    return ""


def check_source(feature: Feature, found: FeatureStatistics, names: frozenset[str]) -> Iterator[Anomaly]:
    """Derived features whose stage or source is not as it should be.

    Args:
        names: The features that the data has.
    """
    told = found.custom.get(_DERIVED_FROM)
    sources = [told] if isinstance(told, str) else list(told or ())
    if sources and feature.stage.value not in {"DERIVED", "DISABLED"}:
        yield finding(
            AnomalyType.DERIVED_FEATURE_BAD_LIFECYCLE,
            feature.name,
            found=f"it is derived from {', '.join(map(repr, sources))}, and its stage is {feature.stage}",
            expected="stage DERIVED or DISABLED",
            edit="stage: DERIVED",
        )
    unknown = [name for name in sources if name not in names]
    if feature.stage.value == "DERIVED" and (unknown or not sources):
        yield finding(
            AnomalyType.DERIVED_FEATURE_INVALID_SOURCE,
            feature.name,
            found=f"it is derived from {', '.join(map(repr, unknown))}, which the data does not have"
            if unknown
            else "the statistics do not say what it is derived from",
            expected="a derived feature with its sources",
            edit="stage: DISABLED" if unknown else "stage: PRODUCTION",
        )
