"""What goes wrong with columns, and what a rule that can be worked out makes of it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.core import InputError, NotFoundError
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.robustness import Perturbation, Robustness, assess_robustness
from mainspring.evaluation.robustness.perturbations import BUILT_IN, perturbation

RNG = np.random.default_rng(0)
N = 4000
A, B = RNG.normal(size=N), RNG.normal(size=N)
JOB = RNG.choice(np.array(["smith", "baker"], dtype=object), N)
TABLE = Table.from_columns({"a": A, "b": B, "job": JOB, "label": np.where(A > 0, "yes", "no").tolist()})


class Sign:
    """Answers by the sign of a; b and job are read by nobody."""

    def predict(self, table):
        yes = np.where(np.nan_to_num(table.column("a")) > 0, 0.9, 0.2)
        return Predictions(("no", "yes"), np.column_stack([1 - yes, yes]))


@pytest.mark.parametrize("name", BUILT_IN)
def test_nothing_happens_without_severity_and_something_with(name):
    one = BUILT_IN[name]
    values = np.linspace(-3, 5, 500) if one.numbers else np.array(["abc", "d", "ef"] * 100, dtype=object)
    assert (one.change(values, np.random.default_rng(0), 0.0) == values).all()
    changed = one.change(values, np.random.default_rng(0), 0.5)
    assert changed.dtype == values.dtype
    assert len(changed) == len(values)
    assert sum(a != b for a, b in zip(values, changed, strict=True)) > 20
    assert values.tolist() == (np.linspace(-3, 5, 500).tolist() if one.numbers else ["abc", "d", "ef"] * 100)


@given(st.text(max_size=8))
def test_a_typo_changes_any_text(text):
    (changed,) = BUILT_IN["typos"].change(np.array([text], dtype=object), np.random.default_rng(1), 1.0)
    assert changed != text
    assert abs(len(changed) - len(text)) <= 1


def test_a_sign_costs_what_can_be_worked_out():
    found = assess_robustness(
        Sign(),
        TABLE,
        label="label",
        perturbations=["sign", "noise", "blanks"],
        severities=[0.2],
        each_feature=True,
    )
    by = {(one.perturbation, one.feature): one for one in found.found}
    assert found.baseline == 1.0
    # A fifth of the signs is wrong, and so is a fifth of the answers; the probability moves by 0.7 there.
    turned = by["sign", "a"]
    assert turned.flipped == pytest.approx(0.2, abs=0.02)
    assert turned.loss == pytest.approx(turned.flipped)
    assert turned.moved == pytest.approx(0.7 * turned.flipped)
    assert turned.cells == pytest.approx(0.2 * N, abs=0.02 * N)
    # The sign of x + 0.2 z differs from that of x with probability atan(0.2) / pi.
    assert by["noise", "a"].flipped == pytest.approx(math.atan(0.2) / math.pi, abs=0.01)
    assert by["noise", "b"].flipped == by["blanks", "job"].flipped == 0
    assert found.worst(1) == (turned,)
    assert ("sign", "job") not in by


def test_entries_do_not_depend_on_what_else_is_asked():
    one = assess_robustness(Sign(), TABLE, label="label", perturbations=["noise"], severities=[0.5])
    many = assess_robustness(
        Sign(), TABLE, label="label", perturbations=["missing", "noise"], severities=[0.1, 0.5]
    )
    assert one.found[0] in many.found


def test_a_verdict_names_what_is_too_much():
    found = assess_robustness(Sign(), TABLE, label="label", perturbations=["sign", "noise"], severities=[0.1, 0.5])
    verdict = found.judge(loss_at_most={"noise": 0.05}, flips_at_most=0.2, up_to=0.2)
    assert verdict.ok
    hard = found.judge(loss_at_most=0.05)
    assert {reason.subject for reason in hard.failures} == {
        "accuracy | sign 0.1",
        "accuracy | sign 0.5",
        "accuracy | noise 0.5",
    }
    assert not found.judge().ok


def test_refused_rows_are_told_and_fail():
    class Strict(Sign):
        def predict(self, table):
            if np.isnan(table.column("a")).any():
                raise InputError("column 'a' has gaps")
            return super().predict(table)

    found = assess_robustness(Strict(), TABLE, label="label", perturbations=["missing"], severities=[0.1])
    assert found.found[0].refused == "column 'a' has gaps"
    assert math.isnan(found.found[0].loss)
    (reason,) = found.judge(loss_at_most=1.0).failures
    assert reason.code == "REFUSED"


def test_values_move_too():
    class Line:
        def predict(self, table):
            return Predictions(None, table.column("a"))

    table = Table.from_columns({"a": A, "label": A})
    found = assess_robustness(Line(), table, label="label", perturbations=["noise"], severities=[0.5])
    assert found.metric == "rmse"
    assert found.found[0].loss == pytest.approx(0.5 * A.std(), rel=0.05)


def test_they_are_kept(tmp_path):
    found = assess_robustness(Sign(), TABLE, label="label", severities=[0.1])
    found.save(tmp_path)
    assert Robustness.load(tmp_path) == found
    assert "accuracy 1 on 4000 rows" in str(found)


def test_perturbations_of_ones_own():
    halved = Perturbation(name="halved", says="half", change=lambda v, _r, s: v * (1 - s / 2), numbers=True)
    found = assess_robustness(Sign(), TABLE, label="label", perturbations=[halved], severities=[1.0])
    assert found.found[0].flipped == 0
    with pytest.raises(NotFoundError, match="'melted'"):
        perturbation("melted")


def test_what_makes_no_sense():
    with pytest.raises(InputError, match="'height'"):
        assess_robustness(Sign(), TABLE, label="label", features=["height"])
    with pytest.raises(InputError, match="severities"):
        assess_robustness(Sign(), TABLE, label="label", severities=[2.0])
    with pytest.raises(InputError, match="neither better"):
        assess_robustness(Sign(), TABLE, label="label", metric="base_rate")
