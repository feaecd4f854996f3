"""A verdict on what a model says of rows, by the assertions that it declares."""

import numpy as np
import pytest

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.assertions import Asserting, Assertion, enforce, judge_answers, own_answers

TABLE = Table.from_columns({"age": [15.0, 16.0, 30.0, 40.0]})


class Rule:
    """Says yes to everybody; what it declares forbids some of that."""

    def __init__(self, *assertions):
        self.assertions = assertions

    def predict_own(self, table):
        return Predictions(("no", "yes"), np.tile([0.1, 0.9], (table.num_rows, 1)))

    def enforce(self, table):
        return enforce(self.assertions, {"age": table.column("age")}, self.predict_own(table))

    def predict(self, table):
        return self.enforce(table).predictions


class Plain:
    def predict(self, table):
        return Rule().predict_own(table)


MINORS = Assertion(name="minors", when="age < 18", action="block")
OLD = Assertion(name="old", when="age >= 40", action="override", answer="no")


@pytest.mark.parametrize("rows", [1, 3, 100])
def test_shares_are_bounded(rows, monkeypatch):
    monkeypatch.setattr("mainspring.evaluation.assertions.judging.CHUNK_ROWS", rows)
    rule = Rule(MINORS, OLD)
    assert isinstance(rule, Asserting)
    assert judge_answers(rule, TABLE, at_most=0.5)
    verdict = judge_answers(rule, TABLE, at_most={"old": 0.3})
    assert [one.subject for one in verdict.failures] == ["minors"]
    assert "minors: 2 of 4 answers violate it" in verdict.failures[0].message


def test_a_model_without_assertions_keeps_them_all():
    for one in (Rule(), Plain()):
        verdict = judge_answers(one, TABLE)
        assert verdict
        assert [reason.code for reason in verdict.reasons] == ["NO_ASSERTIONS"]
        assert own_answers(one, TABLE) == Rule().predict_own(TABLE)


def test_bounds_name_assertions_that_there_are():
    with pytest.raises(InputError, match="no assertion 'minor'"):
        judge_answers(Rule(MINORS), TABLE, at_most={"minor": 0.1})
    with pytest.raises(InputError, match="no assertion 'minors'"):
        judge_answers(Plain(), TABLE, at_most={"minors": 0.1})
