"""What callers may send, and what they are told when they send something else."""

from __future__ import annotations

import pickle
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.models.signature import BadInputError, Field, Signature

TAXI = Signature.of(
    [
        Field("fare", "FP64"),
        Field("seconds", "INT64", nullable=False),
        Field("shared", "BOOL"),
        Field("company", "BYTES", domain=("Blue", "Red")),
        Field("note", "BYTES", required=False),
    ],
    classes=("no", "yes"),
)

ROW = {"fare": 7.5, "seconds": 300, "shared": True, "company": "Blue"}


def problems(rows, **options):
    with pytest.raises(BadInputError) as caught:
        TAXI.columns(rows, **options)
    return caught.value


def test_rows_become_columns_in_any_order():
    backwards = dict(reversed(ROW.items()))
    columns = TAXI.columns([ROW, backwards, {**ROW, "fare": 3, "company": None, "note": "x"}])
    assert list(columns) == ["fare", "seconds", "shared", "company", "note"]
    assert columns["fare"].tolist() == [7.5, 7.5, 3.0]
    assert columns["fare"].dtype == np.float64
    assert columns["seconds"].tolist() == [300.0, 300.0, 300.0]
    assert columns["shared"].tolist() == [1.0, 1.0, 1.0]
    assert columns["company"].tolist() == ["Blue", "Blue", None]
    assert columns["note"].tolist() == [None, None, "x"]


def test_null_and_nan_mean_missing():
    columns = TAXI.columns([{**ROW, "fare": None}, {**ROW, "fare": float("nan")}])
    assert np.isnan(columns["fare"]).all()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("fare", "7.5"),
        ("fare", True),
        ("fare", float("inf")),
        ("fare", [1.0]),
        ("fare", {}),
        ("seconds", 1.5),
        ("seconds", "300"),
        ("seconds", 2**63),
        ("seconds", False),
        ("shared", 1),
        ("shared", "true"),
        ("company", 3),
        ("company", b"Blue"),
        ("fare", np.zeros(3)),
    ],
)
def test_a_wrong_type_names_column_row_value_and_what_was_expected(column, value):
    (problem,) = problems([ROW, {**ROW, column: value}]).problems
    assert (problem.code, problem.column, problem.row) == ("WRONG_TYPE", column, 1)
    assert problem.value == repr(value)
    assert problem.expected


def test_the_error_reads_well():
    error = problems([{**ROW, "fare": "abc"}])
    assert "row 0, column 'fare' holds 'abc'; expected a finite number or null" in str(error)
    assert isinstance(error, InputError)
    assert error.as_dict()["problems"][0]["column"] == "fare"


def test_whole_numbers_may_be_large_or_written_with_a_point():
    columns = TAXI.columns([{**ROW, "seconds": 2**53 + 2}, {**ROW, "seconds": 60.0}, {**ROW, "seconds": -(2**63)}])
    assert columns["seconds"].tolist() == [2.0**53 + 2, 60.0, -(2.0**63)]


def test_a_number_beyond_any_float_is_refused_even_beside_floats():
    (problem,) = problems([{**ROW, "fare": 10**400}, ROW]).problems
    assert (problem.code, problem.column, problem.row) == ("WRONG_TYPE", "fare", 0)


def test_an_unknown_column_is_refused_with_the_closest_name():
    (problem,) = problems([{**ROW, "fair": 1.0}]).problems
    assert problem.code == "UNKNOWN_COLUMN"
    assert problem.expected.startswith("perhaps 'fare'; known columns: fare, seconds")


def test_unknown_columns_can_be_ignored():
    assert "label" not in TAXI.columns([{**ROW, "label": "yes"}], ignore=["label"])
    assert "anything" not in TAXI.columns([{**ROW, "anything": 1}], ignore_unknown=True)


def test_a_missing_column_is_told_once():
    rows = [{name: value for name, value in ROW.items() if name != "company"}] * 3
    (problem,) = problems(rows).problems
    assert (problem.code, problem.column, problem.row) == ("MISSING_COLUMN", "company", 0)


def test_a_value_that_may_not_be_missing():
    (problem,) = problems([{**ROW, "seconds": None}]).problems
    assert (problem.code, problem.column) == ("MISSING_VALUE", "seconds")


def test_all_problems_at_once_and_a_count_of_the_rest():
    error = problems([{**ROW, "fare": "x", "company": 1}] * 30)
    assert error.total == 60
    assert len(error.problems) == 20
    assert "and 40 more" in str(error)


def test_a_row_that_is_no_object():
    error = problems([ROW, [1, 2]])
    assert error.problems[0].code == "WRONG_ROW"


def test_no_rows_give_empty_columns():
    assert {name: len(column) for name, column in TAXI.columns([]).items()} == dict.fromkeys(TAXI.names, 0)


def test_columns_as_lists():
    lists = {"company": ["Red", None], "fare": np.array([1.0, np.nan]), "seconds": [1, 2], "shared": [None, False]}
    columns = TAXI.columns_from_lists(lists)
    assert columns["fare"].tolist()[0] == 1.0
    assert columns["note"].tolist() == [None, None]
    with pytest.raises(BadInputError, match="holds 1; expected 2 values"):
        TAXI.columns_from_lists({**lists, "fare": [1.0]})
    with pytest.raises(BadInputError, match="column 'fare' is not there"):
        TAXI.columns_from_lists({name: lists[name] for name in ("company", "seconds", "shared")})


def test_json_round_trip():
    assert Signature.from_json(TAXI.to_json()) == TAXI
    regression = Signature.of([Field("x", "FP64")], classes=None)
    assert Signature.from_json(regression.to_json()) == regression
    assert regression.outputs[0].name == "prediction"
    with pytest.raises(InputError, match="not a signature"):
        Signature.from_dict({"inputs": []})


def test_an_error_survives_a_process_boundary():
    error = problems([{**ROW, "fare": "x"}])
    again = pickle.loads(pickle.dumps(error))
    assert again.problems == error.problems
    assert str(again) == str(error)


def test_from_a_transform():
    column = lambda name, kind: SimpleNamespace(name=name, type=kind)  # noqa: E731 - a local word
    transform = SimpleNamespace(
        inputs=[column("age", "INT"), column("city", "STRING"), column("ok", "BOOL"), column("at", "TIMESTAMP")],
        classes=("a", "b", "c"),
        steps=[SimpleNamespace(column="age"), SimpleNamespace(column="city", vocabulary=("x", "y"))],
    )
    signature = Signature.from_transform(transform, not_nullable={"age"})
    assert [(f.name, f.datatype, f.nullable, f.domain) for f in signature.inputs] == [
        ("age", "INT64", False, None),
        ("city", "BYTES", True, ("x", "y")),
        ("ok", "BOOL", True, None),
        ("at", "BYTES", True, None),
    ]
    assert [(f.name, f.shape) for f in signature.outputs] == [("label", (-1,)), ("probabilities", (-1, 3))]


def test_what_breaks_callers():
    changed = Signature.of(
        [
            Field("fare", "INT64"),
            Field("seconds", "FP64"),
            Field("company", "BYTES", nullable=False),
            Field("a", "FP64"),
        ],
        classes=("no", "yes", "perhaps"),
    )
    assert TAXI.breaks(TAXI) == ()
    assert set(TAXI.breaks(changed)) == {
        "the classes are 'no', 'yes', 'perhaps', were 'no', 'yes'",
        "column 'shared' is not read any more",
        "column 'note' is not read any more",
        "column 'fare' is INT64, was FP64",
        "column 'company' may not be missing any more",
        "column 'a' is new and required",
    }


values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.lists(st.integers(), max_size=2)
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.dictionaries(st.sampled_from([*TAXI.names, "strange"]), values), max_size=5))
def test_any_json_is_read_or_refused_with_a_typed_error(rows):
    try:
        columns = TAXI.columns(rows)
    except BadInputError:
        return
    assert all(len(column) == len(rows) for column in columns.values())
    for field in TAXI.inputs:
        assert columns[field.name].dtype == (object if field.datatype == "BYTES" else np.float64)
