from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.evaluation.evaluation import ALL_ROWS, measure_rows
from mainspring.evaluation.metrics import ClassifiedRows, MeasuredRows
from mainspring.evaluation.metrics.intervals import Intervals, Method
from mainspring.evaluation.metrics.resampling import (
    COUNTS,
    Bucketed,
    bootstrap_means,
    percentiles,
    poisson,
    random_buckets,
)

BOOTSTRAP = Intervals(method="bootstrap", resamples=400, seed=1)
JACKKNIFE = Intervals(method="jackknife")


def rows(count: int = 2_000, seed: int = 0, weighted: bool = False) -> ClassifiedRows:
    random = np.random.default_rng(seed)
    scores = random.beta(1, 2, count)
    truth = (random.random(count) < scores).astype(np.int64)
    weights = random.uniform(0.5, 2, count) if weighted else None
    both = np.column_stack((1 - scores, scores))
    return ClassifiedRows.of(truth, both, classes=("no", "yes"), positive=1, weights=weights)


def drawn_row_by_row(of: ClassifiedRows, name: str, times: int = 200) -> np.ndarray:
    """What the bootstrap over cells stands for: every row Poisson(1) times."""
    random = np.random.default_rng(9)
    everything = np.arange(len(of))
    return np.array(
        [
            of.state(np.repeat(everything, random.poisson(1.0, len(of)))).measure().values[name]
            for _ in range(times)
        ]
    )


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", ["auc", "f1", "log_loss", "average_precision"])
def test_drawing_cells_is_drawing_rows(name: str, weighted: bool) -> None:
    some = rows(weighted=weighted)
    low, high = some.state().measure(BOOTSTRAP).intervals[name]
    expected = drawn_row_by_row(some, name)
    assert high - low == pytest.approx(3.92 * expected.std(), rel=0.2)
    assert (low + high) / 2 == pytest.approx(expected.mean(), abs=0.4 * expected.std())


def test_weighted_rows_get_intervals_from_the_bootstrap_alone() -> None:
    weighted = rows(weighted=True).state()
    assert not weighted.measure().intervals
    found = weighted.measure(BOOTSTRAP)
    assert set(found.intervals) == set(found.values) - COUNTS - {"max_calibration_error"}


def test_every_figure_of_every_task_has_an_interval() -> None:
    random = np.random.default_rng(3)
    scores = random.dirichlet((1, 1, 1), 500)
    truth = np.array([random.choice(3, p=one) for one in scores])
    several = ClassifiedRows.of(truth, scores, classes=("a", "b", "c"), positive=None)
    values = MeasuredRows(random.random(300), random.random(300))
    for some in (several, values):
        found = some.state().measure(BOOTSTRAP)
        assert set(found.values) - set(found.intervals) <= {"count", "max_error", "max_calibration_error"}
        for name, (low, high) in found.intervals.items():
            assert low < high, name
            if "calibration_error" not in name:
                assert low <= found.values[name] <= high, name


def test_regression_draws_as_rows_do() -> None:
    random = np.random.default_rng(4)
    truth = random.normal(5, 2, 1_500)
    some = MeasuredRows(truth, truth + random.gamma(1, 1, 1_500))
    found = some.state().measure(BOOTSTRAP).intervals
    drawn: dict[str, list[float]] = {name: [] for name in ("r2", "rmse", "median_error", "correlation", "d2")}
    for _ in range(300):
        values = some.state(np.repeat(np.arange(1_500), random.poisson(1.0, 1_500))).measure().values
        for name, known in drawn.items():
            known.append(values[name])
    for name, known in drawn.items():
        low, high = found[name]
        assert high - low == pytest.approx(3.92 * np.std(known), rel=0.3), name


def test_the_same_seed_gives_the_same_interval_however_rows_are_cut() -> None:
    some = rows()
    first = some.state().measure(BOOTSTRAP).intervals
    cut = np.array_split(np.arange(len(some)), [100, 101, 900])
    merged = some.state(cut[0])
    for part in cut[1:]:
        merged = merged.merge(some.state(part))
    again = merged.measure(BOOTSTRAP).intervals
    assert {name: tuple(ends) for name, ends in again.items()} == {
        name: pytest.approx(tuple(ends)) for name, ends in first.items()
    }
    other = some.state().measure(Intervals(method="bootstrap", resamples=400, seed=2)).intervals
    assert other["auc"] != first["auc"]


def test_draws_without_a_figure_are_passed_over_and_too_many_of_them_give_none() -> None:
    assert percentiles([1.0, 2.0, 3.0, math.nan], 0.5) == pytest.approx((1.5, 2.5))
    assert math.isnan(percentiles([1.0, math.nan, math.nan, math.inf], 0.5).low)
    # One positive among 30 rows: a third of the draws have none, and recall has no figure there.
    scores = np.linspace(0.1, 0.9, 30)
    truth = (scores > 0.89).astype(np.int64)
    few = ClassifiedRows.of(truth, np.column_stack((1 - scores, scores)), classes=("no", "yes"), positive=1)
    found = few.state().measure(BOOTSTRAP)
    assert "auc" in found.intervals
    nothing = ClassifiedRows.of(truth[:20], few.scores[:20], classes=("no", "yes"), positive=1).state()
    assert "recall" not in nothing.measure(BOOTSTRAP).intervals


def test_poisson_of_equal_weights_is_that_of_rows() -> None:
    random = np.random.default_rng(0)
    drawn = poisson(random, np.array([6.0, 0.0]), np.array([12.0, 0.0]), 4_000)
    assert set(np.unique(drawn[:, 0] / 2.0) % 1) == {0.0}
    assert drawn[:, 0].mean() == pytest.approx(6, abs=0.2)
    assert drawn[:, 0].var() == pytest.approx(12, rel=0.1)
    assert not drawn[:, 1].any()


def test_means_over_units() -> None:
    values = np.random.default_rng(2).normal(10, 2, (400, 2))
    values[:350, 1] = np.nan
    wide, wider = bootstrap_means(values, BOOTSTRAP)
    assert wide.high - wide.low == pytest.approx(3.92 * 2 / math.sqrt(400), rel=0.2)
    assert wider.high - wider.low > 2 * (wide.high - wide.low)
    nothing = bootstrap_means(np.full((5, 1), np.nan), BOOTSTRAP)[0]
    assert math.isnan(nothing.low)


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 30), st.integers(0, 2**31))
def test_a_bucket_depends_on_the_row_alone(buckets: int, seed: int) -> None:
    whole = random_buckets(np.arange(5_000), buckets, seed)
    assert random_buckets(np.arange(700, 900), buckets, seed).tolist() == whole[700:900].tolist()
    assert np.bincount(whole, minlength=buckets) == pytest.approx(5_000 / buckets, rel=0.6)


def bucketed(some: ClassifiedRows, part: np.ndarray | None = None, buckets: int = 20) -> Bucketed:
    return Bucketed.of(some, part, random_buckets(np.arange(len(some)), buckets, 0), buckets)


def test_the_jackknife_survives_merging() -> None:
    some = rows()
    whole = bucketed(some).measure(JACKKNIFE)
    merged = bucketed(some, np.arange(300)).merge(bucketed(some, np.arange(300, len(some)))).measure(JACKKNIFE)
    assert merged.values == pytest.approx(whole.values)
    for name, ends in whole.intervals.items():
        assert merged.intervals[name] == pytest.approx(tuple(ends), rel=1e-6), name


def test_the_jackknife_finds_the_error_of_a_mean_and_of_an_area() -> None:
    some = rows(6_000)
    closed, found = some.state().measure(), bucketed(some).measure(JACKKNIFE)
    assert found.values == pytest.approx(closed.values)
    for name in ("auc", "accuracy", "recall", "log_loss"):
        width = np.ptp(closed.intervals[name])
        # Twenty buckets leave 19 degrees of freedom: the error itself is known to within 16 % or so.
        assert np.ptp(found.intervals[name]) == pytest.approx(width, rel=0.5), name
    assert "count" not in found.intervals


def test_leaving_one_out_by_hand() -> None:
    some = MeasuredRows(np.zeros(4), np.array([1.0, 2.0, 3.0, 6.0]))
    found = Bucketed.of(some, None, np.array([0, 1, 2, 3]), 4).measure(JACKKNIFE)
    # The jackknife of a mean is s / sqrt(n): s² = 14 / 3, and Student's t of 3 degrees is 3.18245.
    half = 3.182446 * math.sqrt(14 / 3 / 4)
    assert found.intervals["mae"] == pytest.approx((3 - half, 3 + half), rel=1e-5)


@pytest.mark.slow
def test_the_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    hits = {"bootstrap": 0, "jackknife": 0}
    truth = float(rows(400_000, seed=99).state().measure().values["auc"])
    for seed in range(120):
        some = rows(400, seed=seed)
        found = {"bootstrap": some.state().measure(BOOTSTRAP), "jackknife": bucketed(some).measure(JACKKNIFE)}
        for name, measured in found.items():
            low, high = measured.intervals["auc"]
            hits[name] += low <= truth <= high
    assert all(0.88 <= count / 120 <= 0.99 for count in hits.values()), hits


@pytest.mark.parametrize("method", ["bootstrap", "jackknife"])
def test_counts_and_the_largest_of_gaps_that_only_grows_have_no_interval(method: Method) -> None:
    intervals = Intervals(method=method, resamples=50)
    found = measure_rows(rows(), task="classification", intervals=intervals).measured[ALL_ROWS].intervals
    assert {"true_positives", "false_negatives"} & found.keys() == set()
    assert "accuracy" in found
    assert ("max_calibration_error" in found) == (method == "jackknife")
