from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from mainspring.core import InputError, Slice
from mainspring.data import Table
from mainspring.evaluation import Evaluation, Intervals, Predictions, compare, evaluate
from mainspring.evaluation.gates import paired_differences

ROWS = 600


def rows() -> tuple[Table, Predictions, Predictions]:
    """Two models that differ in few rows: what the second gets wrong, the first sometimes gets right."""
    random = np.random.default_rng(1)
    truth = random.random(ROWS) < 0.4
    hard = random.random(ROWS) < 0.2
    second = np.where(truth ^ hard, 0.8, 0.2)
    rescued = hard & (random.random(ROWS) < 0.1)
    first = np.where(rescued, np.where(truth, 0.8, 0.2), second)
    table = Table.from_columns(
        {"y": np.where(truth, "yes", "no").tolist(), "sex": random.choice(["f", "m"], ROWS).tolist()}
    )
    made = [Predictions(("no", "yes"), np.column_stack([1 - chance, chance])) for chance in (first, second)]
    return table, made[0], made[1]


@pytest.mark.parametrize("method", ["bootstrap", "jackknife"])
def test_differences_are_those_of_two_evaluations_and_their_intervals_those_of_pairs(method: str) -> None:
    table, first, second = rows()
    how = Intervals(method=method, resamples=200, buckets=30)  # type: ignore[arg-type]  # one of the parameters above
    found = paired_differences(first, second, table, label="y", slices=["sex"], intervals=how)
    ours = evaluate(first, table, label="y", slices=["sex"])
    theirs = evaluate(second, table, label="y", slices=["sex"])
    assert found.task == "differences"
    assert set(found.measured) == set(ours.measured)
    for key, measured in found.measured.items():
        assert measured.count == ours.measured[key].count
        for name in ("accuracy", "auc", "log_loss", "recall"):
            expected = ours.measured[key].values[name] - theirs.measured[key].values[name]
            assert measured.values[name] == pytest.approx(expected)
    # Of paired shares the variance of the difference is that of the difference of each row (McNemar's table).
    gap = (first.labels == table.column("y")).astype(float) - (second.labels == table.column("y")).astype(float)
    half = 1.96 * gap.std() / math.sqrt(ROWS)
    low, high = found.measured[Slice()].intervals["accuracy"]
    assert low == pytest.approx(gap.mean() - half, abs=0.35 * half)
    assert high == pytest.approx(gap.mean() + half, abs=0.35 * half)


def test_a_gain_that_only_pairs_can_show() -> None:
    table, first, second = rows()
    ours, theirs = (evaluate(one, table, label="y") for one in (first, second))
    paired = paired_differences(first, second, table, label="y")
    assert not compare(ours, baseline=theirs, better_by={"accuracy": 0}, on="interval").ok
    verdict = compare(ours, baseline=theirs, better_by={"accuracy": 0}, on="interval", paired=paired)
    assert verdict.ok
    assert "from pairs" in verdict.reasons[0].message
    assert compare(ours, baseline=theirs, rules=["accuracy > baseline"], on="interval", paired=paired).ok


def test_a_model_does_not_differ_from_itself(tmp_path: Path) -> None:
    table, first, _ = rows()
    found = paired_differences(
        first, first, table, label="y", intervals=Intervals(method="bootstrap", resamples=20)
    )
    assert found.overall["auc"] == 0
    assert found.measured[Slice()].intervals["auc"] == (0, 0)
    found.save(tmp_path)
    assert Evaluation.load(tmp_path) == found


def test_rows_without_a_label_and_figures_that_do_not_exist() -> None:
    table = Table.from_columns({"y": ["no", None, "no", "no"]})
    one = Predictions(("no", "yes"), np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [0.6, 0.4]]))
    found = paired_differences(one, one, table, label="y", intervals=Intervals(method="bootstrap", resamples=5))
    assert found.count == 3
    assert math.isnan(found.overall["recall"])
    assert found.measured[Slice()].reasons["recall"]
    assert "recall" not in found.measured[Slice()].intervals
    assert found.notes


def test_what_cannot_be_paired() -> None:
    table, first, second = rows()
    with pytest.raises(InputError, match="'closed'"):
        paired_differences(first, second, table, label="y", intervals=Intervals())
    with pytest.raises(InputError, match="classes and the other numbers"):
        paired_differences(first, Predictions(None, np.zeros(ROWS)), table, label="y")
