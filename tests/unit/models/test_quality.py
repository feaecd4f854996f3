"""What a package keeps of how good its model is, against rows counted by hand."""

import numpy as np

from mainspring.data import Table
from mainspring.evaluation import Predictions, assess_fairness, evaluate
from mainspring.models.quality import evaluation_facts, fairness_facts

# Of each four rows one negative has 0.1, one 0.8, and both positives 0.9; group x has four rows.
SCORES = np.tile([0.1, 0.9, 0.8, 0.9], 12)
TABLE = Table.from_columns({"label": ["no", "yes", "no", "yes"] * 12, "sex": ["f"] * 22 + ["m"] * 22 + ["x"] * 4})
PREDICTIONS = Predictions(("no", "yes"), np.column_stack([1 - SCORES, SCORES]))


def test_thresholds_and_the_worst_of_the_calibration() -> None:
    found = evaluation_facts(evaluate(PREDICTIONS, TABLE, label="label"))
    own = [one for one in found["thresholds"] if one["own"]]
    assert [(one["threshold"], one["precision"], one["recall"]) for one in own] == [(0.5, 24 / 36, 1.0)]
    assert found["thresholds"] == sorted(found["thresholds"], key=lambda one: one["threshold"])
    assert (found["calibration"]["said"], found["calibration"]["came"]) == (0.8, 0.0)
    assert found["says"]["accuracy"].startswith("the share of rows")


def test_a_regression_has_neither() -> None:
    values = np.arange(20.0)
    table = Table.from_columns({"fare": values.tolist()})
    found = evaluation_facts(evaluate(Predictions(None, values), table, label="fare"))
    assert (found["thresholds"], found["calibration"]) == ([], None)


def test_gaps_and_groups_about_which_nothing_is_known() -> None:
    fairness = assess_fairness(
        PREDICTIONS, TABLE, label="label", protected=["sex"], positive="yes", min_group_size=10
    )
    found = fairness_facts(fairness)
    parity = found["gaps"][0]
    assert (parity["notion"], parity["by"]) == ("demographic_parity_difference", "sex")
    assert set(parity["between"]) == {"sex=f", "sex=m"}
    assert any(one.startswith("sex=x (4 rows behind its selection_rate") for one in found["unknown"])
