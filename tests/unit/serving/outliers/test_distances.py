"""Scores by distance, held against SciPy and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from mainspring.serving.outliers.distances import Mahalanobis, Neighbours, Reconstruction, Robust

RANDOM = np.random.default_rng(5)
HIDDEN = RANDOM.normal(size=(400, 2))
ROWS = HIDDEN @ RANDOM.normal(size=(2, 5)) + RANDOM.normal(scale=0.1, size=(400, 5))
NEW = RANDOM.normal(scale=2, size=(30, 5))


def test_robust_is_the_largest_distance():
    assert Robust().score(np.array([[1.0, -3.0], [0.5, 0.2]])).tolist() == [3.0, 0.5]


def test_mahalanobis_is_that_of_scipy():
    inverse = np.linalg.inv(np.corrcoef(ROWS.T))
    expected = [mahalanobis(row, np.zeros(5), inverse) for row in NEW]
    np.testing.assert_allclose(Mahalanobis(inverse).score(NEW), expected)


@pytest.mark.parametrize("nearest", [1, 10])
def test_the_distance_from_the_nth_neighbour(nearest):
    known = NearestNeighbors(n_neighbors=nearest).fit(ROWS)
    expected = known.kneighbors(NEW)[0][:, -1]
    np.testing.assert_allclose(Neighbours.fit(ROWS, nearest=nearest).score(NEW), expected, rtol=1e-6)


def test_neighbours_among_few_rows():
    few = Neighbours.fit(ROWS[:3], nearest=10)
    assert few.nearest == 3
    assert len(few.score(np.zeros((0, 5)))) == 0
    assert len(Neighbours.fit(ROWS, rows=50).rows) == 50


def test_what_is_lost_is_what_principal_components_leave():
    scaler = StandardScaler().fit(ROWS)
    known = PCA(n_components=2).fit(scaler.transform(ROWS))
    scaled = scaler.transform(NEW)
    lost = scaled - known.inverse_transform(known.transform(scaled))
    np.testing.assert_allclose(Reconstruction.fit(ROWS).score(NEW), np.linalg.norm(lost, axis=1), rtol=1e-8)


def test_one_direction_is_always_left():
    made = Reconstruction.fit(np.array([[0.0, 1.0], [1.0, 2.0], [2.0, 3.0]]), kept=1.0)
    assert made.lost.shape == (2, 1)
    usual, odd = made.score(np.array([[5.0, 6.0], [5.0, 0.0]]))
    assert usual == pytest.approx(0.0, abs=1e-12)
    assert odd > 1
