"""Updating a schema: the smallest relaxation that lets data pass."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.data import Schema, Table, infer, summarize, validate
from mainspring.data.schema import Stage
from mainspring.data.schema.differing import Effect
from mainspring.data.schema.updating import update

WORDS = st.sampled_from(["a", "b", "c", "1", "2.5", "x y", "true", "", "2020-01-01"])
COLUMNS = st.one_of(
    st.lists(st.none() | st.integers(-50, 50), min_size=1, max_size=12),
    st.lists(
        st.none() | st.floats(-1e6, 1e6) | st.sampled_from([float("nan"), float("inf")]), min_size=1, max_size=12
    ),
    st.lists(st.none() | WORDS, min_size=1, max_size=12),
    st.lists(st.none() | st.booleans(), min_size=1, max_size=12),
    st.lists(st.none() | st.lists(st.integers(0, 5), max_size=3).map(str), min_size=1, max_size=12).map(tuple),
)


@st.composite
def tables(draw):
    rows = draw(st.integers(1, 12))
    names = draw(st.lists(st.sampled_from("abcd"), min_size=1, max_size=4, unique=True))
    drawn = {name: draw(COLUMNS) for name in names}
    table = Table.from_columns({name: (list(values) * rows)[:rows] for name, values in drawn.items()})
    lists = [f"{name}::BIGINT[] AS {name}" for name, values in drawn.items() if isinstance(values, tuple)]
    return table.sql(f"SELECT * REPLACE ({', '.join(lists)}) FROM this") if lists else table


@settings(max_examples=40, deadline=None)
@given(tables(), tables(), tables())
def test_what_was_updated_passes(one, other, third):
    schema = infer(summarize(one), ranges=True)
    statistics = summarize({"train": other, "eval": third})
    updated, found = update(schema, statistics)
    anomalies = validate(statistics, updated).anomalies
    assert [str(anomaly) for anomaly in anomalies if not anomaly.type.startswith("COMPARATOR")] == []
    assert all(change.effect is not Effect.TIGHTER for change in found.changed), str(found)
    again, nothing = update(updated, statistics)
    assert not nothing, str(nothing)
    assert again == updated


@settings(max_examples=30, deadline=None)
@given(tables())
def test_nothing_changes_for_data_that_passes(table):
    statistics = summarize(table)
    schema = infer(statistics, ranges=True)
    updated, found = update(schema, statistics)
    assert not found, str(found)
    assert updated == schema


def relaxed(keys, values, **options):
    text = f"features: {{x: {{{keys}}}}}"
    if "label" in options:
        text = f"label: {options.pop('label')}\n{text}"
    lists = values is not None and isinstance(values[0], list)
    table = Table.from_columns({"x": list(map(str, values)) if lists else values} if values else {"z": [1]})
    statistics = summarize(table.sql("SELECT x::BIGINT[] AS x FROM this") if lists else table)
    updated, found = update(Schema.from_text(text), statistics, **options)
    assert [one for one in validate(statistics, updated).errors if not found.notes] == []
    return str(found)


@pytest.mark.parametrize(
    ("keys", "values", "told"),
    [
        ("type: INT, presence: 0.9", [1, 2, None], "~ x: presence: 0.9 → 0.6666  (looser)"),
        ("type: INT, min_count: 5", [1, 2, None], "~ x: min_count: 5 → 2  (looser)"),
        ("type: INT, max: 3", [1, 4], "~ x: max: 3 → 4  (looser)"),
        ("type: INT, min: 3", [1, 4], "~ x: min: 3 → 1  (looser)"),
        ("type: INT", [1, 2.5], "~ x: type: INT → FLOAT  (looser)"),
        ("type: INT, max: 3", ["a", "1"], "~ x: type: INT → STRING  (looser)\n~ x: max: 3 → nothing  (looser)"),
        ("type: STRING, domain: [a]", ["b", "a", "c"], "~ x: domain: + 'b', 'c'  (looser)"),
        ("type: STRING, length: {max: 1}", ["abc"], "~ x: length.max: 1 → 3  (looser)"),
        ("type: INT, unique: {min: 3}", [1, 1], "~ x: unique.min: 3 → 1  (looser)"),
        ("type: STRING, time: {format: '%Y'}", ["now"], "~ x: time: {format: %Y} → nothing  (looser)"),
        ("type: STRING, time: {format: '%Y'}", ["1999"], ""),
        ("type: INT, bool_domain: {}", [0, 2], "~ x: bool_domain: {} → nothing  (looser)"),
        ("type: BOOL", ["yes", "no"], "~ x: type: BOOL → STRING"),
        ("type: INT, value_counts: [{max: 1}]", [[1, 2]], "~ x: value_counts: [{max: 1}] → [{max: 2}]  (looser)"),
        ("type: INT", [[1, 2], []], "~ x: value_counts: [] → [{min: 0, max: 2}]"),
        ("type: INT, shape: [2]", [[1, 2], [3, 4]], ""),
        ("type: INT", None, "+ z: INT (presence 0.5)\n~ x: required: true → false  (looser)"),
    ],
)
def test_each_key_is_relaxed_the_smallest_way(keys, values, told):
    if values is None:
        assert relaxed(keys, values).splitlines()[1] == "~ x: required: true → false  (looser)"
    else:
        assert relaxed(keys, values) == told


def test_nan_and_infinity_are_allowed_where_they_come():
    table = Table.from_columns({"n": [1]}).sql("SELECT unnest(['nan'::DOUBLE, 'inf'::DOUBLE, 1.0]) AS x")
    found = update(Schema.from_text("features: {x: {type: FLOAT}}"), summarize(table))[1]
    assert [change.key for change in found.loosening] == ["allow_nan", "allow_inf"]


def test_lists_in_one_split_and_single_values_in_another_are_left_open():
    plain = Table.from_columns({"x": [1]})
    statistics = summarize({"train": plain, "eval": plain.sql("SELECT [x] AS x FROM this")})
    updated, _ = update(Schema.from_text("features: {x: {type: INT}}"), statistics)
    assert updated.features["x"].type == "OTHER"
    assert validate(statistics, updated).errors == ()


def test_a_domain_that_grows_too_large_is_dropped():
    words = [f"w{number}" for number in range(30)]
    assert relaxed("type: STRING, domain: [a]", words, most_words=10) == ("~ x: domain: ['a'] → nothing  (looser)")
    assert "30" not in relaxed("type: STRING, domain: [a]", words, most_words=31)


def test_what_people_froze_and_the_label_stay():
    told = relaxed("type: INT, max: 3, frozen: true", [9])
    assert told == "! x is frozen and left as it is; the data needs max: 3 → 9  (looser)"
    told = relaxed("type: STRING, domain: [a]", ["b"], label="x")
    assert told == "! x is the label and left as it is; the data needs domain: + 'b'  (looser)"
    assert relaxed("type: INT, max: 3, stage: DEBUG_ONLY", [9]) == ""


def test_sizes_and_the_version():
    schema = Schema.from_text(
        "examples: {min: 5, max: 1, drift: {max: 1}}\nstrict: false\nfeatures: {x: {type: INT}}"
    )
    old, new = (summarize(Table.from_columns({"x": [1] * rows})) for rows in (2, 3))
    updated, _ = update(schema, new, previous=old)
    assert (updated.min_examples, updated.max_examples, updated.num_examples_drift.max) == (3, 3, 1.5)
    assert (updated.version, update(updated, new)[0].version) == (2, 2)


@dataclass(frozen=True)
class Seen:
    path: str
    between: tuple[str, str]
    metric: str
    value: float
    drifted: bool = True


def test_limits_are_raised_to_what_was_measured():
    schema = Schema.from_text("drift: {l_infinity: 0.1}\nfeatures: {x: {type: INT}, y: {type: INT, frozen: true}}")
    statistics = summarize(Table.from_columns({"x": [1], "y": [1]}))
    seen = [
        Seen("x", ("previous all", "all"), "l_infinity", 0.23456),
        Seen("x", ("serving all", "all"), "jensen_shannon", 0.5),
        Seen("x", ("previous all", "all"), "psi", 9.0, drifted=False),
        Seen("y", ("previous all", "all"), "l_infinity", 0.5),
    ]
    updated, found = update(schema, statistics, measurements=seen)
    assert (updated.features["x"].drift.l_infinity, updated.features["x"].skew.jensen_shannon) == (0.2346, 0.5)
    assert updated.features["x"].drift.psi is None
    assert found.notes == ("y is frozen and left as it is; its l_infinity is 0.5",)


@settings(max_examples=25, deadline=None)
@given(data=st.data(), table=tables())
def test_any_schema_can_be_relaxed(data, any_schema, table):
    drawn = data.draw(any_schema)
    features = {}
    for name, one in zip("abcd", drawn.features.values(), strict=False):
        stage = Stage.BETA if one.stage is Stage.DERIVED else one.stage
        features[name] = replace(
            one, name=name, stage=stage, frozen=False, severities={}, language=None, image=None, present_in=()
        )
    schema = Schema(features=features, min_examples=drawn.min_examples, max_examples=drawn.max_examples)
    statistics = summarize(table)
    updated, found = update(schema, statistics)
    assert [str(anomaly) for anomaly in validate(statistics, updated).anomalies] == []
    assert all(change.effect is not Effect.TIGHTER for change in found.changed), str(found)
