from __future__ import annotations

import math

import numpy as np
import pytest

from mainspring.core import InputError, Slice
from mainspring.data import Table
from mainspring.evaluation import Evaluation, Predictions, evaluate
from mainspring.evaluation.comparing import compare_models, compare_slices

CITY = np.repeat(["x", "y", "z"], [600, 300, 100])
TRUTH = np.tile(["no", "yes"], 500)


def judged(right: dict[str, float]) -> Evaluation:
    """A model that is right on the given share of the rows of each city, exactly."""
    wrong = np.zeros(1000, dtype=bool)
    for city, share in right.items():
        places = np.flatnonzero(city == CITY)
        wrong[places[round(share * len(places)) :]] = True
    yes = np.where((TRUTH == "yes") ^ wrong, 0.9, 0.1)
    table = Table.from_columns({"city": CITY, "label": TRUTH})
    return evaluate(
        Predictions(("no", "yes"), np.column_stack([1 - yes, yes])), table, label="label", slices=["city"]
    )


EVALUATION = judged({"x": 0.9, "y": 0.89, "z": 0.6})


def test_each_slice_is_held_against_the_other_rows() -> None:
    found = compare_slices(EVALUATION, "accuracy", against="rest")
    worst = found.rows[0]
    # Right: 540 + 267 + 60 of 1000; without z 807 of 900.
    assert (worst.slice, worst.count, worst.value) == (Slice.of(city="z"), 100, 0.6)
    assert worst.other == pytest.approx(807 / 900)
    assert worst.difference == pytest.approx(0.6 - 807 / 900)
    spread = math.sqrt(0.6 * 0.4 / 100 + (807 / 900) * (93 / 900) / 900)
    assert worst.interval is not None
    assert worst.interval.high - worst.interval.low == pytest.approx(2 * 1.96 * spread, rel=0.03)
    assert [row.slice for row in found.worse] == [Slice.of(city="z")]


def test_the_whole_holds_the_slice_and_moves_with_it() -> None:
    overall = compare_slices(EVALUATION, "accuracy", against="overall").rows[0]
    rest = compare_slices(EVALUATION, "accuracy", against="rest").rows[0]
    assert overall.difference == pytest.approx(0.9 * rest.difference)
    assert overall.interval is not None
    assert rest.interval is not None
    assert overall.interval.low == pytest.approx(0.9 * rest.interval.low)
    assert overall.p_value == pytest.approx(rest.p_value)


def test_slices_are_held_against_one_slice() -> None:
    found = compare_slices(EVALUATION, "accuracy", against=Slice.of(city="y"))
    assert [str(row.slice) for row in found.rows] == ["city=z", "city=x"]
    assert found.rows[0].difference == pytest.approx(0.6 - 0.89)
    assert found.against == "city=y"


def test_where_no_interval_is_known_it_is_said() -> None:
    row = compare_slices(EVALUATION, "true_positives").rows[0]
    assert row.interval is None
    assert math.isnan(row.p_value)
    assert "bootstrap" in row.reason
    assert row.as_dict()["p_value"] is None


@pytest.mark.parametrize(
    ("metric", "against", "told"),
    [
        ("nothing", "overall", "no 'nothing'"),
        ("auc", "rest", "does not follow"),
        ("auc", Slice.of(city="q"), "no slice 'city=q'"),
    ],
)
def test_what_cannot_be_compared_is_told(metric: str, against: str | Slice, told: str) -> None:
    with pytest.raises(InputError, match=told):
        compare_slices(EVALUATION, metric, against=against)  # type: ignore[arg-type]  # the words are tried out


def test_models_lie_beside_each_other() -> None:
    other = judged({"x": 0.95, "y": 0.89, "z": 0.5})
    found = compare_models({"before": EVALUATION, "after": other}, "accuracy")
    table = {str(row.slice): row for row in found.rows}
    assert list(table) == ["all rows", "city=x", "city=y", "city=z"]
    assert table["city=z"].values == {"before": 0.6, "after": 0.5}
    assert table["city=z"].differences == {"after": pytest.approx(-0.1)}
    assert (table["city=z"].best, table["city=x"].best) == ("before", "after")
    assert table["city=z"].intervals["after"].low < -0.1 < table["city=z"].intervals["after"].high
    assert found.as_dict()["rows"][0]["count"] == 1000
    assert found.notes == ()
    with pytest.raises(InputError, match="1 models"):
        compare_models({"before": EVALUATION}, "accuracy")
    with pytest.raises(InputError, match="no evaluation has"):
        compare_models({"before": EVALUATION, "after": other}, "rmse")
