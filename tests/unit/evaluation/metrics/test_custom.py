from __future__ import annotations

import math
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core import InputError, NotFoundError
from mainspring.evaluation import Answers, Better, Measured, Metric, metric
from mainspring.evaluation.metrics.custom import RowMetric, resolve
from mainspring.evaluation.metrics.intervals import CLOSED, Intervals
from mainspring.evaluation.metrics.measured import Sheet


@metric(better="lower", unit=True)
def refused_in_vain(truth, predicted, amount):
    """The share of the money that was refused although it was good."""
    return np.where((truth == "good") & (predicted == "bad"), amount, 0.0)


@metric(name="widest", better=Better.LOWER, says="the largest error")
@dataclass(frozen=True)
class Widest:
    """A figure that is no mean."""

    rows: int
    error: float

    @classmethod
    def of(cls, answers: Answers) -> Self:
        gaps = np.abs(answers.truth - answers.predicted)
        return cls(len(answers), float(gaps.max(initial=0.0)))

    def merge(self, other: Self) -> Self:
        return type(self)(self.rows + other.rows, max(self.error, other.error))

    def measure(self, intervals: Intervals = CLOSED) -> Measured:
        sheet = Sheet(self.rows)
        sheet.put("widest", self.error if self.rows else math.nan, why="there are no rows")
        return sheet.done()


def classified(weights: np.ndarray | None = None) -> Answers:
    return Answers(
        truth=np.array(["good", "bad", "good", "good"], dtype=object),
        predicted=np.array(["bad", "bad", "good", "bad"], dtype=object),
        scores=np.array([0.2, 0.1, 0.9, 0.4]),
        weights=weights,
        classes=("bad", "good"),
        positive="good",
        columns={"amount": np.array([100.0, 50.0, 20.0, 40.0])},
    )


def test_a_function_of_rows_is_averaged_with_its_interval() -> None:
    assert isinstance(refused_in_vain, Metric)
    assert refused_in_vain.columns == ("amount",)
    found = refused_in_vain.rows(classified()).state().measure()
    assert (found.count, found.values) == (4, {"refused_in_vain": 35.0})
    # The numbers are 100, 0, 0, 40: their variance around 35 is 6700 / 3, that of their mean 6700 / 12.
    half = 1.959964 * math.sqrt(6700 / 12)
    assert found.intervals["refused_in_vain"] == pytest.approx((35 - half, 35 + half))


def test_weights_weigh_and_slices_cut() -> None:
    rows = refused_in_vain.rows(classified(np.array([1.0, 1.0, 1.0, 2.0])))
    assert rows.state().measure().values["refused_in_vain"] == pytest.approx(180 / 5)
    assert not rows.state().measure().intervals
    assert rows.state(np.array([2, 3])).measure().values["refused_in_vain"] == pytest.approx(80 / 3)


def test_the_decorated_function_still_is_one() -> None:
    assert refused_in_vain(np.array(["good"]), np.array(["bad"]), np.array([3.0])).tolist() == [3.0]


def test_facts_come_from_the_docstring_and_the_arguments() -> None:
    fact = refused_in_vain.facts["refused_in_vain"]
    assert (fact.better, fact.unit, fact.title) == (Better.LOWER, True, "refused in vain")
    assert fact.says == "The share of the money that was refused although it was good"
    assert Widest.facts["widest"].says == "the largest error"


def test_a_state_of_ones_own_is_measured_and_merged() -> None:
    answers = Answers(truth=np.array([1.0, 2.0, 9.0]), predicted=np.array([1.5, 5.0, 9.0]), scores=np.zeros(3))
    rows = Widest.rows(answers)
    assert len(rows) == 3
    first, second = rows.state(np.array([0])), rows.state(np.array([1, 2]))
    assert first.measure().values == {"widest": 0.5}
    assert first.merge(second).measure() == rows.state().measure()
    assert rows.state(np.zeros(0, dtype=np.int64)).measure().reasons == {"widest": "there are no rows"}


def test_no_rows_and_no_numbers_are_nan_with_reasons() -> None:
    rows = refused_in_vain.rows(classified())
    empty = rows.state(np.zeros(0, dtype=np.int64)).measure()
    assert empty.reasons == {"refused_in_vain": "there are no rows with a label"}

    @metric(name="log-gap", better="lower")
    def broken(truth, predicted):
        return np.array([1.0, math.nan])

    answers = Answers(truth=np.zeros(2), predicted=np.zeros(2), scores=np.zeros(2))
    found = broken.rows(answers).state().measure()
    assert found.reasons == {"log-gap": "the metric gave no finite number for 1 of 2 rows"}


def test_a_function_that_averages_by_itself_is_told_so() -> None:
    @metric(better="lower")
    def averaged(truth):
        return truth.mean()

    with pytest.raises(InputError, match=r"gave the shape \[\] for 4 rows") as caught:
        averaged.rows(Answers(truth=np.zeros(4), predicted=np.zeros(4), scores=np.zeros(4)))
    assert "not their mean" in str(caught.value.fix)


def test_a_column_that_is_not_there_is_told() -> None:
    answers = Answers(truth=np.zeros(1), predicted=np.zeros(1), scores=np.zeros(1), columns={"price": np.ones(1)})
    with pytest.raises(InputError, match="'amount'") as caught:
        refused_in_vain.rows(answers)
    assert caught.value.expected == "one of price"


@pytest.mark.parametrize("name", ["gain@3", "gain[cat]", "gain_weighted", "<lambda>"])
def test_a_name_that_would_be_misread_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="cannot be the name"):
        metric(name=name, better="higher")(lambda truth: truth)


def test_a_direction_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="'up'"):
        metric(better="up")


def test_metrics_are_found_as_they_are_and_by_import_string() -> None:
    assert resolve(refused_in_vain) is refused_in_vain
    with pytest.raises(InputError, match="is no metric"):
        resolve("json:dumps")
    with pytest.raises(NotFoundError, match="no plugin offers 'unheard-of' for metrics"):
        resolve("unheard-of")
    with pytest.raises(InputError, match="'plain' is no metric"):
        resolve(plain)  # type: ignore[arg-type]  # what is tested


def plain(truth):
    return truth


PLUGIN = """
from mainspring.core.plugins import hookimpl
from mainspring.evaluation import metric

@metric(name="dear-mistakes", better="lower")
def dear_mistakes(truth, predicted, price):
    return (truth != predicted) * price

@hookimpl
def mainspring_metrics():
    return {"dear-mistakes": "shop_metrics:dear_mistakes"}
"""

ASK = """
import numpy as np
from mainspring.data import Table
from mainspring.evaluation import Predictions, evaluate

table = Table.from_columns({"bought": ["no", "yes", "yes"], "price": [1.0, 2.0, 6.0]})
answers = Predictions(("no", "yes"), np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]]))
print(evaluate(answers, table, label="bought", metrics=["dear-mistakes"]).overall["dear-mistakes"])
"""


def test_a_metric_of_an_installed_plugin_is_found_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "shop_metrics.py").write_text(PLUGIN)
    info = tmp_path / "shop_metrics-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shop_metrics\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[mainspring]\nshop_metrics = shop_metrics\n")
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "2.0", done.stderr


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-100, 100), max_size=40), st.integers(0, 40), st.booleans())
def test_merging_parts_gives_the_whole(numbers: list[float], cut: int, weighted: bool) -> None:
    values = np.array(numbers, dtype=float)
    weights = np.linspace(0.5, 2, len(values)) if weighted else None
    own: RowMetric = metric(name="own", better="higher")(lambda truth: truth)
    rows = own.rows(Answers(truth=values, predicted=values, scores=values, weights=weights))
    places = np.arange(len(values))
    whole, merged = rows.state(), rows.state(places[:cut]).merge(rows.state(places[cut:]))
    assert merged.measure().values == pytest.approx(whole.measure().values, nan_ok=True, rel=1e-9, abs=1e-9)
    ends = merged.measure().intervals.get("own", (0, 0))
    assert ends == pytest.approx(whole.measure().intervals.get("own", (0, 0)), abs=1e-6)
