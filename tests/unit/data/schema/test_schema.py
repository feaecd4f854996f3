from dataclasses import replace

import pytest

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data import ColumnType, DriftLimits, Feature, Schema
from mainspring.data.schema import (
    BoolDomain,
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


def schema(**changes):
    features = {
        "fare": Feature(name="fare", type=ColumnType.FLOAT, presence=0.99, drift=DriftLimits(jensen_shannon=0.3)),
        "kind": Feature(name="kind", type=ColumnType.STRING, domain=("a", "b"), min_domain_mass=0.95),
        "paid": Feature(name="paid", type=ColumnType.BOOL, absent_in=("SERVING",)),
    }
    return Schema(**{"features": features, "label": "paid", "min_examples": 5, **changes})


def test_environments():
    assert [feature.name for feature in schema().in_environment("TRAINING")] == ["fare", "kind", "paid"]
    assert [feature.name for feature in schema().in_environment("SERVING")] == ["fare", "kind"]
    with pytest.raises(InputError, match="no environment 'LAB'"):
        schema().in_environment("LAB")


def test_drift_limits_of_a_feature_stand_before_those_of_the_schema():
    assert schema().drift_limits("fare") == DriftLimits(0.1, 0.3)
    assert schema().drift_limits("kind") == DriftLimits(0.1, 0.1)


def test_features_by_name():
    assert schema().feature("fare").type is ColumnType.FLOAT
    with pytest.raises(NotFoundError):
        schema().feature("tip")
    assert schema().with_feature(Feature(name="tip", type=ColumnType.INT)).feature("tip").required


def test_saved_and_loaded(tmp_path):
    schema().save(tmp_path)
    assert Schema.load(tmp_path) == schema()
    assert (tmp_path / "schema.yaml").read_text(encoding="utf-8") == schema().to_text()
    assert schema().properties() == {"features": 3, "label": "paid"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"label": "tip"}, "label 'tip' is not among"),
        ({"features": {}}, "there are no features"),
        ({"max_examples": 3}, "larger than the largest"),
        ({"environments": ("TRAINING",)}, "absent_in names SERVING"),
        (
            {"features": {"x": Feature(name="x", type=ColumnType.INT, min=2, max=1)}, "label": None},
            "min 2 is larger",
        ),
        ({"features": {"x": Feature(name="x", type=ColumnType.STRING, max=1)}, "label": None}, "no min and max"),
        ({"features": {"x": Feature(name="x", type=ColumnType.INT, domain=("1",))}, "label": None}, "no domain"),
        (
            {"features": {"x": Feature(name="x", type=ColumnType.STRING, domain=("a", "a"))}, "label": None},
            "'a' more than once",
        ),
        (
            {"features": {"x": Feature(name="x", type=ColumnType.INT, presence=1.5)}, "label": None},
            "between 0 and 1",
        ),
    ],
)
def test_contradictions_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        schema(**changes)


WRONG = [
    ({"type": "INT", "bool_domain": BoolDomain("1", "1")}, "INVALID_DOMAIN_SPECIFICATION", "same value, '1'"),
    ({"type": "STRING", "bool_domain": BoolDomain(None, "true")}, "INVALID_DOMAIN_SPECIFICATION", "'true'"),
    ({"type": "INT", "bool_domain": BoolDomain("yes", "no")}, "BOOL_TYPE_INVALID_CONFIG", "not both numbers"),
    ({"type": "DATE", "bool_domain": BoolDomain()}, "DOMAIN_INVALID_FOR_TYPE", "a DATE has no bool_domain"),
    ({"type": "STRING", "domain": ("a", "b", "a")}, "INVALID_DOMAIN_SPECIFICATION", "lists 'a' more than once"),
    ({"type": "INT", "domain": ("a",)}, "DOMAIN_INVALID_FOR_TYPE", "a INT has no domain of words"),
    ({"type": "OTHER", "domain": ("a",)}, "FEATURE_MISSING_TYPE", "OTHER has no domain"),
    ({"type": "INT", "min": 2, "max": 1}, "INVALID_DOMAIN_SPECIFICATION", "min 2 is larger than max 1"),
    ({"type": "FLOAT", "max": float("nan")}, "INVALID_DOMAIN_SPECIFICATION", "max is nan"),
    ({"type": "STRING", "max": 1}, "DOMAIN_INVALID_FOR_TYPE", "a STRING has no min and max"),
    ({"type": "STRING", "categorical": True}, "DOMAIN_INVALID_FOR_TYPE", "cannot be categorical"),
    (
        {"type": "STRING", "domain": ("a",), "time": TimeDomain("%Y")},
        "INVALID_DOMAIN_SPECIFICATION",
        "both domain and time",
    ),
    ({"type": "STRING", "time": TimeDomain()}, "INVALID_DOMAIN_SPECIFICATION", "neither of format and unit"),
    ({"type": "STRING", "time": TimeDomain("today")}, "INVALID_DOMAIN_SPECIFICATION", "no directive"),
    ({"type": "INT", "time": TimeDomain("%Y")}, "DOMAIN_INVALID_FOR_TYPE", "a INT has no time format"),
    ({"type": "STRING", "time": TimeDomain(unit="UNIX_DAYS")}, "DOMAIN_INVALID_FOR_TYPE", "no time unit"),
    ({"type": "INT", "time": TimeDomain(unit="DAYS")}, "INVALID_DOMAIN_SPECIFICATION", "'DAYS' is not one of"),
    ({"type": "DATE", "language": LanguageDomain()}, "DOMAIN_INVALID_FOR_TYPE", "holds no natural language"),
    (
        {"type": "STRING", "language": LanguageDomain(min_coverage=2.0)},
        "INVALID_DOMAIN_SPECIFICATION",
        "min_coverage is 2.0",
    ),
    (
        {"type": "STRING", "language": LanguageDomain(token_constraints=(TokenConstraint("a", 2, 1),))},
        "INVALID_DOMAIN_SPECIFICATION",
        "token 'a' per sequence: min 2 is larger",
    ),
    ({"type": "INT", "image": ImageDomain()}, "DOMAIN_INVALID_FOR_TYPE", "a INT holds no images"),
    (
        {"type": "BYTES", "image": ImageDomain(1.5)},
        "INVALID_DOMAIN_SPECIFICATION",
        "min_supported_fraction is 1.5",
    ),
    ({"type": "INT", "presence": 1.5}, "INVALID_SCHEMA_SPECIFICATION", "between 0 and 1"),
    ({"type": "INT", "min_count": -1}, "INVALID_SCHEMA_SPECIFICATION", "min_count is -1"),
    (
        {"type": "INT", "value_counts": (ValueCount(1),), "shape": (1,)},
        "INVALID_SCHEMA_SPECIFICATION",
        "both value_counts and a shape",
    ),
    ({"type": "INT", "value_counts": (ValueCount(3, 2),)}, "INVALID_SCHEMA_SPECIFICATION", "level 1: min 3"),
    ({"type": "INT", "shape": (-1,)}, "INVALID_SCHEMA_SPECIFICATION", "negative size"),
    ({"type": "INT", "unique": Range(3, 2)}, "INVALID_SCHEMA_SPECIFICATION", "unique: min 3"),
    ({"type": "INT", "length": Range(1, 2)}, "DOMAIN_INVALID_FOR_TYPE", "a INT has no length"),
    ({"type": "INT", "absent_in": ("LAB",)}, "INVALID_SCHEMA_SPECIFICATION", "absent_in names LAB"),
    ({"type": "INT", "present_in": ("LAB",)}, "INVALID_SCHEMA_SPECIFICATION", "present_in names LAB"),
    (
        {"type": "INT", "present_in": ("SERVING",), "absent_in": ("SERVING",)},
        "INVALID_SCHEMA_SPECIFICATION",
        "SERVING is both in present_in and in absent_in",
    ),
    ({"type": "INT", "drift": DriftLimits(l_infinity=2.0)}, "INVALID_SCHEMA_SPECIFICATION", "drift: l_infinity"),
    ({"type": "INT", "skew": DriftLimits(psi=-1.0)}, "INVALID_SCHEMA_SPECIFICATION", "skew: psi is -1.0"),
    ({"type": "INT", "severities": {"X": "LOUD"}}, "INVALID_SCHEMA_SPECIFICATION", "'LOUD', not one of ERROR"),
]


@pytest.mark.parametrize(("keys", "kind", "message"), WRONG)
def test_each_contradiction_of_a_feature_is_found(keys, kind, message):
    feature = Feature(name="x", **{**keys, "type": ColumnType(keys["type"])})
    with pytest.raises(InputError, match=message):
        Schema(features={"x": feature})
    lenient = Schema(features={"x": feature}, strict=False)
    assert ("x", kind) in [(path, found) for path, found, _ in lenient.problems()]


def test_contradictions_of_the_whole_are_listed_together():
    one = Feature(name="x", type=ColumnType.INT)
    with pytest.raises(InputError) as caught:
        Schema(
            features={"x": one, "": one, "z": one},
            label="xx",
            environments=("A", "A"),
            min_examples=-1,
            num_examples_drift=Range(2, 1),
            sparse=(
                SparseFeature(name="x", index=("u",), value="x"),
                SparseFeature(name="s", index=(), value="x"),
            ),
            weighted=(WeightedFeature(name="s", feature="x", weight="zz"),),
            checks=(SqlCheck(name="c", sql=" ", severity="BAD"), SqlCheck(name="c", sql="1", feature="w")),
            drift=DriftLimits(hellinger=3.0),
            severities={"A": "B"},
        )
    for message in [
        "a feature has no name",
        "stands under 'z', but its name is 'x'",
        "the label 'xx' is not among the features; did you mean 'x'?",
        "environment 'A' is listed more than once",
        "least number of examples is -1",
        "against the span before: min 2 is larger",
        "sparse feature 'x' is called like a column",
        "sparse feature 'x' names 'u' as its index",
        "sparse feature 's' names no column as its index",
        "weighted feature 's' names 'zz' as its weight, which is not among the features; did you mean 'z'?",
        "weighted feature 's' is called like a sparse feature",
        "check 'c' is there more than once",
        "check 'c' has no SQL",
        "'BAD', not one of ERROR",
        "names the feature 'w'",
        "hellinger is 3.0",
        "the severity of A is 'B'",
    ]:
        assert message in str(caught.value), message


def test_what_is_no_contradiction():
    Schema(features={"x": Feature(name="x", type=ColumnType.INT, min=1, max=1, presence=1.0, shape=())})
    Schema(features={"x": Feature(name="x", type=ColumnType.INT, bool_domain=BoolDomain("2", "1"))})
    Schema(features={"x": Feature(name="x", type=ColumnType.FLOAT, drift=DriftLimits(psi=7.0))})


def nested():
    text = """
label: y
environments: [TRAINING, SERVING, LAB]
sparse: {s: {index: [person.age], value: person}}
weighted: {w: {feature: x, weight: person.age}}
checks: {c: {sql: "x > 0", feature: x}}
features:
  person: {type: OTHER}
  person.age: {type: INT}
  x: {type: FLOAT, present_in: [LAB]}
  old: {type: INT, stage: DEPRECATED}
  may: {type: INT, required: false}
  y: {type: BOOL, absent_in: [SERVING]}
"""
    return Schema.from_text(text)


def test_the_schema_of_one_environment():
    serving = nested().for_environment("SERVING")
    assert (list(serving.features), serving.label) == (["person", "person.age", "old", "may"], None)
    assert (len(serving.sparse), len(serving.weighted), len(serving.checks)) == (1, 0, 0)
    assert nested().for_environment("LAB") == nested()
    with pytest.raises(InputError, match="no environment 'MOON'"):
        nested().for_environment("MOON")


def test_stages_that_are_validated():
    assert [stage for stage in Stage if stage.is_validated] == [Stage.BETA, Stage.PRODUCTION, Stage.DERIVED]


def test_features_needed_come_with_their_reasons():
    assert nested().features_needed("TRAINING") == {
        "person": ("required", "of the sparse feature s"),
        "person.age": ("required", "of the sparse feature s", "of the weighted feature w"),
        "y": ("required", "the label"),
    }
    assert nested().features_needed()["x"] == ("required", "of the weighted feature w", "of the check c")


def test_editing():
    edited = nested().edit("person.age", min=0, max=130, type="float", stage="beta", tags=["who"])
    feature = edited.features["person.age"]
    assert (feature.type, feature.max, feature.stage, feature.tags) == (
        ColumnType.FLOAT,
        130,
        Stage.BETA,
        ("who",),
    )
    assert nested().features["person.age"].max is None
    assert nested().edit("x", length={"max": 3}, type="STRING").features["x"].length == Range(max=3)
    assert edited.edit("person.age", max=None, tags=None).features["person.age"].max is None
    assert nested().edit("x", unique=Range(1, 2)).features["x"].unique == Range(1, 2)
    with pytest.raises(InputError, match=r"feature 'x': Expected .* got `str` - at `\$.min`"):
        nested().edit("x", min="3")
    with pytest.raises(InputError, match="use presence"):
        nested().edit("x", presense=1)
    with pytest.raises(InputError, match="there is no 'FLOT'"):
        nested().edit("x", type="FLOT")
    with pytest.raises(InputError, match="min 2 is larger"):
        nested().edit("x", min=2, max=1)
    with pytest.raises(NotFoundError):
        nested().edit("z", min=2)


def test_removing():
    assert list(nested().without("old", "y").features) == ["person", "person.age", "x", "may"]
    assert nested().without("y").label is None
    with pytest.raises(InputError, match="sparse feature 's' names 'person' as its value"):
        nested().without("person")


def test_renaming_reaches_every_mention():
    renamed = nested().rename("person", "who").rename("x", "z").rename("y", "label")
    assert list(renamed.features) == ["who", "who.age", "z", "old", "may", "label"]
    assert renamed.label == "label"
    assert (renamed.sparse[0].index, renamed.sparse[0].value) == (("who.age",), "who")
    assert (renamed.weighted[0].feature, renamed.checks[0].feature) == ("z", "z")
    with pytest.raises(InputError, match="there is a feature 'old' already"):
        nested().rename("x", "old")


def test_digests_tell_demands_apart_not_orders():
    one = nested()
    turned = replace(one, features=dict(reversed(one.features.items())), version=3)
    assert turned.digest() == one.digest()
    assert one.edit("x", min=0).digest() != one.digest()
    assert one.edit("x", min=0).digest() == one.edit("x", min=0.0).digest()


def test_fields_follow_their_structure():
    schema = Schema.from_text(
        """
features:
  who: {type: STRUCT, absent_in: [SERVING]}
  who.age: {type: INT}
  old: {type: STRUCT, stage: DEPRECATED}
  old.age: {type: INT}
  old.home.town: {type: STRING, stage: ALPHA}
  'a\\.b': {type: INT}
"""
    )
    assert [one.name for one in schema.in_environment("SERVING")] == ["old", "old.age", "old.home.town", "a\\.b"]
    stages = {one.name: one.stage for one in schema.in_environment("TRAINING")}
    assert (stages["old.age"], stages["old.home.town"], stages["who.age"]) == ("DEPRECATED", "ALPHA", "PRODUCTION")
    assert set(schema.features_needed()) == {"who", "who.age", "a\\.b"}
