"""Fitted rules against scikit-learn's own, and which columns are left alone."""

import datetime

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

from mainspring.data import ColumnType, OneHot, Table
from mainspring.data.transforms.fitting import Material, fit_column, why_ignored

FLOAT, STRING = ColumnType.FLOAT, ColumnType.STRING


def material(values, type_):
    table = Table.from_columns({"x": values}, types={"x": type_})
    return Material.of("x", type_, table.column("x"))


def fit(values, type_=FLOAT, **options):
    return fit_column(
        material(values, type_), **{"vocabulary_size": 100, "impute": "median", "categories": "onehot", **options}
    )


@pytest.mark.parametrize("impute", ["median", "mean"])
def test_numbers_are_as_scikit_learn_has_them(tips, impute):
    values = tips.column("bill")
    rule = fit(values, impute=impute)
    imputer, scaler = SimpleImputer(strategy=impute), StandardScaler()
    wanted = scaler.fit_transform(imputer.fit_transform(values[:, None]))
    assert rule.indicator
    assert rule.fill == pytest.approx(imputer.statistics_[0], rel=1e-14)
    assert rule.scale == pytest.approx(scaler.scale_[0], rel=1e-12)
    np.testing.assert_allclose(rule.apply(values)[:, :1], wanted, rtol=1e-10, atol=1e-12)


def test_without_missing_values_there_is_no_indicator_but_a_fill():
    rule = fit([1.0, 2.0, 6.0])
    assert (rule.fill, rule.shift, rule.indicator) == (2.0, 3.0, False)


def test_missing_values_may_stay():
    rule = fit([1.0, None, 3.0], impute=None)
    assert (rule.fill, rule.shift, rule.scale, rule.indicator) == (None, 2.0, 1.0, True)
    assert np.isnan(rule.apply(np.array([np.nan]))[0, 0])


@pytest.mark.parametrize(
    ("values", "shift", "scale"),
    [
        ([0.1] * 9, 0.1, 1.0),
        ([1e300, -1e300], 0.0, 1e300),
        ([5.0, float("inf"), 5.0], 5.0, 1.0),
        ([1e-320, 0.0], 0.0, 1.0),
    ],
)
def test_constants_and_extremes(values, shift, scale):
    rule = fit(values)
    assert rule.shift == pytest.approx(shift, abs=1e-300)
    assert rule.scale == pytest.approx(scale)


def test_the_order_of_rows_changes_nothing():
    values = np.random.default_rng(0).lognormal(size=999)
    assert fit(values) == fit(values[::-1]) == fit(np.random.default_rng(1).permutation(values))


def test_words_by_frequency_then_text():
    rule = fit(["b", "a", "c", "a", None, "b", "d"], STRING)
    assert rule == OneHot("x", ("a", "b", "c", "d"))
    assert fit(["b", "a", "c", "a", "b"], STRING, vocabulary_size=2).vocabulary == ("a", "b")
    assert fit(["b", "a"], STRING, categories="ordinal").outputs == ("x",)


def ignored(values, type_, labels=None):
    return why_ignored(material(values, type_), np.array(labels or [0, 1] * len(values))[: len(values)])


def test_columns_that_are_no_features():
    assert "no value" in ignored([None, None], FLOAT)
    assert "DATE" in ignored([datetime.date(2020, 1, 1)] * 2, ColumnType.DATE)
    assert "TIMESTAMP" in ignored([datetime.datetime(2020, 1, 1)] * 2, ColumnType.TIMESTAMP)
    assert "BYTES" in ignored([b"a", b"b"], ColumnType.BYTES)
    assert ignored([f"id{n}" for n in range(100)], STRING).startswith("looks like an identifier: 100 different")
    assert ignored([f"id{n % 90}" for n in range(100)], STRING) is None
    assert ignored([float(n) for n in range(100)], FLOAT) is None


def test_numbers_that_never_repeat_are_no_copies_of_numbers_that_never_repeat():
    labels = [0.5, 1.5, 2.5, 3.5]
    assert ignored([3.0, 1.0, 2.0, 4.0], FLOAT, labels) is None
    assert "says the label in other words" in ignored([9.0, 8.0, 7.0, 2.0], FLOAT, labels)


def test_copies_of_the_label():
    assert "says the label in other words" in ignored(["yes", "no", "yes", "no"], STRING, [1, 0, 1, 0])
    assert "says the label in other words" in ignored([7.0, 3.0, 7.0, None], FLOAT, [1, 0, 1, 0])
    assert ignored(["yes", "no", "yes", "yes"], STRING, [1, 0, 1, 0]) is None
    assert ignored(["a", "b", "c", "b"], STRING, [1, 0, 1, 0]) is None
