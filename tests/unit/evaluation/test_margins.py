"""How near answers are to being others."""

from __future__ import annotations

import numpy as np

from mainspring.evaluation import Cutoff, Predictions
from mainspring.evaluation.margins import margins


def test_the_lead_of_the_best_class() -> None:
    found = margins(Predictions(("a", "b", "c"), np.array([[0.5, 0.3, 0.2], [0.4, 0.4, 0.2], [np.nan, 0.1, 0.2]])))
    np.testing.assert_allclose(found[:2], [0.2, 0.0])
    assert np.isnan(found[2])


def test_the_distance_to_the_cutoff_of_each_row() -> None:
    scores = np.array([[0.7, 0.3], [0.5, 0.5]])
    np.testing.assert_allclose(margins(Predictions(("a", "b"), scores, Cutoff("b", 0.3))), [0.0, 0.2])
    np.testing.assert_allclose(
        margins(Predictions(("a", "b"), scores, Cutoff("a", np.array([0.6, 1.0])))), [0.1, 0.5]
    )
