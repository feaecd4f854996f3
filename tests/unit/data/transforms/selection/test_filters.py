"""Filter methods against independent libraries, and the laws that they keep."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import feature_selection

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.data.bundled import load
from mainspring.data.transforms.selection import find_redundant, score_features
from mainspring.data.transforms.selection.chi_squared import CountTable, in_groups
from mainspring.data.transforms.selection.correlation import correlations, kendall, pearson, ranks, spearman
from mainspring.data.transforms.selection.f_tests import GroupedMoments, anova, regression
from mainspring.data.transforms.selection.neighbours import information_about_class, information_about_number
from mainspring.data.transforms.selection.tails import f_tail, t_tail


def cancer():
    table = load("breast_cancer")
    names = [name for name in table.names if name != "target"]
    matrix = np.stack([table.column(name) for name in names], axis=1)
    return names, matrix, (table.column("target") == "malignant").astype(np.int64), table


NAMES, MATRIX, CLASSES, TABLE = cancer()


@pytest.mark.parametrize(("a", "b"), [(1, 1), (1, 567), (3, 10), (40, 2), (2.5, 7.5), (100, 100_000)])
@pytest.mark.parametrize("size", [1e-6, 0.3, 1.0, 4.7, 60.0, 900.0])
def test_tails(a, b, size):
    assert f_tail(size, a, b) == pytest.approx(stats.f.sf(size, a, b), rel=1e-9, abs=1e-300)
    assert t_tail(-size, b) == pytest.approx(2 * stats.t.sf(size, b), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("rounded", [False, True])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (pearson, stats.pearsonr),
        (spearman, stats.spearmanr),
        (kendall, lambda x, y: stats.kendalltau(x, y, method="asymptotic")),
    ],
)
def test_coefficients(ours, theirs, rounded):
    random = np.random.default_rng(1)
    x = random.normal(size=300)
    y = x + random.normal(size=300) * 2
    x, y = (np.round(x), np.round(y)) if rounded else (x, y)
    found, expected = ours(x, y), theirs(x, y)
    assert found.value == pytest.approx(expected.statistic, rel=1e-12)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-8)
    assert found.count == 300


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=2, max_size=40))
def test_tau_counts_pairs(pairs):
    x, y = np.array(pairs, dtype=float).T
    signs = np.sign(x[:, None] - x) * np.sign(y[:, None] - y)
    spread = np.sqrt(float((np.sign(x[:, None] - x) ** 2).sum()) * float((np.sign(y[:, None] - y) ** 2).sum()))
    found = kendall(x, y).value
    assert found == pytest.approx(signs.sum() / spread) if spread else math.isnan(found)
    assert np.array_equal(ranks(x), stats.rankdata(x))


def test_missing_rows_are_left_out():
    found = pearson(np.array([1.0, np.nan, 2.0, 3.0]), np.array([2.0, 5.0, 4.0, np.nan]))
    assert found.value == pytest.approx(1.0)
    assert found.count == 2
    assert math.isnan(pearson(np.ones(5), np.arange(5.0)).value)
    assert math.isnan(kendall(np.ones(5), np.arange(5.0)).value)


def test_all_pairs():
    assert correlations(MATRIX) == pytest.approx(np.corrcoef(MATRIX.T), abs=1e-12)
    assert correlations(np.ones((4, 2))).tolist() == [[0, 0], [0, 0]]


def test_anova_of_all_features():
    statistics, chances = feature_selection.f_classif(MATRIX, CLASSES)
    found = [anova(MATRIX[:, place], CLASSES) for place in range(30)]
    assert [one.statistic for one in found] == pytest.approx(statistics, rel=1e-9)
    assert [one.p_value for one in found] == pytest.approx(chances, rel=1e-7, abs=1e-300)


def test_regression_of_all_features():
    table = load("diabetes")
    matrix = np.stack([table.column(name) for name in table.names if name != "target"], axis=1)
    target = table.column("target")
    statistics, chances = feature_selection.f_regression(matrix, target)
    found = [regression(matrix[:, place], target) for place in range(10)]
    assert [one.statistic for one in found] == pytest.approx(statistics, rel=1e-9)
    assert [one.p_value for one in found] == pytest.approx(chances, rel=1e-8)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.integers(0, 2)), min_size=3, max_size=50), st.integers(0, 50))
def test_moments_merge(rows, cut):
    values, classes = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    whole = GroupedMoments.of(values, classes, 3)
    parts = [GroupedMoments.of(values[part], classes[part], 3) for part in (slice(0, cut), slice(cut, None))]
    merged = parts[0].merge(parts[1])
    assert merged.counts == whole.counts
    assert merged.means == pytest.approx(whole.means, abs=1e-9)
    assert merged.squares == pytest.approx(whole.squares, abs=1e-6)


def test_chi_squared():
    random = np.random.default_rng(2)
    values, classes = random.integers(0, 4, 500), random.integers(0, 3, 500)
    found = CountTable.of(values, classes, (4, 3))
    expected = stats.chi2_contingency(np.array(found.counts), correction=False)
    test = found.test()
    assert test.statistic == pytest.approx(expected.statistic)
    assert test.p_value == pytest.approx(expected.pvalue)
    halves = [CountTable.of(values[part], classes[part], (4, 3)) for part in (slice(0, 99), slice(99, None))]
    assert halves[0].merge(halves[1]) == found
    assert math.isnan(CountTable.of(values * 0, classes, (1, 3)).test().statistic)


def test_groups_of_equal_size():
    found = in_groups(np.random.default_rng(0).permutation(1000).astype(float))
    assert np.bincount(found).tolist() == [100] * 10
    assert in_groups(np.array([np.nan, 2.0, 1.0])).tolist() == [-1, 1, 0]


def test_information_by_neighbours():
    expected = feature_selection.mutual_info_classif(MATRIX, CLASSES, random_state=0)
    found = [information_about_class(MATRIX[:, place], CLASSES) for place in range(30)]
    assert found == pytest.approx(expected, abs=0.012)
    table = load("diabetes")
    target = table.column("target")
    names = ["bmi", "bp", "s5", "age"]
    matrix = np.stack([table.column(name) for name in names], axis=1)
    expected = feature_selection.mutual_info_regression(matrix, target, random_state=0)
    found = [information_about_number(matrix[:, place], target) for place in range(4)]
    assert found == pytest.approx(expected, abs=0.03)


def test_information_without_ties_is_the_same_number():
    random = np.random.default_rng(3)
    x, y = random.normal(size=400), random.normal(size=400)
    classes = (x + random.normal(size=400) > 0).astype(np.int64)
    expected = feature_selection.mutual_info_classif(x[:, None], classes, random_state=0)[0]
    assert information_about_class(x, classes) == pytest.approx(expected, abs=1e-4)
    expected = feature_selection.mutual_info_regression(x[:, None], x + y, random_state=0)[0]
    assert information_about_number(x, x + y) == pytest.approx(expected, abs=1e-4)


def test_information_of_two_normals_is_known():
    random = np.random.default_rng(4)
    x = random.normal(size=2000)
    y = 0.8 * x + 0.6 * random.normal(size=2000)
    assert information_about_number(x, y) == pytest.approx(-0.5 * math.log(1 - 0.64), abs=0.05)
    assert information_about_number(x, random.normal(size=2000)) < 0.05


@pytest.mark.parametrize("method", ["pearson", "spearman", "kendall", "f", "chi2", "mutual_information"])
def test_every_method_ranks_the_features(method):
    found = score_features(TABLE, label="target", method=method)
    assert {one.feature for one in found} == set(NAMES)
    assert [one.strength for one in found] == sorted((one.strength for one in found), reverse=True)
    best = {"worst_perimeter", "worst_concave_points", "worst_area", "worst_radius", "mean_concave_points"}
    assert len(best & {one.feature for one in found[:6]}) >= 4
    assert found == score_features(TABLE, label="target", method=method)


def test_words_and_missing_values():
    random = np.random.default_rng(5)
    label = random.choice(["a", "b", "c"], 300)
    table = Table.from_columns(
        {
            "copy": [None if row % 10 == 0 else value.upper() for row, value in enumerate(label)],
            "noise": random.choice(["x", "y", "z"], 300).tolist(),
            "number": [None if row % 7 == 0 else "abc".index(value) + 0.1 for row, value in enumerate(label)],
            "day": np.arange(300).astype("datetime64[D]").astype(str).tolist(),
            "label": label.tolist(),
            "size": random.normal(size=300) + 3.0 * (label == "a"),
        }
    )
    for method in ("pearson", "f", "chi2", "mutual_information", "kendall"):
        found = score_features(table, label="label", method=method, features=["copy", "noise", "number", "size"])
        assert {found[0].feature, found[1].feature} == {"copy", "number"}
        assert found[-1].feature == "noise"
        counts = {one.feature: one.count for one in found}
        assert counts["copy"] == 270
        assert counts["noise"] == 300
    about_number = score_features(table, label="size", features=["label", "noise"])
    assert about_number[0].feature == "label"
    expected = stats.f_oneway(*[table.column("size")[label == one] for one in "abc"])
    assert about_number[0].score == pytest.approx(expected.statistic)
    assert about_number[0].p_value == pytest.approx(expected.pvalue)


def test_redundant_features():
    found = find_redundant(correlations(MATRIX), NAMES, limit=0.95)
    dropped = {one.feature for one in found}
    assert {"mean_perimeter", "mean_area", "worst_radius"} <= dropped
    kept = [place for place, name in enumerate(NAMES) if name not in dropped]
    left = np.abs(correlations(MATRIX[:, kept]) - np.eye(len(kept)))
    assert left.max() <= 0.95
    strength = {one.feature: one.strength for one in score_features(TABLE, label="target")}
    ranked = find_redundant(correlations(MATRIX), NAMES, limit=0.95, strength=strength)
    assert all(strength[one.instead] >= strength[one.feature] for one in ranked)


def test_what_is_refused():
    with pytest.raises(InputError, match=r"no method 'anova'; .*'worst_are' \(perhaps 'worst_area'"):
        score_features(TABLE, label="target", method="anova", features=["worst_are"])
    with pytest.raises(InputError, match="a limit of 2"):
        find_redundant(np.eye(1), ["a"], limit=2)
