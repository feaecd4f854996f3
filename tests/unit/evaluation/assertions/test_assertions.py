"""Conditions are read safely and hold where they should; answers are flagged, overridden and blocked."""

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.core import InputError
from mainspring.evaluation import Cutoff, Predictions
from mainspring.evaluation.assertions import Assertion, Condition, check_assertions, enforce, judge_assertions

COLUMNS = {
    "age": np.array([17.0, 40.0, np.nan, 70.0]),
    "job": np.array(["smith", "baker", None, "smith"], dtype=object),
    "native-country": np.array(["x", "y", "x", "y"], dtype=object),
    "member": np.array([1.0, 0.0, np.nan, 1.0]),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("age < 18", [1, 0, 0, 0]),
        ("not age < 18", [0, 1, 1, 1]),
        ("18 <= age < 70", [0, 1, 0, 0]),
        ("age != 40", [1, 0, 0, 1]),
        ("job == 'smith' and age > 20", [0, 0, 0, 1]),
        ("job in ('baker', 'clerk')", [0, 1, 0, 0]),
        ("job not in ('baker',)", [1, 0, 0, 1]),
        ("missing(age) or missing(job)", [0, 0, 1, 0]),
        ("column('native-country') == 'x'", [1, 0, 1, 0]),
        ("age * 2 - 10 > 60", [0, 1, 0, 1]),
        ("age / 0 > 1", [1, 1, 0, 1]),
        ("member", [1, 0, 0, 1]),
        ("not member", [0, 1, 1, 0]),
        ("job == 1", [0, 0, 0, 0]),
        ("job != 1", [1, 1, 0, 1]),
        ("age in (17, 70)", [1, 0, 0, 1]),
        ("-age < -60", [0, 0, 0, 1]),
        ("job < 'c'", [0, 1, 0, 0]),
    ],
)
def test_where_conditions_hold(text, expected):
    assert Condition.read(text).holds(COLUMNS).astype(int).tolist() == expected


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "age.real > 1",
        "age > (lambda: 1)()",
        "[x for x in (1,)]",
        "age[0] > 1",
        "open('f') == 1",
        "missing(1)",
        "age ** 9 > 1",
        "age is 1",
        "job in other",
        "job in ()",
        "age >",
        "",
        "f'{age}' == 'x'",
        "1 < 2 if age else 3",
        "(age := 1) > 0",
        "age in (1, 2) in (3, 4)",
    ],
)
def test_nothing_but_conditions_is_read(text):
    with pytest.raises(InputError, match="cannot be read"):
        Condition.read(text)


@given(st.text(max_size=20))
def test_any_text_is_a_condition_or_a_clear_error(text):
    with contextlib.suppress(InputError):
        assert Condition.read(text).text == text.strip()


def test_deep_brackets_are_refused():
    with pytest.raises(InputError, match="cannot be read"):
        Condition.read("(" * 5000 + "age > 1" + ")" * 5000)


def predictions(cutoff=None):
    return Predictions(("no", "yes"), np.array([[0.1, 0.9], [0.3, 0.7], [0.8, 0.2], [0.4, 0.6]]), cutoff)


RULES = [
    Assertion(name="minor", when="age < 18 and answer == 'yes'", action="block", message="of age only"),
    Assertion(name="old", when="age >= 70", action="override", answer="no"),
    Assertion(name="unsure", when="score < 0.75"),
]


def test_answers_are_flagged_overridden_and_blocked():
    found = enforce(RULES, COLUMNS, predictions())
    assert found.counts == {"minor": 1, "old": 1, "unsure": 2}
    assert found.blocked.tolist() == [True, False, False, False]
    assert found.overridden.tolist() == [False, False, False, True]
    assert np.isnan(found.predictions.scores[0]).all()
    assert found.predictions.scores[3].tolist() == [1.0, 0.0]
    assert found.predictions.labels[1:].tolist() == ["yes", "no", "no"]
    assert found.flags(3) == ("old", "unsure")
    assert found.flags(1) == ("unsure",)


def test_conditions_read_the_answer_at_the_cutoff():
    strict = enforce(RULES, COLUMNS, predictions(Cutoff("yes", 0.95)))
    assert strict.counts["minor"] == 0


def test_nothing_violated_gives_the_very_same_answers():
    given_ = predictions()
    assert enforce(RULES[1:], {**COLUMNS, "age": np.full(4, 30.0)}, given_).predictions is given_
    assert enforce([RULES[0]], {**COLUMNS, "age": np.full(4, 30.0)}, given_).predictions == given_


def test_values_can_be_overridden():
    values = Predictions(None, np.array([5.0, -3.0]))
    rule = Assertion(name="negative", when="answer < 0", action="override", answer=0.0)
    assert enforce([rule], {"age": np.array([1.0, 2.0])}, values).predictions.scores.tolist() == [5.0, 0.0]


def test_a_verdict_bounds_violations():
    found = enforce(RULES, COLUMNS, predictions())
    verdict = judge_assertions(found, at_most={"minor": 0.0, "old": 0.5, "unsure": 0.5})
    assert [reason.subject for reason in verdict.failures] == ["minor"]
    assert "1 of 4 answers violate it" in verdict.failures[0].message
    assert judge_assertions(enforce([], COLUMNS, predictions())).ok


def test_assertions_must_fit_the_model():
    check_assertions(RULES, list(COLUMNS), ("no", "yes"))
    with pytest.raises(InputError, match="reads 'aeg'"):
        check_assertions([Assertion(name="a", when="aeg > 1")], list(COLUMNS), ("no", "yes"))
    with pytest.raises(InputError, match="'maybe', which is no class"):
        check_assertions(
            [Assertion(name="a", when="age > 1", action="override", answer="maybe")], list(COLUMNS), ("no", "yes")
        )
    with pytest.raises(InputError, match="the same name: 'old'"):
        check_assertions([RULES[1], RULES[1]], list(COLUMNS), ("no", "yes"))
    with pytest.raises(InputError, match="gives values"):
        check_assertions([RULES[1]], list(COLUMNS), None)


@pytest.mark.parametrize(
    ("value", "match"),
    [
        ({"name": "a"}, "'when' is missing"),
        ({"name": "a", "when": "age > 1", "than": 1}, "'than' is unknown"),
        ({"name": "a", "when": "age > 1", "action": "explode"}, "'explode'"),
        ({"name": "a", "when": "age > 1", "action": "override"}, "action 'override'"),
        ({"name": "a", "when": "age > 1", "answer": "no"}, "action 'flag'"),
        ({"name": "", "when": "age > 1"}, "without a name"),
    ],
)
def test_what_is_no_assertion(value, match):
    with pytest.raises(InputError, match=match):
        Assertion.from_dict(value)


def test_plain_values_and_back():
    for one in RULES:
        assert Assertion.from_dict(one.as_dict()) == one


def test_a_column_of_an_odd_name_may_be_a_truth():
    columns = {"is member": np.array([1.0, 0.0, np.nan])}
    assert Condition.read("column('is member')").holds(columns).tolist() == [True, False, False]


@pytest.mark.parametrize("at", [0.0, 1.5])
def test_an_override_is_obeyed_at_any_cutoff(at):
    rules = [
        Assertion(name="a", when="age < 18", action="override", answer="no"),
        Assertion(name="b", when="age >= 70", action="override", answer="yes"),
    ]
    own = predictions(Cutoff("yes", at))
    labels = enforce(rules, COLUMNS, own).predictions.labels.tolist()
    assert labels == ["no", *own.labels[1:3], "yes"]


def test_names_can_be_joined_by_commas():
    for name in ("a, b", "a\nb"):
        with pytest.raises(InputError, match="without commas"):
            Assertion(name=name, when="age < 18")
