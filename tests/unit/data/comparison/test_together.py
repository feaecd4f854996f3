"""Tests of all columns together see what no column alone shows, and nothing where there is nothing."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, norm
from sklearn.metrics import roc_auc_score

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.data.comparison import classifier, mmd_test
from mainspring.data.comparison.classifier import classifier_test
from mainspring.data.comparison.encoding import encode
from mainspring.data.comparison.mmd import mmd_squared


def rows(seed, count, *, tied=0.0, word="b", missing=0.0):
    dice = np.random.default_rng(seed)
    x, noise = dice.normal(size=(2, count))
    return Table.from_columns(
        {
            "x": x,
            "y": tied * x + np.sqrt(1 - tied**2) * noise,
            "word": dice.choice(["a", word, "c"], count).astype(object),
            "z": [None if hole else 1.5 for hole in dice.random(count) < missing],
        }
    )


@pytest.mark.parametrize("test", [classifier_test, mmd_test])
def test_equal_distributions_are_not_told_apart(test):
    options = {"importance": False} if test is classifier_test else {}
    p_values = [test(rows(seed, 200), rows(seed + 100, 150), **options).p_value for seed in range(10)]
    assert sum(p_value <= 0.05 for p_value in p_values) <= 1
    assert max(p_values) > 0.3


@pytest.mark.parametrize("test", [classifier_test, mmd_test])
@pytest.mark.parametrize("count", [700, 3_000])
def test_a_change_of_two_columns_together_is_seen(test, count):
    # Each column alone is as before.
    found = test(rows(0, count), rows(1, count, tied=0.95))
    assert found.p_value < 0.05
    assert found.sizes == (count, count)
    assert "p " in str(found)
    assert found == test(rows(0, count), rows(1, count, tied=0.95))


def test_the_columns_that_give_it_away_are_named():
    found = classifier_test(rows(0, 2_000), rows(1, 2_000, word="new"))
    assert next(iter(found.columns)) == "word"
    assert found.interval[0] < found.auc < found.interval[1]
    assert found.interval[0] > 0.5
    assert "mostly by word" in str(found)
    assert next(iter(classifier_test(rows(0, 1_000), rows(1, 1_000, missing=0.4)).columns)) == "z"


def test_areas_are_scikit_learns_and_errors_scipys():
    dice = np.random.default_rng(0)
    sides = (np.arange(900) % 3 == 0).astype(float)
    scores = np.round(dice.normal(size=900) + 0.4 * sides, 1)
    folds = np.zeros(900, dtype=int)
    area, error = classifier._area(scores, sides, folds)
    assert area == pytest.approx(roc_auc_score(sides, scores))
    assert error == pytest.approx(0.02, abs=0.005)
    null = classifier._null_error(sides, folds)
    theirs = mannwhitneyu(scores[sides == 1], scores[sides == 0], method="asymptotic", use_continuity=False)
    assert null == pytest.approx(1 / np.sqrt(12 * 300 * 600 / 901), rel=1e-9)
    assert (area - 0.5) / null == pytest.approx(norm.isf(theirs.pvalue / 2), rel=0.01)  # but for the ties


def test_the_discrepancy_by_hand():
    x, y = np.array([[0.0], [1.0]]), np.array([[0.0], [2.0]])
    within = 2 * np.exp(-0.5) / 2 + 2 * np.exp(-2.0) / 2
    across = (1.0 + np.exp(-2.0) + np.exp(-0.5) + np.exp(-0.5)) / 4
    assert mmd_squared(x, y, 1.0) == pytest.approx(within - 2 * across)


def test_rows_are_drawn_and_rare_words_taken_together():
    keys = Table.from_columns({"key": [f"k{place:05}" for place in range(6_000)]})
    found = encode(keys, keys, most=1_000)
    assert found.one.shape == (1_000, 1)
    assert np.array_equal(found.one, encode(keys, keys, most=1_000).one)
    assert set(np.unique(found.one)) <= set(range(31))
    assert classifier_test(keys.rows(0, 3_000), keys.rows(3_000, 6_000)).auc < 0.56


def test_embeddings_are_compared_as_one_column():
    dice = np.random.default_rng(1)

    def vectors(seed, tilt):
        points = np.random.default_rng(seed).normal(size=(400, 8)) + tilt
        text = [f"[{', '.join(map(str, point))}]" for point in points.tolist()]
        rows = Table.from_columns({"text": text, "x": dice.normal(size=400)})
        return rows.sql("SELECT text::DOUBLE[] AS vector, x FROM this")

    found = encode(vectors(1, 0.0), vectors(2, 0.0), most=300)
    assert found.one.shape == (300, 9)
    assert found.axes() == {"vector": list(range(8)), "x": [8]}
    assert mmd_test(vectors(1, 0.0), vectors(2, 0.0)).p_value > 0.05
    assert mmd_test(vectors(1, 0.0), vectors(2, 0.4)).p_value < 0.01
    told = classifier_test(vectors(1, 0.0), vectors(2, 0.4))
    assert list(told.columns) == ["vector", "x"]
    ragged = Table.from_columns({"x": [1.0] * 50, "y": [1, 2] * 25}).sql("SELECT x, range(y) AS r FROM this")
    assert encode(ragged, ragged, most=50).names == ("x",)


def test_nothing_to_compare_is_refused():
    one = Table.from_columns({"x": [1.0]})
    with pytest.raises(InputError, match="nothing to compare"):
        mmd_test(one, Table.from_columns({"y": [1.0]}))
    with pytest.raises(InputError, match="nothing to compare"):
        classifier_test(one, one.where("x > 1"))
