"""Anomalies: what is wrong with data, in the names of TensorFlow Data Validation's ``AnomalyInfo.Type``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AnomalyType(StrEnum):
    """The kinds of anomaly that validation finds."""

    SCHEMA_NEW_COLUMN = "SCHEMA_NEW_COLUMN"
    SCHEMA_MISSING_COLUMN = "SCHEMA_MISSING_COLUMN"
    FEATURE_TYPE_NOT_PRESENT = "FEATURE_TYPE_NOT_PRESENT"
    FEATURE_TYPE_LOW_FRACTION_PRESENT = "FEATURE_TYPE_LOW_FRACTION_PRESENT"
    UNEXPECTED_DATA_TYPE = "UNEXPECTED_DATA_TYPE"
    INT_TYPE_NOT_INT_STRING = "INT_TYPE_NOT_INT_STRING"
    INT_TYPE_SMALL_INT = "INT_TYPE_SMALL_INT"
    INT_TYPE_BIG_INT = "INT_TYPE_BIG_INT"
    FLOAT_TYPE_STRING_NOT_FLOAT = "FLOAT_TYPE_STRING_NOT_FLOAT"
    FLOAT_TYPE_SMALL_FLOAT = "FLOAT_TYPE_SMALL_FLOAT"
    FLOAT_TYPE_BIG_FLOAT = "FLOAT_TYPE_BIG_FLOAT"
    FLOAT_TYPE_HAS_NAN = "FLOAT_TYPE_HAS_NAN"
    FLOAT_TYPE_HAS_INF = "FLOAT_TYPE_HAS_INF"
    BOOL_TYPE_UNEXPECTED_STRING = "BOOL_TYPE_UNEXPECTED_STRING"
    BOOL_TYPE_UNEXPECTED_FLOAT = "BOOL_TYPE_UNEXPECTED_FLOAT"
    ENUM_TYPE_UNEXPECTED_STRING_VALUES = "ENUM_TYPE_UNEXPECTED_STRING_VALUES"
    DATASET_LOW_NUM_EXAMPLES = "DATASET_LOW_NUM_EXAMPLES"
    DATASET_HIGH_NUM_EXAMPLES = "DATASET_HIGH_NUM_EXAMPLES"
    COMPARATOR_CONTROL_DATA_MISSING = "COMPARATOR_CONTROL_DATA_MISSING"
    COMPARATOR_L_INFTY_HIGH = "COMPARATOR_L_INFTY_HIGH"
    COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH = "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH"


class Severity(StrEnum):
    """Whether an anomaly stops a run."""

    WARNING = "WARNING"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """One thing that is not as the schema says.

    Attributes:
        path: The column; empty for the whole data set.
        split: The split it was found in.
        type: Which kind of thing.
        severity: Whether it stops a run.
        found: What was found, with the figures.
        expected: What the schema asks for.
        edit: The smallest change of the schema that accepts it.
        observed: The figure that was compared, if there is one.
        limit: The figure it was compared with.
    """

    path: str
    split: str
    type: AnomalyType
    severity: Severity = Severity.ERROR
    found: str
    expected: str
    edit: str
    observed: float | None = None
    limit: float | None = None

    def __str__(self) -> str:
        where = f"{self.split} / {self.path}" if self.path else self.split
        return (
            f"{self.severity:<7} {where}: {self.type}\n"
            f"        found      {self.found}\n"
            f"        expected   {self.expected}\n"
            f"        to accept  {self.edit}"
        )
