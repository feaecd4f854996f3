"""Every kind of anomaly: data that raises it and nothing else, and its near miss that raises nothing."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
import yaml

from mainspring.data import AnomalyType, ColumnType, DriftLimits, Schema, Table, infer, summarize, update, validate
from mainspring.data.schema import (
    BoolDomain,
    Feature,
    ImageDomain,
    LanguageDomain,
    Range,
    SparseFeature,
    SqlCheck,
    Stage,
    TimeDomain,
    TokenConstraint,
    ValueCount,
    WeightedFeature,
)
from mainspring.data.statistics import ImageStatistics, Statistics
from mainspring.data.validation.catalogue import CATALOGUE

INT, FLOAT, STRING, BOOL = ColumnType.INT, ColumnType.FLOAT, ColumnType.STRING, ColumnType.BOOL
BYTES, STRUCT = ColumnType.BYTES, ColumnType.STRUCT
Kind = AnomalyType


def query(select: str) -> Statistics:
    return summarize(Table.from_columns({"n": [1]}).sql(f"SELECT {select}"))


def columns(types: Mapping[str, ColumnType] | None = None, **values: Any) -> Statistics:
    return summarize(Table.from_columns(values, types=types))


def changed(statistics: Statistics, name: str, **fields: Any) -> Statistics:
    """The same, some fields of one feature being others."""
    split = statistics.split("train")
    feature = replace(split.features[name], **fields)
    return Statistics({"train": replace(split, features={**split.features, name: feature})})


def with_words(statistics: Statistics, **fields: Any) -> Statistics:
    words = statistics.split("train").feature("x").words
    return changed(statistics, "x", words=replace(words, **fields))


def features(*found: Feature, **options: Any) -> Schema:
    return Schema(features={one.name: one for one in found}, **options)


def x(type_: ColumnType = INT, **expected: Any) -> Schema:
    return features(Feature(name="x", type=type_, **expected))


def loose(*found: Feature, **options: Any) -> Schema:
    return features(*found, strict=False, **options)


@dataclass
class Case:
    """What raises a kind of anomaly, and what nearly does: statistics, schema, further arguments."""

    kind: AnomalyType
    wrong: tuple[Statistics, Schema]
    near: tuple[Statistics, Schema]
    options: Mapping[str, Any] = field(default_factory=dict)
    near_options: Mapping[str, Any] | None = None


def both(kind: AnomalyType, schema: Schema, wrong: Statistics, near: Statistics, **options: Any) -> Case:
    return Case(kind, (wrong, schema), (near, schema), options)


def edited(kind: AnomalyType, data: Statistics, wrong: Schema, near: Schema, **options: Any) -> Case:
    return Case(kind, (data, wrong), (data, near), options)


def words(*counts: int) -> Statistics:
    return columns(x=[word for word, count in zip("abcdefgh", counts, strict=False) for _ in range(count)])


def line(start: float, stop: float, count: int = 1000) -> Statistics:
    return columns(x=list(np.linspace(start, stop, count)))


def lists(values: str) -> Statistics:
    return query(f"unnest({values}) AS x")


def limits(type_: ColumnType, **values: float) -> Schema:
    return features(Feature(name="x", type=type_, drift=DriftLimits(**values)), drift=DriftLimits())


SPARSE = features(
    *(
        Feature(name=name, type=FLOAT if name == "value" else INT, value_counts=(ValueCount(),))
        for name in ("at", "value")
    ),
    sparse=(SparseFeature(name="vector", index=("at",), value="value"),),
)
WEIGHTED = features(
    *(Feature(name=name, type=FLOAT, value_counts=(ValueCount(),)) for name in ("value", "weight")),
    weighted=(WeightedFeature(name="pair", feature="value", weight="weight"),),
)


def sparse(rows: str) -> Statistics:
    return _composites(rows, "at", SPARSE, "INTEGER[]")


def weighted(rows: str) -> Statistics:
    return _composites(rows, "weight", WEIGHTED, "DOUBLE[]")


def _composites(rows: str, other: str, schema: Schema, kind: str) -> Statistics:
    table = Table.from_columns({"n": [1]}).sql(
        f"SELECT a::{kind} AS {other}, b::DOUBLE[] AS value FROM (VALUES {rows}) AS t(a, b)"
    )
    return summarize(table, sparse=schema.sparse, weighted=schema.weighted)


def texts(*values: str) -> Statistics:
    return summarize(Table.from_columns({"x": values}), text=["x"], vocabularies={"x": ["red", "fish", "blue"]})


def language(**wanted: Any) -> Schema:
    return x(STRING, language=LanguageDomain(**wanted))


def token(**wanted: Any) -> Schema:
    return language(token_constraints=(TokenConstraint("red", **wanted),))


def images(unreadable: int, largest: int = 100) -> Statistics:
    found = ImageStatistics(num_values=10, num_unreadable=unreadable, min_bytes=1, max_bytes=largest)
    return changed(columns(x=[b"a"] * 10, types={"x": BYTES}), "x", images=found)


def split_sizes(**counts: int) -> Statistics:
    return summarize(
        {name: Table.from_columns({"x": [1] * count}, types={"x": INT}) for name, count in counts.items()}
    )


def check(sql: str) -> Schema:
    return features(Feature(name="x", type=INT), checks=(SqlCheck(name="c", sql=sql),))


ROWS = Table.from_columns({"x": [1, 2, 3]})
ONE = columns(x=[1, 2, 3])

CASES = [
    # presence
    Case(Kind.SCHEMA_NEW_COLUMN, (columns(x=[1], y=[1]), x()), (columns(x=[1]), x())),
    both(
        Kind.SCHEMA_MISSING_COLUMN,
        features(Feature(name="x", type=INT), Feature(name="y", type=INT)),
        ONE,
        columns(x=[1], y=[1]),
    ),
    both(
        Kind.FEATURE_TYPE_NOT_PRESENT,
        x(presence=0.5),
        columns(x=[None, None], types={"x": INT}),
        columns(x=[1, None]),
    ),
    both(
        Kind.FEATURE_TYPE_LOW_FRACTION_PRESENT, x(presence=0.5), columns(x=[1, None, None]), columns(x=[1, None])
    ),
    both(
        Kind.FEATURE_TYPE_LOW_NUMBER_PRESENT, x(min_count=2), columns(x=[1, None, None]), columns(x=[1, 2, None])
    ),
    # types
    both(Kind.UNEXPECTED_DATA_TYPE, x(), columns(x=[1.5]), columns(x=[1.0])),
    both(Kind.INT_TYPE_INT_EXPECTED, x(), columns(x=[True]), columns(x=[1])),
    both(Kind.INT_TYPE_NOT_INT_STRING, x(), columns(x=["1", "2.5"]), columns(x=["1", "2"])),
    both(Kind.FLOAT_TYPE_NOT_FLOAT, x(FLOAT), columns(x=[datetime.date(2020, 1, 1)]), columns(x=[1])),
    both(Kind.FLOAT_TYPE_STRING_NOT_FLOAT, x(FLOAT), columns(x=["1", "b"]), columns(x=["1", "2.5"])),
    Case(
        Kind.STRING_TYPE_NOW_INT,
        (ONE, x()),
        (ONE, x()),
        {"previous": columns(x=["a"])},
        {"previous": columns(x=[5])},
    ),
    Case(
        Kind.STRING_TYPE_NOW_FLOAT,
        (columns(x=[0.5]), x(FLOAT)),
        (columns(x=[0.5]), x(FLOAT)),
        {"previous": columns(x=["a"])},
        {"previous": columns(x=[5])},
    ),
    both(Kind.BOOL_TYPE_SMALL_INT, x(bool_domain=BoolDomain()), columns(x=[-1, 1]), columns(x=[0, 1])),
    both(Kind.BOOL_TYPE_BIG_INT, x(bool_domain=BoolDomain()), columns(x=[0, 2]), columns(x=[0, 1])),
    both(
        Kind.BOOL_TYPE_UNEXPECTED_STRING,
        x(STRING, bool_domain=BoolDomain("yes", "no")),
        columns(x=["yes", "No"]),
        columns(x=["yes", "no"]),
    ),
    both(
        Kind.BOOL_TYPE_UNEXPECTED_FLOAT,
        x(FLOAT, bool_domain=BoolDomain()),
        columns(x=[0.0, 0.5]),
        columns(x=[0.0, 1.0]),
    ),
    both(
        Kind.BOOL_TYPE_INVALID_CONFIG,
        x(BOOL, bool_domain=BoolDomain("yes", "no")),
        columns(x=[0, 1]),
        columns(x=["yes", "no"]),
    ),
    # numbers
    both(Kind.INT_TYPE_SMALL_INT, x(min=0), columns(x=[-1, 5]), columns(x=[0, 5])),
    both(Kind.INT_TYPE_BIG_INT, x(max=5), columns(x=["6", "5"]), columns(x=["4", "5"])),
    both(Kind.FLOAT_TYPE_SMALL_FLOAT, x(FLOAT, min=0), columns(x=[-0.1, 5.0]), columns(x=[0.0, 5.0])),
    both(Kind.FLOAT_TYPE_BIG_FLOAT, x(FLOAT, max=5), columns(x=["5.1", "4"]), columns(x=["5.0", "4"])),
    both(Kind.FLOAT_TYPE_HAS_NAN, x(FLOAT), query("'nan'::DOUBLE AS x"), query("1e308 AS x")),
    both(Kind.FLOAT_TYPE_HAS_INF, x(FLOAT), query("'-inf'::DOUBLE AS x"), query("-1e308 AS x")),
    # words
    both(Kind.ENUM_TYPE_UNEXPECTED_STRING_VALUES, x(STRING, domain=("a", "b")), words(1, 1, 1), words(1, 1)),
    Case(
        Kind.ENUM_TYPE_INVALID_UTF8, (with_words(words(2), num_invalid_utf8=1), x(STRING)), (words(2), x(STRING))
    ),
    both(Kind.STRING_TYPE_TOO_SHORT, x(STRING, length=Range(2)), columns(x=["a", "ab"]), columns(x=["ab"])),
    both(Kind.STRING_TYPE_TOO_LONG, x(STRING, length=Range(None, 2)), columns(x=["abc", "ab"]), columns(x=["ab"])),
    both(
        Kind.TIME_TYPE_UNEXPECTED_FORMAT,
        x(STRING, time=TimeDomain("%d/%m/%Y")),
        columns(x=["31/12/2020", "12/31/2020"]),
        columns(x=["31/12/2020"]),
    ),
    # lists
    both(
        Kind.FEATURE_TYPE_LOW_NUMBER_VALUES,
        x(value_counts=(ValueCount(min=1),)),
        lists("[[1], []]"),
        lists("[[1], NULL]"),
    ),
    both(
        Kind.FEATURE_TYPE_HIGH_NUMBER_VALUES,
        x(value_counts=(ValueCount(max=2),)),
        lists("[[1, 2, 3]]"),
        lists("[[1, 2]]"),
    ),
    both(
        Kind.FEATURE_TYPE_NO_VALUES,
        x(presence=0.5, value_counts=(ValueCount(),)),
        lists("[[], []::INTEGER[]]"),
        lists("[[], [1]]"),
    ),
    both(Kind.FEATURE_TYPE_UNEXPECTED_REPEATED, x(), lists("[[1, 2]]"), ONE),
    both(
        Kind.VALUE_NESTEDNESS_MISMATCH,
        x(value_counts=(ValueCount(), ValueCount())),
        lists("[[1, 2]]"),
        lists("[[[1, 2]]]"),
    ),
    both(Kind.INVALID_FEATURE_SHAPE, x(shape=(2,)), lists("[[1, 2], [1]]"), lists("[[1, 2], [3, 4]]")),
    both(
        Kind.EMBEDDING_SHAPE_INVALID,
        x(FLOAT, shape=(2,), tags=("embedding",)),
        lists("[[1.5, 2, 3]]"),
        lists("[[1.5, 2]]"),
    ),
    # unique values
    both(Kind.FEATURE_TYPE_LOW_UNIQUE, x(STRING, unique=Range(min=2)), words(5), words(5, 1, 1)),
    both(Kind.FEATURE_TYPE_HIGH_UNIQUE, x(STRING, unique=Range(max=2)), words(5, 1, 1), words(5, 1)),
    both(
        Kind.FEATURE_TYPE_NO_UNIQUE,
        features(Feature(name="x", type=STRUCT, unique=Range(min=1)), Feature(name="x.a", type=INT)),
        query("{'a': 1} AS x"),
        query("NULL::STRUCT(a INTEGER) AS x"),
    ),
    # what values stand for
    both(Kind.FEATURE_COVERAGE_TOO_LOW, language(min_coverage=0.5), texts("red cat dog"), texts("red dog")),
    both(
        Kind.FEATURE_COVERAGE_TOO_SHORT_AVG_TOKEN_LENGTH,
        language(min_avg_token_length=3.5),
        texts("red cat"),
        texts("red fish"),
    ),
    both(
        Kind.SEQUENCE_VALUE_TOO_FEW_OCCURRENCES,
        token(min_per_sequence=1),
        texts("red fish", "fish"),
        texts("red fish", "red"),
    ),
    both(Kind.SEQUENCE_VALUE_TOO_MANY_OCCURRENCES, token(max_per_sequence=1), texts("red red"), texts("red")),
    both(
        Kind.SEQUENCE_VALUE_TOO_SMALL_FRACTION, token(min_fraction=0.5), texts("red", "a", "b"), texts("red", "a")
    ),
    both(
        Kind.SEQUENCE_VALUE_TOO_LARGE_FRACTION, token(max_fraction=0.5), texts("red", "red red"), texts("red", "a")
    ),
    both(Kind.SEQUENCE_TOO_SHORT, language(sequence_length=Range(2)), texts("red", "a b"), texts("a b")),
    both(Kind.SEQUENCE_TOO_LONG, language(sequence_length=Range(None, 2)), texts("a b c"), texts("a b")),
    both(
        Kind.LOW_SUPPORTED_IMAGE_FRACTION,
        x(BYTES, image=ImageDomain(min_supported_fraction=0.9)),
        images(2),
        images(1),
    ),
    both(
        Kind.MAX_IMAGE_BYTE_SIZE_EXCEEDED,
        x(BYTES, image=ImageDomain(max_bytes=100)),
        images(0, 101),
        images(0, 100),
    ),
    Case(
        Kind.SEMANTIC_DOMAIN_UPDATE,
        (changed(words(2), "x", custom={"domain_info": "language: {}"}), x(STRING)),
        (changed(words(2), "x", custom={"domain_info": "domain: [a]"}), x(STRING, domain=("a",))),
    ),
    edited(
        Kind.DERIVED_FEATURE_BAD_LIFECYCLE,
        changed(columns(x=[1], y=[1]), "x", custom={"derived_from": "y"}),
        features(Feature(name="x", type=INT), Feature(name="y", type=INT)),
        features(Feature(name="x", type=INT, stage=Stage.DERIVED), Feature(name="y", type=INT)),
    ),
    Case(
        Kind.DERIVED_FEATURE_INVALID_SOURCE,
        (changed(ONE, "x", custom={"derived_from": ["z"]}), x(stage=Stage.DERIVED)),
        (changed(ONE, "x", custom={"derived_from": ["x"]}), x(stage=Stage.DERIVED)),
    ),
    # features of several columns
    both(
        Kind.SPARSE_FEATURE_MISSING_VALUE,
        SPARSE,
        sparse("([], NULL), ([1], [2])"),
        sparse("([1], [2]), (NULL, NULL)"),
    ),
    both(
        Kind.SPARSE_FEATURE_MISSING_INDEX, SPARSE, sparse("(NULL, []), ([1], [2])"), sparse("([1], [2]), ([], [])")
    ),
    both(Kind.SPARSE_FEATURE_LENGTH_MISMATCH, SPARSE, sparse("([1, 2], [3])"), sparse("([1, 2], [3, 4])")),
    both(
        Kind.WEIGHTED_FEATURE_MISSING_VALUE, WEIGHTED, weighted("([], NULL), ([1], [2])"), weighted("([1], [2])")
    ),
    both(
        Kind.WEIGHTED_FEATURE_MISSING_WEIGHT, WEIGHTED, weighted("(NULL, []), ([1], [2])"), weighted("([1], [2])")
    ),
    both(Kind.WEIGHTED_FEATURE_LENGTH_MISMATCH, WEIGHTED, weighted("([1], [2, 3])"), weighted("([1, 2], [2, 3])")),
    Case(
        Kind.STATS_NOT_AVAILABLE,
        (columns(x=[b"a"], types={"x": BYTES}), x(BYTES, image=ImageDomain(min_supported_fraction=0.5))),
        (images(5), x(BYTES, image=ImageDomain(min_supported_fraction=0.5))),
    ),
    # the data set
    edited(
        Kind.DATASET_LOW_NUM_EXAMPLES,
        ONE,
        features(Feature(name="x", type=INT), min_examples=4),
        features(Feature(name="x", type=INT), min_examples=3),
    ),
    edited(
        Kind.DATASET_HIGH_NUM_EXAMPLES,
        ONE,
        features(Feature(name="x", type=INT), max_examples=2),
        features(Feature(name="x", type=INT), max_examples=3),
    ),
    both(Kind.NO_DATA_IN_SPAN, x(), split_sizes(train=0, eval=0), split_sizes(train=1, eval=0)),
    # comparisons
    both(
        Kind.COMPARATOR_LOW_NUM_EXAMPLES,
        features(Feature(name="x", type=INT), num_examples_drift=Range(0.5, 2.0)),
        split_sizes(train=49),
        split_sizes(train=50),
        previous=split_sizes(train=100),
    ),
    both(
        Kind.COMPARATOR_HIGH_NUM_EXAMPLES,
        features(Feature(name="x", type=INT), num_examples_version=Range(0.5, 2.0)),
        split_sizes(train=201),
        split_sizes(train=200),
        previous_version=split_sizes(train=100),
    ),
    Case(
        Kind.COMPARATOR_CONTROL_DATA_MISSING,
        (ONE, x()),
        (ONE, x()),
        {"previous": columns(y=[1])},
        {"previous": columns(x=[1], y=[1])},
    ),
    Case(
        Kind.COMPARATOR_TREATMENT_DATA_MISSING,
        (ONE, x()),
        (ONE, x()),
        {"previous": split_sizes(train=3, eval=3)},
        {"previous": split_sizes(train=3)},
    ),
    Case(
        Kind.SCHEMA_TRAINING_SERVING_SKEW,
        (ONE, x()),
        (ONE, x()),
        {"serving": columns(x=["1", "b"])},
        {"serving": columns(x=[1.5])},
    ),
    both(
        Kind.COMPARATOR_L_INFTY_HIGH,
        limits(STRING, l_infinity=0.1),
        words(300, 700),
        words(500, 500),
        previous=words(500, 500),
    ),
    both(
        Kind.COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH,
        limits(FLOAT, jensen_shannon=0.1),
        line(0.5, 1.5),
        line(0.01, 1.01),
        previous=line(0, 1),
    ),
    both(
        Kind.COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH,
        limits(STRING, normalized_absolute_difference=0.1),
        words(900, 500),
        words(510, 500),
        previous=words(500, 500),
    ),
    both(Kind.COMPARATOR_PSI_HIGH, limits(FLOAT, psi=0.1), line(0.5, 1.5), line(0.01, 1.01), previous=line(0, 1)),
    both(
        Kind.COMPARATOR_WASSERSTEIN_HIGH,
        limits(FLOAT, wasserstein=0.1),
        line(0.5, 1.5),
        line(0.01, 1.01),
        previous=line(0, 1),
    ),
    both(
        Kind.COMPARATOR_KOLMOGOROV_SMIRNOV_HIGH,
        limits(FLOAT, kolmogorov_smirnov=0.1),
        line(0.5, 1.5),
        line(0.01, 1.01),
        previous=line(0, 1),
    ),
    both(
        Kind.COMPARATOR_HELLINGER_HIGH,
        limits(FLOAT, hellinger=0.2),
        line(0.5, 1.5),
        line(0.01, 1.01),
        previous=line(0, 1),
    ),
    edited(Kind.CUSTOM_VALIDATION, ONE, check("x < 3"), check("x <= 3"), tables={"train": ROWS}),
    # the schema itself
    edited(
        Kind.FEATURE_MISSING_NAME,
        ONE,
        loose(Feature(name="x", type=INT), Feature(name="", type=INT)),
        loose(Feature(name="x", type=INT)),
    ),
    edited(
        Kind.FEATURE_MISSING_TYPE,
        ONE,
        loose(Feature(name="x", type=ColumnType.OTHER, min=0)),
        loose(Feature(name="x", type=INT, min=0)),
    ),
    edited(
        Kind.DOMAIN_INVALID_FOR_TYPE,
        ONE,
        loose(Feature(name="x", type=INT, domain=("a",))),
        loose(Feature(name="x", type=STRING, domain=("1", "2", "3"))),
    ),
    edited(
        Kind.INVALID_DOMAIN_SPECIFICATION,
        columns(x=["a"]),
        loose(Feature(name="x", type=STRING, domain=("a", "a"))),
        loose(Feature(name="x", type=STRING, domain=("a", "b"))),
    ),
    edited(
        Kind.INVALID_SCHEMA_SPECIFICATION,
        ONE,
        loose(Feature(name="x", type=INT, presence=1.1)),
        loose(Feature(name="x", type=INT, presence=1.0)),
    ),
    edited(
        Kind.SPARSE_FEATURE_NAME_COLLISION,
        sparse("([1], [2])"),
        replace(SPARSE, strict=False, sparse=(SparseFeature(name="at", index=("at",), value="value"),)),
        SPARSE,
    ),
    edited(
        Kind.WEIGHTED_FEATURE_NAME_COLLISION,
        weighted("([1], [2])"),
        replace(
            WEIGHTED, strict=False, weighted=(WeightedFeature(name="value", feature="value", weight="weight"),)
        ),
        WEIGHTED,
    ),
]


def kinds(case: tuple[Statistics, Schema], options: Mapping[str, Any]) -> list[AnomalyType]:
    return [one.type for one in validate(*case, **options).anomalies]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind)
def test_it_is_raised_and_nothing_else(case):
    found = validate(*case.wrong, **case.options)
    assert {one.type for one in found.anomalies} == {case.kind}
    assert {one.severity for one in found.anomalies} == {CATALOGUE[case.kind].severity}
    for one in found.anomalies:
        assert all([one.found, one.expected, one.edit, one.short_description])
        assert one.description == f"{one.found}; expected {one.expected}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind)
def test_its_near_miss_raises_nothing(case):
    assert kinds(case.near, case.options if case.near_options is None else case.near_options) == []


def test_several_at_once():
    found = validate(columns(x=[-1, None]), x(min=0, presence=1.0))
    assert [one.type.value for one in found.anomalies] == [
        "FEATURE_TYPE_LOW_FRACTION_PRESENT",
        "INT_TYPE_SMALL_INT",
    ]
    (together,) = found.by_feature()
    assert together.type is Kind.MULTIPLE_REASONS
    assert together.edit == "presence: 0.5; min: -1"
    (alone,) = validate(columns(x=[-1, 1]), x(min=0, presence=1.0)).by_feature()
    assert alone.type is Kind.INT_TYPE_SMALL_INT


def test_no_kind_is_forgotten():
    assert {case.kind for case in CASES} | {Kind.MULTIPLE_REASONS} == set(CATALOGUE)
    assert len(CASES) == len({case.kind for case in CASES})


# ----------------------------------------------- the edit that is proposed is one that accepts the data

WORDS = ("none", "leave out", "under", "correct the schema", "domain: add", "severities")
"""Edits that are told in words: nothing to change, something to take away, a list to add to."""


def proposed(case):
    return [one for one in validate(*case.wrong, **case.options).anomalies if not one.edit.startswith(WORDS)]


EDITABLE = [case for case in CASES if proposed(case)]


def edited(schema: Schema, path: str, edit: str) -> Schema:
    """The schema with an edit written into its text, as a person does it."""
    text = yaml.safe_load(schema.to_text())
    place = text["features"].get(path, text)
    change, _, more = edit.partition(";")
    for key, value in yaml.safe_load("{" + change + "}").items():
        if isinstance(value, dict) and isinstance(place.get(key), dict):
            place[key].update(value)
        else:
            place[key] = value
    if more.startswith(" leave out"):
        place.pop(more.split()[-1])
    return Schema.from_text(yaml.safe_dump(text, sort_keys=False))


def test_most_edits_can_be_written_as_they_are():
    assert len(EDITABLE) >= 50


@pytest.mark.parametrize("case", EDITABLE, ids=lambda case: case.kind)
def test_the_edit_accepts_the_data(case):
    for one in proposed(case):
        schema = edited(case.wrong[1], one.path, one.edit)
        assert validate(case.wrong[0], schema, **case.options).anomalies == ()


def test_bytes_need_not_be_text() -> None:
    found = summarize(Table.of_query("SELECT unhex('FFFE') AS x UNION ALL SELECT unhex('6162')"))
    schema = infer(found)
    assert validate(found, schema).anomalies == ()
    assert not update(schema, found)[1].notes
