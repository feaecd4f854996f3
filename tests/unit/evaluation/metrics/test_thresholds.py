from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from mainspring.evaluation.metrics import thresholds
from mainspring.evaluation.metrics.ranking import Ranking


def by_brute_force(scores: np.ndarray, truth: np.ndarray) -> list[dict[str, float]]:
    """Precision, recall and the rest at every score as threshold."""
    rows = []
    for threshold in np.unique(scores):
        chosen = scores >= threshold
        hits, alarms = np.count_nonzero(chosen & truth), np.count_nonzero(chosen & ~truth)
        rows.append(
            {
                "threshold": threshold,
                "precision": hits / (hits + alarms),
                "recall": hits / truth.sum(),
                "alarm": alarms / (~truth).sum(),
            }
        )
    return rows


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([0.0, 0.1, 0.5, 0.8, 0.95, 1.0]))
def test_the_best_of_all_thresholds(seed: int, wish: float) -> None:
    random = np.random.default_rng(seed)
    scores = random.integers(0, 12, 40) / 11
    truth = random.random(40) < 0.2 + 0.6 * scores
    truth[:2] = True, False
    ranking, rows = Ranking.of(scores, truth), by_brute_force(scores, truth)

    def found(stem: str) -> float:
        return float(thresholds.AT[stem](ranking.scores, ranking.positives, ranking.negatives, wish))

    def best(of: str, where) -> float:
        return max((row[of] for row in rows if where(row)), default=np.nan)

    assert found("precision_at_recall") == best("precision", lambda r: r["recall"] >= wish - 1e-12)
    assert found("recall_at_precision") == pytest.approx(
        best("recall", lambda r: r["precision"] >= wish - 1e-12), nan_ok=True
    )
    assert found("threshold_at_recall") == best("threshold", lambda r: r["recall"] >= wish - 1e-12)
    alarm = best("recall", lambda r: r["alarm"] <= wish + 1e-12)
    assert found("recall_at_false_positive_rate") == (0.0 if np.isnan(alarm) else alarm)
    assert found("sensitivity_at_specificity") == np.nan_to_num(
        best("recall", lambda r: 1 - r["alarm"] >= wish - 1e-12)
    )
    lowest = min((r["alarm"] for r in rows if r["recall"] >= wish - 1e-12), default=np.nan)
    assert found("specificity_at_sensitivity") == pytest.approx(1 - lowest)


def test_gain_and_lift_by_hand() -> None:
    # The top tenth of twenty rows is two: one of five positives is there. The border of 0.15 falls on a tie.
    scores = np.array([0.9, 0.8, 0.7, 0.7, *np.linspace(0.1, 0.5, 16)])
    truth = np.zeros(20, dtype=bool)
    truth[[0, 2, 5, 6, 7]] = True
    ranking = Ranking.of(scores, truth)
    arrays = (ranking.scores, ranking.positives, ranking.negatives)
    assert float(thresholds.gain(*arrays, 0.1)) == pytest.approx(1 / 5)
    assert float(thresholds.lift(*arrays, 0.1)) == pytest.approx(2.0)
    assert float(thresholds.gain(*arrays, 0.15)) == pytest.approx(1.5 / 5)
    assert float(thresholds.gain(*arrays, 1.0)) == pytest.approx(1.0)


def test_a_recall_at_a_false_positive_rate_lies_on_the_roc_curve() -> None:
    random = np.random.default_rng(5)
    scores = random.random(1_000)
    truth = random.random(1_000) < scores
    alarms, recalls, _ = oracle.roc_curve(truth, scores, drop_intermediate=False)
    ranking = Ranking.of(scores, truth)
    found = thresholds.recall_at_false_positive_rate(ranking.scores, ranking.positives, ranking.negatives, 0.05)
    assert float(found) == recalls[alarms <= 0.05].max()


def test_many_weights_at_once_are_each_of_them_alone() -> None:
    random = np.random.default_rng(6)
    scores = np.arange(8) / 8
    positives, negatives = random.integers(0, 3, (2, 5, 8)).astype(float)
    for name, function in thresholds.AT.items():
        many = function(scores, positives, negatives, 0.4)
        alone = [float(function(scores, positives[i], negatives[i], 0.4)) for i in range(5)]
        assert many == pytest.approx(np.array(alone), nan_ok=True), name


def test_without_rows_there_is_nothing() -> None:
    empty = np.zeros(0)
    assert all(np.isnan(function(empty, empty, empty, 0.5)) for function in thresholds.AT.values())
