"""What a schema asks for, in short lines."""

from mainspring.data import Schema
from mainspring.data.viewing.expectations import domain, expected_type, lines, presence

SCHEMA = Schema.from_text("""
label: late
drift: {jensen_shannon: 0.1}
features:
  weight: {type: FLOAT, min: 0, max: 30, presence: 0.98, description: in kilograms}
  grade: {type: INT, max: 5, categorical: true}
  kind: {type: STRING, domain: [letter, parcel], min_domain_mass: 0.95, drift: {l_infinity: 0.2}}
  tags: {type: STRING, required: false}
  late: {type: BOOL, absent_in: [SERVING], presence: 1.0}
""")


def test_types_presence_and_values_are_words() -> None:
    features = SCHEMA.features
    assert [expected_type(one) for one in features.values()] == [
        "float",
        "int, categorical",
        "string",
        "string",
        "bool",
    ]
    assert [presence(features[name]) for name in ("weight", "tags", "late")] == [
        "at least 98 %",
        "optional",
        "required",
    ]
    assert domain(features["weight"]) == "0 to 30"
    assert domain(features["grade"]) == "at most 5"
    assert domain(features["kind"]) == "letter, parcel; at least 95 % of the values"
    assert domain(features["late"]) == ""


def test_only_what_is_asked_has_a_line() -> None:
    told = dict(lines(SCHEMA.features["weight"], SCHEMA))
    assert told["meaning"] == "in kilograms"
    assert told["drift"] == "Jensen-Shannon 0.1"
    assert "shape" not in told
    assert dict(lines(SCHEMA.features["late"], SCHEMA))["not in"] == "SERVING"
    assert "L-infinity 0.2" in dict(lines(SCHEMA.features["kind"], SCHEMA))["drift"]
