"""The schema as text: what is written is read, and every mistake is named with its line."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.data import ColumnType, DriftLimits, Feature, Schema

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
SHARES = st.floats(0, 1)
LIMITS = st.builds(DriftLimits, st.none() | SHARES, st.none() | SHARES)


@st.composite
def features(draw, name):
    type_ = draw(st.sampled_from(ColumnType))
    domain = st.none() | st.lists(st.text(st.characters(exclude_categories=["Cs"])), unique=True, max_size=5).map(
        tuple
    )
    low, high = draw(st.none() | st.floats(-1e9, 0)), draw(st.none() | st.floats(0, 1e9))
    found = draw(domain) if type_ is ColumnType.STRING else None
    return Feature(
        name=name,
        type=type_,
        required=draw(st.booleans()),
        presence=draw(SHARES),
        domain=found,
        min_domain_mass=draw(SHARES) if found is not None else 1.0,
        min=low if type_.is_numeric else None,
        max=high if type_.is_numeric else None,
        allow_nan=draw(st.booleans()),
        allow_inf=draw(st.booleans()),
        absent_in=draw(st.sampled_from([(), ("SERVING",), ("TRAINING", "SERVING")])),
        drift=draw(LIMITS),
    )


@st.composite
def schemas(draw):
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    return Schema(
        features={name: draw(features(name)) for name in names},
        label=draw(st.none() | st.sampled_from(names)),
        min_examples=draw(st.none() | st.integers(0, 10)),
        max_examples=draw(st.none() | st.integers(10, 1000)),
        drift=draw(LIMITS),
    )


@settings(max_examples=60, deadline=None)
@given(schemas())
def test_what_is_written_is_read(schema):
    assert Schema.from_text(schema.to_text()) == schema
    assert Schema.from_text(schema.to_text()).to_text() == schema.to_text()


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
    min_domain_mass: 1
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
        ("features:\n  x:\n    type: INT\n    min: 5\n    max: 4\n", ["line 4: feature 'x': min 5.0 is larger"]),
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
