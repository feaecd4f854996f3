"""Measures of association against figures worked out elsewhere."""

import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from mainspring.data.assessment.association import (
    contingency,
    cramers_v,
    error_reduction,
    ranking_area,
    spearman,
)


def test_contingency_drops_codes_nobody_has():
    table = contingency(np.array([0, 0, 3, 3]), np.array([1, 1, 1, 4]))

    assert table.tolist() == [[2, 0], [1, 1]]


def test_cramers_v_of_copies_is_one_and_of_strangers_zero():
    codes = np.arange(1000) % 7
    assert cramers_v(contingency(codes, codes)) == pytest.approx(1.0)
    assert cramers_v(np.full((5, 5), 40)) == 0.0
    assert cramers_v(np.array([[10, 20]])) == 0.0


def test_cramers_v_by_hand():
    # Table 20 0 / 5 25: phi2 = 1/3 + … worked out as chi2 = 33.33, n = 50.
    table = np.array([[20, 0], [5, 25]])
    chi2 = 50 * (20 * 25 - 0 * 5) ** 2 / (20 * 30 * 25 * 25)
    phi2 = chi2 / 50 - 1 / 49
    assert cramers_v(table) == pytest.approx(math.sqrt(phi2 / (2 - 1 / 49 - 1)))


def test_chance_alone_is_no_association():
    dice = np.random.default_rng(1)
    strengths = [cramers_v(contingency(dice.integers(0, 20, 300), dice.integers(0, 20, 300))) for _ in range(50)]
    assert np.median(strengths) < 0.05


def test_lambda_learns_nothing_by_heart():
    dice = np.random.default_rng(2)
    classes = dice.integers(0, 2, 2000)
    assert error_reduction(np.arange(2000), classes) == 0.0
    assert error_reduction(classes, classes) == 1.0
    assert error_reduction(np.zeros(2000, dtype=int), classes) == 0.0
    assert error_reduction(np.array([0, 1]), np.array([0, 1])) == 0.0


def test_area_is_that_of_scikit_learn():
    dice = np.random.default_rng(3)
    positive = dice.random(500) < 0.3
    values = np.round(dice.normal(size=500) + positive, 1)
    assert ranking_area(values, positive) == pytest.approx(roc_auc_score(positive, values), abs=1e-12)
    values[::7] = np.nan
    seen = ~np.isnan(values)
    assert ranking_area(values, positive) == pytest.approx(roc_auc_score(positive[seen], values[seen]), abs=1e-12)
    assert ranking_area(values[:30], positive[:30]) == 0.5


def test_spearman_is_that_of_scipy():
    from scipy.stats import spearmanr

    dice = np.random.default_rng(4)
    one = np.round(dice.normal(size=300), 1)
    other = one**3 + dice.normal(size=300)
    assert spearman(one, other) == pytest.approx(spearmanr(one, other).statistic, abs=1e-12)
    assert spearman(np.ones(10), other[:10]) == 0.0
