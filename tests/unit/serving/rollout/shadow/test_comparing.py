import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.serving.prediction import Prediction
from mainspring.serving.rollout.shadow.comparing import compare, values_apart


def array(*values: object) -> npt.NDArray[np.object_]:
    return np.array(values, dtype=object)


def test_texts_are_equal_or_not() -> None:
    found = values_apart(array("a", "b", None), array("a", "c", None), 0.1)
    assert found.different.tolist() == [False, True, False]
    assert found.distance.tolist() == [0, 1, 0]
    assert not found.numeric


def test_numbers_are_equal_within_a_relative_tolerance() -> None:
    mine = np.array([100.0, 100.0, 0.0, np.nan, np.nan, np.inf, 1e-12])
    theirs = np.array([100.9, 102.0, 0.0, np.nan, 1.0, np.inf, 0.0])
    found = values_apart(mine, theirs, 0.01)
    assert found.different.tolist() == [False, True, False, False, True, False, True]
    assert found.distance[1] == pytest.approx(2.0)
    assert found.distance[4] == np.inf


def test_another_shape_differs_everywhere() -> None:
    assert values_apart(np.zeros((2, 2)), np.zeros((2, 3)), 0.0).different.tolist() == [True, True]


def test_probabilities_are_compared_class_by_class() -> None:
    scores = np.array([[0.9, 0.1], [0.2, 0.8]])
    mine = Prediction((), {"probabilities": scores, "own": scores}, (), 2, {}, 0.0, ("no", "yes"))
    turned = Prediction((), {"probabilities": scores[:, ::-1]}, (), 2, {}, 0.0, ("yes", "no"))
    found = compare(mine, turned, 1e-9)
    assert list(found) == ["probabilities"]
    assert not found["probabilities"].different.any()


@given(st.lists(st.floats(allow_nan=True, width=32), min_size=1, max_size=20))
def test_an_answer_does_not_differ_from_itself(values: list[float]) -> None:
    one = np.array(values)
    found = values_apart(one, one.copy(), 0.0)
    assert not found.different.any()
    assert not found.distance.any()
