"""Validation of whole data sets: columns, sizes, drift, verdicts, reports."""

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.data import (
    ColumnType,
    DriftLimits,
    Feature,
    Schema,
    Table,
    Validation,
    infer,
    summarize,
    validate,
    view,
)


@pytest.fixture
def statistics(tips):
    return summarize({"train": tips.rows(0, 150), "eval": tips.rows(150, 200)})


@pytest.fixture
def schema(statistics):
    return infer(statistics, label="generous")


def kinds(found):
    return [(one.split, one.path, one.type.value, one.severity.value) for one in found.anomalies]


def test_good_data(statistics, schema):
    found = validate(statistics, schema)
    assert found.anomalies == ()
    assert found.verdict.ok
    assert found.properties() == {"ok": True, "errors": 0, "warnings": 0}
    codes = [reason.code for reason in found.verdict.reasons]
    assert codes[0] == "NO_ANOMALIES"
    assert len(codes) == 6  # and one for the drift of each column


def test_new_and_missing_columns(tips, schema):
    table = tips.sql("SELECT bill, size, day AS weekday, smoker, generous FROM this")
    found = validate(summarize(table), schema)
    assert kinds(found) == [
        ("train", "day", "SCHEMA_MISSING_COLUMN", "ERROR"),
        ("train", "weekday", "SCHEMA_NEW_COLUMN", "WARNING"),
    ]
    assert found.errors[0].found == "the column is not there; there is a new column 'weekday'"
    assert not found.verdict.ok
    optional = schema.with_feature(Feature(name="day", type=ColumnType.STRING, required=False))
    assert validate(summarize(table), optional).verdict.ok


def test_environments(tips, schema):
    table = summarize({"rows": tips.drop(["generous"])})
    assert kinds(validate(table, schema)) == [("rows", "generous", "SCHEMA_MISSING_COLUMN", "ERROR")]
    assert validate(table, schema, environment="SERVING").anomalies == ()
    with pytest.raises(InputError, match="no environment 'PRODUCTION'"):
        validate(table, schema, environment="PRODUCTION")


@pytest.mark.parametrize(
    ("least", "most", "wanted"),
    [
        (200, 200, []),
        (201, None, ["DATASET_LOW_NUM_EXAMPLES"]),
        (None, 199, ["DATASET_HIGH_NUM_EXAMPLES"]),
    ],
)
def test_sizes(tips, least, most, wanted):
    features = {column.name: Feature(name=column.name, type=column.type) for column in tips.columns}
    schema = Schema(features=features, min_examples=least, max_examples=most)
    assert [one.type.value for one in validate(summarize(tips), schema).anomalies] == wanted


def test_no_rows(tips, schema):
    found = validate(summarize({"train": tips, "eval": tips.rows(0, 0)}), schema)
    assert kinds(found) == [("eval", "", "DATASET_LOW_NUM_EXAMPLES", "ERROR")]


def test_one_bad_cell_stops_the_run(tips, schema):
    cells = ["" if bill is None else str(bill) for bill in tips.to_columns()["bill"]]
    cells[17] = "12,50"
    table = Table.from_columns({**tips.to_columns(), "bill": [cell or None for cell in cells]})
    found = validate(summarize({"train": table.rows(0, 100), "eval": table.rows(100, 200)}), schema)
    assert kinds(found) == [("train", "bill", "FLOAT_TYPE_STRING_NOT_FLOAT", "ERROR")]
    assert "'12,50' (row 18)" in str(found)
    assert found.verdict.failures[0].subject == "bill | train"


def days(*counts):
    words = [word for word, count in zip(("Thu", "Fri", "Sat"), counts, strict=True) for _ in range(count)]
    return summarize(Table.from_columns({"day": words, "bill": list(np.linspace(1, 2, len(words)))}))


def test_drift_from_the_data_before():
    before, after = days(400, 300, 300), days(100, 600, 300)
    schema = infer(before)
    found = validate(after, schema, previous=before)
    assert kinds(found) == [("train", "day", "COMPARATOR_L_INFTY_HIGH", "ERROR")]
    assert found.errors[0].found.startswith("L-infinity distance 0.3000 from previous train, most at ")
    assert found.errors[0].edit == "drift: {l_infinity: 0.3001}"
    accepted = schema.with_feature(Feature(name="day", type=ColumnType.STRING, drift=DriftLimits(0.3001)))
    again = validate(after, accepted, previous=before)
    assert again.verdict.ok
    assert [(one.path, round(one.value, 6)) for one in again.measurements] == [("day", 0.3), ("bill", 0.0)]


def test_drift_of_numbers_and_between_splits():
    before = summarize(Table.from_columns({"x": list(np.linspace(0, 1, 500))}))
    after = summarize(Table.from_columns({"x": list(np.linspace(0.5, 1.5, 500))}))
    assert kinds(validate(after, infer(before), previous=before)) == [
        ("train", "x", "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH", "ERROR")
    ]
    both = summarize(
        {
            "train": Table.from_columns({"x": list(np.linspace(0, 1, 500))}),
            "eval": Table.from_columns({"x": list(np.linspace(0.5, 1.5, 500))}),
        }
    )
    found = validate(both, infer(both))
    assert kinds(found) == [("eval", "x", "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH", "WARNING")]
    assert found.verdict.ok


def test_nothing_before_to_compare_with(tips, schema):
    previous = summarize({"train": tips.drop(["day"])})
    found = validate(summarize({"train": tips, "eval": tips}), schema, previous=previous)
    assert kinds(found) == [
        ("train", "day", "COMPARATOR_CONTROL_DATA_MISSING", "WARNING"),
        ("eval", "", "COMPARATOR_CONTROL_DATA_MISSING", "WARNING"),
    ]


def test_equal_data_has_not_drifted(statistics, schema):
    found = validate(statistics, schema, previous=statistics)
    assert found.anomalies == ()
    assert len(found.measurements) == 15
    assert all(one.value == 0 for one in found.measurements if one.between[0].startswith("previous"))


def test_the_report():
    before, after = days(400, 300, 300), days(100, 600, 300)
    found = validate(after, infer(before), previous=before)
    text = str(found).replace(f"{found.measurements[0].adjusted_p:.2g}", "P")
    assert text == (
        "1 error, 0 warnings in TRAINING data (train 1,000 rows)\n"
        "ERROR   train / day: COMPARATOR_L_INFTY_HIGH\n"
        "        found      L-infinity distance 0.3000 from previous train, most at 'Thu' "
        "(1,000 and 1,000 rows, adjusted p P)\n"
        "        expected   at most 0.1\n"
        "        to accept  drift: {l_infinity: 0.3001}\n"
        "drift from previous train to train, the largest of 2 columns:\n"
        "  day   l_infinity      0.3000  limit 0.1  DRIFTED\n"
        "  bill  jensen_shannon  0.0000  limit 0.1"
    )


def test_saved_and_loaded(tmp_path):
    before, after = days(400, 300, 300), days(100, 600, 300)
    found = validate(after, infer(before), previous=before)
    found.save(tmp_path)
    assert Validation.load(tmp_path) == found
    assert (tmp_path / "report.txt").read_text(encoding="utf-8") == str(found) + "\n"
    first = (tmp_path / "validation.json").read_bytes()
    Validation.load(tmp_path).save(tmp_path)
    assert (tmp_path / "validation.json").read_bytes() == first


def test_rows_may_be_given_instead_of_their_statistics() -> None:
    rows = Table.from_columns({"fare": [1.0, -2.0]})
    schema = Schema.from_text("features: {fare: {type: FLOAT, min: 0}}\nchecks: {some: {sql: fare < 9}}\n")
    found = validate(rows, schema, previous=rows)
    assert str(found) == str(validate(summarize(rows), schema, previous=summarize(rows), tables={"train": rows}))
    assert found.anomalies[0].examples[0].row == 2
    assert list(validate({"eval": rows}, schema).rows) == ["eval"]
    assert infer(rows) == infer(summarize(rows))
    assert view({"a": rows, "b": summarize(rows)}).html
    assert view(rows).html
    for asked in (
        lambda: validate(5, schema),
        lambda: infer([1]),
        lambda: summarize({"a": [1]}),
        lambda: view("x"),
    ):
        with pytest.raises(InputError, match="is no data set"):
            asked()
