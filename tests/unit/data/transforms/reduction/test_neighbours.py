"""Maps of rows; the library is an extra."""

import warnings

import numpy as np
import pytest

from mainspring.core.errors import InputError, UnavailableError
from mainspring.data.transforms.reduction import fit_map


def test_groups_stay_together():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("umap", reason="the extra umap is not installed")
        dice = np.random.default_rng(0)
        matrix = np.concatenate([dice.normal(0, 1, (40, 5)), dice.normal(12, 1, (40, 5))])
        places = fit_map(matrix)
        assert np.array_equal(places, fit_map(matrix))
    assert places.shape == (80, 2)
    apart = np.linalg.norm(places[:40].mean(axis=0) - places[40:].mean(axis=0))
    assert apart > 2 * max(places[:40].std(axis=0).max(), places[40:].std(axis=0).max())


def test_what_cannot_be_mapped():
    with pytest.raises(InputError, match="2 rows with missing or infinite values"):
        fit_map(np.array([[1.0, np.nan], [2.0, 3.0]]))


def test_without_the_library(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "umap", None)
    with pytest.raises(UnavailableError, match="umap-learn is not installed") as error:
        fit_map(np.eye(5))
    assert "mainspring[umap]" in str(error.value.fix)
