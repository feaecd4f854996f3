"""Every kind of anomaly in one table: what it is called in short, when it is found, and how bad it is.

The kinds carry the names of ``AnomalyInfo.Type`` in TensorFlow Metadata. :attr:`Entry.origin` tells which of them
TensorFlow Data Validation raises itself, which it only declares, and which are added here.
:data:`ABSENT` lists the names that are never raised, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mainspring.data.validation.naming import AnomalyType as Type
from mainspring.data.validation.naming import Severity


class Origin(StrEnum):
    """Where the name of a kind comes from."""

    RAISED = "raised"
    """TensorFlow Data Validation declares and raises it."""
    DECLARED = "declared"
    """TensorFlow Data Validation declares it and never raises it."""
    ADDED = "added"
    """The name is Mainspring's own."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What there is to know of a kind of anomaly.

    Attributes:
        short: What it is, in a few words.
        condition: When it is found.
        severity: How bad it is unless the schema says otherwise.
        origin: Where its name comes from.
    """

    short: str
    condition: str
    severity: Severity = Severity.ERROR
    origin: Origin = Origin.RAISED


_WARNING: Final = Severity.WARNING
_DECLARED: Final = Origin.DECLARED
_ADDED: Final = Origin.ADDED

CATALOGUE: Final[Mapping[Type, Entry]] = {
    # presence
    Type.SCHEMA_NEW_COLUMN: Entry("New column", "the data has a column that the schema does not name", _WARNING),
    Type.SCHEMA_MISSING_COLUMN: Entry(
        "Column dropped", "a column that is required in this environment is not in the data"
    ),
    Type.FEATURE_TYPE_NOT_PRESENT: Entry(
        "Column without values", "`presence` or `min_count` is above 0, and no row has a value"
    ),
    Type.FEATURE_TYPE_LOW_FRACTION_PRESENT: Entry(
        "Too many missing values", "the fraction of rows with a value is below `presence`"
    ),
    Type.FEATURE_TYPE_LOW_NUMBER_PRESENT: Entry(
        "Too few values present", "fewer rows than `min_count` have a value"
    ),
    # types
    Type.UNEXPECTED_DATA_TYPE: Entry("Unexpected type", "the values are of another type than `type`"),
    Type.INT_TYPE_INT_EXPECTED: Entry(
        "Whole numbers expected",
        "`type` is INT, and the values are bools, dates, times, bytes or structures",
        origin=_DECLARED,
    ),
    Type.INT_TYPE_NOT_INT_STRING: Entry(
        "Text that is no whole number", "`type` is INT, and some texts are not whole numbers"
    ),
    Type.FLOAT_TYPE_NOT_FLOAT: Entry(
        "Numbers expected",
        "`type` is FLOAT, and the values are bools, dates, times, bytes or structures",
        origin=_DECLARED,
    ),
    Type.FLOAT_TYPE_STRING_NOT_FLOAT: Entry(
        "Text that is no number", "`type` is FLOAT, and some texts are not numbers"
    ),
    Type.STRING_TYPE_NOW_INT: Entry(
        "Text became whole numbers",
        "the values were text in the data before, and are INT now",
        _WARNING,
        _DECLARED,
    ),
    Type.STRING_TYPE_NOW_FLOAT: Entry(
        "Text became numbers", "the values were text in the data before, and are FLOAT now", _WARNING, _DECLARED
    ),
    Type.BOOL_TYPE_SMALL_INT: Entry("Flag below 0", "a flag is kept as whole numbers, and the least is below 0"),
    Type.BOOL_TYPE_BIG_INT: Entry("Flag above 1", "a flag is kept as whole numbers, and the largest is above 1"),
    Type.BOOL_TYPE_UNEXPECTED_STRING: Entry(
        "Text that is no flag", "a flag is kept as text, and some texts are neither `true` nor `false`"
    ),
    Type.BOOL_TYPE_UNEXPECTED_FLOAT: Entry(
        "Number that is no flag", "a flag is kept as FLOAT, and some values are neither 0 nor 1"
    ),
    Type.BOOL_TYPE_INVALID_CONFIG: Entry(
        "Words for a flag of numbers",
        "`bool_domain` names words that are no numbers, and the values are numbers",
        origin=_DECLARED,
    ),
    # numbers
    Type.INT_TYPE_SMALL_INT: Entry("Value too small", "`type` is INT, and the least value is below `min`"),
    Type.INT_TYPE_BIG_INT: Entry("Value too large", "`type` is INT, and the largest value is above `max`"),
    Type.FLOAT_TYPE_SMALL_FLOAT: Entry("Value too small", "`type` is FLOAT, and the least value is below `min`"),
    Type.FLOAT_TYPE_BIG_FLOAT: Entry("Value too large", "`type` is FLOAT, and the largest value is above `max`"),
    Type.FLOAT_TYPE_HAS_NAN: Entry("NaN values", "some values are NaN, and `allow_nan` is not set"),
    Type.FLOAT_TYPE_HAS_INF: Entry("Infinite values", "some values are infinite, and `allow_inf` is not set"),
    # words
    Type.ENUM_TYPE_UNEXPECTED_STRING_VALUES: Entry(
        "Unexpected words",
        "values are outside `domain`: an error if less than `min_domain_mass` of them is inside, else a warning",
    ),
    Type.ENUM_TYPE_INVALID_UTF8: Entry("Invalid UTF-8", "some texts are not valid UTF-8"),
    Type.STRING_TYPE_TOO_SHORT: Entry(
        "Text too short", "the shortest text, or bytes, is shorter than `length` allows", origin=_ADDED
    ),
    Type.STRING_TYPE_TOO_LONG: Entry(
        "Text too long", "the longest text, or bytes, is longer than `length` allows", origin=_ADDED
    ),
    Type.TIME_TYPE_UNEXPECTED_FORMAT: Entry(
        "Unexpected time format", "some texts are not written as the format in `time` says", origin=_ADDED
    ),
    # lists
    Type.FEATURE_TYPE_LOW_NUMBER_VALUES: Entry(
        "Too few values in a list", "a list has fewer values than `value_counts` allows at its level"
    ),
    Type.FEATURE_TYPE_HIGH_NUMBER_VALUES: Entry(
        "Too many values in a list", "a list has more values than `value_counts` allows at its level"
    ),
    Type.FEATURE_TYPE_NO_VALUES: Entry(
        "Only empty lists",
        "`presence` or `min_count` is above 0, there are lists, and not one holds a value",
        origin=_DECLARED,
    ),
    Type.FEATURE_TYPE_UNEXPECTED_REPEATED: Entry(
        "Lists where single values are expected",
        "the values are lists, and the schema has neither `value_counts` nor `shape`",
        origin=_DECLARED,
    ),
    Type.VALUE_NESTEDNESS_MISMATCH: Entry(
        "Lists of another depth", "lists are nested to another depth than `value_counts` says"
    ),
    Type.INVALID_FEATURE_SHAPE: Entry(
        "Lists of another shape",
        "`shape` is given, and values are missing, lists differ in length, or their number of values is another",
    ),
    Type.EMBEDDING_SHAPE_INVALID: Entry(
        "Embeddings of another size",
        "the same as `INVALID_FEATURE_SHAPE`, for a feature with the tag `embedding`",
        origin=_DECLARED,
    ),
    # unique values
    Type.FEATURE_TYPE_LOW_UNIQUE: Entry(
        "Too few different values", "there are fewer different values than `unique` allows"
    ),
    Type.FEATURE_TYPE_HIGH_UNIQUE: Entry(
        "Too many different values", "there are more different values than `unique` allows"
    ),
    Type.FEATURE_TYPE_NO_UNIQUE: Entry(
        "Different values not counted", "`unique` is given, and different values are not counted for this type"
    ),
    # what values stand for
    Type.FEATURE_COVERAGE_TOO_LOW: Entry(
        "Too many unknown tokens", "the vocabulary knows a smaller fraction of the tokens than `min_coverage`"
    ),
    Type.FEATURE_COVERAGE_TOO_SHORT_AVG_TOKEN_LENGTH: Entry(
        "Tokens too short", "the mean length of the tokens is below `min_avg_token_length`"
    ),
    Type.SEQUENCE_VALUE_TOO_FEW_OCCURRENCES: Entry(
        "Token too rare in a sequence", "a token occurs less often in a sequence than `min_per_sequence`"
    ),
    Type.SEQUENCE_VALUE_TOO_MANY_OCCURRENCES: Entry(
        "Token too frequent in a sequence", "a token occurs more often in a sequence than `max_per_sequence`"
    ),
    Type.SEQUENCE_VALUE_TOO_SMALL_FRACTION: Entry(
        "Token in too few sequences", "a smaller fraction of the sequences than `min_fraction` holds a token"
    ),
    Type.SEQUENCE_VALUE_TOO_LARGE_FRACTION: Entry(
        "Token in too many sequences", "a larger fraction of the sequences than `max_fraction` holds a token"
    ),
    Type.SEQUENCE_TOO_SHORT: Entry(
        "Sequence too short", "a value has fewer tokens than `sequence_length` allows", origin=_ADDED
    ),
    Type.SEQUENCE_TOO_LONG: Entry(
        "Sequence too long", "a value has more tokens than `sequence_length` allows", origin=_ADDED
    ),
    Type.LOW_SUPPORTED_IMAGE_FRACTION: Entry(
        "Too few known images",
        "a smaller fraction of the values than `min_supported_fraction` are images of a known format",
    ),
    Type.MAX_IMAGE_BYTE_SIZE_EXCEEDED: Entry("Image too large", "an image has more bytes than `max_bytes`"),
    Type.SEMANTIC_DOMAIN_UPDATE: Entry(
        "Values could be said to be more",
        "a generator (`recognition`, or one with `domain_info`) found what values are; the schema does not say it",
        _WARNING,
    ),
    Type.DERIVED_FEATURE_BAD_LIFECYCLE: Entry(
        "Derived feature in another stage",
        "statistics tell what a feature is derived from, and its `stage` is neither DERIVED nor DISABLED",
    ),
    Type.DERIVED_FEATURE_INVALID_SOURCE: Entry(
        "Derived feature without source",
        "`stage` is DERIVED, and statistics do not say from what, or name a feature that is not there",
    ),
    # features of several columns
    Type.SPARSE_FEATURE_MISSING_VALUE: Entry(
        "Sparse feature without values", "rows have positions of a sparse feature and no values"
    ),
    Type.SPARSE_FEATURE_MISSING_INDEX: Entry(
        "Sparse feature without positions", "rows have values of a sparse feature and no positions"
    ),
    Type.SPARSE_FEATURE_LENGTH_MISMATCH: Entry(
        "Sparse feature of unequal lengths", "rows have not as many values as positions of a sparse feature"
    ),
    Type.WEIGHTED_FEATURE_MISSING_VALUE: Entry(
        "Weights without values", "rows have weights of a weighted feature and no values"
    ),
    Type.WEIGHTED_FEATURE_MISSING_WEIGHT: Entry(
        "Values without weights", "rows have values of a weighted feature and no weights"
    ),
    Type.WEIGHTED_FEATURE_LENGTH_MISMATCH: Entry(
        "Values and weights of unequal lengths", "rows have not as many values as weights of a weighted feature"
    ),
    Type.STATS_NOT_AVAILABLE: Entry(
        "Figures not there",
        "the schema asks for a figure, or limits a distance, that these statistics do not give",
    ),
    # the data set
    Type.DATASET_LOW_NUM_EXAMPLES: Entry("Too few rows", "a split has fewer rows than the least number"),
    Type.DATASET_HIGH_NUM_EXAMPLES: Entry("Too many rows", "a split has more rows than the largest number"),
    Type.NO_DATA_IN_SPAN: Entry("No rows at all", "no split has a row", origin=_DECLARED),
    # comparisons
    Type.COMPARATOR_LOW_NUM_EXAMPLES: Entry(
        "Far fewer rows than before",
        "the rows are a smaller fraction of those of the span (or version) before than the schema allows",
    ),
    Type.COMPARATOR_HIGH_NUM_EXAMPLES: Entry(
        "Far more rows than before",
        "the rows are a larger fraction of those of the span (or version) before than the schema allows",
    ),
    Type.COMPARATOR_CONTROL_DATA_MISSING: Entry(
        "Nothing to compare with", "the data compared with lacks the split, the column, or rows", _WARNING
    ),
    Type.COMPARATOR_TREATMENT_DATA_MISSING: Entry(
        "Nothing to compare",
        "the data compared with has a split, or a column that is not required, that is not here",
        _WARNING,
        _DECLARED,
    ),
    Type.SCHEMA_TRAINING_SERVING_SKEW: Entry(
        "Other types in training than in serving",
        "a column has another type in the serving data, so that its values cannot be compared",
        origin=_DECLARED,
    ),
    Type.COMPARATOR_L_INFTY_HIGH: Entry(
        "Shares of words moved", "the L-infinity distance is above `l_infinity`, and more than chance"
    ),
    Type.COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH: Entry(
        "Distribution moved", "the Jensen-Shannon divergence is above `jensen_shannon`, and more than chance"
    ),
    Type.COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH: Entry(
        "Counts of words moved",
        "the normalised absolute difference is above `normalized_absolute_difference`, and more than chance",
    ),
    Type.COMPARATOR_PSI_HIGH: Entry(
        "Distribution moved", "the population stability index is above `psi`, and more than chance", origin=_ADDED
    ),
    Type.COMPARATOR_WASSERSTEIN_HIGH: Entry(
        "Values moved", "the Wasserstein distance is above `wasserstein`, and more than chance", origin=_ADDED
    ),
    Type.COMPARATOR_KOLMOGOROV_SMIRNOV_HIGH: Entry(
        "Distribution moved",
        "the Kolmogorov-Smirnov distance is above `kolmogorov_smirnov`, and more than chance",
        origin=_ADDED,
    ),
    Type.COMPARATOR_HELLINGER_HIGH: Entry(
        "Distribution moved", "the Hellinger distance is above `hellinger`, and more than chance", origin=_ADDED
    ),
    Type.CUSTOM_VALIDATION: Entry("Check failed", "a check in SQL or Python failed", origin=_DECLARED),
    # the schema itself
    Type.FEATURE_MISSING_NAME: Entry("Feature without a name", "a feature of the schema has no name"),
    Type.FEATURE_MISSING_TYPE: Entry("Feature without a type", "a feature of the schema has no type"),
    Type.DOMAIN_INVALID_FOR_TYPE: Entry(
        "Domain of another type", "the schema gives a feature a domain that its type cannot have"
    ),
    Type.INVALID_DOMAIN_SPECIFICATION: Entry(
        "Domain that contradicts itself",
        "a domain lists a value twice, has equal words for true and false, or an unknown format or unit",
    ),
    Type.INVALID_SCHEMA_SPECIFICATION: Entry(
        "Schema that contradicts itself",
        "fractions outside 0 to 1, least numbers above largest ones, unknown environments or labels",
    ),
    Type.SPARSE_FEATURE_NAME_COLLISION: Entry(
        "Sparse feature with a taken name", "a sparse feature is called like another feature"
    ),
    Type.WEIGHTED_FEATURE_NAME_COLLISION: Entry(
        "Weighted feature with a taken name", "a weighted feature is called like another feature"
    ),
    Type.MULTIPLE_REASONS: Entry(
        "Multiple anomalies", "in `Validation.by_feature()`: one feature has several anomalies"
    ),
}
"""Every kind of anomaly, in the order of the themes."""

_OTHER_TYPE = "the type that was read is compared with that of the schema; `UNEXPECTED_DATA_TYPE` names both"

ABSENT: Final[Mapping[str, str]] = {
    "UNKNOWN_TYPE": "every anomaly has a known type",
    "BOOL_TYPE_BYTES_NOT_INT": _OTHER_TYPE,
    "BOOL_TYPE_BYTES_NOT_STRING": _OTHER_TYPE,
    "BOOL_TYPE_FLOAT_NOT_INT": "`BOOL_TYPE_UNEXPECTED_FLOAT` says it",
    "BOOL_TYPE_FLOAT_NOT_STRING": "`BOOL_TYPE_UNEXPECTED_FLOAT` says it",
    "BOOL_TYPE_INT_NOT_STRING": "`BOOL_TYPE_INVALID_CONFIG` says it",
    "BOOL_TYPE_STRING_NOT_INT": "`BOOL_TYPE_UNEXPECTED_STRING` says it",
    "ENUM_TYPE_BYTES_NOT_STRING": _OTHER_TYPE,
    "ENUM_TYPE_FLOAT_NOT_STRING": _OTHER_TYPE,
    "ENUM_TYPE_INT_NOT_STRING": "whole numbers may be categories: their text is held against the domain",
    "FLOAT_TYPE_NON_STRING": "`FLOAT_TYPE_NOT_FLOAT` says it",
    "FLOAT_TYPE_UNKNOWN_TYPE_NUMBER": "numbers are INT or FLOAT, there is no other type of number",
    "INT_TYPE_NOT_STRING": "`INT_TYPE_INT_EXPECTED` says it",
    "INT_TYPE_STRING_EXPECTED": "numbers need not be kept as text",
    "INT_TYPE_UNKNOWN_TYPE_NUMBER": "numbers are INT or FLOAT, there is no other type of number",
    "NLP_WRONG_LOCATION": "the place of tokens in a sequence is not constrained by a schema",
}
"""Names of ``AnomalyInfo.Type`` that are never raised, with the reason."""


def as_markdown() -> str:
    """The two tables of the guide: every kind with its condition, and the names never raised with the reason."""
    lines = ["| type | severity | found when |", "| --- | --- | --- |"]
    lines += [
        f"| `{type_}`{_mark(entry)} | {entry.severity.lower()} | {entry.condition} |"
        for type_, entry in CATALOGUE.items()
    ]
    lines += ["", "| never raised | why |", "| --- | --- |"]
    lines += [f"| `{name}` | {reason} |" for name, reason in ABSENT.items()]
    return "\n".join(lines)


def _mark(entry: Entry) -> str:
    return {Origin.RAISED: "", Origin.DECLARED: " ¹", Origin.ADDED: " ²"}[entry.origin]
