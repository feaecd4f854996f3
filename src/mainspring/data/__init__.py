"""The material: sources, splits, statistics, schema, validation, comparison, assessment and transforms.

Values in, values out: every function works in a notebook, with no platform running.

.. code-block:: python

    from mainspring.data import infer, read, split_rows, summarize, validate, view

    table = read("trips/*.parquet")
    splits, _ = split_rows(table, {"train": 3, "eval": 1})
    statistics = summarize(splits)
    schema = infer(statistics, label="big_tipper")
    print(validate(statistics, schema))
    view(statistics, schema=schema).save("trips.html")

=====================  ===============================================================================
``sources``            files, folders, globs, databases and other libraries' objects, read as a table
``splits``             rows shared out by hash, entity, time or class; nothing on both sides
``profiling``          statistics of tables of any size, of slices, weights, texts, images
``statistics``         what they say; every figure merges over parts of the data
``schema``             what data should look like: inferred, edited, relaxed, compared, in three notations
``validation``         data held against its schema, as a whole and row by row
``comparison``         drift and skew: distances with p-values, and what happened to a column
``assessment``         leaks, conflicts, copies, groups and proxies, each with its repair
``viewing``            all of it on one offline page, in the terminal, as JSON
``transforms``         raw columns to the matrix that models learn from
=====================  ===============================================================================

Names are loaded when they are first used, so that importing this room costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.core.lazy import lazily

if TYPE_CHECKING:
    from mainspring.data.assessment import Assessment, Finding, assess
    from mainspring.data.celltypes import ColumnType
    from mainspring.data.columns import Column
    from mainspring.data.comparison import Comparison, compare, distances, explain_changes, joined_skew
    from mainspring.data.examples import Examples
    from mainspring.data.profiling import StatisticsBuilder, summarize, summarize_parts
    from mainspring.data.schema import DriftLimits, Feature, Schema, SqlCheck
    from mainspring.data.schema.differing import SchemaDiff, diff
    from mainspring.data.schema.explaining import explain
    from mainspring.data.schema.inference import infer
    from mainspring.data.schema.updating import update
    from mainspring.data.sources import fingerprint, read
    from mainspring.data.splits import SplitRule, by_time, split_rows, stratified
    from mainspring.data.statistics import FeatureStatistics, Statistics, TableStatistics, merge_all
    from mainspring.data.tables import Table
    from mainspring.data.transforms import (
        Columns,
        ColumnTransform,
        Expression,
        Numeric,
        OneHot,
        Ordinal,
        Transform,
        analyze,
    )
    from mainspring.data.transforms.augmentation import augment
    from mainspring.data.transforms.reduction import reduce_transform
    from mainspring.data.transforms.selection import FeatureSelection, score_features
    from mainspring.data.validation import (
        Anomaly,
        AnomalyType,
        ExampleRow,
        Severity,
        Validation,
        check,
        validate,
        validate_rows,
    )
    from mainspring.data.viewing import Page, view

_EXPORTS = {
    "Anomaly": "validation",
    "AnomalyType": "validation",
    "Assessment": "assessment",
    "Column": "columns",
    "ColumnTransform": "transforms",
    "ColumnType": "celltypes",
    "Columns": "transforms",
    "Comparison": "comparison",
    "DriftLimits": "schema",
    "ExampleRow": "validation",
    "Examples": "examples",
    "Expression": "transforms",
    "Feature": "schema",
    "FeatureSelection": "transforms.selection",
    "FeatureStatistics": "statistics",
    "Finding": "assessment",
    "Numeric": "transforms",
    "OneHot": "transforms",
    "Ordinal": "transforms",
    "Page": "viewing",
    "Schema": "schema",
    "SchemaDiff": "schema.differing",
    "Severity": "validation",
    "SplitRule": "splits",
    "SqlCheck": "schema",
    "Statistics": "statistics",
    "StatisticsBuilder": "profiling",
    "Table": "tables",
    "TableStatistics": "statistics",
    "Transform": "transforms",
    "Validation": "validation",
    "analyze": "transforms",
    "assess": "assessment",
    "augment": "transforms.augmentation",
    "by_time": "splits",
    "check": "validation",
    "compare": "comparison",
    "diff": "schema.differing",
    "distances": "comparison",
    "explain": "schema.explaining",
    "explain_changes": "comparison",
    "fingerprint": "sources",
    "infer": "schema.inference",
    "joined_skew": "comparison",
    "merge_all": "statistics",
    "read": "sources",
    "reduce_transform": "transforms.reduction",
    "score_features": "transforms.selection",
    "split_rows": "splits",
    "stratified": "splits",
    "summarize": "profiling",
    "summarize_parts": "profiling",
    "update": "schema.updating",
    "validate": "validation",
    "validate_rows": "validation",
    "view": "viewing",
}

__all__ = [
    "Anomaly",
    "AnomalyType",
    "Assessment",
    "Column",
    "ColumnTransform",
    "ColumnType",
    "Columns",
    "Comparison",
    "DriftLimits",
    "ExampleRow",
    "Examples",
    "Expression",
    "Feature",
    "FeatureSelection",
    "FeatureStatistics",
    "Finding",
    "Numeric",
    "OneHot",
    "Ordinal",
    "Page",
    "Schema",
    "SchemaDiff",
    "Severity",
    "SplitRule",
    "SqlCheck",
    "Statistics",
    "StatisticsBuilder",
    "Table",
    "TableStatistics",
    "Transform",
    "Validation",
    "analyze",
    "assess",
    "augment",
    "by_time",
    "check",
    "compare",
    "diff",
    "distances",
    "explain",
    "explain_changes",
    "fingerprint",
    "infer",
    "joined_skew",
    "merge_all",
    "read",
    "reduce_transform",
    "score_features",
    "split_rows",
    "stratified",
    "summarize",
    "summarize_parts",
    "update",
    "validate",
    "validate_rows",
    "view",
]

__getattr__, __dir__ = lazily(__name__, _EXPORTS)
