from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import mean_pinball_loss

from mainspring.core import InputError
from mainspring.evaluation.metrics.facts import MetricName
from mainspring.evaluation.metrics.forecasting import FACTS, Forecast, ForecastRows, backtest, naive_errors


def test_a_worked_table() -> None:
    """Training 2, 4, 3, 7: naive errors 2, 1, 4, mean 7/3, mean of squares 7. Errors +1, -2, +3."""
    rows = ForecastRows.of(
        [10, 12, 5],
        [11, 10, 8],
        training=[2, 4, 3, 7],
        intervals={0.8: ([9, 11, 6], [12, 13, 9])},
    )
    found = rows.state().measure()
    assert found.values == pytest.approx(
        {
            "count": 3,
            "mae": 2.0,
            "rmse": math.sqrt(14 / 3),
            "bias": 2 / 3,
            "relative_bias": 2 / 27,
            "wape": 6 / 27,
            "smape": (1 / 10.5 + 2 / 11 + 3 / 6.5) / 3,
            "mase": 2 / (7 / 3),
            "rmsse": math.sqrt(14 / 3 / 7),
            "scaled_rows": 3,
            "coverage@0.8": 2 / 3,
            "interval_width@0.8": 8 / 3,
            "winkler@0.8": (3 + 2 + 3 + 2 / 0.2 * 1) / 3,
        }
    )
    low, high = found.intervals["mae"]
    assert (high - low) / 2 == pytest.approx(1.959964 * 1.0 / math.sqrt(3))  # errors 1, 2, 3: sd 1


def test_every_figure_has_a_fact() -> None:
    rows = ForecastRows.of([1], [1], quantiles={0.5: [1]}, intervals={0.9: ([0], [2])}, horizon=[1])
    assert {MetricName.parse(name).stem for name in rows.state().measure().values} - {"count"} == set(FACTS)


def test_quantiles_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(0)
    actual, weights = random.normal(size=50), random.random(50)
    quantiles = {share: random.normal(size=50) for share in (0.1, 0.5, 0.9)}
    found = ForecastRows.of(actual, quantiles[0.5], quantiles=quantiles, weights=weights).state().measure().values
    for share, told in quantiles.items():
        expected = mean_pinball_loss(actual, told, alpha=share, sample_weight=weights)
        assert found[f"quantile_loss@{share}"] == pytest.approx(expected)
        assert found[f"quantile_coverage@{share}"] == pytest.approx(np.average(actual <= told, weights=weights))


def test_a_seasonal_naive_forecast_scores_one_on_a_series_that_goes_on_alike() -> None:
    series = np.tile([10.0, 20, 15, 5], 6) + np.repeat(np.arange(6) * 3, 4)
    found = backtest(series, lambda past, steps: past[-4:][:steps], horizon=4, origins=3, step=4, season=4)
    values = found.state().measure().values
    assert naive_errors(series, 4) == (3.0, 9.0)
    assert (values["mase"], values["rmsse"], values["bias"]) == pytest.approx((1.0, 1.0, -3.0))


def test_each_series_has_its_own_scale() -> None:
    rows = ForecastRows.of(
        [10, 1000], [12, 1200], series=["small", "large"], training={"small": [1, 2], "large": [100, 200]}
    )
    assert rows.state().measure().values["mase"] == pytest.approx(2.0)


def test_a_backtest_sees_only_the_past() -> None:
    seen = []

    def drift(past: np.ndarray, steps: int) -> Forecast:
        seen.append(past.tolist())
        point = past[-1] + np.arange(1, steps + 1)
        return Forecast(point, quantiles={0.9: point + 1}, intervals={0.5: (point - 1, point + 1)})

    found = backtest({"a": [1, 2, 3, 5, 8], "b": [0, 0, 0, 0, 0]}, drift, horizon=2, origins=2)
    assert seen == [[1, 2], [1, 2, 3], [0, 0], [0, 0, 0]]
    assert found.actual.tolist() == [3, 5, 5, 8, 0, 0, 0, 0]
    assert found.forecast.tolist() == [3, 4, 4, 5, 1, 2, 1, 2]
    values = found.state().measure().values
    assert (values["mae[1]"], values["mae[2]"]) == (3 / 4, 8 / 4)
    assert values["coverage[2]@0.5"] == 1 / 4
    # The naive forecast never errs on the second series, which therefore has no scaled error.
    assert values["mase"] == pytest.approx((0 + 1 + 1 + 3) / 4)
    assert values["scaled_rows"] == 4


def test_what_does_not_exist_is_nan_with_its_reason() -> None:
    empty = ForecastRows.of([], []).state().measure()
    assert set(empty.reasons.values()) == {"there are no rows with an actual value"}
    assert set(empty.reasons) == set(empty.values) - {"count", "scaled_rows"}
    zero = ForecastRows.of([0.0], [0.0], training=[1, 1]).state().measure()
    assert zero.reasons == {
        "relative_bias": "the actual values sum up to nothing",
        "wape": "the actual values sum up to nothing",
        "mase": "no series has a training part in which the naive forecast errs",
        "rmsse": "no series has a training part in which the naive forecast errs",
    }
    assert zero.values["smape"] == 0.0
    broken = ForecastRows.of([1.0, 2.0], [1.0, math.nan], horizon=[1, 2]).state().measure()
    assert broken.reasons["mae"] == "the model gave no finite forecast for 1 of 2 rows"
    assert broken.values["mae[1]"] == 0.0
    assert all(math.isnan(one) for one in naive_errors([1.0], 3))


def test_faults_are_told() -> None:
    with pytest.raises(InputError) as caught:
        ForecastRows.of([math.nan], [1, 2], quantiles={1.5: [1]}, intervals={0.9: ([2], [1])})
    for fault in ("forecast 2", "1 rows without an actual", "a share of 1.5", "ends before it begins in 1 rows"):
        assert fault in caught.value.found
    with pytest.raises(InputError, match="has 3 values"):
        backtest([1, 2, 3], lambda past, steps: [0] * steps, horizon=2, origins=2)
    with pytest.raises(InputError, match="1 forecasts for 2 steps"):
        backtest([1, 2, 3, 4], lambda past, steps: [0], horizon=2, origins=1)
    with pytest.raises(InputError, match="no training part of the series b"):
        ForecastRows.of([1], [1], series=["b"], training={"a": [1, 2]})
    with pytest.raises(InputError, match="do not tell their series"):
        ForecastRows.of([1], [1], training={"a": [1, 2]})


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(-9, 9), st.integers(1, 3)), max_size=20), st.integers(0, 20), st.booleans())
def test_merging_parts_gives_the_whole(table: list[tuple[float, int]], cut: int, weighted: bool) -> None:
    actual = np.array([value for value, _ in table], dtype=float)
    rows = ForecastRows.of(
        actual,
        actual[::-1],
        horizon=np.array([ahead for _, ahead in table], dtype=int),
        training=[1, 3, 2],
        quantiles={0.9: actual + 1},
        intervals={0.8: (actual[::-1] - 1, actual[::-1] + 1)},
        weights=np.linspace(1, 2, len(table)) if weighted else None,
    )
    places = np.arange(len(table))
    merged, whole = rows.state(places[:cut]).merge(rows.state(places[cut:])), rows.state()
    assert merged.measure().values == pytest.approx(whole.measure().values, nan_ok=True, rel=1e-9, abs=1e-9)
    assert merged.measure().reasons == whole.measure().reasons
