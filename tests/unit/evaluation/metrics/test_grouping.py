from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.evaluation.metrics.grouping import Groups, around_both_ends, around_zero, shares
from mainspring.evaluation.metrics.ranking import Ranking


def grouped(values: np.ndarray, limit: int = 16, marks: tuple[float, ...] = ()) -> Groups:
    return Groups.of(values, [np.ones(len(values)), values], limit=limit, marks=marks)


def assert_same(a: Groups, b: Groups) -> None:
    assert a.dropped == b.dropped
    assert a.values == pytest.approx(b.values)
    assert a.sums == pytest.approx(b.sums)


@pytest.mark.parametrize("scale", [around_zero, around_both_ends])
def test_the_scale_rises_with_the_numbers(scale) -> None:
    special = [0.0, 0.5, 1.0, 1e-300, 1 - 1e-16]
    numbers = np.sort(np.concatenate((np.random.default_rng(0).normal(0, 3, 500), special)))
    assert (np.diff(scale(numbers)) >= 0).all()


def test_the_scale_of_shares_is_as_fine_near_one_as_near_zero() -> None:
    near = np.array([1e-9, 2e-9])
    assert -np.diff(around_both_ends(1 - near)) == pytest.approx(np.diff(around_both_ends(near)), rel=1e-6)


def test_few_numbers_are_kept_as_they_are() -> None:
    numbers = np.array([0.3, 0.1, 0.3, 0.7])
    found = grouped(numbers)
    assert found.values.tolist() == [0.1, 0.3, 0.7]
    assert found.sums.tolist() == [[1, 2, 1], [0.1, 0.6, 0.7]]
    assert found.dropped == 0
    assert found.width(0.3) == 0.0


def test_many_numbers_share_groups_that_do_not_overlap_and_keep_their_sums() -> None:
    numbers = np.random.default_rng(1).normal(size=5_000)
    found = grouped(numbers, limit=64)
    assert 16 <= len(found) <= 64
    assert found.sums[0].sum() == 5_000
    assert found.sums[1].sum() == pytest.approx(numbers.sum())
    cells = around_zero(numbers) >> found.dropped
    assert len(found) == len(np.unique(cells))
    assert found.values == pytest.approx([numbers[cells == cell].mean() for cell in np.unique(cells)])
    widths = [np.ptp(numbers[cells == cell]) for cell in np.unique(cells)]
    assert all(width <= found.width(value) for width, value in zip(widths, found.values, strict=True))


def test_no_group_lies_across_a_mark() -> None:
    numbers = np.random.default_rng(2).random(10_000)
    found = grouped(numbers, limit=20, marks=(0.25, 0.3, 0.9))
    for mark in (0.25, 0.3, 0.9):
        assert found.sums[0][found.values >= mark].sum() == np.count_nonzero(numbers >= mark)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.floats(-1e6, 1e6), max_size=40), min_size=3, max_size=3), st.booleans())
def test_merging_is_associative_and_commutative(parts: list[list[float]], marked: bool) -> None:
    marks = (0.0, 2.5) if marked else ()
    a, b, c = (grouped(np.array(part), limit=8, marks=marks) for part in parts)
    whole = grouped(np.array([x for part in parts for x in part]), limit=8, marks=marks)
    assert_same(a.merge(b).merge(c), whole)
    assert_same(c.merge(a.merge(b)), whole)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(3, 40))
def test_the_area_is_off_by_no_more_than_is_said(seed: int, limit: int) -> None:
    random = np.random.default_rng(seed)
    scores = random.beta(0.5, 2, 600)
    positive = random.random(600) < scores
    exact, coarse = Ranking.of(scores, positive), Ranking.of(scores, positive, limit=limit)
    assert coarse.dropped > 0
    assert abs(coarse.auc() - exact.auc()) <= coarse.auc_off() + 1e-12
    assert abs(coarse.average_precision() - exact.average_precision()) <= coarse.average_precision_off() + 1e-12
    assert exact.auc_off() == exact.average_precision_off() == 0.0


def test_a_share_of_nothing_is_no_number() -> None:
    assert np.isnan(shares(1.0, 0.0))
    assert shares([1.0, 2.0], 4.0).tolist() == [0.25, 0.5]
