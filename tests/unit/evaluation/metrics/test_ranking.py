from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from mainspring.evaluation.metrics import Ranking


def ranking(seed: int = 0, count: int = 400) -> tuple[Ranking, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    scores = np.round(random.random(count), 2)
    positive = random.random(count) < scores
    return Ranking.of(scores, positive), scores, positive


def test_delong_by_hand() -> None:
    # Positives 0.9, 0.6, 0.4 against negatives 0.5, 0.4, 0.1: placements of positives 1, 1, 1/2 (one win,
    # one tie, one loss -> (1 + 1/2) / 3 = 1/2), of negatives 2/3, 5/6, 1; area 5/6.
    found = Ranking.of(np.array([0.9, 0.6, 0.4, 0.5, 0.4, 0.1]), np.array([True, True, True, False, False, False]))
    assert found.auc() == pytest.approx(5 / 6)
    over_positives = np.var([1, 1, 1 / 2], ddof=1)
    over_negatives = np.var([2 / 3, 5 / 6, 1], ddof=1)
    assert found.auc_variance() == pytest.approx(over_positives / 3 + over_negatives / 3)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=4, max_size=30))
def test_the_area_is_the_share_of_pairs_won(rows: list[tuple[int, bool]]) -> None:
    ups, downs = [s for s, p in rows if p], [s for s, p in rows if not p]
    found = Ranking.of(np.array([s for s, _ in rows], float), np.array([p for _, p in rows]))
    if not ups or not downs:
        assert math.isnan(found.auc())
        return
    wins = [(a > b) + 0.5 * (a == b) for a, b in itertools.product(ups, downs)]
    assert found.auc() == pytest.approx(float(np.mean(wins)))


def test_the_interval_of_the_area_covers_it_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(4)
    truth = 0.8413447  # Phi(1): normal scores, 1.414 sd apart
    hits = 0
    for _ in range(300):
        scores = np.concatenate((random.normal(math.sqrt(2), 1, 60), random.normal(0, 1, 60)))
        found = Ranking.of(scores, np.arange(120) < 60)
        hits += abs(found.auc() - truth) <= 1.96 * math.sqrt(found.auc_variance())
    assert 0.91 <= hits / 300 <= 0.98


def test_curves_lie_on_those_of_scikit_learn() -> None:
    found, scores, positive = ranking()
    fpr, tpr, _ = oracle.roc_curve(positive, scores, drop_intermediate=False)
    exact = set(zip(fpr.round(6).tolist(), tpr.round(6).tolist(), strict=True))
    curve = found.roc(50)
    assert len(curve) <= 50
    assert curve[0] == (0.0, 0.0)
    assert curve[-1] == (1.0, 1.0)
    assert set(curve) <= exact
    precision, recall, _ = oracle.precision_recall_curve(positive, scores)
    exact = set(zip(recall.round(6).tolist(), precision.round(6).tolist(), strict=True))
    curve = found.precision_recall(50)
    assert len(curve) <= 50
    assert set(curve) <= exact
    area = np.trapezoid([y for _, y in found.roc(50)], [x for x, _ in found.roc(50)])
    assert area == pytest.approx(found.auc(), abs=0.01)


def test_calibration_keeps_all_the_weight_and_the_mean() -> None:
    found, scores, positive = ranking()
    bins = found.calibration(10)
    weight = [w for _, _, w in bins]
    assert len(bins) == 10
    assert sum(weight) == len(scores)
    assert np.average([s for _, s, _ in bins], weights=weight) == pytest.approx(positive.mean(), abs=1e-5)
    assert np.average([m for m, _, _ in bins], weights=weight) == pytest.approx(scores.mean(), abs=1e-5)
    assert [m for m, _, _ in bins] == sorted(m for m, _, _ in bins)


def test_one_kind_of_rows_has_no_curve() -> None:
    found = Ranking.of(np.array([0.2, 0.4]), np.array([False, False]))
    assert (found.roc(), found.precision_recall()) == ((), ())
    assert math.isnan(found.average_precision())
    assert Ranking.of(np.zeros(0), np.zeros(0, bool)).calibration() == ()
