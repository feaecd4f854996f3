"""Anomalies: what is wrong with data, in the names of TensorFlow Data Validation's ``AnomalyInfo.Type``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class AnomalyType(StrEnum):
    """The kinds of anomaly that validation finds; :mod:`mainspring.data.validation.catalogue` says when."""

    SCHEMA_NEW_COLUMN = "SCHEMA_NEW_COLUMN"
    SCHEMA_MISSING_COLUMN = "SCHEMA_MISSING_COLUMN"
    SCHEMA_TRAINING_SERVING_SKEW = "SCHEMA_TRAINING_SERVING_SKEW"
    FEATURE_TYPE_NOT_PRESENT = "FEATURE_TYPE_NOT_PRESENT"
    FEATURE_TYPE_LOW_FRACTION_PRESENT = "FEATURE_TYPE_LOW_FRACTION_PRESENT"
    FEATURE_TYPE_LOW_NUMBER_PRESENT = "FEATURE_TYPE_LOW_NUMBER_PRESENT"
    UNEXPECTED_DATA_TYPE = "UNEXPECTED_DATA_TYPE"
    INT_TYPE_INT_EXPECTED = "INT_TYPE_INT_EXPECTED"
    INT_TYPE_NOT_INT_STRING = "INT_TYPE_NOT_INT_STRING"
    INT_TYPE_SMALL_INT = "INT_TYPE_SMALL_INT"
    INT_TYPE_BIG_INT = "INT_TYPE_BIG_INT"
    FLOAT_TYPE_NOT_FLOAT = "FLOAT_TYPE_NOT_FLOAT"
    FLOAT_TYPE_STRING_NOT_FLOAT = "FLOAT_TYPE_STRING_NOT_FLOAT"
    FLOAT_TYPE_SMALL_FLOAT = "FLOAT_TYPE_SMALL_FLOAT"
    FLOAT_TYPE_BIG_FLOAT = "FLOAT_TYPE_BIG_FLOAT"
    FLOAT_TYPE_HAS_NAN = "FLOAT_TYPE_HAS_NAN"
    FLOAT_TYPE_HAS_INF = "FLOAT_TYPE_HAS_INF"
    BOOL_TYPE_SMALL_INT = "BOOL_TYPE_SMALL_INT"
    BOOL_TYPE_BIG_INT = "BOOL_TYPE_BIG_INT"
    BOOL_TYPE_UNEXPECTED_STRING = "BOOL_TYPE_UNEXPECTED_STRING"
    BOOL_TYPE_UNEXPECTED_FLOAT = "BOOL_TYPE_UNEXPECTED_FLOAT"
    BOOL_TYPE_INVALID_CONFIG = "BOOL_TYPE_INVALID_CONFIG"
    STRING_TYPE_NOW_INT = "STRING_TYPE_NOW_INT"
    STRING_TYPE_NOW_FLOAT = "STRING_TYPE_NOW_FLOAT"
    STRING_TYPE_TOO_SHORT = "STRING_TYPE_TOO_SHORT"
    STRING_TYPE_TOO_LONG = "STRING_TYPE_TOO_LONG"
    ENUM_TYPE_UNEXPECTED_STRING_VALUES = "ENUM_TYPE_UNEXPECTED_STRING_VALUES"
    ENUM_TYPE_INVALID_UTF8 = "ENUM_TYPE_INVALID_UTF8"
    TIME_TYPE_UNEXPECTED_FORMAT = "TIME_TYPE_UNEXPECTED_FORMAT"
    FEATURE_TYPE_LOW_NUMBER_VALUES = "FEATURE_TYPE_LOW_NUMBER_VALUES"
    FEATURE_TYPE_HIGH_NUMBER_VALUES = "FEATURE_TYPE_HIGH_NUMBER_VALUES"
    FEATURE_TYPE_NO_VALUES = "FEATURE_TYPE_NO_VALUES"
    FEATURE_TYPE_UNEXPECTED_REPEATED = "FEATURE_TYPE_UNEXPECTED_REPEATED"
    VALUE_NESTEDNESS_MISMATCH = "VALUE_NESTEDNESS_MISMATCH"
    INVALID_FEATURE_SHAPE = "INVALID_FEATURE_SHAPE"
    EMBEDDING_SHAPE_INVALID = "EMBEDDING_SHAPE_INVALID"
    FEATURE_TYPE_LOW_UNIQUE = "FEATURE_TYPE_LOW_UNIQUE"
    FEATURE_TYPE_HIGH_UNIQUE = "FEATURE_TYPE_HIGH_UNIQUE"
    FEATURE_TYPE_NO_UNIQUE = "FEATURE_TYPE_NO_UNIQUE"
    FEATURE_COVERAGE_TOO_LOW = "FEATURE_COVERAGE_TOO_LOW"
    FEATURE_COVERAGE_TOO_SHORT_AVG_TOKEN_LENGTH = "FEATURE_COVERAGE_TOO_SHORT_AVG_TOKEN_LENGTH"  # noqa: S105 - no password
    SEQUENCE_VALUE_TOO_FEW_OCCURRENCES = "SEQUENCE_VALUE_TOO_FEW_OCCURRENCES"
    SEQUENCE_VALUE_TOO_MANY_OCCURRENCES = "SEQUENCE_VALUE_TOO_MANY_OCCURRENCES"
    SEQUENCE_VALUE_TOO_SMALL_FRACTION = "SEQUENCE_VALUE_TOO_SMALL_FRACTION"
    SEQUENCE_VALUE_TOO_LARGE_FRACTION = "SEQUENCE_VALUE_TOO_LARGE_FRACTION"
    SEQUENCE_TOO_SHORT = "SEQUENCE_TOO_SHORT"
    SEQUENCE_TOO_LONG = "SEQUENCE_TOO_LONG"
    LOW_SUPPORTED_IMAGE_FRACTION = "LOW_SUPPORTED_IMAGE_FRACTION"
    MAX_IMAGE_BYTE_SIZE_EXCEEDED = "MAX_IMAGE_BYTE_SIZE_EXCEEDED"
    SEMANTIC_DOMAIN_UPDATE = "SEMANTIC_DOMAIN_UPDATE"
    DERIVED_FEATURE_BAD_LIFECYCLE = "DERIVED_FEATURE_BAD_LIFECYCLE"
    DERIVED_FEATURE_INVALID_SOURCE = "DERIVED_FEATURE_INVALID_SOURCE"
    SPARSE_FEATURE_MISSING_VALUE = "SPARSE_FEATURE_MISSING_VALUE"
    SPARSE_FEATURE_MISSING_INDEX = "SPARSE_FEATURE_MISSING_INDEX"
    SPARSE_FEATURE_LENGTH_MISMATCH = "SPARSE_FEATURE_LENGTH_MISMATCH"
    SPARSE_FEATURE_NAME_COLLISION = "SPARSE_FEATURE_NAME_COLLISION"
    WEIGHTED_FEATURE_MISSING_VALUE = "WEIGHTED_FEATURE_MISSING_VALUE"
    WEIGHTED_FEATURE_MISSING_WEIGHT = "WEIGHTED_FEATURE_MISSING_WEIGHT"
    WEIGHTED_FEATURE_LENGTH_MISMATCH = "WEIGHTED_FEATURE_LENGTH_MISMATCH"
    WEIGHTED_FEATURE_NAME_COLLISION = "WEIGHTED_FEATURE_NAME_COLLISION"
    STATS_NOT_AVAILABLE = "STATS_NOT_AVAILABLE"
    DATASET_LOW_NUM_EXAMPLES = "DATASET_LOW_NUM_EXAMPLES"
    DATASET_HIGH_NUM_EXAMPLES = "DATASET_HIGH_NUM_EXAMPLES"
    NO_DATA_IN_SPAN = "NO_DATA_IN_SPAN"
    COMPARATOR_LOW_NUM_EXAMPLES = "COMPARATOR_LOW_NUM_EXAMPLES"
    COMPARATOR_HIGH_NUM_EXAMPLES = "COMPARATOR_HIGH_NUM_EXAMPLES"
    COMPARATOR_CONTROL_DATA_MISSING = "COMPARATOR_CONTROL_DATA_MISSING"
    COMPARATOR_TREATMENT_DATA_MISSING = "COMPARATOR_TREATMENT_DATA_MISSING"
    COMPARATOR_L_INFTY_HIGH = "COMPARATOR_L_INFTY_HIGH"
    COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH = "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH"
    COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH = "COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH"
    COMPARATOR_PSI_HIGH = "COMPARATOR_PSI_HIGH"
    COMPARATOR_WASSERSTEIN_HIGH = "COMPARATOR_WASSERSTEIN_HIGH"
    COMPARATOR_KOLMOGOROV_SMIRNOV_HIGH = "COMPARATOR_KOLMOGOROV_SMIRNOV_HIGH"
    COMPARATOR_HELLINGER_HIGH = "COMPARATOR_HELLINGER_HIGH"
    CUSTOM_VALIDATION = "CUSTOM_VALIDATION"
    FEATURE_MISSING_NAME = "FEATURE_MISSING_NAME"
    FEATURE_MISSING_TYPE = "FEATURE_MISSING_TYPE"
    DOMAIN_INVALID_FOR_TYPE = "DOMAIN_INVALID_FOR_TYPE"
    INVALID_DOMAIN_SPECIFICATION = "INVALID_DOMAIN_SPECIFICATION"
    INVALID_SCHEMA_SPECIFICATION = "INVALID_SCHEMA_SPECIFICATION"
    MULTIPLE_REASONS = "MULTIPLE_REASONS"


class Severity(StrEnum):
    """Whether an anomaly stops a run."""

    WARNING = "WARNING"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True)
class ExampleRow:
    """A row that shows an anomaly.

    Attributes:
        row: Its number in the source, the first row being 1; in the table if the origin is not known.
        values: Column to value, as text, for the columns that matter; long values are cut.
    """

    row: int
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"row {self.row:,}: " + ", ".join(f"{name} = {value}" for name, value in self.values.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """One thing that is not as the schema says.

    Attributes:
        path: The column; empty for the whole data set.
        split: The split it was found in; empty for the schema itself.
        type: Which kind of thing.
        severity: Whether it stops a run.
        found: What was found, with the figures.
        expected: What the schema asks for.
        edit: The smallest change of the schema that accepts it.
        observed: The figure that was compared, if there is one.
        limit: The figure it was compared with.
        slice: The slice it was found in; empty for all rows.
        examples: Some of the rows that show it, where rows were given.
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
    slice: str = ""
    examples: tuple[ExampleRow, ...] = ()

    @property
    def where(self) -> str:
        """Split, slice and column, as people read them: ``train [sex=Female] / age``."""
        split = f"{self.split} [{self.slice}]" if self.slice else self.split or "schema"
        return f"{split} / {self.path}" if self.path else split

    @property
    def short_description(self) -> str:
        """What kind of thing it is, in a few words."""
        from mainspring.data.validation.catalogue import CATALOGUE

        return CATALOGUE[self.type].short

    @property
    def description(self) -> str:
        """What was found and what was expected, in a sentence."""
        return f"{self.found}; expected {self.expected}"

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "path": self.path,
            "type": self.type.value,
            "severity": self.severity.value,
            "short_description": self.short_description,
            "description": self.description,
            "split": self.split,
            "slice": self.slice,
            "found": self.found,
            "expected": self.expected,
            "edit": self.edit,
            "observed": self.observed,
            "limit": self.limit,
            "examples": [{"row": one.row, "values": dict(one.values)} for one in self.examples],
        }

    def __str__(self) -> str:
        lines = [
            f"{self.severity:<7} {self.where}: {self.type}",
            f"        found      {self.found}",
            f"        expected   {self.expected}",
        ]
        lines += [f"        {'such as' if not place else '':<10} {one}" for place, one in enumerate(self.examples)]
        return "\n".join([*lines, f"        to accept  {self.edit}"])
