"""The material: tables, sources, splits, statistics, schema, validation, drift and transforms.

Values in, values out: every function works in a notebook, with no platform running.

.. code-block:: python

    from mainspring.data import Table, infer, split_rows, summarize, validate

    table = Table.read_csv("trips.csv")
    splits, _ = split_rows(table, {"train": 3, "eval": 1})
    statistics = summarize(splits)
    schema = infer(statistics, label="big_tipper")
    print(validate(statistics, schema))

Names are loaded when they are first used, so that importing this room costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mainspring.data.celltypes import ColumnType
    from mainspring.data.columns import Column
    from mainspring.data.comparison import distances
    from mainspring.data.examples import Examples
    from mainspring.data.profiling import summarize
    from mainspring.data.schema import DriftLimits, Feature, Schema
    from mainspring.data.schema.inference import infer
    from mainspring.data.splits import split_rows
    from mainspring.data.statistics import FeatureStatistics, Statistics, TableStatistics
    from mainspring.data.tables import Table
    from mainspring.data.transforms import ColumnTransform, Numeric, OneHot, Ordinal, Transform
    from mainspring.data.validation import Anomaly, AnomalyType, Severity, Validation, validate
    from mainspring.data.viewing import Page, view

_EXPORTS = {
    "Anomaly": "validation",
    "AnomalyType": "validation",
    "Column": "columns",
    "ColumnTransform": "transforms",
    "ColumnType": "celltypes",
    "DriftLimits": "schema",
    "Examples": "examples",
    "Feature": "schema",
    "FeatureStatistics": "statistics",
    "Numeric": "transforms",
    "OneHot": "transforms",
    "Ordinal": "transforms",
    "Page": "viewing",
    "Schema": "schema",
    "Severity": "validation",
    "Statistics": "statistics",
    "Table": "tables",
    "TableStatistics": "statistics",
    "Transform": "transforms",
    "Validation": "validation",
    "distances": "comparison",
    "infer": "schema.inference",
    "split_rows": "splits",
    "summarize": "profiling",
    "validate": "validation",
    "view": "viewing",
}

__all__ = [
    "Anomaly",
    "AnomalyType",
    "Column",
    "ColumnTransform",
    "ColumnType",
    "DriftLimits",
    "Examples",
    "Feature",
    "FeatureStatistics",
    "Numeric",
    "OneHot",
    "Ordinal",
    "Page",
    "Schema",
    "Severity",
    "Statistics",
    "Table",
    "TableStatistics",
    "Transform",
    "Validation",
    "distances",
    "infer",
    "split_rows",
    "summarize",
    "validate",
    "view",
]


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_EXPORTS[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_EXPORTS])
