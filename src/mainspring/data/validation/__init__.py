"""Validation: data against its schema, and against the data before it."""

from mainspring.data.validation.anomalies import Anomaly, AnomalyType, Severity
from mainspring.data.validation.validating import Validation, validate

__all__ = ["Anomaly", "AnomalyType", "Severity", "Validation", "validate"]
