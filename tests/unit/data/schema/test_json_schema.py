"""JSON Schema of a row: what is written is read, and what others wrote is taken as far as it goes."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.data import Schema


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_what_is_written_is_read(data, any_schema):
    schema = data.draw(any_schema)
    document = json.loads(json.dumps(schema.to_json_schema()))
    left = []
    read = Schema.from_json_schema(document, left_out=left)
    assert read == schema
    assert left == []
    assert read.to_json_schema() == document


def test_a_row_as_others_read_it():
    schema = Schema.from_text(
        """
label: paid
severities: {SCHEMA_NEW_COLUMN: ERROR}
features:
  person: {type: STRUCT, presence: 1}
  person.age: {type: INT, presence: 1, min: 0, max: 130, description: in years}
  kind: {type: STRING, domain: [a, b]}
  open: {type: STRING, domain: [a, b], min_domain_mass: 0.9, length: {max: 3}, presence: 1}
  tags: {type: STRING, value_counts: [{max: 3}], presence: 1}
  grid: {type: FLOAT, shape: [2, 3], presence: 1}
  items: {type: STRUCT, value_counts: [{min: 1}], presence: 1}
  items.price: {type: FLOAT, presence: 1}
  flag: {type: INT, bool_domain: {}, presence: 1}
  paid: {type: BOOL, absent_in: [SERVING]}
  day: {type: DATE, presence: 1}
  face: {type: BYTES, presence: 1}
  old: {type: INT, stage: DEPRECATED}
  any: {type: OTHER, presence: 1}
"""
    )
    assert schema.to_json_schema() == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "person": {
                "type": "object",
                "properties": {
                    "age": {"type": "integer", "minimum": 0, "maximum": 130, "description": "in years"}
                },
                "required": ["age"],
            },
            "kind": {"type": ["string", "null"], "enum": ["a", "b", None], "x-mainspring": {"required": True}},
            "open": {
                "type": "string",
                "maxLength": 3,
                "x-mainspring": {"domain": ["a", "b"], "min_domain_mass": 0.9},
            },
            "tags": {"type": "array", "maxItems": 3, "items": {"type": "string"}},
            "grid": {
                "type": "array",
                "minItems": 2,
                "maxItems": 2,
                "items": {"type": "array", "minItems": 3, "maxItems": 3, "items": {"type": "number"}},
                "x-mainspring": {"value_counts": [], "shape": [2, 3]},
            },
            "items": {
                "type": "array",
                "minItems": 1,
                "items": {"type": "object", "properties": {"price": {"type": "number"}}, "required": ["price"]},
            },
            "flag": {"type": "integer", "enum": [0, 1]},
            "paid": {"type": ["boolean", "null"], "x-mainspring": {"required": True, "absent_in": ["SERVING"]}},
            "day": {"type": "string", "format": "date"},
            "face": {"type": "string", "contentEncoding": "base64"},
            "old": {"deprecated": True, "x-mainspring": {"type": "INT", "required": True}},
            "any": {"x-mainspring": {"presence": 1.0}},
        },
        "required": ["person", "open", "tags", "grid", "items", "flag", "day", "face", "any"],
        "additionalProperties": False,
        "x-mainspring": {"label": "paid"},
    }
    assert Schema.from_json_schema(schema.to_json_schema()) == schema


FOREIGN = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "Person",
    "type": "array",
    "items": {"$ref": "#/$defs/Person"},
    "$defs": {
        "Person": {
            "type": "object",
            "required": ["name", "age", "either", "home"],
            "additionalProperties": False,
            "properties": {
                "name": {"type": "string", "minLength": 1, "pattern": "^[a-z]+$", "title": "Name"},
                "age": {"type": "integer", "exclusiveMinimum": 0, "maximum": 130, "default": 1},
                "share": {"type": "number", "exclusiveMaximum": 1.0, "multipleOf": 0.1},
                "kind": {"enum": ["a", "b", None]},
                "level": {"enum": [1, 2, 3]},
                "flag": {"type": "integer", "enum": [0, 1]},
                "one": {"const": "x"},
                "maybe": {"anyOf": [{"type": "integer"}, {"type": "null"}], "description": "perhaps"},
                "either": {"type": ["string", "integer"]},
                "number": {"type": ["integer", "number"]},
                "when": {"type": "string", "format": "date-time"},
                "mail": {"type": "string", "format": "email"},
                "scores": {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"type": "number"}},
                "free": {"type": "array"},
                "home": {"allOf": [{"$ref": "#/$defs/Home"}]},
                "a.b": True,
                "lost": {"$ref": "#/$defs/Nowhere"},
                "far": {"$ref": "https://example.org/x"},
                "loop": {"$ref": "#/$defs/Loop"},
            },
        },
        "Home": {"properties": {"town": {"type": "string"}}, "required": ["town"]},
        "Loop": {"$ref": "#/$defs/Loop"},
    },
}

TAKEN = r"""
severities: {SCHEMA_NEW_COLUMN: ERROR}
features:
  name: {type: STRING, presence: 1, length: {min: 1}}
  age: {type: INT, presence: 1, min: 1, max: 130}
  share: {type: FLOAT, required: false, max: 1}
  kind: {type: STRING, required: false, domain: [a, b]}
  level: {type: INT, required: false, categorical: true}
  flag: {type: INT, required: false, bool_domain: {}}
  one: {type: STRING, required: false, domain: [x]}
  maybe: {type: INT, required: false, description: perhaps}
  either: {type: OTHER, presence: 1}
  number: {type: FLOAT, required: false}
  when: {type: TIMESTAMP, required: false}
  mail: {type: STRING, required: false}
  scores: {type: FLOAT, required: false, value_counts: [{min: 1}]}
  free: {type: OTHER, required: false, value_counts: [{}]}
  home: {type: STRUCT, presence: 1}
  home.town: {type: STRING, presence: 1}
  a\.b: {type: OTHER, required: false}
  lost: {type: OTHER, required: false}
  far: {type: OTHER, required: false}
  loop: {type: OTHER, required: false}
"""


def test_a_foreign_schema_is_taken_as_far_as_it_goes():
    left = []
    schema = Schema.from_json_schema(FOREIGN, left_out=left)
    expected = Schema.from_text(TAKEN)
    for name, feature in expected.features.items():
        assert schema.features[name] == feature
    assert schema == expected
    assert left == [
        "feature 'name': pattern '^[a-z]+$' has no meaning here",
        "feature 'share': exclusiveMaximum is taken as max, which includes 1.0",
        "feature 'share': multipleOf 0.1 has no meaning here",
        "feature 'level': enum [1, 2, 3] is not held to, only its type is",
        "feature 'either': a value of type string or integer may be anything here",
        "feature 'mail': format 'email' has no meaning here",
        "feature 'scores': uniqueItems True has no meaning here",
        "feature 'lost': $ref '#/$defs/Nowhere' leads nowhere",
        "feature 'far': $ref 'https://example.org/x' leads out of the document",
        "feature 'loop': its references lead in a circle",
    ]


@pytest.mark.parametrize("document", [{}, {"type": "string"}, {"properties": 3}, {"type": "array", "items": 1}])
def test_what_describes_no_row_is_refused(document):
    with pytest.raises(InputError, match="no properties"):
        Schema.from_json_schema(document)


def test_a_label_can_be_given():
    document = {"properties": {"y": {"type": "integer", "x-mainspring": {"min": "many"}}}}
    left = []
    assert Schema.from_json_schema(document, label="y", left_out=left).label == "y"
    assert left == ["feature 'y': x-mainspring: Expected `int | float | null`, got `str` - at `$.min`"]


WORDS = ["type", "properties", "items", "enum", "minimum", "anyOf", "$ref", "required", "x-mainspring", "format"]
VALUES = st.sampled_from(["string", "integer", "array", "object", "null", "date", "#/x", 3, -1.5, None, True])


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        VALUES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
        max_leaves=12,
    )
)
def test_any_document_is_read_or_refused(node):
    with contextlib.suppress(InputError):
        Schema.from_json_schema({"properties": {"x": node, "y": {"type": "integer"}}})
