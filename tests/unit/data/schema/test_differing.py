"""What changed from one schema to another: every key, and whether more or less data passes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.data import Schema
from mainspring.data.schema.differing import diff


def schema(keys="", whole=""):
    return Schema.from_text(
        f"{whole}\nfeatures:\n  x: {{type: STRING{', ' * bool(keys)}{keys}}}\n  y: {{type: INT}}"
    )


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("", "presence: 0.5", ["~ x: presence: 0 → 0.5  (tighter)"]),
        ("presence: 0.5", "presence: 0.4", ["~ x: presence: 0.5 → 0.4  (looser)"]),
        ("min_count: 5", "", ["~ x: min_count: 5 → nothing  (looser)"]),
        ("", "required: false", ["~ x: required: true → false  (looser)"]),
        ("allow_nan: true", "", ["~ x: allow_nan: true → false  (tighter)"]),
        ("", "domain: [a]", ["~ x: domain: nothing → ['a']  (tighter)"]),
        ("domain: [a, b]", "domain: [a, b, c]", ["~ x: domain: + 'c'  (looser)"]),
        ("domain: [a, b]", "domain: [b]", ["~ x: domain: - 'a'  (tighter)"]),
        ("domain: [a, b]", "domain: [b, c]", ["~ x: domain: + 'c' - 'a'"]),
        ("domain: [a, b]", "domain: [b, a]", ["~ x: domain: ['a', 'b'] → ['b', 'a']"]),
        (
            "length: {max: 5}",
            "length: {min: 1, max: 6}",
            ["length.min: nothing → 1  (tighter)", "length.max: 5 → 6"],
        ),
        ("length: {max: 5}", "", ["~ x: length: {max: 5} → nothing  (looser)"]),
        ("value_counts: [{max: 2}]", "value_counts: [{max: 3}]", ["→ [{max: 3}]  (looser)"]),
        ("value_counts: [{min: 1, max: 2}]", "value_counts: [{min: 2, max: 3}]", ["→ [{min: 2, max: 3}]"]),
        ("shape: [2]", "value_counts: [{}]", ["value_counts: [] → [{}]", "shape: [2] → nothing  (looser)"]),
        ("stage: ALPHA", "", ["~ x: stage: ALPHA → PRODUCTION  (tighter)"]),
        ("stage: BETA", "", ["~ x: stage: BETA → PRODUCTION"]),
        ("", "absent_in: [SERVING]", ["absent_in: + 'SERVING'  (looser)"]),
        ("drift: {psi: 0.1}", "drift: {psi: 0.2}", ["~ x: drift.psi: 0.1 → 0.2  (looser)"]),
        ("", "skew: {psi: 0.1}", ["~ x: skew.psi: nothing → 0.1  (tighter)"]),
        ("", "time: {format: '%Y'}", ["~ x: time: nothing → {format: %Y}  (tighter)"]),
        ("image: {max_bytes: 5}", "image: {max_bytes: 9}", ["~ x: image.max_bytes: 5 → 9  (looser)"]),
        ("", "description: why, protected: true", ["~ x: description:  → why", "~ x: protected: false → true"]),
    ],
)
def test_keys_of_a_feature(old, new, lines):
    if "image" in old:
        old, new = ("type: BYTES, " + keys for keys in (old, new))
        texts = [f"features: {{x: {{{keys}}}}}" for keys in (old, new)]
        found = diff(*map(Schema.from_text, texts))
    else:
        found = diff(schema(old), schema(new))
    told = sorted(str(found).splitlines())
    assert len(told) == len(lines), told
    for line in lines:
        assert any(one.endswith(line) for one in told) or any(line in one for one in told), told


def test_a_limit_of_its_own_is_held_against_that_of_the_schema():
    whole = "drift: {l_infinity: 0.1}"
    assert str(diff(schema("", whole), schema("drift: {l_infinity: 0.3}", whole))).endswith("→ 0.3  (looser)")
    assert str(diff(schema("", whole), schema("drift: {l_infinity: 0.05}", whole))).endswith("→ 0.05  (tighter)")


@pytest.mark.parametrize(
    ("old", "new", "effect"),
    [
        ("INT", "FLOAT", "looser"),
        ("FLOAT", "INT", "tighter"),
        ("INT", "OTHER", "looser"),
        ("BOOL", "DATE", "other"),
    ],
)
def test_types(old, new, effect):
    found = diff(*(Schema.from_text(f"features: {{x: {{type: {one}}}}}") for one in (old, new)))
    assert [change.effect.value for change in found.changed] == [effect]


def test_features_and_the_whole():
    old = Schema.from_text("examples: {min: 5}\nfeatures: {x: {type: INT}, y: {type: INT, max: 3}}")
    new = Schema.from_text(
        "label: x\nexamples: {min: 3}\nchecks: {c: {sql: x > 1}}\nfeatures: {x: {type: INT}, z: {type: STRING}}"
    )
    found = diff(old, new)
    assert (list(found.added), list(found.removed)) == (["z"], ["y"])
    assert str(found).splitlines() == [
        "+ z: STRING",
        "- y: INT (max 3)",
        "~ label: nothing → x",
        "~ min_examples: 5 → 3  (looser)",
        "~ checks.c: nothing → {name: c, sql: x > 1}  (tighter)",
    ]
    assert ([one.key for one in found.loosening], [one.key for one in found.tightening]) == (
        ["min_examples"],
        ["checks.c"],
    )
    assert found.as_dict()["changed"][1] == {
        "path": "",
        "key": "min_examples",
        "old": 5,
        "new": 3,
        "effect": "looser",
    }


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_the_difference_is_empty_only_of_equals(data, any_schema):
    one, other = data.draw(any_schema), data.draw(any_schema)
    assert not diff(one, one)
    assert str(diff(one, one)) == ""
    assert bool(diff(one, other)) == (one.digest() != other.digest())
    assert str(diff(one, other))[:1] in ("", "+", "-", "~")
