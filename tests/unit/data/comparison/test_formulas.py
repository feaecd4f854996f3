"""The formulas on shares, against an independent library; many pairs at once as one by one."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import entropy

from mainspring.data.comparison.formulas import hellinger, jensen_shannon, largest_gap, many, psi, total_variation

WEIGHTS = st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=2, max_size=9)


def shares(pairs):
    return [[value / sum(side) for value in side] for side in zip(*pairs, strict=True)]


@settings(max_examples=50, deadline=None)
@given(WEIGHTS)
def test_divergences_are_sums_of_relative_entropies(pairs):
    p, q = shares(pairs)
    assert psi(p, q) == pytest.approx(entropy(p, q) + entropy(q, p), abs=1e-9)
    middle = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
    assert jensen_shannon(p, q) == pytest.approx((entropy(p, middle, 2) + entropy(q, middle, 2)) / 2, abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(WEIGHTS)
def test_the_inequalities_between_distances_hold(pairs):
    p, q = shares(pairs)
    apart = total_variation(p, q)
    assert largest_gap(p, q) <= apart + 1e-12
    assert hellinger(p, q) ** 2 <= apart + 1e-12
    assert apart <= math.sqrt(2) * hellinger(p, q) + 1e-12
    assert jensen_shannon(p, q) <= apart + 1e-12
    assert total_variation(p, p) == hellinger(p, p) == jensen_shannon(p, p) == psi(p, p) == 0.0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=2, max_size=9).filter(
    lambda pairs: sum(a for a, _ in pairs) and sum(b for _, b in pairs)
))  # fmt: skip
def test_many_pairs_at_once(pairs):
    p, q = shares(pairs)
    found = many(np.array([p, q]), np.array([q, q]))
    formulas = {
        "jensen_shannon": jensen_shannon,
        "psi": psi,
        "hellinger": hellinger,
        "total_variation": total_variation,
        "l_infinity": largest_gap,
    }
    for name, formula in formulas.items():
        assert found[name].tolist() == pytest.approx([formula(p, q), formula(q, q)], abs=1e-12)
