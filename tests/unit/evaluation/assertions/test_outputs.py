"""Outputs are held to assertions as predictions are, row by row and a column at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.evaluation import Predictions
from mainspring.evaluation.assertions import Assertion, Enforcer, enforce
from mainspring.evaluation.assertions.outputs import FEW

RULES = [
    Assertion(name="minor", when="age < 18 and answer == 'yes'", action="block", message="of age only"),
    Assertion(name="old", when="age >= 70", action="override", answer="no"),
    Assertion(name="smith", when="job == 'smith' and age >= 75", action="override", answer="yes"),
    Assertion(name="unsure", when="score < 0.75"),
]
PEOPLE = st.tuples(
    st.sampled_from([15.0, 17.0, 40.0, 70.0, 80.0, float("nan")]),
    st.sampled_from(["smith", "baker", None]),
    st.sampled_from([0.05, 0.3, 0.45, 0.6, 0.9]),
)


def asked(people):
    ages, jobs, chances = zip(*people, strict=True)
    columns = {"age": np.array(ages), "job": np.array(jobs, dtype=object)}
    scores = np.column_stack([1 - np.array(chances), chances])
    own = Predictions(("no", "yes"), scores)
    return columns, own, {"label": own.labels, "probabilities": scores}


@pytest.mark.parametrize("copies", [1, 10])
@settings(deadline=None)
@given(people=st.lists(PEOPLE, min_size=1, max_size=5))
def test_outputs_are_what_predictions_are(copies, people):
    columns, own, outputs = asked(people * copies)
    assert (len(own) > FEW) is (len(people) * copies > FEW)
    found = Enforcer(RULES, own.classes).enforce(columns, outputs)
    whole = enforce(RULES, columns, own)
    assert found.outputs["label"].tolist() == whole.predictions.labels.tolist()
    assert np.array_equal(found.outputs["probabilities"], whole.predictions.scores, equal_nan=True)
    assert [tuple(one.name for one in row) for row in found.violated] == [whole.flags(n) for n in range(len(own))]
    assert sorted(found.blocked) == np.flatnonzero(whole.blocked).tolist()
    assert {one.name: count for one, count in found.counts.items()} == {
        name: count for name, count in whole.counts.items() if count
    }
    assert found.own is outputs
    assert found.changed is bool((whole.blocked | whole.overridden).any())


def test_a_reason_is_given():
    columns, own, outputs = asked([(15.0, None, 0.9)])
    found = Enforcer(RULES, own.classes).enforce(columns, outputs)
    assert found.blocked == {0: "minor: of age only"}


def test_values():
    rules = [
        Assertion(name="negative", when="answer < 0", action="override", answer=0),
        Assertion(name="huge", when="score > 100", action="block"),
    ]
    found = Enforcer(rules, None).enforce({}, {"prediction": np.array([-3.0, 5.0, 500.0])})
    assert found.outputs["prediction"].tolist()[:2] == [0.0, 5.0]
    assert np.isnan(found.outputs["prediction"][2])
    assert found.blocked == {2: "huge"}


def test_no_assertions_change_nothing():
    columns, own, outputs = asked([(15.0, None, 0.9)])
    found = Enforcer([], own.classes).enforce(columns, outputs)
    assert found.outputs is outputs
    assert found.violated == [()]
