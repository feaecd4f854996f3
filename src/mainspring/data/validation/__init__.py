"""Validation: data against its schema, and against other data.

:func:`validate` holds statistics against a schema, :func:`validate_rows` single rows. Each theme has a module of
its own; :mod:`mainspring.data.validation.catalogue` lists every kind of anomaly with its condition.
"""

from mainspring.data.validation.anomalies import Anomaly, AnomalyType, ExampleRow, Severity
from mainspring.data.validation.custom import NotEvaluated, PythonCheck, check
from mainspring.data.validation.report import Validation
from mainspring.data.validation.row_report import RowReason, RowReport
from mainspring.data.validation.rows import validate_rows
from mainspring.data.validation.validating import check_feature, validate

__all__ = [
    "Anomaly",
    "AnomalyType",
    "ExampleRow",
    "NotEvaluated",
    "PythonCheck",
    "RowReason",
    "RowReport",
    "Severity",
    "Validation",
    "check",
    "check_feature",
    "validate",
    "validate_rows",
]
