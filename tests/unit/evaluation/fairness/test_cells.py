from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.evaluation.fairness.across import confusions
from mainspring.evaluation.fairness.cells import Cells, ScoredRows

EDGES = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
ROWS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.05, 0.1, 0.3, 0.5, 0.55, 0.9, 1.0]),
        st.booleans(),
        st.booleans(),
        st.integers(1, 4),
    ),
    min_size=3,
    max_size=40,
)


def count(rows: list[tuple[float, bool, bool, int]]) -> Cells:
    scores, chosen, truth, weights = (np.array(column) for column in zip(*rows, strict=True))
    return Cells.of(ScoredRows(scores, chosen, truth, weights.astype(np.float64)), None, EDGES)


def same(one: Cells, other: Cells) -> None:
    for name in ("counts", "weights", "squares", "scores"):
        assert np.allclose(getattr(one, name), getattr(other, name)), name
    assert (one.rows, one.broken) == (other.rows, other.broken)
    assert one.means.values() == pytest.approx(other.means.values())
    assert one.ranking.auc() == pytest.approx(other.ranking.auc(), nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(ROWS, st.data())
def test_merging_is_associative_and_counts_what_the_whole_counts(
    rows: list[tuple[float, bool, bool, int]], data: st.DataObject
) -> None:
    first = data.draw(st.integers(1, len(rows) - 2))
    second = data.draw(st.integers(first + 1, len(rows) - 1))
    a, b, c = count(rows[:first]), count(rows[first:second]), count(rows[second:])
    same(a.merge(b).merge(c), a.merge(b.merge(c)))
    same(c.merge(a).merge(b), count(rows))


@settings(max_examples=40, deadline=None)
@given(ROWS, st.integers(0, 8))
def test_cells_tell_the_confusion_at_every_edge(rows: list[tuple[float, bool, bool, int]], place: int) -> None:
    scores, chosen, truth, weights = (np.array(column) for column in zip(*rows, strict=True))
    answered, at_edge = confusions(count(rows).weights, [place])
    for found, picked in ((answered, chosen), (at_edge, scores >= EDGES[place])):
        expected = [
            weights[~picked & ~truth].sum(),
            weights[~picked & truth].sum(),
            weights[picked & ~truth].sum(),
            weights[picked & truth].sum(),
        ]
        assert found.tolist() == expected


def test_scores_that_are_no_numbers_are_in_no_cell() -> None:
    rows = ScoredRows(np.array([0.5, np.nan]), np.array([True, False]), np.array([True, True]))
    cells = Cells.of(rows, None, EDGES)
    assert (cells.rows, cells.broken, cells.counts.sum()) == (2, 1, 1)
