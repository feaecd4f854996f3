"""Rows that assertions blocked are left out of the figures, told, and counted by slice."""

import math
from dataclasses import replace

import numpy as np
import pytest

from mainspring.core import InputError, Slice
from mainspring.data import Table
from mainspring.evaluation import Better, Predictions, better, compare, evaluate, paired_differences
from mainspring.evaluation.assertions import Assertion, enforce
from mainspring.evaluation.losses import row_losses

TABLE = Table.from_columns(
    {
        "age": [15.0, 16.0, 30.0, 40.0, 50.0, 60.0],
        "sex": ["f", "m", "f", "m", "f", "m"],
        "label": ["no", "no", "yes", "yes", "no", None],
    }
)
OWN = Predictions(
    ("no", "yes"), np.array([[0.1, 0.9], [0.8, 0.2], [0.2, 0.8], [0.7, 0.3], [0.9, 0.1], [0.5, 0.5]])
)
MINORS = Assertion(name="minors", when="age < 18 and answer == 'yes'", action="block")


def blocked(rule=MINORS, own=OWN):
    return enforce([rule], {"age": TABLE.column("age")}, own).predictions


def test_blocked_rows_have_no_answer():
    found = blocked()
    assert found.labels.tolist() == [None, "no", "yes", "no", "no", "no"]
    assert found.unanswered.tolist() == [True] + [False] * 5
    assert found.rows(1, 3).unanswered.tolist() == [False, False]
    assert found.where(np.arange(6) < 2).unanswered.tolist() == [True, False]
    assert found != OWN


@pytest.mark.parametrize("rows", [1, 2, 100])
def test_figures_are_about_the_others(rows):
    found = evaluate(blocked(), TABLE, label="label", slices=["sex"], min_slice_size=1, chunk_rows=rows)
    others = evaluate(
        Predictions(OWN.classes, OWN.scores[1:5]),
        TABLE.rows(1, 5),
        label="label",
        slices=["sex"],
        min_slice_size=1,
    )
    assert found.count == 4
    assert found.overall["accuracy"] == others.overall["accuracy"] == 0.75
    assert found.overall["blocked_share"] == 1 / 5
    assert found.slices[Slice.of({"sex": "f"})]["blocked_share"] == 1 / 3
    assert found.slices[Slice.of({"sex": "m"})]["blocked_share"] == 0.0
    assert "blocked_share" not in others.overall
    assert any("1 of 6 rows were blocked by assertions" in note for note in found.notes)
    low, high = found.measured[Slice()].intervals["blocked_share"]
    assert low < 0.2 < high


def test_a_share_of_nothing_is_told_where_rows_may_be_blocked():
    never = Assertion(name="never", when="age < 0", action="block")
    found = evaluate(blocked(never), TABLE, label="label")
    assert found.overall["blocked_share"] == 0.0
    assert found.notes == ("1 of 6 rows have no label and were left out",)
    assert not any("blocked" in name for name in evaluate(OWN, TABLE, label="label").overall)


def test_a_gate_bounds_the_share():
    found = evaluate(blocked(), TABLE, label="label")
    assert better("blocked_share") is Better.LOWER
    assert compare(found, at_most={"blocked_share": 0.25})
    assert not compare(found, at_most={"blocked_share": 0.1})


def test_a_slice_without_answers_is_still_told():
    women = Assertion(name="women", when="sex == 'f'", action="block")
    rows = enforce([women], {"sex": TABLE.column("sex")}, OWN).predictions
    found = evaluate(rows, TABLE, label="label", slices=["sex"], min_slice_size=1)
    assert found.slices[Slice.of({"sex": "f"})] == {"count": 0.0, "blocked_share": 1.0}
    everything = Assertion(name="all", when="age > 0", action="block")
    nothing = evaluate(blocked(everything), TABLE, label="label")
    assert nothing.overall["blocked_share"] == 1.0
    assert nothing.count == 0
    assert math.isnan(nothing.overall["accuracy"])


def test_values_may_be_blocked_too():
    table = Table.from_columns({"label": [1.0, 2.0, 3.0]})
    rule = Assertion(name="negative", when="answer < 0", action="block")
    own = Predictions(None, np.array([1.0, -9.0, 3.5]))
    rows = enforce([rule], {}, own).predictions
    found = evaluate(rows, table, label="label")
    assert found.overall["mae"] == 0.25
    assert found.overall["blocked_share"] == 1 / 3
    losses = row_losses(rows, table, label="label")
    assert losses.values.tolist() == [0.0, 0.5]
    assert not any("finite" in note for note in losses.notes)


def test_models_are_compared_on_rows_that_both_answer():
    found = paired_differences(blocked(), OWN, TABLE, label="label")
    assert found.count == 4
    assert found.overall["accuracy"] == 0.0


def test_blocked_rows_are_saved(tmp_path):
    blocked().save(tmp_path)
    assert Predictions.load(tmp_path) == blocked()
    with pytest.raises(InputError, match="blocked rows of the shape"):
        replace(OWN, blocked=np.array([True]))
