from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from mainspring.core import InputError
from mainspring.evaluation.metrics.clustering import FACTS, GroupedRows, PlacedRows

ORACLES = {
    "adjusted_rand": oracle.adjusted_rand_score,
    "mutual_information": oracle.mutual_info_score,
    "normalised_mutual_information": oracle.normalized_mutual_info_score,
    "adjusted_mutual_information": oracle.adjusted_mutual_info_score,
    "homogeneity": oracle.homogeneity_score,
    "completeness": oracle.completeness_score,
    "v_measure": oracle.v_measure_score,
    "fowlkes_mallows": oracle.fowlkes_mallows_score,
}


@pytest.mark.parametrize(
    ("groups", "clusters"),
    [
        ([0, 0, 1, 1], [1, 1, 0, 0]),
        ([0, 0, 1, 1], [0, 0, 0, 0]),
        ([0, 0, 0, 0], [0, 1, 2, 3]),
        ([0, 1, 2, 3], [3, 2, 1, 0]),
        ([0, 0, 0], [1, 1, 1]),
        ([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 2, 2]),
        ([0, 0, 1, 1], [0, 1, 0, 1]),
    ],
)
def test_figures_against_groups_are_those_of_scikit_learn(groups: list[int], clusters: list[int]) -> None:
    found = GroupedRows.of(groups, clusters).state().measure().values
    expected = {name: score(groups, clusters) for name, score in ORACLES.items()}
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-12)


def test_many_rows_and_texts_are_as_good() -> None:
    random = np.random.default_rng(1)
    groups = random.choice(["red", "green", "blue"], 700)
    clusters = np.where(random.random(700) < 0.6, groups, random.choice(["1", "2", "3", "4"], 700))
    found = GroupedRows.of(groups, clusters).state().measure()
    expected = {name: score(groups, clusters) for name, score in ORACLES.items()}
    assert {name: found.values[name] for name in expected} == pytest.approx(expected)
    assert (found.count, found.values["groups"], found.values["clusters"]) == (700, 3, 7)


def blobs(count: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    clusters = random.integers(0, 4, count)
    return np.array([[0, 0], [3, 1], [1, 4], [-3, 2]])[clusters] + random.normal(size=(count, 2)), clusters


def test_figures_of_places_are_those_of_scikit_learn() -> None:
    places, clusters = blobs(700)
    found = PlacedRows.of(places, clusters).state().measure().values
    assert found["silhouette"] == pytest.approx(oracle.silhouette_score(places, clusters))
    assert found["davies_bouldin"] == pytest.approx(oracle.davies_bouldin_score(places, clusters))
    assert found["calinski_harabasz"] == pytest.approx(oracle.calinski_harabasz_score(places, clusters))
    assert found["sampled"] == found["count"] == 700


def test_a_row_alone_in_its_cluster_has_no_silhouette_of_its_own() -> None:
    places, clusters = blobs(40)
    clusters[0] = 9
    found = PlacedRows.of(places, clusters).state().measure().values
    assert found["silhouette"] == pytest.approx(oracle.silhouette_score(places, clusters))
    assert found["davies_bouldin"] == pytest.approx(oracle.davies_bouldin_score(places, clusters))


def test_a_sample_is_bounded_and_close() -> None:
    places, clusters = blobs(4_000)
    rows = PlacedRows.of(places, clusters, sample=500)
    merged = rows.state(np.arange(2_000)).merge(rows.state(np.arange(2_000, 4_000)))
    assert len(merged.codes) == 500
    found, exact = merged.measure().values, PlacedRows.of(places, clusters, sample=4_000).state().measure().values
    assert found["calinski_harabasz"] == pytest.approx(exact["calinski_harabasz"])
    assert found["silhouette"] == pytest.approx(exact["silhouette"], abs=0.03)
    assert found["davies_bouldin"] == pytest.approx(exact["davies_bouldin"], abs=0.05)


def test_what_does_not_exist_is_nan_with_its_reason() -> None:
    empty = GroupedRows.of([], []).state().measure()
    assert set(empty.reasons) == set(ORACLES)
    one = GroupedRows.of(["a"], ["b"]).state().measure()
    assert one.reasons == {"adjusted_rand": "one row makes no pair", "fowlkes_mallows": "one row makes no pair"}
    nothing = PlacedRows.of(np.zeros((0, 2)), []).state().measure()
    assert nothing.reasons["silhouette"] == "there are no rows"
    together = PlacedRows.of([[0.0], [1.0]], [0, 0]).state().measure()
    assert together.reasons["calinski_harabasz"] == "all rows are in one cluster"
    assert together.values["inertia"] == 0.5
    alone = PlacedRows.of([[0.0], [1.0]], [0, 1]).state().measure()
    assert alone.reasons["silhouette"] == "every row is a cluster by itself"
    on_top = PlacedRows.of([[0.0], [0.0], [0.0]], [0, 0, 1]).state().measure()
    assert on_top.reasons["davies_bouldin"] == "two clusters have the same centre"
    assert on_top.reasons["calinski_harabasz"] == "every row lies on the centre of its cluster"


def test_every_figure_has_a_fact() -> None:
    told = {
        *GroupedRows.of([0], [0]).state().measure().values,
        *PlacedRows.of([[0.0]], [0]).state().measure().values,
    }
    assert told - {"count"} == set(FACTS)


def test_faults_are_told() -> None:
    with pytest.raises(InputError, match="2 groups and 1 clusters"):
        GroupedRows.of([0, 1], [0])
    with pytest.raises(InputError, match=r"\[2\] for 2 rows"):
        PlacedRows.of([1.0, 2.0], [0, 1])  # type: ignore[list-item]
    with pytest.raises(InputError, match="1 rows with a feature"):
        PlacedRows.of([[np.nan], [2.0]], [0, 1])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=30), st.integers(0, 30))
def test_merging_parts_gives_the_whole(table: list[tuple[int, int]], cut: int) -> None:
    groups, clusters = [a for a, _ in table], [b for _, b in table]
    left = GroupedRows.of(groups[:cut], clusters[:cut]).state()
    right = GroupedRows.of(groups[cut:], clusters[cut:]).state()
    whole = GroupedRows.of(groups, clusters).state().measure().values
    assert left.merge(right).measure().values == pytest.approx(whole, nan_ok=True)
    assert right.merge(left).measure().values == pytest.approx(whole, nan_ok=True)
    places = np.random.default_rng(len(table)).normal(size=(len(table), 2))
    first = PlacedRows.of(places[:cut], clusters[:cut]).state()
    second = PlacedRows.of(places[cut:], clusters[cut:]).state()
    expected = PlacedRows.of(places, clusters).state().measure().values
    assert first.merge(second).measure().values == pytest.approx(expected, nan_ok=True)
    assert second.merge(first).measure().values == pytest.approx(expected, nan_ok=True)
