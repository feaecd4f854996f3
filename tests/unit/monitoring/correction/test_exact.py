import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mainspring.monitoring.correction import exact_p_values


def p_value(one: list[float], other: list[float], ordered: int = 0) -> float:
    return float(exact_p_values([one], [other], [ordered])[0])


def test_two_bins_are_the_test_of_fisher_with_the_tail_doubled() -> None:
    one, other = [900, 100], [70, 30]
    tail = stats.hypergeom.sf(29, 1100, 130, 100)
    assert p_value(one, other) == pytest.approx(2 * tail, rel=1e-9)
    # The same the other way round, and the independent test is of that order.
    assert p_value([100, 900], [30, 70]) == pytest.approx(2 * tail, rel=1e-9)
    exact = stats.fisher_exact([[900, 100], [70, 30]]).pvalue
    assert exact / 2 < p_value(one, other) < 3 * exact


def test_bins_in_order_are_split_between_each_two() -> None:
    # Three splits, of which the middle one is the clearest: 100 of 200 below against 20 of 100.
    one, other = [50.0, 50, 50, 50], [10.0, 10, 40, 40]
    tail = stats.hypergeom.cdf(20, 300, 120, 100)
    assert p_value(one, other, ordered=4) == pytest.approx(3 * 2 * tail, rel=1e-9)


def test_a_table_without_rows_says_nothing() -> None:
    assert exact_p_values([[0, 0], [5, 5], [5, 5]], [[3, 4], [0, 0], [5, 5]], [0, 0, 0]).tolist() == [1, 1, 1]
    assert exact_p_values([], [], []).tolist() == []


def test_far_out_in_the_tail_it_holds_where_chi_squared_does_not() -> None:
    # A word that 0.2 % of the rows have: 9 of 500 is rare, but by no means as rare as Pearson's test says.
    one, other = [99_800, 200], [491, 9]
    pearson = stats.chi2_contingency([one, other], correction=False).pvalue
    exact = stats.binom.sf(8, 500, 0.002)
    assert p_value(one, other) == pytest.approx(2 * exact, rel=0.2)
    assert pearson < exact / 1000


def test_under_chance_alone_it_is_at_most_the_level() -> None:
    random = np.random.default_rng(0)
    shares = np.array([0.6, 0.3, 0.09, 0.009, 0.001])
    one = random.multinomial(5_000, shares, size=6_000).astype(float)
    other = random.multinomial(500, shares, size=6_000).astype(float)
    for ordered in (0, 5):
        found = exact_p_values(list(one), list(other), [ordered] * 6_000)
        for level in (0.05, 0.01, 0.001):
            hits = int((found <= level).sum())
            assert hits <= stats.binom.ppf(0.999, 6_000, level)
            # And not far below it: half of the level is used.
            assert hits >= 0.2 * 6_000 * level


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=2, max_size=8), st.booleans())
def test_it_is_a_probability_and_does_not_mind_empty_bins(pairs: list[tuple[int, int]], ordered: bool) -> None:
    one, other = [float(a) for a, _ in pairs], [float(b) for _, b in pairs]
    found = p_value(one, other, ordered=len(one) if ordered else 0)
    assert 0 <= found <= 1
    assert p_value([*one, 0.0], [*other, 0.0], ordered=len(one) + 1 if ordered else 0) == pytest.approx(found)
