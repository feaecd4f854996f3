"""What holds for every detector of novelty: streams with withheld classes, any cuts, its JSON, bad rows."""

import doctest
import json
import sys
from collections.abc import Callable, Mapping

import numpy as np
import pytest

from mainspring.core.errors import InputError, StateError
from mainspring.monitoring.novelty import MINAS, OLINDDA, ECSMiner, NoveltyDetector, Recognised, score_novelty
from mainspring.testing.streams import Stream, stream_with_new_classes

MADE: Mapping[str, Callable[[], NoveltyDetector]] = {"OLINDDA": OLINDDA, "MINAS": MINAS, "ECSMiner": ECSMiner}
LEARNED = 1_000


def fitted(name: str, stream: Stream) -> NoveltyDetector:
    return MADE[name]().fit(stream.rows[:LEARNED], stream.labels[:LEARNED])


def taken(detector: NoveltyDetector, rows: np.ndarray, cuts: list[int]) -> tuple[np.ndarray, list[Recognised]]:
    """The codes of all rows in the end, with rows given in pieces."""
    codes, said = np.full(len(rows), -1), []
    for begin, end in zip([0, *cuts], [*cuts, len(rows)], strict=True):
        answer = detector.update(rows[begin:end])
        assert answer.first == begin
        codes[begin:end] = answer.codes
        assert (codes[answer.earlier] == -1).all()
        codes[answer.earlier] = answer.earlier_codes
        said.append(answer)
    return codes, said


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("seed", range(3))
def test_withheld_classes_are_found(name: str, seed: int) -> None:
    stream = stream_with_new_classes(seed=seed)
    detector = fitted(name, stream)
    codes, said = taken(detector, stream.rows[LEARNED:], list(range(500, 5_000, 500)))
    score = score_novelty(stream.labels[LEARNED:], codes, [0, 1, 2])
    assert score.m_new < 0.06
    assert score.f_new < 0.02
    assert score.error < 0.02
    assert score.unknown_known < 0.05
    assert score.unknown_new < 0.2
    found = [cluster for answer in said for cluster in answer.found]
    # Most rows of a cluster are of one withheld class, and its centre is theirs.
    for cluster in found:
        ours = stream.labels[LEARNED:][list(cluster.rows)]
        assert (ours >= 3).mean() > 0.9
        centre = stream.rows[LEARNED:][list(cluster.rows)].mean(axis=0)
        assert cluster.centre == pytest.approx(centre)
        assert cluster.size == len(cluster.rows)
    numbers = {cluster.number for cluster in found}
    assert 2 <= len(numbers) <= 3
    assert min(cluster.rows[0] for cluster in found) >= 0


@pytest.mark.parametrize("name", MADE)
def test_nothing_new_is_nothing_novel(name: str) -> None:
    stream = stream_with_new_classes(new=0, begins=(), seed=4)
    detector = fitted(name, stream)
    answer = detector.update(stream.rows[LEARNED:])
    assert not answer.novel.any()
    assert answer.unknown.mean() < 0.05
    assert (answer.codes == stream.labels[LEARNED:]).mean() > 0.95


@pytest.mark.parametrize("name", MADE)
def test_it_does_not_matter_how_rows_are_divided(name: str) -> None:
    stream = stream_with_new_classes(seed=1, rows=3_600, begins=(1_200, 1_500))
    rows = stream.rows[LEARNED:]
    whole, _ = taken(fitted(name, stream), rows, [])
    detector = fitted(name, stream)
    pieces, _ = taken(detector, rows, [1, 2, 99, 100, 101, 350, 777, 1_900])
    assert pieces.tolist() == whole.tolist()
    other = fitted(name, stream)
    other.update(rows)
    assert other.as_dict() == detector.as_dict()


@pytest.mark.parametrize("name", MADE)
def test_one_row_at_a_time(name: str) -> None:
    stream = stream_with_new_classes(seed=2)
    one, many = fitted(name, stream), fitted(name, stream)
    said = [one.update(row).labels[0] for row in stream.rows[LEARNED : LEARNED + 150]]
    assert said == many.update(stream.rows[LEARNED : LEARNED + 150]).labels


@pytest.mark.parametrize("name", MADE)
def test_it_goes_on_from_its_json(name: str) -> None:
    stream = stream_with_new_classes(seed=3, rows=4_000)
    rows = stream.rows[LEARNED:]
    begun = fitted(name, stream)
    begun.update(rows[:1_250])
    text = json.dumps(begun.as_dict(), allow_nan=False)
    resumed = type(begun).from_dict(json.loads(text))
    expected, found = begun.update(rows[1_250:]), resumed.update(rows[1_250:])
    assert found.codes.tolist() == expected.codes.tolist()
    assert found.earlier.tolist() == expected.earlier.tolist()
    assert found.found == expected.found
    assert json.dumps(resumed.as_dict()) == json.dumps(begun.as_dict())


@pytest.mark.parametrize("name", MADE)
def test_a_fresh_one_goes_through_json(name: str) -> None:
    made = MADE[name]()
    again = type(made).from_dict(json.loads(json.dumps(made.as_dict())))
    assert again.as_dict() == made.as_dict()
    with pytest.raises(InputError, match="does not fit: colour"):
        type(made).from_dict({**made.as_dict(), "colour": "red"})


@pytest.mark.parametrize("name", MADE)
def test_fitting_again_forgets(name: str) -> None:
    stream = stream_with_new_classes(seed=1)
    detector = fitted(name, stream)
    detector.update(stream.rows[LEARNED:])
    detector.fit(stream.rows[:LEARNED], stream.labels[:LEARNED])
    assert detector.as_dict() == fitted(name, stream).as_dict()


@pytest.mark.parametrize("name", MADE)
def test_what_waits_is_bounded(name: str) -> None:
    random = np.random.default_rng(0)
    made = type(MADE[name]())(memory=150)
    detector = made.fit(random.normal(0, 0.01, (200, 4)), ["a"] * 200)
    answer = detector.update(random.uniform(-100, 100, (2_000, 4)))
    assert len(answer.codes) == 2_000
    assert len(detector.as_dict()["waiting"]["numbers"]) <= 150  # type: ignore[index, call-overload, arg-type]


@pytest.mark.parametrize("name", MADE)
def test_labels_may_be_words_numbers_or_bools(name: str) -> None:
    random = np.random.default_rng(0)
    rows = np.concatenate([random.normal(0, 1, (200, 2)), random.normal(30, 1, (200, 2))])
    for one, other in (("cat", "dog"), (7, 9), (False, True)):
        detector = MADE[name]().fit(rows, [one] * 200 + [other] * 200)
        assert detector.update([[0.0, 0.1], [30, 29.9]]).labels == [one, other]


@pytest.mark.parametrize("name", MADE)
def test_one_row_to_learn_from_is_enough(name: str) -> None:
    detector = MADE[name]().fit([[1.0, 2.0]], ["a"])
    assert detector.update([[1.0, 2.0], [5.0, 5.0]]).labels == ["a", "unknown"]


@pytest.mark.parametrize("name", MADE)
def test_bad_rows_are_refused_and_nothing_is_taken(name: str) -> None:
    stream = stream_with_new_classes(seed=1)
    detector = fitted(name, stream)
    before = json.dumps(detector.as_dict())
    with pytest.raises(InputError, match="row 1, feature 2 is nan"):
        detector.update([[0, 0, 0, 0, 0], [0, 0, np.nan, 0, 0]])
    with pytest.raises(InputError, match="rows of 2 features"):
        detector.update([[1, 2]])
    with pytest.raises(InputError, match="no numbers"):
        detector.update([["a"] * 5])
    with pytest.raises(InputError, match="shape"):
        detector.update([[[1.0]]])
    assert detector.update([]).codes.size == 0
    assert json.dumps(detector.as_dict()) == before


@pytest.mark.parametrize("name", MADE)
def test_bad_fits_are_refused(name: str) -> None:
    with pytest.raises(StateError, match="not fitted"):
        MADE[name]().update([[1.0]])
    with pytest.raises(InputError, match="2 rows with 1 labels"):
        MADE[name]().fit([[1.0], [2.0]], ["a"])
    with pytest.raises(InputError, match="no rows"):
        MADE[name]().fit(np.zeros((0, 2)), [])
    with pytest.raises(InputError, match="label 1 is"):
        MADE[name]().fit([[1.0], [2.0]], np.array(["a", None], dtype=object))
    with pytest.raises(InputError, match="the labels have the shape"):
        MADE[name]().fit([[1.0]], [["a"]])


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (OLINDDA, {"step": 0}),
        (OLINDDA, {"least": 1}),
        (OLINDDA, {"memory": 5}),
        (OLINDDA, {"seed": -1}),
        (OLINDDA, {"clusters": 0}),
        (OLINDDA, {"loose": 0}),
        (MINAS, {"clusters": 0}),
        (MINAS, {"radius": 0}),
        (MINAS, {"near": "far"}),
        (MINAS, {"factor": 0}),
        (MINAS, {"enough": 0}),
        (MINAS, {"asleep": 5}),
        (ECSMiner, {"clusters": 0}),
        (ECSMiner, {"models": 0}),
        (ECSMiner, {"neighbours": 0}),
        (ECSMiner, {"patience": 5}),
    ],
)
def test_settings_that_make_no_sense_are_refused(kind: Callable[..., object], settings: dict[str, object]) -> None:
    with pytest.raises(InputError, match=next(iter(settings))):
        kind(**settings)


@pytest.mark.parametrize("name", [*MADE, "score"])
def test_the_example_in_its_text_is_true(name: str) -> None:
    module = sys.modules[score_novelty.__module__ if name == "score" else type(MADE[name]()).__module__]
    found = doctest.testmod(module)
    assert found.attempted >= 1
    assert found.failed == 0
