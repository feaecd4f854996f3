"""The schema: what data should look like, inferred once, then edited by people.

:class:`Schema` is the noun, :class:`Feature` what one column should look like. The other modules infer a schema
from statistics, relax it to new data, compare two of them, and write it as YAML, JSON Schema and text proto.
"""

from mainspring.data.schema.constraints import (
    DriftLimits,
    Range,
    SparseFeature,
    SqlCheck,
    Stage,
    ValueCount,
    WeightedFeature,
)
from mainspring.data.schema.contradictions import Problem
from mainspring.data.schema.declaration import SERVING, TRAINING
from mainspring.data.schema.domains import BoolDomain, ImageDomain, LanguageDomain, TimeDomain, TokenConstraint
from mainspring.data.schema.feature import Feature
from mainspring.data.schema.schema import Schema

__all__ = [
    "BoolDomain",
    "DriftLimits",
    "Feature",
    "ImageDomain",
    "LanguageDomain",
    "Problem",
    "Range",
    "SERVING",
    "Schema",
    "SparseFeature",
    "SqlCheck",
    "Stage",
    "TRAINING",
    "TimeDomain",
    "TokenConstraint",
    "ValueCount",
    "WeightedFeature",
]
