from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from mainspring.core import InputError
from mainspring.evaluation.metrics.facts import MetricName
from mainspring.evaluation.metrics.segmentation import FACTS, SegmentedRows

CLASSES = ["road", "car", "sky"]


def test_figures_are_those_of_scikit_learn_over_pixels() -> None:
    random = np.random.default_rng(0)
    true, told = random.integers(0, 3, (5, 8, 9)), random.integers(0, 3, (5, 8, 9))
    found = SegmentedRows.of(list(true), list(told), classes=CLASSES).state().measure().values
    truth, answer = true.ravel(), told.ravel()
    each = oracle.jaccard_score(truth, answer, average=None)
    dice = oracle.f1_score(truth, answer, average=None)
    expected = {
        "count": 5,
        "pixels": 360,
        "pixel_accuracy": oracle.accuracy_score(truth, answer),
        "iou": each.mean(),
        "iou_weighted": oracle.jaccard_score(truth, answer, average="weighted"),
        "dice": dice.mean(),
        "dice_weighted": oracle.f1_score(truth, answer, average="weighted"),
    }
    expected |= {f"iou[{name}]": value for name, value in zip(CLASSES, each, strict=True)}
    expected |= {f"dice[{name}]": value for name, value in zip(CLASSES, dice, strict=True)}
    assert found == pytest.approx(expected)
    assert {MetricName.parse(name).stem for name in found} - {"count"} == set(FACTS)


def test_pixels_without_a_class_are_left_out_and_absent_classes_are_nan() -> None:
    found = SegmentedRows.of([np.array([[0, 1, 255]])], [np.array([[0, 0, 2]])], classes=CLASSES, ignored=255)
    measured = found.state().measure()
    assert measured.values["pixel_accuracy"] == 0.5
    assert measured.values["iou"] == pytest.approx((0.5 + 0) / 2)
    assert measured.reasons == {
        "iou[sky]": "no pixel is 'sky', in truth or as predicted",
        "dice[sky]": "no pixel is 'sky', in truth or as predicted",
    }
    empty = found.state(np.zeros(0, dtype=np.int64)).measure()
    assert empty.reasons["iou"] == empty.reasons["pixel_accuracy"] == "there are no pixels with a class"


def test_faults_are_told() -> None:
    with pytest.raises(InputError) as caught:
        SegmentedRows.of(
            [np.zeros((2, 2)), np.full((1, 1), 7)], [np.zeros((2, 3)), np.zeros((1, 1))], classes=CLASSES
        )
    assert "image 0: shapes [2, 2] and [2, 3]" in caught.value.found
    assert "image 1: 1 pixels" in caught.value.found
    with pytest.raises(InputError, match="1 true images, 0 predicted"):
        SegmentedRows.of([np.zeros((1, 1))], [], classes=CLASSES)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 8), st.integers(0, 8), st.integers(0, 99))
def test_merging_parts_gives_the_whole(count: int, cut: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    true, told = random.integers(0, 3, (count, 3, 3)), random.integers(0, 3, (count, 3, 3))
    rows = SegmentedRows.of(list(true), list(told), classes=CLASSES)
    places = np.arange(count)
    merged = rows.state(places[:cut]).merge(rows.state(places[cut:])).measure()
    assert merged.values == pytest.approx(rows.state().measure().values, nan_ok=True)
