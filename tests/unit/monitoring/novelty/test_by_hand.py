"""Geometry small enough to work out by hand."""

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.monitoring.novelty import MINAS, OLINDDA, ECSMiner, score_novelty
from mainspring.monitoring.novelty.spheres import gather, k_means

# The corners of a square around (0, 0): centre (0, 0), all at a distance of sqrt(2).
SQUARE = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])


def around(x: float, y: float, times: int = 1, size: float = 1.0) -> np.ndarray:
    return np.concatenate([SQUARE * size + (x, y)] * times)


def test_a_sphere_of_a_square() -> None:
    [sphere], places = [gather(around(3, 4), 1, [0])[0]], gather(around(3, 4), 1, [0])[1]
    assert sphere.centres.tolist() == [[3, 4]]
    assert sphere.counts.tolist() == [4]
    assert sphere.reaches[0] == pytest.approx(2**0.5)
    assert sphere.spreads[0] == pytest.approx(2**0.5)
    assert places.tolist() == [0, 0, 0, 0]


def test_two_squares_are_two_spheres_and_equal_rows_are_one() -> None:
    spheres, places = gather(np.concatenate([around(0, 0), around(50, 0)]), 2, [0])
    assert sorted(spheres.centres.tolist()) == [[0, 0], [50, 0]]
    assert len(set(places[:4].tolist())) == len(set(places[4:].tolist())) == 1
    same, _ = gather(np.ones((5, 2)), 3, [0])
    assert same.counts.tolist() == [5]
    assert same.reaches.tolist() == [0]


def test_k_means_finds_the_parts_of_a_line() -> None:
    rows = np.array([[0.0], [1.0], [10.0], [11.0], [20.0], [21.0]])
    for seed in range(5):
        places = k_means(rows, 3, np.random.default_rng(seed))
        assert [places[0], places[2], places[4]] == [places[1], places[3], places[5]]
        assert len(set(places.tolist())) == 3


def test_olindda_knows_what_lies_within_its_spheres() -> None:
    detector = OLINDDA(clusters=1, step=8, least=4, memory=50).fit(around(0, 0), ["usual"] * 4)
    inside = [[1.41, 0], [0, -1.41], [0, 0]]
    outside = [[1.42, 0], [1.1, 1.1]]
    assert detector.update(inside + outside).labels == ["usual"] * 3 + ["unknown"] * 2


def test_olindda_takes_a_cluster_only_if_it_is_as_dense_as_what_it_learned() -> None:
    for size, novel in ((0.9, 1), (1.1, 0)):
        detector = OLINDDA(clusters=1, step=4, least=4, memory=50).fit(around(0, 0), ["usual"] * 4)
        answer = detector.update(around(10, 0, size=size))
        assert detector.novelties == novel
        assert answer.labels == (["novel 1"] * 4 if novel else ["unknown"] * 4)


def test_olindda_extends_a_class_within_its_region_and_joins_novelties_that_touch() -> None:
    # Two spheres of one class, at -10 and 10: the region is around 0, up to 10.
    known = np.concatenate([around(-10, 0), around(10, 0)])
    detector = OLINDDA(clusters=2, step=4, least=4, memory=50).fit(known, ["usual"] * 8)
    assert detector.update(around(0, 5)).labels == ["usual"] * 4
    assert detector.update([0.0, 5.5]).labels == ["usual"]
    detector = OLINDDA(clusters=2, step=4, least=4, memory=50).fit(known, ["usual"] * 8)
    assert detector.update(around(0, 30)).labels == ["novel 1"] * 4
    # Spheres with a reach of 1.41 each: centres 2.8 apart touch, centres 20 apart do not.
    assert [cluster.number for cluster in detector.update(around(2.8, 30)).found] == [1]
    [cluster] = detector.update(around(0, 50)).found
    assert (cluster.number, cluster.size, cluster.centre) == (2, 4, (0, 50))


def test_olindda_names_the_nearest_of_two_classes() -> None:
    detector = OLINDDA(clusters=1, least=4).fit(np.concatenate([around(0, 0), around(2, 0)]), list("aaaabbbb"))
    assert detector.update([[0.9, 0], [1.1, 0], [-1, 0], [9, 9]]).labels == ["a", "b", "a", "unknown"]


def test_minas_moves_its_clusters_with_the_rows() -> None:
    detector = MINAS(clusters=1, step=4, least=4, radius=2).fit(around(0, 0), ["a"] * 4)
    # The radius is 2 sqrt(2); four rows around (1, 0) move the centre to (0.5, 0).
    assert detector.update([[2.8, 0], [2.9, 0]]).labels == ["a", "unknown"]
    detector.fit(around(0, 0), ["a"] * 4)
    assert detector.update(around(1, 0)).labels == ["a"] * 4
    assert detector.spheres.centres.tolist() == [[0.5, 0]]
    # Distances squared of all eight from (0.5, 0): 8 * 2 + 8 * 0.25.
    assert detector.spheres.moments[0] == pytest.approx(18)
    assert detector.spheres.counts.tolist() == [8]


@pytest.mark.parametrize(("place", "label"), [(5.0, "a"), (40.0, "novel 1")])
def test_minas_extends_what_is_near_and_calls_the_rest_a_novelty(place: float, label: str) -> None:
    detector = MINAS(clusters=1, step=4, least=4, enough=4, radius=2).fit(around(0, 0), ["a"] * 4)
    # Alone in its class: radii that touch, 2 * (sqrt(2) + sqrt(2)) = 5.66.
    assert detector.update(around(place, 0)).labels == [label] * 4


def test_minas_wants_a_cluster_nearer_together_than_to_what_is_known() -> None:
    detector = MINAS(clusters=1, step=4, least=4, enough=4).fit(around(0, 0, size=0.1), ["a"] * 4)
    # The rows lie 14.1 from their centre, which is 9 from the known one.
    assert detector.update(around(9, 0, size=10)).labels == ["unknown"] * 4


def test_minas_wakes_a_class_that_comes_back() -> None:
    known = np.concatenate([around(0, 0, 10), around(100, 0, 10)])
    detector = MINAS(clusters=1, step=4, least=4, enough=4, asleep=40).fit(known, ["a"] * 40 + ["b"] * 40)
    detector.update(around(0, 0, 12))
    assert detector.sleeping.codes.tolist() == [1]
    # Without the sleeping one this would be a novelty.
    assert detector.update(around(102, 0, 1)).labels == ["b"] * 4
    assert detector.novelties == 0
    assert detector.sleeping.codes.tolist() == []


def test_ecsminer_votes_and_waits() -> None:
    known = np.concatenate([around(0, 0, 2), around(10, 0, 2)])
    detector = ECSMiner(clusters=2, models=2, step=4, patience=8, neighbours=3).fit(known, ["a"] * 8 + ["b"] * 8)
    assert [len(model) for model in detector.ensemble] == [2, 2]
    assert detector.update([[0, 0], [10, 1], [4, 0]]).labels == ["a", "b", "unknown"]
    # After its patience the row is of the nearest class.
    answer = detector.update([[0, 0]] * 9)
    assert (answer.earlier.tolist(), answer.earlier_codes.tolist()) == ([2], [0])


def test_ecsminer_finds_rows_that_are_nearer_to_each_other_than_to_a_class() -> None:
    known = np.concatenate([around(0, 0, 5), around(10, 0, 5)])
    settings = {"clusters": 2, "models": 1, "step": 4, "patience": 100, "neighbours": 3, "least": 4}
    detector = ECSMiner(**settings).fit(known, ["a"] * 20 + ["b"] * 20)  # type: ignore[arg-type]
    answer = detector.update(around(0, 40))
    assert answer.labels == ["novel 1"] * 4
    [cluster] = answer.found
    assert (cluster.centre, cluster.size) == ((0, 40), 4)
    # As far from each other as from the class: (b - a) is below 0.
    detector.fit(known, ["a"] * 20 + ["b"] * 20)
    assert detector.update(around(0, 40, size=30)).labels == ["unknown"] * 4


def test_ecsminer_learns_the_name_of_a_novelty() -> None:
    known = np.concatenate([around(0, 0, 5), around(10, 0, 5)])
    detector = ECSMiner(clusters=2, models=1, step=4, patience=100, neighbours=3, least=4)
    detector.fit(known, ["a"] * 20 + ["b"] * 20)
    detector.update(around(0, 40))
    every = np.concatenate([known, around(0, 40, 5)])
    detector.learn(every, ["a"] * 20 + ["b"] * 20 + ["c"] * 20)
    assert detector.classes == ["a", "b", "c"]
    assert len(detector.ensemble) == 1
    assert detector.update([[0, 0], [0, 40]]).labels == ["a", "c"]


def test_ecsminer_gives_up_the_model_that_errs_most() -> None:
    rows = np.concatenate([around(0, 0, 5), around(10, 0, 5)])
    detector = ECSMiner(clusters=2, models=2).fit(rows, ["a"] * 20 + ["b"] * 20)
    turned = ["b"] * 20 + ["a"] * 20
    detector.learn(rows, turned).learn(rows, turned)
    assert detector.update([[0, 0], [10, 0]]).labels == ["b", "a"]
    with pytest.raises(InputError, match="labels"):
        detector.learn(rows, ["a"])


def test_scores_are_those_of_their_definitions() -> None:
    # Four rows of known classes: right, mixed up, novel, unknown. Four of a new one: novel, known, known, unknown.
    score = score_novelty([0, 0, 1, 1, 7, 7, 7, 7], [0, 1, -2, -1, -3, 0, 1, -1], [0, 1])
    assert (score.m_new, score.f_new) == (2 / 4, 1 / 4)
    assert score.error == (2 + 1 + 1) / 8
    assert (score.unknown_new, score.unknown_known) == (1 / 4, 1 / 4)
    assert np.isnan(score_novelty([0], [0], [0]).m_new)
    with pytest.raises(InputError):
        score_novelty([0], [0, 1], [0])
