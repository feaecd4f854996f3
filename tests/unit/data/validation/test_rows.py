"""Validation row by row: which rows, for which reasons, in agreement with the validation of statistics."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.data import ColumnType, Feature, Schema, Table, engine, summarize, validate
from mainspring.data.schema import BoolDomain, ImageDomain, Range, SqlCheck, Stage, TimeDomain, ValueCount
from mainspring.data.validation import Severity, validate_rows

INT, FLOAT, STRING, BOOL, BYTES = (
    ColumnType.INT,
    ColumnType.FLOAT,
    ColumnType.STRING,
    ColumnType.BOOL,
    ColumnType.BYTES,
)


def features(*found: Feature, **options) -> Schema:
    return Schema(features={one.name: one for one in found}, **options)


def rows(values: str) -> Table:
    return Table.from_columns({"n": [1]}).sql(f"SELECT unnest({values}) AS x")


def wrong(values: str | Table, type_=INT, **expected):
    """The numbers of the rows that are wrong, with their reasons."""
    table = rows(values) if isinstance(values, str) else values
    report = validate_rows(table, features(Feature(name="x", type=type_, **expected)))
    found = report.rows.to_columns()
    return list(zip(found["row"], (text.replace("x: ", "") for text in found["reasons"]), strict=True))


@pytest.mark.parametrize(
    ("values", "expected", "found"),
    [
        ("[1, NULL, 3]", {"presence": 1.0}, [(2, "FEATURE_TYPE_LOW_FRACTION_PRESENT")]),
        ("[1, NULL, 3]", {"presence": 0.9}, []),
        ("[1, -1, 9]", {"min": 0, "max": 5}, [(2, "INT_TYPE_SMALL_INT"), (3, "INT_TYPE_BIG_INT")]),
        ("[1.0, 2.5]", {}, [(2, "UNEXPECTED_DATA_TYPE")]),
        ("['1', 'a', '7']", {"max": 5}, [(2, "INT_TYPE_NOT_INT_STRING"), (3, "INT_TYPE_BIG_INT")]),
        (
            "['1', 'a', '7.5']",
            {"type_": FLOAT, "max": 5},
            [(2, "FLOAT_TYPE_STRING_NOT_FLOAT"), (3, "FLOAT_TYPE_BIG_FLOAT")],
        ),
        ("[true]", {}, [(1, "INT_TYPE_INT_EXPECTED")]),
        ("[true]", {"type_": FLOAT}, [(1, "FLOAT_TYPE_NOT_FLOAT")]),
        (
            "[1.5, 'nan'::DOUBLE, 'inf'::DOUBLE]",
            {"type_": FLOAT, "max": 9},
            [(2, "FLOAT_TYPE_HAS_NAN"), (3, "FLOAT_TYPE_HAS_INF")],
        ),
        ("[1.5, 'nan'::DOUBLE, 'inf'::DOUBLE]", {"type_": FLOAT, "allow_nan": True, "allow_inf": True}, []),
        ("['a', 'b']", {"type_": STRING, "domain": ("a",)}, [(2, "ENUM_TYPE_UNEXPECTED_STRING_VALUES")]),
        ("['{v}', 'it''s']", {"type_": STRING, "domain": ("{v}",)}, [(2, "ENUM_TYPE_UNEXPECTED_STRING_VALUES")]),
        ("[1, 2]", {"type_": STRING, "domain": ("1",)}, [(2, "ENUM_TYPE_UNEXPECTED_STRING_VALUES")]),
        ("[1.0, 2.0]", {"type_": STRING, "domain": ("1",)}, [(2, "ENUM_TYPE_UNEXPECTED_STRING_VALUES")]),
        (
            "['a', 'abcd']",
            {"type_": STRING, "length": Range(2, 3)},
            [(1, "STRING_TYPE_TOO_SHORT"), (2, "STRING_TYPE_TOO_LONG")],
        ),
        (
            "['2020-01-31', '31.1.2020', NULL]",
            {"type_": STRING, "time": TimeDomain("%Y-%m-%d")},
            [(2, "TIME_TYPE_UNEXPECTED_FORMAT")],
        ),
        ("[0, 1, 2, -1]", {"bool_domain": BoolDomain()}, [(3, "BOOL_TYPE_BIG_INT"), (4, "BOOL_TYPE_SMALL_INT")]),
        (
            "['yes', 'y']",
            {"type_": BOOL, "bool_domain": BoolDomain("yes", "no")},
            [(2, "BOOL_TYPE_UNEXPECTED_STRING")],
        ),
        ("[0.0, 0.5]", {"type_": FLOAT, "bool_domain": BoolDomain()}, [(2, "BOOL_TYPE_UNEXPECTED_FLOAT")]),
        ("[1]", {"type_": BOOL}, [(1, "UNEXPECTED_DATA_TYPE")]),
        (
            "['abc'::BLOB]",
            {"type_": BYTES, "image": ImageDomain(max_bytes=2)},
            [(1, "MAX_IMAGE_BYTE_SIZE_EXCEEDED")],
        ),
        (
            "[[1], [1, 2], NULL, []]",
            {"value_counts": (ValueCount(1, 1),)},
            [(2, "FEATURE_TYPE_HIGH_NUMBER_VALUES"), (4, "FEATURE_TYPE_LOW_NUMBER_VALUES")],
        ),
        ("[[1], [1, 9]]", {"value_counts": (ValueCount(),), "max": 5}, [(2, "INT_TYPE_BIG_INT")]),
        (
            "[[[1], [9, 1]], [[], [2]]]",
            {"value_counts": (ValueCount(), ValueCount(min=1)), "max": 5},
            [(1, "INT_TYPE_BIG_INT"), (2, "FEATURE_TYPE_LOW_NUMBER_VALUES")],
        ),
        ("[[1], [2]]", {}, [(1, "FEATURE_TYPE_UNEXPECTED_REPEATED"), (2, "FEATURE_TYPE_UNEXPECTED_REPEATED")]),
        ("[1]", {"value_counts": (ValueCount(),)}, [(1, "VALUE_NESTEDNESS_MISMATCH")]),
        ("[[1, 2], [1], NULL]", {"shape": (2,)}, [(2, "INVALID_FEATURE_SHAPE"), (3, "INVALID_FEATURE_SHAPE")]),
        (
            "[[[1, 2], [3, 4]], [[1, 2]]]",
            {"shape": (4,), "tags": ("embedding",)},
            [(2, "EMBEDDING_SHAPE_INVALID")],
        ),
        ("['?']", {"type_": ColumnType.OTHER}, []),
        ("['?']", {"stage": Stage.ALPHA}, []),
    ],
)
def test_rows_and_reasons(values, expected, found):
    assert wrong(values, **expected) == found


def test_fields_of_structures():
    table = rows("[{'age': 5, 'pets': [{'legs': 4}]}, {'age': -1, 'pets': [{'legs': 4}, {'legs': 5}]}]")
    schema = features(
        Feature(name="x", type=ColumnType.STRUCT),
        Feature(name="x.age", type=INT, min=0),
        Feature(name="x.pets", type=ColumnType.STRUCT, value_counts=(ValueCount(),)),
        Feature(name="x.pets.legs", type=INT, max=4, value_counts=(ValueCount(),)),
    )
    report = validate_rows(table, schema)
    assert report.rows.select(["row", "reasons"]).to_columns() == {
        "row": [2],
        "reasons": ["x.age: INT_TYPE_SMALL_INT; x.pets.legs: INT_TYPE_BIG_INT"],
    }


@pytest.fixture
def report():
    table = Table.from_columns(
        {"age": [39, -1, 50, 200, -5], "job": ["clerk", "smith", None, "thief", "clerk"], "row": [0, 0, 0, 0, 0]}
    )
    schema = features(
        Feature(name="age", type=INT, min=0, max=120),
        Feature(name="job", type=STRING, presence=1.0, domain=("clerk", "smith"), min_domain_mass=0.5),
        Feature(name="row", type=INT),
        checks=(SqlCheck(name="odd", sql="age % 2 = 1", description="ages are odd", severity="WARNING"),),
    )
    return validate_rows(table, schema, origin=np.array([11, 12, 13, 14, 15]))


def test_the_report(report):
    assert report.num_rows == 5
    assert report.num_errors == 4
    assert not report.blessed
    assert [(one.path, one.type.value, one.severity.value, one.rows) for one in report.reasons] == [
        ("age", "INT_TYPE_SMALL_INT", "ERROR", 2),
        ("age", "INT_TYPE_BIG_INT", "ERROR", 1),
        ("job", "FEATURE_TYPE_LOW_FRACTION_PRESENT", "ERROR", 1),
        ("check 'odd'", "CUSTOM_VALIDATION", "WARNING", 4),
        ("job", "ENUM_TYPE_UNEXPECTED_STRING_VALUES", "WARNING", 1),
    ]
    assert [(one.row, dict(one.values)) for one in report.reasons[0].examples] == [
        (12, {"age": "-1"}),
        (15, {"age": "-5"}),
    ]
    assert str(report).startswith(
        "4 rows are not as the schema says (4 rows have errors) of 5 rows of TRAINING data\n"
        "ERROR   age: INT_TYPE_SMALL_INT\n"
        "        found      2 rows\n"
        "        expected   at least 0\n"
        "        such as    row 12: age = -1\n"
        "                   row 15: age = -5\n"
    )
    assert report.as_dict()["num_offending"] == 4


def test_the_rows_that_are_wrong_can_be_written_out(report, tmp_path):
    assert report.rows.names == ("_row", "reasons", "age", "job", "row")
    assert report.rows.to_columns()["_row"] == [12, 13, 14, 15]
    report.write(tmp_path / "wrong.csv")
    report.write(tmp_path / "wrong.parquet")
    assert (tmp_path / "wrong.csv").read_text().splitlines()[:2] == [
        "_row,reasons,age,job,row",
        "12,age: INT_TYPE_SMALL_INT; check 'odd': CUSTOM_VALIDATION,-1,smith,0",
    ]
    assert Table.read_parquet(tmp_path / "wrong.parquet").to_columns() == report.rows.to_columns()
    with pytest.raises(InputError, match=r"ends in \.csv or \.parquet"):
        report.write(tmp_path / "wrong.txt")


def test_columns_that_are_not_there():
    schema = features(Feature(name="x", type=INT), Feature(name="y", type=INT, absent_in=("SERVING",)))
    found = validate_rows(rows("[1]"), schema)
    assert [(one.path, one.type.value) for one in found.columns] == [("y", "SCHEMA_MISSING_COLUMN")]
    assert not found.blessed
    assert validate_rows(rows("[1]"), schema, environment="SERVING").blessed
    with pytest.raises(InputError, match="no environment 'NOWHERE'"):
        validate_rows(rows("[1]"), schema, environment="NOWHERE")


def test_nothing_wrong_and_nothing_there():
    schema = features(Feature(name="x", type=INT))
    for table in (rows("[1, 2]"), rows("[]::INTEGER[]")):
        found = validate_rows(table, schema)
        assert (found.blessed, found.reasons, found.rows.num_rows, found.num_errors) == (True, (), 0, 0)


def test_as_bad_as_the_schema_says():
    mild = features(Feature(name="x", type=INT, max=1, severities={"INT_TYPE_BIG_INT": "WARNING"}))
    (one,) = validate_rows(rows("[1, 2]"), mild).reasons
    assert one.severity is Severity.WARNING
    ignored = features(Feature(name="x", type=INT, max=1), severities={"INT_TYPE_BIG_INT": "IGNORE"})
    assert validate_rows(rows("[1, 2]"), ignored).reasons == ()


def test_checks_that_no_row_can_answer():
    checks = (
        SqlCheck(name="all", sql="SELECT max(x) < 3 FROM this"),
        SqlCheck(name="unknown", sql="y > 3"),
        SqlCheck(name="stops", sql="CAST('a' || x AS INTEGER) = 1"),
        SqlCheck(name="low", sql="x < 2"),
    )
    found = validate_rows(rows("[1, 2]"), features(Feature(name="x", type=INT), checks=checks))
    assert {one.name: one.severity.value for one in found.not_evaluated} == {
        "check 'all'": "WARNING",
        "check 'unknown'": "ERROR",
        "check 'stops'": "ERROR",
    }
    assert [(one.path, one.rows) for one in found.reasons] == [("check 'low'", 1)]


def test_the_table_is_scanned_once(monkeypatch):
    table = rows("[1, 2, 3]")
    asked = []
    of = engine.Relation.of
    monkeypatch.setattr(engine.Relation, "of", lambda sql, **more: asked.append(sql) or of(sql, **more))
    schema = features(
        Feature(name="x", type=INT, min=0, max=2, presence=1.0), checks=(SqlCheck(name="c", sql="x < 3"),)
    )
    assert validate_rows(table, schema).rows.num_rows == 1
    assert len([sql for sql in asked if table.query() in sql]) == 1


SCHEMAS = [
    (INT, {"min": -2, "max": 2, "presence": 1.0}),
    (FLOAT, {"min": -2, "max": 2}),
    (FLOAT, {"allow_nan": True, "max": 1}),
    (STRING, {"domain": ("1", "a"), "length": Range(1, 2)}),
    (STRING, {"time": TimeDomain("%Y")}),
    (STRING, {"time": TimeDomain("%Q")}),
    (INT, {"bool_domain": BoolDomain()}),
    (BOOL, {}),
    (BOOL, {"bool_domain": BoolDomain("a", "b")}),
    (FLOAT, {"bool_domain": BoolDomain()}),
    (INT, {"value_counts": (ValueCount(1, 2),)}),
]
VALUES = st.one_of(
    st.lists(st.none() | st.integers(-4, 4)),
    st.lists(st.none() | st.sampled_from([-3.0, -0.5, 0.0, 1.0, 2.5, float("inf")])),
    st.lists(st.none() | st.sampled_from(["", "1", "2", "1.5", "a", "b", "abc", "2020", "true"])),
    st.lists(st.none() | st.booleans()),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(VALUES, st.sampled_from(SCHEMAS))
def test_rows_and_statistics_agree(values, wanted):
    if not any(value is not None for value in values):
        return
    type_, expected = wanted
    table = Table.from_columns({"x": values})
    schema = features(Feature(name="x", type=type_, **expected))
    of_rows = {one.type.value for one in validate_rows(table, schema).reasons}
    of_all = {one.type.value for one in validate(summarize(table), schema).anomalies}
    # Where all values are of another type, the statistics say just that.
    assert bool(of_rows) == bool(of_all)
    assert of_all <= of_rows
    types = {
        "UNEXPECTED_DATA_TYPE",
        "INT_TYPE_NOT_INT_STRING",
        "FLOAT_TYPE_STRING_NOT_FLOAT",
        "VALUE_NESTEDNESS_MISMATCH",
    }
    assert of_all == of_rows or (of_all | of_rows) & types


def test_columns_called_like_ours():
    table = Table.from_columns({"origin": [1, -1], "place": [1, 1], "reasons": ["a", "b"]})
    schema = features(Feature(name="origin", type=INT, min=0))
    found = validate_rows(table, schema, origin=np.array([8, 9]))
    assert found.rows.to_columns() == {
        "row": [9],
        "_reasons": ["origin: INT_TYPE_SMALL_INT"],
        "origin": [-1],
        "place": [1],
        "reasons": ["b"],
    }
