from __future__ import annotations

import numpy as np
import pytest

from mainspring.data import Table
from mainspring.evaluation.fairness.mitigation.constraints import Constraint
from mainspring.evaluation.fairness.mitigation.pricing import Constant, Fit, Judge, Lessons, worth
from mainspring.evaluation.fairness.mitigation.rows import group_rows

TEN = Table.from_columns({"sex": [*"mmmmm", *"fffff"], "y": [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]})


# The sums of fairlearn 0.15.0's signed_weights of the constraint and of the error, with the same multipliers.
@pytest.mark.parametrize(
    ("constraint", "prices", "known"),
    [
        (Constraint.DEMOGRAPHIC_PARITY, [[-0.1, 0.2]], [1.3] * 3 + [-0.7] * 2 + [0.7] + [-1.3] * 4),
        (Constraint.EQUAL_OPPORTUNITY, [[0.1, -0.3]], [1 / 6] * 3 + [-1.0] * 2 + [3.5] + [-1.0] * 4),
        (
            Constraint.EQUALIZED_ODDS,
            [[0.0, -0.3], [0.25, 0.0]],
            [0.25] * 3 + [-11 / 6] * 2 + [3.25] + [-7 / 12] * 4,
        ),
    ],
)
def test_what_a_yes_is_worth_is_what_fairlearn_says(
    constraint: Constraint, prices: list[list[float]], known: list[float]
) -> None:
    rows = group_rows(TEN, label="y", protected=["sex"])
    assert [str(key) for key in rows.groups] in (["sex=f", "sex=m"], ["sex=m", "sex=f"])
    swapped = str(rows.groups[0]) == "sex=f"
    given = np.array(prices)[:, ::-1] if swapped else np.array(prices)
    assert worth(constraint, rows, given) == pytest.approx(known)


# Error and gap of fairlearn 0.15.0's GridSearch with the same learner, rows and multipliers of group a.
@pytest.mark.parametrize(
    ("constraint", "price", "error", "gap"),
    [
        (Constraint.DEMOGRAPHIC_PARITY, -0.4, 0.272, 0.18249086590255426),
        (Constraint.DEMOGRAPHIC_PARITY, 1.2, 0.2755, 0.23927876046426583),
        (Constraint.EQUAL_OPPORTUNITY, -0.4, 0.277, 0.04738170223587168),
        (Constraint.EQUAL_OPPORTUNITY, -1.2, 0.3135, 0.02381408814381558),
    ],
)
def test_a_model_under_prices_is_that_of_fairlearn(
    people: Table, learn: Fit, constraint: Constraint, price: float, error: float, gap: float
) -> None:
    lessons = Lessons.of(learn, people, constraint, label="y", protected=["g"], positive=None, weight=None)
    assert str(lessons.rows.groups[0]) == "g=a"
    prices = np.array([[price, 0.0]])
    judge = Judge(table=lessons.table, rows=lessons.rows, constraint=constraint)
    found = judge.try_out(lessons.answer(prices), prices)
    assert found.error == pytest.approx(error, abs=0.001)
    assert found.gap == pytest.approx(gap, abs=0.003)


def test_where_one_answer_is_best_for_every_row_it_is_given_without_learning(learn: Fit) -> None:
    table = Table.from_columns({"sex": [*"mmmf"], "y": [1, 1, 1, 0]})
    lessons = Lessons.of(
        learn, table, "demographic_parity", label="y", protected=["sex"], positive=None, weight=None
    )
    prices = np.array([[1.5, 0.0]])
    assert worth(lessons.constraint, lessons.rows, prices) == pytest.approx([0.5, 0.5, 0.5, 0.5])
    answer = lessons.answer(prices)
    assert answer == Constant(("0", "1"), positive=True)
    assert answer.predict(table).labels.tolist() == ["1"] * 4
