"""The schema as text: what is written is read, and every mistake is named with its line."""

import contextlib
from dataclasses import fields
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.data import ColumnType, DriftLimits, Feature, Schema


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_what_is_written_is_read(data, any_schema):
    schema = data.draw(any_schema)
    assert Schema.from_text(schema.to_text()) == schema
    assert Schema.from_text(schema.to_text()).to_text() == schema.to_text()
    assert msgspec.json.decode(msgspec.json.encode(schema), type=Schema) == schema


def test_people_may_leave_quotes_out():
    schema = Schema.from_text("features: {x: {type: string, domain: [no, yes, null, 1.0, 007, ~, 2020-01-01]}}")
    assert schema.features["x"].domain == ("no", "yes", "null", "1.0", "007", "~", "2020-01-01")
    assert schema.features["x"].type is ColumnType.STRING


def test_the_text_is_readable():
    feature = Feature(name="pay type", type=ColumnType.STRING, presence=0.99, domain=("Cash", "Credit Card", "no"))
    text = Schema(features={"pay type": feature}, label="pay type", min_examples=1).to_text()
    assert text.startswith("# What the data should look like.")
    assert text.endswith(
        """
label: pay type
environments: [TRAINING, SERVING]
examples: {min: 1}
drift: {l_infinity: 0.1, jensen_shannon: 0.1}

features:
  pay type:
    type: STRING
    presence: 0.99
    domain:
      - Cash
      - Credit Card
      - "no"
"""
    )


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("", ["the text is empty"]),
        ("- a", ["line 1: schema: not a mapping"]),
        ("features: [", ["line 1:"]),
        ("features:\n\tx: 1", ["line 2:"]),
        ("features: {}", ["there are no features"]),
        ("label: x", ["there are no features"]),
        (
            "label: fair\nfeatures:\n  fare:\n    type: FLOT\n  x:\n    typ: INT\n",
            [
                "line 1: the label 'fair' is not among the features; did you mean 'fare'?",
                "line 4: feature 'fare': type: there is no type 'FLOT'; did you mean FLOAT?",
                "line 6: feature 'x': unknown key 'typ'; did you mean 'type'?",
            ],
        ),
        (
            "features:\n  x:\n    type: INT\n    min: 5\n    max: many\n    presence: lots\n    required: maybe\n",
            [
                "line 5: feature 'x': max: 'many' is not a number",
                "line 6: feature 'x': presence: 'lots' is not a number",
                "line 7: feature 'x': required: 'maybe' is neither true nor false",
            ],
        ),
        ("features:\n  x:\n    type: INT\n    min: 5\n    max: 4\n", ["line 4: feature 'x': min 5 is larger"]),
        ("features:\n  x: {type: STRING, domain: a}\n", ["line 2: feature 'x': domain: not a list"]),
        ("features:\n  x: {presence: 1}\n", ["line 2: feature 'x': the type is missing"]),
        ("features:\n  x: {type: INT}\n  x: {type: INT}\n", ["line 3: schema: features: 'x' is there twice"]),
        (
            "features:\n  x: {type: INT}\nexamples: {min: 1.5}\n",
            ["line 3: schema: examples: min: '1.5' is not a whole"],
        ),
        ("features:\n  x: {type: INT, absent_in: [LAB]}\n", ["absent_in names LAB"]),
    ],
)
def test_mistakes_are_named_with_their_lines(text, messages):
    with pytest.raises(InputError) as caught:
        Schema.from_text(text, where="schema.yaml")
    assert all(message in str(caught.value) for message in messages), str(caught.value)


def test_every_key_of_the_text():
    text = Schema.from_text(FULL).to_text()
    assert text[text.index("version:") :] == FULL


FULL = """\
version: 3
label: y
environments: [TRAINING, SERVING, LAB]
examples: {min: 1, max: 1000, drift: {min: 0.5, max: 2}, version: {min: 1}}
drift: {l_infinity: 0.1, psi: 0.25}
skew: {hellinger: 0.3}
severities: {SCHEMA_NEW_COLUMN: IGNORE}
sparse:
  vector:
    index: [person.age]
    value: x
    is_sorted: true
weighted:
  weighed:
    feature: x
    weight: person.age
checks:
  small tips:
    sql: '"x" <= 3 and word <> ''a'''
    description: people do not tip more
    severity: WARNING
    feature: x
  long:
    sql: |-
      SELECT count(*) > 1
      FROM this
  odd:
    sql: "SELECT 1 -- \\t"

features:
  person:
    type: OTHER
  person.age:
    type: INT
    required: false
    presence: 0.5
    min_count: 10
    value_counts: [{min: 1, max: 3}, {}]
    min: 0
    max: 9007199254740993
    categorical: true
    unique: {min: 2}
    present_in: [LAB]
    drift: {wasserstein: 0.2}
    skew: {kolmogorov_smirnov: 0.2, hellinger: 0.1}
    protected: true
    frozen: true
    description: "in years: whole ones"
    tags: [who, "1"]
    severities: {INT_TYPE_BIG_INT: WARNING}
  "a\\\\.b":
    type: FLOAT
    shape: [2, 3]
    allow_nan: true
    allow_inf: true
    stage: DEPRECATED
  flag:
    type: STRING
    bool_domain: {true_value: Y, false_value: N}
  day:
    type: STRING
    time: {format: "%d/%m/%Y"}
  when:
    type: INT
    time: {unit: UNIX_SECONDS}
  note:
    type: STRING
    language:
      vocabulary: words
      min_coverage: 0.9
      excluded_tokens: ["[PAD]"]
      token_constraints: [{token: "[CLS]", min_per_sequence: 1, max_fraction: 1}]
      sequence_length: {max: 20}
    length: {min: 1, max: 20}
  face:
    type: BYTES
    image: {min_supported_fraction: 0.9, max_bytes: 100000}
  x:
    type: FLOAT
  y:
    type: STRING
    domain: []
    min_domain_mass: 0.95
    absent_in: [SERVING]
"""


def test_contradictions_are_named_with_the_lines_of_their_keys():
    text = """\
features:
  x:
    type: INT
    bool_domain: {true_value: a, false_value: a}
  s:
    type: STRNG
sparse:
  v: {index: [s], value: w}
drift: {hellinger: 2}
checks: {c: {sqll: "1"}}
skew: {l_infinty: 0.1}
examples: {min: 5, max: 2}
"""
    with pytest.raises(InputError) as caught:
        Schema.from_text(text)
    for message in [
        "line 4: feature 'x': true and false are the same value, 'a'",
        "line 6: feature 's': type: there is no type 'STRNG'; did you mean STRING?",
        "line 7: the sparse feature 'v' names 'w' as its value",
        "line 9: drift: hellinger is 2",
        "line 10: schema: checks 'c': unknown key 'sqll'; did you mean 'sql'?",
        "line 11: schema: skew: unknown key 'l_infinty'; did you mean 'l_infinity'?",
        "line 12: the least number of examples is larger",
    ]:
        assert message in str(caught.value), str(caught.value)
    assert "names 's'" not in str(caught.value)


def test_texts_of_the_first_form_still_mean_the_same():
    text = """\
# What the data should look like. Written on the first run from the training rows; yours to edit.
label: tips
environments: [TRAINING, SERVING]
examples: {min: 1}
drift: {l_infinity: 0.1, jensen_shannon: 0.1}

features:
  kind:
    type: STRING
    presence: 0.99
    domain:
      - a
      - "no"
    min_domain_mass: 0.95
    drift: {l_infinity: 0.3}
  tips:
    type: FLOAT
    required: false
    min: 0
    max: 1.5
    allow_nan: true
    allow_inf: true
    absent_in: [SERVING]
"""
    kind = Feature(
        name="kind",
        type=ColumnType.STRING,
        presence=0.99,
        domain=("a", "no"),
        min_domain_mass=0.95,
        drift=DriftLimits(0.3),
    )
    tips = Feature(
        name="tips",
        type=ColumnType.FLOAT,
        required=False,
        min=0,
        max=1.5,
        allow_nan=True,
        allow_inf=True,
        absent_in=("SERVING",),
    )
    assert Schema.from_text(text) == Schema(features={"kind": kind, "tips": tips}, label="tips", min_examples=1)
    assert Schema.from_text("features: {x: {type: INT}}").drift == DriftLimits()


def test_a_schema_that_is_not_strict_keeps_its_contradictions():
    text = "strict: false\nfeatures: {x: {type: INT, min: 2, max: 1}}"
    schema = Schema.from_text(text)
    assert [kind for _, kind, _ in schema.problems()] == ["INVALID_DOMAIN_SPECIFICATION"]
    assert Schema.from_text(schema.to_text()) == schema


def test_the_head_explains_every_key_of_a_feature():
    head = Schema.from_text("features: {x: {type: INT}}").to_text().partition("environments:")[0]
    assert [field.name for field in fields(Feature) if field.name not in head] == ["name"]


def test_the_guide_explains_every_key():
    guide = (Path(__file__).parents[4] / "docs/guide/data/schema.md").read_text(encoding="utf-8")
    keys = [*(field.name for field in fields(Feature)), *(field.name for field in fields(DriftLimits))]
    keys += ["label", "environments", "examples", "sparse", "weighted", "checks", "version", "strict"]
    assert [key for key in keys if key != "name" and f"`{key}`" not in guide] == []


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("features:x{}[],typeINT \n-\"'&*|>!%@#?"), max_size=60))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(InputError):
        Schema.from_text(text)
