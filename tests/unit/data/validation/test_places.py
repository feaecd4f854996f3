"""Environments, stages, slices, severities, skew: where and how strictly data is held to its schema."""

from dataclasses import replace

import pytest

from mainspring.core.errors import InputError
from mainspring.data import ColumnType, DriftLimits, Feature, Schema, Statistics, Table, summarize, validate
from mainspring.data.schema import Stage

INT, STRING = ColumnType.INT, ColumnType.STRING


def schema(*features, **options):
    return Schema(features={one.name: one for one in features}, **options)


def columns(**values):
    return summarize(Table.from_columns(values))


def kinds(found):
    return [(one.split, one.slice, one.path, one.type.value, one.severity.value) for one in found.anomalies]


def sliced(whole, **slices):
    parts = {name: part.split("train") for name, part in slices.items()}
    return Statistics({"train": replace(whole.split("train"), slices=parts)})


def test_environments():
    label = Feature(name="y", type=INT, absent_in=("SERVING",))
    logged = Feature(name="at", type=INT, present_in=("SERVING",))
    wanted = schema(Feature(name="x", type=INT), label, logged, label="y")
    assert validate(columns(x=[1], y=[1]), wanted).anomalies == ()
    assert validate(columns(x=[1], at=[1]), wanted, environment="SERVING").anomalies == ()
    # Being there where it need not be is not looked at.
    assert validate(columns(x=[1], at=[1], y=["?"]), wanted, environment="SERVING").anomalies == ()
    assert kinds(validate(columns(x=[1]), wanted)) == [("train", "", "y", "SCHEMA_MISSING_COLUMN", "ERROR")]
    with pytest.raises(InputError, match="no environment 'STAGING'"):
        validate(columns(x=[1]), wanted, environment="STAGING")


@pytest.mark.parametrize("stage", list(Stage))
def test_only_some_stages_are_validated(stage):
    wanted = schema(Feature(name="x", type=INT), Feature(name="y", type=INT, min=0, stage=stage))
    derived = {"y": replace(columns(y=[-1]).split("train").feature("y"), custom={"derived_from": "x"})}
    found = columns(x=[1], y=[-1])
    if stage is Stage.DERIVED:
        split = found.split("train")
        found = Statistics({"train": replace(split, features={**split.features, **derived})})
    expected = ["INT_TYPE_SMALL_INT"] if stage in {Stage.BETA, Stage.PRODUCTION, Stage.DERIVED} else []
    assert [one.type.value for one in validate(found, wanted).anomalies] == expected
    missing = [one.type.value for one in validate(columns(x=[1]), wanted).anomalies]
    assert missing == (["SCHEMA_MISSING_COLUMN"] if expected else [])


def test_new_columns_warn_unless_the_schema_says_otherwise():
    data = columns(x=[1], y=[1])
    assert kinds(validate(data, schema(Feature(name="x", type=INT)))) == [
        ("train", "", "y", "SCHEMA_NEW_COLUMN", "WARNING")
    ]
    strict = schema(Feature(name="x", type=INT), severities={"SCHEMA_NEW_COLUMN": "ERROR"})
    assert not validate(data, strict).blessed
    lax = schema(Feature(name="x", type=INT), severities={"SCHEMA_NEW_COLUMN": "IGNORE"})
    assert validate(data, lax).anomalies == ()


def test_a_feature_says_it_before_the_schema():
    own = Feature(name="x", type=INT, min=0, severities={"INT_TYPE_SMALL_INT": "WARNING"})
    other = Feature(name="y", type=INT, min=0)
    wanted = schema(own, other, severities={"INT_TYPE_SMALL_INT": "IGNORE"})
    assert kinds(validate(columns(x=[-1], y=[-1]), wanted)) == [
        ("train", "", "x", "INT_TYPE_SMALL_INT", "WARNING")
    ]


def test_words_within_tolerance_stay_warnings():
    feature = Feature(name="x", type=STRING, domain=("a",), min_domain_mass=0.5)
    kind = "ENUM_TYPE_UNEXPECTED_STRING_VALUES"
    wanted = schema(feature, severities={kind: "ERROR"})
    assert validate(columns(x=["a", "b"]), wanted).warnings
    assert validate(columns(x=["b", "b"]), wanted).errors


def test_fields_of_what_is_not_there_are_not_told_one_by_one():
    person = Table.from_columns({"n": [1]}).sql("SELECT {'age': 1, 'home': {'city': 'Ulm'}} AS person, 1 AS n")
    nested = [Feature(name=name, type=ColumnType.STRUCT) for name in ("person", "person.home")]
    fields = [Feature(name="person.age", type=INT), Feature(name="person.home.city", type=STRING)]
    n = Feature(name="n", type=INT)
    assert validate(summarize(person), schema(n, *nested, *fields)).anomalies == ()
    assert [one.path for one in validate(columns(n=[1]), schema(n, *nested, *fields)).anomalies] == ["person"]
    assert [one.path for one in validate(summarize(person), schema(n)).anomalies] == ["person"]
    unknown = Feature(name="person", type=ColumnType.OTHER)
    assert validate(summarize(person), schema(n, unknown)).anomalies == ()


def test_slices_where_asked_for():
    young, old = columns(x=[-1, 3]), columns(x=[2, 3])
    found = sliced(columns(x=[-1, 3, 2, 3]), **{"age=young": young, "age=old": old})
    wanted = schema(Feature(name="x", type=INT, min=0), min_examples=3)
    assert [one[1] for one in kinds(validate(found, wanted))] == [""]
    everywhere = validate(found, wanted, slices=True)
    assert kinds(everywhere) == [
        ("train", "", "x", "INT_TYPE_SMALL_INT", "ERROR"),
        ("train", "age=young", "x", "INT_TYPE_SMALL_INT", "ERROR"),
    ]
    assert everywhere.slices == ("age=young", "age=old")
    assert "train [age=young] / x: INT_TYPE_SMALL_INT" in str(everywhere)
    assert everywhere.verdict.failures[1].subject == "x | train [age=young]"
    assert [one[1] for one in kinds(validate(found, wanted, slices=["age=old"]))] == [""]


def test_a_slice_that_is_not_there_is_told():
    found = validate(columns(x=[1]), schema(Feature(name="x", type=INT)), slices=["age=young"])
    assert [str(one) for one in found.not_evaluated] == [
        "ERROR   slice 'age=young': not evaluated\n        because    the statistics do not have this slice"
    ]
    assert not found.blessed


def words(a, b):
    return columns(x=["a"] * a + ["b"] * b)


def test_drift_of_slices():
    before = sliced(words(500, 500), young=words(400, 100), old=words(100, 400))
    after = sliced(words(500, 500), young=words(100, 400), old=words(100, 400))
    found = validate(after, schema(Feature(name="x", type=STRING)), previous=before, slices=True)
    assert kinds(found) == [("train", "young", "x", "COMPARATOR_L_INFTY_HIGH", "ERROR")]
    assert [(one.between[0], round(one.value, 6)) for one in found.measurements] == [
        ("previous train", 0.0),
        ("previous train [young]", 0.6),
        ("previous train [old]", 0.0),
    ]


def test_skew_has_limits_of_its_own():
    feature = Feature(name="x", type=STRING, skew=DriftLimits(l_infinity=0.1))
    wanted = schema(feature, drift=DriftLimits())
    training, serving = words(500, 500), Statistics({"log": words(200, 800).split("train")})
    (one,) = validate(training, wanted, serving=serving).anomalies
    assert one.found.startswith("L-infinity distance 0.3000 from serving train")
    assert one.edit == "skew: {l_infinity: 0.3001}"
    # Measured all the same where there is no limit.
    found = validate(training, schema(Feature(name="x", type=STRING), drift=DriftLimits()), serving=serving)
    assert found.anomalies == ()
    assert [(one.path, round(one.value, 6), one.limit) for one in found.measurements] == [("x", 0.3, None)]


def test_what_the_rows_were_is_shown():
    data = Table.from_columns({"x": [1, -1, None, -3], "y": list("abcd")})
    wanted = schema(
        Feature(name="x", type=INT, min=0, presence=1.0), Feature(name="y", type=STRING, domain=("a",))
    )
    found = validate(summarize(data), wanted, tables={"train": data})
    shown = {one.type.value: [(row.row, dict(row.values)) for row in one.examples] for one in found.anomalies}
    assert shown == {
        "FEATURE_TYPE_LOW_FRACTION_PRESENT": [(3, {"x": "(missing)"})],
        "INT_TYPE_SMALL_INT": [(2, {"x": "-1"}), (4, {"x": "-3"})],
        "ENUM_TYPE_UNEXPECTED_STRING_VALUES": [(2, {"y": "b"}), (3, {"y": "c"}), (4, {"y": "d"})],
    }
    assert "        such as    row 2: x = -1\n                   row 4: x = -3\n" in str(found)


def test_slices_and_weights_as_statistics_take_them():
    data = Table.from_columns(
        {
            "sex": list("fmfmf"),
            "age": [20, -1, 30, 40, None],
            "job": ["a", "b", "a", "b", "c"],
            "w": [1, 1, 1, 1, 96],
        }
    )
    wanted = schema(
        Feature(name="sex", type=STRING),
        Feature(name="age", type=INT, min=0, presence=0.8),
        Feature(name="job", type=STRING, domain=("a", "b"), min_domain_mass=0.8),
        Feature(name="w", type=INT),
    )
    plain = validate(summarize(data, slices=["sex"]), wanted, slices=True)
    assert kinds(plain) == [
        ("train", "", "age", "INT_TYPE_SMALL_INT", "ERROR"),
        ("train", "sex=f", "age", "FEATURE_TYPE_LOW_FRACTION_PRESENT", "ERROR"),
        ("train", "sex=f", "job", "ENUM_TYPE_UNEXPECTED_STRING_VALUES", "ERROR"),
        ("train", "sex=m", "age", "INT_TYPE_SMALL_INT", "ERROR"),
        ("train", "", "job", "ENUM_TYPE_UNEXPECTED_STRING_VALUES", "WARNING"),
    ]
    weighted = {one.type.value: one for one in validate(summarize(data, weight="w"), wanted).errors}
    assert weighted["FEATURE_TYPE_LOW_FRACTION_PRESENT"].observed == pytest.approx(0.04)
    assert weighted["FEATURE_TYPE_LOW_FRACTION_PRESENT"].found == (
        "1 of 5 rows have no value (4.00% by 'w' have one)"
    )
    assert weighted["ENUM_TYPE_UNEXPECTED_STRING_VALUES"].observed == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("limits", "lacking"),
    [
        (DriftLimits(wasserstein=0.1), "wasserstein"),
        (DriftLimits(kolmogorov_smirnov=0.1, psi=0.1, wasserstein=0.1), "kolmogorov_smirnov and wasserstein"),
        (DriftLimits(l_infinity=0.1, jensen_shannon=0.1), ""),
        (DriftLimits(), ""),
    ],
)
def test_a_limit_that_cannot_be_held_is_told(limits, lacking):
    found = validate(words(5, 5), schema(Feature(name="x", type=STRING, drift=limits)), previous=words(5, 5))
    assert [one.type.value for one in found.anomalies] == ["STATS_NOT_AVAILABLE"] * bool(lacking)
    if lacking:
        assert found.errors[0].found == f"there is no {lacking} from previous train for such values"


@pytest.mark.parametrize(
    ("values", "type_", "edit"),
    [
        ([f"{day:02}.01.2020" for day in range(1, 31)], STRING, "time: {format: '%d.%m.%Y'}"),
        (list(range(1_600_000_000, 1_600_000_030)), INT, "time: {unit: UNIX_SECONDS}"),
        ([f"The {word} fox jumps over a lazy dog" for word in "abcdefghijklmno"], STRING, "language: {}"),
        (list("abcdefghijkl"), STRING, ""),
    ],
)
def test_what_values_stand_for_is_proposed(values, type_, edit):
    data = summarize(Table.from_columns({"x": values}), generators=["recognition"])
    found = validate(data, schema(Feature(name="x", type=type_)))
    told = [one.edit for one in found.warnings if one.type == "SEMANTIC_DOMAIN_UPDATE"]
    assert told == [edit] * bool(edit)
    assert not found.errors
    if edit:
        wanted = Schema.from_text(f"features: {{x: {{type: {type_}, {edit}}}}}")
        assert validate(data, wanted).anomalies == ()
