"""A condition that could never hold is refused before anybody relies on it."""

import pytest

from mainspring.core import InputError
from mainspring.evaluation.assertions import Assertion, check_assertions

COLUMNS, TEXTS, CLASSES = ["age", "job", "member"], ["job"], ("no", "yes")


def check(when, classes=CLASSES):
    check_assertions([Assertion(name="rule", when=when)], COLUMNS, classes, texts=TEXTS)


@pytest.mark.parametrize(
    "when",
    [
        "age * 2 < -3 and answer == 'yes'",
        "job in ('smith', 'baker') or missing(job)",
        "answer in ('no', 'yes')",
        "member and not member == True",
        "18 <= age < 70",
        "'a' < job < 'c'",
        "score > age",
    ],
)
def test_likes_may_be_compared(when):
    check(when)


@pytest.mark.parametrize(
    ("when", "match"),
    [
        ("job == 1", "job is text, and 1 a number"),
        ("age == '17'", "'17' is text, and age a number"),
        ("answer == 1", "answer is text"),
        ("age in (17, 'old')", "'old' is text"),
        ("job + 1 > 2", "cannot be reckoned with"),
        ("-job < 2", "cannot be reckoned with"),
        ("job", "neither true nor false"),
        ("not answer", "neither true nor false"),
        ("answer == 'maybe'", "no class of the model"),
        ("'maybe' != answer", "no class of the model"),
        ("answer in ('yes', 'maybe')", "no class of the model"),
    ],
)
def test_what_could_never_hold_is_refused(when, match):
    with pytest.raises(InputError, match=match):
        check(when)


def test_the_answer_of_a_regression_is_a_number():
    check("answer < 0", classes=None)
    with pytest.raises(InputError, match="'yes' is text"):
        check("answer == 'yes'", classes=None)
