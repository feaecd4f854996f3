"""The report of a validation: for people, for machines, in files of today and of before."""

import json

import pytest

from mainspring.data import (
    Anomaly,
    AnomalyType,
    ColumnType,
    Feature,
    Schema,
    Table,
    Validation,
    summarize,
    validate,
)
from mainspring.data.schema import SqlCheck
from mainspring.data.validation import ExampleRow, NotEvaluated, Severity

OLD = """{
 "environment": "TRAINING",
 "rows": {"train": 3},
 "anomalies": [{
  "path": "x", "split": "train", "type": "INT_TYPE_SMALL_INT", "severity": "ERROR",
  "found": "the least value is -1", "expected": "at least 0", "edit": "min: -1", "observed": -1.0, "limit": 0.0
 }],
 "measurements": [{
  "path": "x", "between": ["previous train", "train"],
  "metric": "jensen_shannon", "value": 0.0, "limit": 0.1,
  "distances": {"l_infinity": null, "at": null,
   "jensen_shannon": 0.0, "psi": 0.0, "p_value": 1.0, "sizes": [3, 3]},
  "adjusted_p": 1.0, "drifted": false
 }]
}"""


@pytest.fixture
def found():
    rows = Table.from_columns({"x": [1, -1, 2], "y": ["a", "b", None]})
    schema = Schema(
        features={"x": Feature(name="x", type=ColumnType.INT, min=0), "z": Feature(name="z", type=ColumnType.INT)},
        checks=(SqlCheck(name="c", sql="nothing > 3"),),
    )
    return validate(summarize(rows), schema, tables={"train": rows}, slices=["x=1"])


def test_json(found):
    told = json.loads(json.dumps(found.as_dict()))
    assert told["blessed"] is False
    assert told["anomalies"][1] == {
        "path": "x",
        "type": "INT_TYPE_SMALL_INT",
        "severity": "ERROR",
        "short_description": "Value too small",
        "description": "the least value is -1; expected at least 0",
        "split": "train",
        "slice": "",
        "found": "the least value is -1",
        "expected": "at least 0",
        "edit": "min: -1",
        "observed": -1.0,
        "limit": 0.0,
        "examples": [{"row": 2, "values": {"x": "-1"}}],
    }
    assert [one["name"] for one in told["not_evaluated"]] == ["slice 'x=1'", "check 'c'"]


def test_the_whole_text(found):
    text, reason = str(found).rsplit("because", 1)
    assert 'column "nothing" not found' in reason
    assert text == (
        "2 errors, 1 warning, 2 not evaluated in TRAINING data (train 3 rows)\n"
        "ERROR   train / z: SCHEMA_MISSING_COLUMN\n"
        "        found      the column is not there\n"
        "        expected   a column 'z' of type INT\n"
        "        to accept  required: false\n"
        "ERROR   train / x: INT_TYPE_SMALL_INT\n"
        "        found      the least value is -1\n"
        "        expected   at least 0\n"
        "        such as    row 2: x = -1\n"
        "        to accept  min: -1\n"
        "WARNING train / y: SCHEMA_NEW_COLUMN\n"
        "        found      a column of type STRING that the schema does not name; it is not used\n"
        "        expected   the columns of the schema\n"
        "        to accept  under features, add 'y': {type: STRING}\n"
        "ERROR   slice 'x=1': not evaluated\n"
        "        because    the statistics do not have this slice\n"
        "ERROR   check 'c' in train: not evaluated\n"
        "        "
    )


def test_long_lines_are_broken_where_asked(found):
    lines = found.describe(width=60).splitlines()
    assert max(map(len, lines)) <= 60
    assert "        found      a column of type STRING that the schema" in lines
    assert "                   does not name; it is not used" in lines


def test_many_of_one_kind_are_told_together():
    schema = Schema(features={"x": Feature(name="x", type=ColumnType.INT)})
    rows = Table.from_columns({"x": [1], **{f"n{place:03}": [1] for place in range(40)}})
    found = validate(summarize(rows), schema)
    lines = str(found).splitlines()
    assert sum("SCHEMA_NEW_COLUMN" in line for line in lines) == 11
    assert lines[-2] == "WARNING train: 30 more SCHEMA_NEW_COLUMN"
    assert lines[-1].startswith("        in         n010, n011, ")
    assert lines[-1].endswith("n029 …")
    assert len(found.anomalies) == 40


def test_saved_and_loaded(found, tmp_path):
    found.save(tmp_path)
    assert Validation.load(tmp_path) == found
    assert (tmp_path / "report.txt").read_text(encoding="utf-8") == str(found) + "\n"


def test_files_of_before_are_read(tmp_path):
    (tmp_path / "validation.json").write_text(OLD, encoding="utf-8")
    found = Validation.load(tmp_path)
    assert found.anomalies == (
        Anomaly(
            path="x",
            split="train",
            type=AnomalyType.INT_TYPE_SMALL_INT,
            found="the least value is -1",
            expected="at least 0",
            edit="min: -1",
            observed=-1.0,
            limit=0.0,
        ),
    )
    assert (found.not_evaluated, found.slices, found.anomalies[0].examples) == ((), (), ())
    assert len(found.measurements) == 1
    assert not found.blessed


def test_what_is_told_of_one():
    assert str(ExampleRow(1200, {"x": "3", "y": "a"})) == "row 1,200: x = 3, y = a"
    lacking = NotEvaluated(name="check 'c'", reason="why", severity=Severity.WARNING)
    assert str(lacking) == "WARNING check 'c': not evaluated\n        because    why"


def test_names_of_several_lines_take_one():
    rows = Table.from_columns({"a\nb": ["x\ny", "ok"]})
    schema = Schema(features={"a\nb": Feature(name="a\nb", type=ColumnType.STRING, domain=("ok",))})
    found = validate(summarize(rows), schema, tables={"train": rows})
    assert "ERROR   train / a\\nb: ENUM_TYPE_UNEXPECTED_STRING_VALUES\n" in str(found)
    assert "row 1: a\\nb = x\\ny\n" in str(found)


def test_no_rows_at_all():
    rows = Table.from_columns({"x": [1]}).rows(0, 0)
    schema = Schema(features={"x": Feature(name="x", type=ColumnType.INT)})
    found = validate(summarize({"train": rows, "eval": rows}), schema)
    assert str(found).splitlines()[1] == "ERROR   train and eval: NO_DATA_IN_SPAN"


def test_skew_is_called_so():
    rows = summarize(Table.from_columns({"x": [1, 2]}))
    schema = Schema(features={"x": Feature(name="x", type=ColumnType.INT)})
    assert "skew from serving train to train: none in 1 column" in str(validate(rows, schema, serving=rows))
