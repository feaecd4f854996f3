"""Mistakes that validators of data are known for, and that are not made here."""

import pytest

from mainspring.core.errors import InputError
from mainspring.data import ColumnType, DriftLimits, Examples, Feature, Schema, Table, steps, summarize, validate
from mainspring.data.schema import BoolDomain, Range

INT, FLOAT, STRING = ColumnType.INT, ColumnType.FLOAT, ColumnType.STRING


def schema(*features, **options):
    return Schema(features={one.name: one for one in features}, **options)


def types(values, feature, **options):
    return [
        one.type.value
        for one in validate(summarize(Table.from_columns({"x": values})), schema(feature, **options)).anomalies
    ]


def test_the_largest_number_of_rows_is_held_without_a_least_one():
    assert types([1, 2, 3], Feature(name="x", type=INT), max_examples=2) == ["DATASET_HIGH_NUM_EXAMPLES"]


@pytest.mark.parametrize(
    ("unique", "expected"), [(Range(min=2), []), (Range(max=9), []), (Range(min=4), ["FEATURE_TYPE_LOW_UNIQUE"])]
)
def test_a_least_number_of_different_values_is_no_largest_one(unique, expected):
    assert types(["a", "b", "c"], Feature(name="x", type=STRING, unique=unique)) == expected


@pytest.mark.parametrize(
    ("feature", "kind"),
    [
        (Feature(name="x", type=STRING, bool_domain=BoolDomain("yes", "yes")), "INVALID_DOMAIN_SPECIFICATION"),
        (Feature(name="x", type=STRING, domain=("a", "b", "a")), "INVALID_DOMAIN_SPECIFICATION"),
        (Feature(name="x", type=INT, bool_domain=BoolDomain("yes", "no")), "BOOL_TYPE_INVALID_CONFIG"),
    ],
    ids=["equal words for true and false", "a word twice", "words for a flag of numbers"],
)
def test_a_domain_that_contradicts_itself_is_told(feature, kind):
    assert types(["a"], feature, strict=False) == [kind]
    with pytest.raises(InputError):
        schema(feature)


def test_numbers_under_a_flag_of_words_are_told():
    flag = Feature(name="x", type=ColumnType.BOOL, bool_domain=BoolDomain("yes", "no"))
    assert types([0, 1], flag) == ["BOOL_TYPE_INVALID_CONFIG"]


@pytest.mark.parametrize(("inside", "mass"), [(9, 0.9), (7, 0.7), (99, 0.99), (1, 0.1)])
def test_exactly_the_least_mass_is_enough(inside, mass):
    total = 100 if inside == 99 else 10
    words = ["a"] * inside + ["z"] * (total - inside)
    feature = Feature(name="x", type=STRING, domain=("a",), min_domain_mass=mass)
    (one,) = validate(summarize(Table.from_columns({"x": words})), schema(feature)).anomalies
    assert one.severity == "WARNING"


def test_equal_data_with_nan_has_not_drifted():
    table = Table.from_columns({"n": [1]}).sql("SELECT unnest([1.0, 2.0, 'nan'::DOUBLE, 'nan'::DOUBLE]) AS x")
    found = summarize(table)
    limits = schema(Feature(name="x", type=FLOAT, allow_nan=True, drift=DriftLimits(jensen_shannon=0.0)))
    validation = validate(found, limits, previous=found, serving=found)
    assert validation.anomalies == ()
    assert {one.value for one in validation.measurements} == {0.0}


def test_a_feature_without_a_name_is_told():
    unnamed = {"x": Feature(name="x", type=INT), "": Feature(name="", type=INT)}
    found = validate(summarize(Table.from_columns({"x": [1]})), Schema(features=unnamed, strict=False))
    assert [one.type.value for one in found.anomalies] == ["FEATURE_MISSING_NAME"]
    with pytest.raises(InputError, match="name"):
        Schema(features=unnamed)


def test_different_numbers_are_counted_without_asking_beforehand():
    assert types([1, 1, 2], Feature(name="x", type=INT, categorical=True, unique=Range(2, 2))) == []
    assert types([1, 2, 3], Feature(name="x", type=FLOAT, unique=Range(max=2))) == ["FEATURE_TYPE_HIGH_UNIQUE"]


def test_numbers_that_drift_are_seen():
    before, after = (summarize(Table.from_columns({"x": list(range(at, at + 500))})) for at in (0, 250))
    limits = schema(Feature(name="x", type=INT, drift=DriftLimits(jensen_shannon=0.1)))
    assert [one.type.value for one in validate(after, limits, previous=before).anomalies] == [
        "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH"
    ]


def test_a_domain_is_held_beyond_a_thousand_different_numbers():
    feature = Feature(name="x", type=STRING, domain=tuple(map(str, range(10))))
    (one,) = validate(summarize(Table.from_columns({"x": list(range(5000))})), schema(feature)).anomalies
    assert one.type == "ENUM_TYPE_UNEXPECTED_STRING_VALUES"
    assert one.observed == pytest.approx(0.002, abs=0.003)


def test_a_pipeline_takes_slices_and_figures_of_ones_own():
    rows = Table.from_columns({"sex": list("fm") * 10, "mail": [f"{n}@example.org" for n in range(20)]})
    found = steps.statistics(Examples(splits={"train": rows}), slices=["sex"], generators=["recognition"])
    split = found.split("train")
    assert list(split.slices) == ["sex=f", "sex=m"]
    assert "recognition" in split.feature("mail").custom
    wanted = schema(Feature(name="sex", type=STRING), Feature(name="mail", type=INT))
    held = steps.validate(found, wanted, slices=["sex=f"])
    assert [(one.slice, one.type.value) for one in held.anomalies] == [
        ("", "INT_TYPE_NOT_INT_STRING"),
        ("sex=f", "INT_TYPE_NOT_INT_STRING"),
    ]
