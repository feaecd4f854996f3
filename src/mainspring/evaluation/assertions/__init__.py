"""Assertions: business rules that flag, override or block a model's answers, in evaluation and in serving."""

from mainspring.evaluation.assertions.assertion import Assertion
from mainspring.evaluation.assertions.conditions import Condition
from mainspring.evaluation.assertions.enforcing import Enforced, check_assertions, enforce, judge_assertions

__all__ = ["Assertion", "Condition", "Enforced", "check_assertions", "enforce", "judge_assertions"]
