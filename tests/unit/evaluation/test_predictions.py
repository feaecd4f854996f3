from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mainspring.core import InputError, Storable
from mainspring.core.digests import digest_file
from mainspring.evaluation.predictions import Cutoff, Predictions


def test_the_most_probable_class_and_the_earlier_one_on_a_tie() -> None:
    found = Predictions(("a", "b", "c"), np.array([[0.2, 0.4, 0.4], [0.1, 0.2, 0.7]]))
    assert found.labels.tolist() == ["b", "c"]
    assert found.labels.dtype == object
    assert len(found) == 2


def test_values_are_their_own_labels() -> None:
    assert Predictions(None, np.array([1.5, 2.0])).labels.tolist() == [1.5, 2.0]


@pytest.mark.parametrize(("classes", "shape"), [(("a", "b"), (3, 3)), (("a",), (3,)), (None, (3, 1))])
def test_scores_that_do_not_fit_are_refused(classes: tuple[str, ...] | None, shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="shape"):
        Predictions(classes, np.zeros(shape))


@pytest.mark.parametrize(
    "predictions",
    [Predictions(("no", "yes é"), np.array([[0.3, 0.7], [np.nan, 1.0]])), Predictions(None, np.arange(3.0))],
)
def test_saving_and_loading(predictions: Predictions, tmp_path: Path) -> None:
    assert isinstance(predictions, Storable)
    digests = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        predictions.save(tmp_path / name)
        digests.append([digest_file(path) for path in sorted((tmp_path / name).iterdir())])
    assert digests[0] == digests[1]
    assert Predictions.load(tmp_path / "one") == predictions


def test_a_cutoff_decides_instead_of_the_larger_probability(tmp_path):
    scores = np.array([[0.9, 0.1], [0.7, 0.3], [0.2, 0.8]])
    one = Predictions(("no", "yes"), scores, Cutoff("yes", 0.3))
    assert one.labels.tolist() == ["no", "yes", "yes"]
    each = Predictions(("no", "yes"), scores, Cutoff("yes", np.array([0.1, 0.4, 0.9])))
    assert each.labels.tolist() == ["yes", "no", "no"]
    assert each.rows(1, 3).labels.tolist() == ["no", "no"]
    for place, predictions in enumerate((one, each)):
        folder = tmp_path / str(place)
        folder.mkdir()
        predictions.save(folder)
        assert Predictions.load(folder) == predictions
    assert one != each


def test_a_cutoff_must_fit():
    scores = np.array([[0.9, 0.1]])
    with pytest.raises(InputError, match="maybe"):
        Predictions(("no", "yes"), scores, Cutoff("maybe", 0.3))
    with pytest.raises(InputError, match=r"\[2\] for 1 rows"):
        Predictions(("no", "yes"), scores, Cutoff("yes", np.array([0.1, 0.2])))


def test_marked_rows_keep_their_cutoffs() -> None:
    scores = np.array([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]])
    kept = np.array([True, False, True])
    found = Predictions(("no", "yes"), scores, Cutoff("yes", np.array([0.05, 0.9, 0.9]))).where(kept)
    assert found == Predictions(("no", "yes"), scores[[0, 2]], Cutoff("yes", np.array([0.05, 0.9])))
    assert found.labels.tolist() == ["yes", "no"]
    assert Predictions(("no", "yes"), scores, Cutoff("yes", 0.1)).where(kept).cutoff == Cutoff("yes", 0.1)


def test_every_class_has_one_column() -> None:
    with pytest.raises(InputError, match="hold one twice"):
        Predictions(("yes", "yes"), np.array([[0.9, 0.1]]))


def test_values_with_arrays_have_no_hash():
    for value in (Cutoff("yes", 0.3), Predictions(None, np.zeros(2))):
        with pytest.raises(TypeError, match="unhashable"):
            hash(value)
