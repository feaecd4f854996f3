"""The steps that try what a model withstands."""

import numpy as np
import pytest

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.data.examples import Examples
from mainspring.evaluation import Predictions
from mainspring.evaluation.steps import assess_robustness, attack, infer_membership, judge_robustness

RNG = np.random.default_rng(0)
A = RNG.normal(size=400)
TABLE = Table.from_columns({"a": A, "b": RNG.normal(size=400), "label": np.where(A > 0, "yes", "no").tolist()})
EXAMPLES = Examples(splits={"train": TABLE.rows(0, 200), "eval": TABLE.rows(200, 400)})


class Steep:
    """Answers by a, and ever more surely."""

    def predict(self, table: Table) -> Predictions:
        yes = 1 / (1 + np.exp(-3 * np.nan_to_num(table.column("a"))))
        return Predictions(("no", "yes"), np.column_stack([1 - yes, yes]))


def test_one_verdict_on_all_three() -> None:
    robustness = assess_robustness(Steep(), EXAMPLES, label="label", perturbations=["sign"], severities=[0.2])
    adversarial = attack(Steep(), EXAMPLES, label="label", budgets=[0.5], options={"columns": 1})
    membership = infer_membership(Steep(), EXAMPLES, label="label")
    assert robustness is not None
    assert adversarial is not None
    assert membership is not None
    # Half a standard deviation turns the rows that are no further than that from 0.
    near = np.abs(A[200:]) <= 0.5 * A[200:].std()
    assert adversarial.found[0].accuracy == pytest.approx(1 - near.mean(), abs=0.006)
    verdict = judge_robustness(robustness, adversarial, membership, loss_at_most=0.5, attacked_loss_at_most=0.1)
    assert [reason.subject for reason in verdict.failures] == ["column_search 0.5"]
    assert {reason.code for reason in verdict.reasons} == {"ROBUST", "YIELDS", "MEMBERS_HIDDEN"}


def test_nothing_without_a_model() -> None:
    assert assess_robustness(None, EXAMPLES, label="label") is None
    assert attack(None, EXAMPLES, label="label") is None
    assert infer_membership(None, EXAMPLES, label="label") is None
    with pytest.raises(InputError, match="nothing to judge"):
        judge_robustness()
