from __future__ import annotations

import numpy as np
import pytest

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.evaluation.fairness.mitigation.constraints import Constraint, moments
from mainspring.evaluation.fairness.mitigation.exponentiated import exponentiated_gradient
from mainspring.evaluation.fairness.mitigation.pricing import Fit, yes_to
from mainspring.evaluation.fairness.mitigation.rows import group_rows


# Error and gap of fairlearn 0.15.0's ExponentiatedGradient, difference_bound 0.01, on the same rows and learner.
@pytest.mark.parametrize(
    ("constraint", "error", "gap"),
    [
        ("demographic_parity", 0.3502, 0.0154),
        ("equal_opportunity", 0.2919, 0.0186),
        ("equalized_odds", 0.3119, 0.0164),
    ],
)
def test_the_mixture_is_about_as_good_as_that_of_fairlearn(
    people: Table, learn: Fit, constraint: str, error: float, gap: float
) -> None:
    found = exponentiated_gradient(learn, people, label="y", protected=["g"], constraint=constraint, at_most=0.02)
    assert found.gap <= 0.02 + 1e-6
    assert found.error == pytest.approx(error, abs=0.005)
    assert gap <= 0.02
    assert sum(found.shares) == pytest.approx(1)


def test_lots_answer_as_often_as_they_should_and_the_same_each_time(people: Table, learn: Fit) -> None:
    found = exponentiated_gradient(learn, people, label="y", protected=["g"], constraint="demographic_parity")
    answers = found.predict(people)
    assert np.array_equal(answers.chosen, found.predict(people).chosen)
    rows = group_rows(people, label="y", protected=["g"])
    drawn = moments(Constraint.DEMOGRAPHIC_PARITY, rows, yes_to(answers, "1"))
    assert drawn.error == pytest.approx(found.error, abs=0.03)
    assert drawn.gap < 0.07


def test_a_loose_bound_leaves_the_learner_alone(people: Table, learn: Fit) -> None:
    found = exponentiated_gradient(learn, people, label="y", protected=["g"], at_most=0.5, rounds=3)
    assert found.error <= 0.2715
    with pytest.raises(InputError, match="0 rounds"):
        exponentiated_gradient(learn, people, label="y", protected=["g"], rounds=0)
