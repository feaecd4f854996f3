"""Assertions: business rules that flag, override or block a model's answers, in evaluation and in serving."""

from mainspring.evaluation.assertions.assertion import Assertion
from mainspring.evaluation.assertions.conditions import Condition
from mainspring.evaluation.assertions.enforcing import Enforced, check_assertions, enforce, judge_assertions
from mainspring.evaluation.assertions.judging import judge_answers
from mainspring.evaluation.assertions.outputs import Answered, Enforcer
from mainspring.evaluation.assertions.ports import Asserting, own_answers
from mainspring.evaluation.assertions.reading import Declared, assertions_of, parse_assertions, read_assertions

__all__ = [
    "Answered",
    "Asserting",
    "Assertion",
    "Condition",
    "Declared",
    "Enforced",
    "Enforcer",
    "assertions_of",
    "check_assertions",
    "enforce",
    "judge_answers",
    "judge_assertions",
    "own_answers",
    "parse_assertions",
    "read_assertions",
]
