from __future__ import annotations

import numpy as np
import pytest

from mainspring.evaluation.fairness.across import Across, between, of_cells
from mainspring.evaluation.fairness.cells import CALIBRATION_EDGES, Cells, ScoredRows
from mainspring.evaluation.metrics.intervals import Intervals

EDGES = np.array(CALIBRATION_EDGES)


def sample(weighted: bool = False) -> ScoredRows:
    random = np.random.default_rng(2)
    truth = random.random(400) < 0.4
    scores = np.clip(np.where(truth, 0.6, 0.4) + random.normal(0, 0.25, 400), 0, 1)
    return ScoredRows(scores, scores >= 0.5, truth, random.choice([1.0, 2.0, 5.0], 400) if weighted else None)


def figures(cells: Cells, resamples: int = 4000) -> dict[str, Across]:
    intervals = Intervals(method="bootstrap", resamples=resamples)
    return {one.name: one for one in of_cells([cells], EDGES, [], "yes", intervals)}


@pytest.mark.parametrize("weighted", [False, True])
def test_resampled_cells_spread_as_resampled_rows_do(weighted: bool) -> None:
    rows = sample(weighted)
    found = figures(Cells.of(rows, None, EDGES))
    random = np.random.default_rng(7)
    weights = np.ones(400) if rows.weights is None else rows.weights
    draws = random.poisson(1.0, (4000, 400)) * weights
    by_hand = {
        "selection_rate": draws @ rows.chosen / draws.sum(axis=1),
        "true_positive_rate": draws @ (rows.chosen & rows.truth) / (draws @ rows.truth),
        "brier": draws @ (rows.scores - rows.truth) ** 2 / draws.sum(axis=1),
        "mean_prediction": draws @ rows.scores / draws.sum(axis=1),
    }
    for name, expected in by_hand.items():
        drawn = found[name].draws
        assert drawn is not None
        assert drawn.mean() == pytest.approx(expected.mean(), abs=0.003), name
        assert drawn.std() == pytest.approx(expected.std(), rel=0.06), name


def test_a_rate_that_cannot_spread_has_the_closed_interval() -> None:
    rows = ScoredRows(np.full(20, 0.9), np.ones(20, dtype=bool), np.ones(20, dtype=bool))
    found = figures(Cells.of(rows, None, EDGES), resamples=100)["true_positive_rate"]
    assert found.values[0] == 1
    assert found.intervals[0] is not None
    assert found.intervals[0].low == pytest.approx(0.8389, abs=1e-4)


def test_the_calibration_error_over_ten_bins() -> None:
    scores = np.array([0.15, 0.15, 0.85, 0.85, 0.85])
    truth = np.array([False, True, True, True, False])
    found = figures(Cells.of(ScoredRows(scores, scores > 0.5, truth), None, EDGES), resamples=10)
    assert found["calibration_error"].values[0] == pytest.approx((abs(0.3 - 1) + abs(2.55 - 2)) / 5)
    assert found["calibration_bias"].values[0] == pytest.approx((0.3 + 2.55 - 3) / 5)


def test_a_figure_that_most_resamples_lack_has_no_interval() -> None:
    draws = np.array([[0.1, np.nan], [0.2, np.nan], [0.3, np.nan], [np.nan, 0.5]])
    first, second = between(draws, 0.5)
    assert first == pytest.approx((0.15, 0.25))
    assert second is None


def test_the_same_seed_gives_the_same_draws() -> None:
    cells = Cells.of(sample(), None, EDGES)
    one, other = (figures(cells, resamples=20)["accuracy"].draws for _ in range(2))
    assert np.array_equal(one, other)  # type: ignore[arg-type]  # there are draws
