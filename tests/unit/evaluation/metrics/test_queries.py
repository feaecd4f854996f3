from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from mainspring.core import InputError
from mainspring.evaluation.metrics.intervals import Intervals
from mainspring.evaluation.metrics.queries import FACTS, QueryRows


def test_a_worked_table() -> None:
    """Query a: relevance by rank 3, 2, 0, 1. Query b: 0, 1, 1. Query c has nothing relevant."""
    rows = QueryRows.of(
        ["a"] * 4 + ["b"] * 3 + ["c"] * 2, [3, 2, 0, 1, 0, 1, 1, 0, 0], [9, 8, 7, 6, 3, 2, 1, 5, 4], tops=(2,)
    )
    found = rows.state().measure()
    first = (3 + 2 / math.log2(3) + 1 / math.log2(5)) / (3 + 2 / math.log2(3) + 1 / 2)
    second = (1 / math.log2(3) + 1 / 2) / (1 + 1 / math.log2(3))
    power = (7 + 3 / math.log2(3) + 1 / math.log2(5)) / (7 + 3 / math.log2(3) + 1 / 2)
    assert found.count == 9
    assert found.values == pytest.approx(
        {
            "count": 9,
            "queries": 3,
            "queries_without_relevant": 1,
            "ndcg": (first + second) / 2,
            "ndcg@2": (1 + (1 / math.log2(3)) / (1 + 1 / math.log2(3))) / 2,
            "ndcg_exponential": (power + second) / 2,
            "ndcg_exponential@2": (1 + (1 / math.log2(3)) / (1 + 1 / math.log2(3))) / 2,
            "map": ((1 + 1 + 3 / 4) / 3 + (1 / 2 + 2 / 3) / 2) / 2,
            "mrr": (1 + 1 / 2) / 2,
            "precision@2": (1 + 1 / 2) / 2,
            "recall@2": (2 / 3 + 1 / 2) / 2,
            "hit_rate@2": 1.0,
        }
    )
    assert {name.partition("@")[0] for name in found.values} - {"count"} == set(FACTS)
    assert math.isnan(rows.state().by_query["map"][2])


@pytest.mark.parametrize("levels", [1000, 4])
def test_ndcg_is_that_of_scikit_learn_with_and_without_ties(levels: int) -> None:
    random = np.random.default_rng(levels)
    relevance, scores = random.integers(0, 4, (30, 12)), random.integers(0, levels, (30, 12))
    rows = QueryRows.of(np.repeat(np.arange(30), 12), relevance.ravel(), scores.ravel(), tops=(1, 5, 20))
    found = rows.state().measure().values
    for top in (1, 5, 20):
        assert found[f"ndcg@{top}"] == pytest.approx(ndcg_score(relevance, scores, k=top))
        assert found[f"ndcg_exponential@{top}"] == pytest.approx(ndcg_score(2**relevance - 1, scores, k=top))
    assert found["ndcg"] == pytest.approx(ndcg_score(relevance, scores))


def plain(relevance: list[int], top: int) -> dict[str, float]:
    """The definitions, for one query whose documents stand in this order."""
    places = [place for place, one in enumerate(relevance, start=1) if one > 0]
    return {
        "map": sum(rank / place for rank, place in enumerate(places, start=1)) / len(places),
        "mrr": 1 / places[0],
        f"precision@{top}": sum(place <= top for place in places) / top,
        f"recall@{top}": sum(place <= top for place in places) / len(places),
        f"hit_rate@{top}": float(places[0] <= top),
    }


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=6), st.integers(1, 7))
def test_ties_are_the_mean_over_all_their_orders(rows: list[tuple[int, int]], top: int) -> None:
    found = (
        QueryRows.of([1] * len(rows), [r for r, _ in rows], [s for _, s in rows], tops=(top,)).state().measure()
    )
    if not any(relevance for relevance, _ in rows):
        assert found.reasons["mrr"] == "no query has a relevant document"
        return
    orders = {one for one in itertools.permutations(range(len(rows)))
              if all(rows[a][1] >= rows[b][1] for a, b in itertools.pairwise(one))}  # fmt: skip
    tables = [plain([rows[place][0] for place in order], top) for order in orders]
    expected = {name: float(np.mean([table[name] for table in tables])) for name in tables[0]}
    assert {name: found.values[name] for name in expected} == pytest.approx(expected)


def test_weights_are_those_of_queries() -> None:
    rows = QueryRows.of(["a", "a", "b", "b"], [1, 0, 0, 1], [2, 1, 2, 1], weights=[3, 3, 1, 1])
    assert rows.state().measure().values["mrr"] == pytest.approx((3 * 1 + 1 * 0.5) / 4)


def test_rows_without_score_or_relevance() -> None:
    found = QueryRows.of(["a", "b"], [1, 1], [1.0, math.nan]).state().measure()
    assert found.reasons["ndcg"] == "the model gave no finite score for 1 of 2 rows"
    assert found.values["queries"] == 2
    empty = QueryRows.of([], [], []).state().measure()
    assert empty.reasons["map"] == "there are no rows with a label"
    assert empty.values["queries"] == 0


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        QueryRows.of(["a", None], [-1, math.nan], [0.1], tops=(0,))
    for fault in ("2, 2, 1 rows", "1 rows without a query", "2 rows with a relevance", "the first 0 places"):
        assert fault in caught.value.found


@pytest.mark.parametrize("method", ["closed", "bootstrap", "jackknife"])
def test_intervals_take_queries_as_units(method: str) -> None:
    random = np.random.default_rng(8)
    rows = QueryRows.of(np.repeat(np.arange(200), 10), random.integers(0, 2, 2000), random.random(2000))
    state = rows.state()
    figures = state.by_query["map"]
    figures = figures[~np.isnan(figures)]
    error = figures.std(ddof=1) / math.sqrt(len(figures))
    found = state.measure(Intervals(method=method, resamples=1000, buckets=50))  # type: ignore[arg-type]
    low, high = found.intervals["map"]
    assert low < found.values["map"] < high
    assert (high - low) / 2 / 1.96 == pytest.approx(error, rel=0.25)


def test_the_rows_of_a_query_are_one_unit_in_any_part() -> None:
    whole = QueryRows.of(["a", "b", "a", 7], [1, 1, 1, 1], [1, 1, 1, 1])
    part = QueryRows.of(["b", 7], [1, 1], [1, 1])
    assert whole.units[0] == whole.units[2]
    assert len(set(whole.units.tolist())) == 3
    assert part.units.tolist() == whole.units[[1, 3]].tolist()


def test_a_query_that_goes_on_in_the_next_part_is_one_query() -> None:
    rows = QueryRows.of(["a", "b", "a"], [0, 1, 1], [2, 1, 1])
    merged = rows.state(np.array([0, 1])).merge(rows.state(np.array([2])))
    assert merged.measure().values == rows.state().measure().values
    assert merged.names == ("a", "b")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(0, 3)), max_size=30), st.data())
def test_merging_in_any_order_gives_the_whole(rows: list[tuple[int, int, int]], data: st.DataObject) -> None:
    whole = QueryRows.of([q for q, _, _ in rows], [r for _, r, _ in rows], [s for _, _, s in rows])
    places = np.array(data.draw(st.permutations(range(len(rows)))), dtype=np.int64)
    one, two, three = (whole.state(part) for part in np.array_split(places, 3))
    expected = whole.state().measure().values
    assert one.merge(two).merge(three).measure().values == pytest.approx(expected, nan_ok=True)
    assert one.merge(two.merge(three)).measure().values == pytest.approx(expected, nan_ok=True)
