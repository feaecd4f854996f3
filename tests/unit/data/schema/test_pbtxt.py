"""The text proto of TensorFlow Metadata: what is written is read, and what others wrote is understood."""

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.data import Schema


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_what_is_written_is_read(data, any_schema):
    schema = data.draw(any_schema)
    left = []
    read = Schema.from_pbtxt(schema.to_pbtxt(), left_out=left)
    assert read == schema
    assert left == []
    assert read.to_pbtxt() == schema.to_pbtxt()


TAXI = Path(__file__).parents[5] / "shared/data/chicago_taxi/user_provided_schema.pbtxt"


def test_the_schema_of_the_taxi_example_is_understood():
    if not TAXI.exists():
        pytest.skip("the shared data set chicago_taxi is not here")
    left = []
    schema = Schema.from_pbtxt(TAXI.read_text(encoding="utf-8"), label="tips", left_out=left)
    assert left == []
    assert (len(schema.features), schema.label, schema.strict) == (18, "tips", True)
    company, tract = schema.features["company"], schema.features["pickup_census_tract"]
    assert (company.type.value, len(company.domain), company.presence, company.min_count) == ("STRING", 50, 0.0, 1)
    assert (company.required, company.value_counts) == (True, ())
    assert (tract.type.value, tract.required) == ("INT", False)
    assert schema.features["payment_type"].presence == 1.0
    assert Schema.from_pbtxt(schema.to_pbtxt()) == schema


EVERYTHING = r"""
# A comment, and every field that has a meaning
feature <
  name: 'words' type: BYTES domain: "shared";
  presence { min_fraction: 0.5 min_count: 10 }
  shape { dim { size: 2 } dim { size: 3 } }
  distribution_constraints { min_domain_mass: .9f }
  annotation { tag: "one" tag: "two" comment: "said " "in pieces\n" comment: '\303\251\x21\u00e9\U0001F600' }
  skew_comparator { infinity_norm { threshold: 1e-2 } normalized_abs_difference { threshold: 0.2 } }
  drift_comparator { jensen_shannon_divergence { threshold: 0.3 source { type: QUANTILES } } }
  not_in_environment: ["SERVING", "LAB"]
  lifecycle_stage: BETA
  unique_constraints: { min: 2 max: 9 }
>
feature { name: "flag" type: INT bool_domain { name: "b" }
  in_environment: "LAB" group_presence { required: true } }
feature { name: "yes" type: BYTES bool_domain { true_value: "Y" false_value: "N" } deprecated: true }
feature { name: "count" type: BYTES
  int_domain { name: "i" min: -0x10 max: 9007199254740993 is_categorical: true } }
feature { name: "share" type: FLOAT
  float_domain { min: 0 max: 1 disallow_nan: true is_embedding: true embedding_dim: 4 } }
feature { name: "plain" type: FLOAT value_count { min: 1 } lifecycle_stage: VALIDATION_DERIVED }
feature { name: "nested" type: INT value_counts { value_count { min: 1 max: 2 } value_count { min: 3 } } }
feature { name: "note" type: BYTES natural_language_domain {
  vocabulary: "v"
  coverage { min_coverage: 0.5 min_avg_token_length: 3 excluded_string_tokens: "[PAD]" excluded_int_tokens: [1, 2]
             oov_string_tokens: "[UNK]" }
  token_constraints { string_value: "a" min_per_sequence: 1 max_per_sequence: 2 }
  token_constraints { int_value: 7 min_fraction_of_sequences: 0.1 max_fraction_of_sequences: 0.9 }
  sequence_length_constraints { min_sequence_length: 1 max_sequence_length: 512 }
  location_constraint_regex: "A_T_" } }
feature { name: "face" type: BYTES
  image_domain { minimum_supported_image_fraction: 0.9 max_image_byte_size: 1000 } }
feature { name: "day" type: BYTES time_domain { string_format: "%Y" } }
feature { name: "when" type: INT time_domain { integer_format: UNIX_MILLISECONDS } }
feature { name: "hour" type: BYTES time_of_day_domain { string_format: "%H:%M" } }
feature { name: "person" type: STRUCT struct_domain {
  feature { name: "age" type: INT domain: "ages" }
  feature { name: "home.town" type: STRUCT struct_domain { feature { name: "zip" type: BYTES } } }
  sparse_feature { name: "v" index_feature { name: "age" } value_feature { name: "age" } is_sorted: true } } }
feature { name: "link" type: BYTES url_domain {} [foo.bar/baz] { x: 1 } }
feature { type: INT }
feature { name: "untyped" }
feature { name: "flag" type: INT }
feature { name: "lost" type: BYTES domain: "nowhere" lifecycle_stage: RETIRED }
weighted_feature { name: "w" feature { step: "plain" } weight_feature { step: "person" step: "age" } }
string_domain { name: "shared" value: "a" value: "b" }
int_domain { name: "ages" min: 0 max: 130 }
default_environment: "TRAINING"
default_environment: "SERVING"
dataset_constraints {
  num_examples_drift_comparator { min_fraction_threshold: 0.5 max_fraction_threshold: 2 }
  num_examples_version_comparator { max_fraction_threshold: 1 }
  min_examples_count: 5 max_examples_count: 10
}
represent_variable_length_as_ragged: true
tensor_representation_group { key: "" value { tensor_representation { key: "x" } } }
"""

READ = r"""
environments: [TRAINING, SERVING, LAB]
examples: {min: 5, max: 10, drift: {min: 0.5, max: 2}, version: {max: 1}}
sparse: {person.v: {index: [person.age], value: person.age, is_sorted: true}}
weighted: {w: {feature: plain, weight: person.age}}
strict: false
features:
  words:
    type: STRING
    presence: 0.5
    min_count: 10
    shape: [2, 3]
    domain: [a, b]
    min_domain_mass: 0.9
    tags: [one, two]
    description: "said in pieces\n\né!é😀"
    skew: {l_infinity: 0.01, normalized_absolute_difference: 0.2}
    drift: {jensen_shannon: 0.3}
    absent_in: [SERVING, LAB]
    stage: BETA
    unique: {min: 2, max: 9}
  flag: {type: INT, bool_domain: {}}
  yes:
    {type: STRING, required: false, bool_domain: {true_value: Y, false_value: N}, stage: DEPRECATED,
     absent_in: [LAB]}
  count: {type: INT, required: false, min: -16, max: 9007199254740993, categorical: true, absent_in: [LAB]}
  share: {type: FLOAT, required: false, min: 0, max: 1, allow_inf: true, tags: [embedding], absent_in: [LAB]}
  plain:
    {type: FLOAT, required: false, value_counts: [{min: 1}], allow_nan: true, allow_inf: true,
     stage: DERIVED, absent_in: [LAB]}
  nested: {type: INT, required: false, value_counts: [{min: 1, max: 2}, {min: 3}], absent_in: [LAB]}
  note:
    type: STRING
    required: false
    language:
      vocabulary: v
      min_coverage: 0.5
      min_avg_token_length: 3
      excluded_tokens: ["[PAD]", 1, 2]
      oov_tokens: ["[UNK]"]
      token_constraints:
        - {token: a, min_per_sequence: 1, max_per_sequence: 2}
        - {token: 7, min_fraction: 0.1, max_fraction: 0.9}
      sequence_length: {min: 1, max: 512}
    absent_in: [LAB]
  face: {type: BYTES, required: false, image: {min_supported_fraction: 0.9, max_bytes: 1000}, absent_in: [LAB]}
  day: {type: STRING, required: false, time: {format: "%Y"}, absent_in: [LAB]}
  when: {type: INT, required: false, time: {unit: UNIX_MILLISECONDS}, absent_in: [LAB]}
  hour: {type: STRING, required: false, time: {format: "%H:%M", of_day: true}, absent_in: [LAB]}
  person: {type: STRUCT, required: false, absent_in: [LAB]}
  person.age: {type: INT, required: false, min: 0, max: 130, absent_in: [LAB]}
  person.home\.town: {type: STRUCT, required: false, absent_in: [LAB]}
  person.home\.town.zip: {type: STRING, required: false, absent_in: [LAB]}
  link: {type: STRING, required: false, absent_in: [LAB]}
  "": {type: INT, required: false, absent_in: [LAB]}
  untyped: {type: OTHER, required: false, absent_in: [LAB]}
  lost: {type: STRING, required: false, absent_in: [LAB]}
"""


def test_every_field_and_what_has_no_meaning():
    left = []
    schema = Schema.from_pbtxt(EVERYTHING, left_out=left)
    expected = Schema.from_text(READ)
    for name, feature in expected.features.items():
        assert schema.features[name] == feature
    assert schema == expected
    told = "\n".join(left)
    for message in [
        "feature 'words': drift_comparator: jensen_shannon_divergence: source (line 10) has no meaning here",
        "feature 'share': float_domain: embedding_dim",
        "feature 'note': natural_language_domain: location_constraint_regex",
        "feature 'link': url_domain",
        "feature 'link': [foo.bar/baz]",
        "feature 'flag': it is there a second time",
        "feature 'lost': there is no domain 'nowhere'",
        "feature 'lost': there is no lifecycle_stage RETIRED",
        "schema: represent_variable_length_as_ragged",
        "schema: tensor_representation_group",
    ]:
        assert message in told, told
    assert len(left) == 10, told
    assert [(path, kind) for path, kind, _ in schema.problems()] == [("", "FEATURE_MISSING_NAME")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("feature {", "line 1: the end of the text"),
        ('feature {\n  name "x"\n}', "line 2: the field 'name' has no value"),
        ("feature {\n  name: }", "line 2: the field 'name' has no value"),
        ('feature { name: "x }', "line 1: '\"' cannot stand here"),
        ("}", "line 1: the end of the text, or '}'"),
        ("[foo", "the name of an extension does not end"),
    ],
)
def test_what_is_no_text_proto_is_refused_with_its_line(text, message):
    with pytest.raises(InputError, match=re.escape(message)):
        Schema.from_pbtxt(text)


def test_values_of_the_wrong_kind_are_told():
    left = []
    domain = "int_domain { min: 1.5 max: {} }"
    text = f'feature {{ name: "x" type: INT presence: 3 {domain} unique_constraints {{ min: nan }} }}'
    schema = Schema.from_pbtxt(text, left_out=left)
    assert schema.features["x"].min is None
    assert left == [
        "feature 'x': presence holds a value where a message was to come",
        "feature 'x': int_domain: min is '1.5', not a whole number",
        "feature 'x': int_domain: max holds a message where a value was to come",
        "feature 'x': unique_constraints: min is 'nan', not a whole number",
    ]


def test_without_default_environments_features_are_in_all():
    text = 'feature { name: "x" type: INT } feature { name: "y" type: INT not_in_environment: "SERVING" }'
    schema = Schema.from_pbtxt(text)
    assert schema.environments == ("TRAINING", "SERVING")
    assert [feature.name for feature in schema.in_environment("SERVING")] == ["x"]
    assert [feature.name for feature in schema.in_environment("TRAINING")] == ["x", "y"]


def test_contradictions_from_outside_are_kept_for_validation():
    text = 'feature { name: "x" type: BYTES string_domain { value: "a" value: "a" } }'
    schema = Schema.from_pbtxt(text)
    assert not schema.strict
    assert [(path, kind) for path, kind, _ in schema.problems()] == [("x", "INVALID_DOMAIN_SPECIFICATION")]


def test_written_for_others_to_read():
    schema = Schema.from_text(
        """
environments: [TRAINING, SERVING]
drift: {l_infinity: 0.1}
features:
  person: {type: STRUCT}
  person.age: {type: INT, presence: 0.9, min: 0, max: 130}
  kind: {type: STRING, domain: ["a\\"b", é], protected: true, absent_in: [SERVING]}
"""
    )
    assert (
        schema.to_pbtxt()
        == r"""feature {
  name: "person"
  presence {
    min_count: 1
  }
  type: STRUCT
  annotation {
    tag: "mainspring:min_count=null"
  }
  struct_domain {
    feature {
      name: "age"
      presence {
        min_fraction: 0.9
      }
      value_count {
        min: 1
        max: 1
      }
      type: INT
      int_domain {
        min: 0
        max: 130
      }
    }
  }
}
feature {
  name: "kind"
  presence {
    min_count: 1
  }
  value_count {
    min: 1
    max: 1
  }
  type: BYTES
  string_domain {
    name: "kind"
    value: "a\"b"
    value: "é"
  }
  annotation {
    tag: "mainspring:min_count=null"
    tag: "mainspring:protected=true"
  }
  not_in_environment: "SERVING"
}
default_environment: "TRAINING"
default_environment: "SERVING"
annotation {
  tag: "mainspring:drift={\"l_infinity\": 0.1}"
}
"""
    )


PIECES = ["feature", "{", "}", "<", ">", ":", "name", '"x"', "'y", "type", "INT", "[", "]", ",", "#", "\n", "1.5e"]
PIECES += [
    "int_domain",
    "struct_domain",
    "presence",
    "min",
    "value_count",
    "-",
    "\\",
    '"\\x4',
    "annotation",
    "tag",
]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(InputError):
        Schema.from_pbtxt(text)


def test_a_feature_may_be_declared_before_the_struct_that_it_is_in() -> None:
    schema = Schema.from_text("features: {person.age: {type: INT}, person: {type: STRUCT}}")
    assert Schema.from_pbtxt(schema.to_pbtxt()) == schema
