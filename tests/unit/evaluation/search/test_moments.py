from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mainspring.evaluation.search.moments import Losses, by_chance, effect, fisher_tail, holm, welch


@given(st.integers(1, 40), st.integers(1, 200), st.data())
def test_fishers_exact_test_is_scipys(size: int, other: int, data: st.DataObject) -> None:
    hits, misses = data.draw(st.integers(0, size)), data.draw(st.integers(0, other))
    ours = fisher_tail(hits, size, misses, other)
    theirs = stats.fisher_exact([[hits, size - hits], [misses, other - misses]], alternative="greater").pvalue
    if hits / size > misses / other:
        assert ours == pytest.approx(theirs, rel=1e-7)
    else:
        assert ours == 1.0, "a slice that is no worse is no finding"


def test_welchs_test_is_scipys() -> None:
    random = np.random.default_rng(0)
    one, other = random.exponential(2.0, 50), random.exponential(1.0, 400)
    losses = Losses(np.concatenate([one, other]), None, binary=False)
    sums = losses.by_code(np.repeat([0, 1], [50, 400]), 2)
    expected = stats.ttest_ind(one, other, equal_var=False, alternative="greater")
    statistic, degrees = welch(sums[0], sums[1])
    assert statistic[0] == pytest.approx(expected.statistic)
    assert degrees[0] == pytest.approx(expected.df)
    assert by_chance(sums[0], sums[1], losses) == pytest.approx(expected.pvalue)
    apart = (one.mean() - other.mean()) / np.sqrt((one.var(ddof=1) + other.var(ddof=1)) / 2)
    assert effect(sums[0], sums[1])[0] == pytest.approx(apart)


def test_holms_correction_is_the_one_of_the_table() -> None:
    # Holm's steps by hand for five tests: 0.005 x 5, 0.011 x 4, 0.02 x 3, 0.04 x 2, 0.13 x 1.
    p = np.array([0.02, 0.005, 0.13, 0.04, 0.011])
    assert holm(p, 5) == pytest.approx([0.06, 0.025, 0.13, 0.08, 0.044])


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.integers(1, 3)), min_size=1, max_size=40))
def test_sums_are_what_they_are_of_rows(rows: list[tuple[int, bool, int]]) -> None:
    codes = np.array([code for code, _, _ in rows])
    values = np.array([float(wrong) for _, wrong, _ in rows])
    weights = np.array([float(weight) for _, _, weight in rows])
    plain = Losses(values, None, binary=True).by_code(codes, 3)
    slow = Losses(values, None, binary=False).by_code(codes, 3)
    for ours, theirs in zip(plain.parts, slow.parts, strict=True):
        assert ours == pytest.approx(theirs)
    weighted = Losses(values, weights, binary=True).by_code(codes, 3)
    for code in range(3):
        inside = codes == code
        if inside.any():
            assert weighted.mean[code] == pytest.approx(np.average(values[inside], weights=weights[inside]))
    assert (weighted[0] + weighted[1] + weighted[2]).loss[0] == pytest.approx(weighted.total.loss[0])
