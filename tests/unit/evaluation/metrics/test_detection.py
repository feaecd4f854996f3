from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core import InputError
from mainspring.evaluation.metrics.detection import FACTS, Boxes, DetectedRows, overlaps
from mainspring.evaluation.metrics.facts import MetricName


def scene(seed: int = 7, images: int = 12) -> tuple[list, list]:
    """True boxes (image, class, left-top-width-height, crowd), and found ones (the same with a score)."""
    random = np.random.default_rng(seed)
    true, found = [], []
    for image in range(images):
        for _ in range(int(random.integers(0, 9))):
            name = int(random.integers(0, 3))
            left, top = random.integers(0, 400, 2).tolist()
            width, height = (2.0 ** random.uniform(3, 8, 2)).round(1).tolist()
            crowd = bool(random.random() < 0.15)
            true.append((image, name, (left, top, width, height), crowd))
            for _ in range(int(random.integers(0, 3))):
                shift = random.normal(0, 0.08, 4)
                wide, high = width * np.exp(shift[2]), height * np.exp(shift[3])
                box = (left + shift[0] * width, top + shift[1] * height, wide, high)
                other = int(random.integers(0, 3)) if random.random() < 0.1 else name
                found.append((image, other, tuple(round(float(one), 2) for one in box), float(random.random())))
        for _ in range(int(random.integers(0, 4))):
            box = (*random.integers(0, 400, 2).tolist(), *random.integers(5, 150, 2).tolist())
            found.append((image, int(random.integers(0, 3)), tuple(map(float, box)), float(random.random())))
    return true, found


def rows_of(true: list, found: list, images: int = 12) -> DetectedRows:
    names = ["cat", "dog", "owl"]
    wanted = Boxes.of(
        [one[0] for one in true],
        [names[one[1]] for one in true],
        [one[2] for one in true],
        crowd=[one[3] for one in true],
        form="size",
    )
    given = Boxes.of(
        [one[0] for one in found],
        [names[one[1]] for one in found],
        [one[2] for one in found],
        scores=[one[3] for one in found],
        form="size",
    )
    return DetectedRows.of(wanted, given, images=range(images))


def test_figures_are_those_of_pycocotools() -> None:
    """Computed with pycocotools 2.0.11 (COCOeval, bbox) on the same 63 true and 88 found boxes."""
    true, found = scene()
    assert (len(true), len(found)) == (63, 88)
    values = rows_of(true, found).state().measure().values
    assert values == pytest.approx(
        {
            "count": 12,
            "boxes": sum(not one[3] for one in true),
            "box_ap": 0.2655542429845452,
            "box_ap@0.5": 0.5383538243934284,
            "box_ap@0.75": 0.22973017081927974,
            "box_ap_small": 0.38791057677196294,
            "box_ap_medium": 0.21126524740386127,
            "box_ap_large": 0.35979097909790975,
            "box_ar@1": 0.2172549019607843,
            "box_ar@10": 0.44392156862745097,
            "box_ar@100": 0.44392156862745097,
            "box_ar_small": 0.5666666666666667,
            "box_ar_medium": 0.3412698412698412,
            "box_ar_large": 0.4666666666666667,
            "box_ap[cat]": 0.3137173705080167,
            "box_ap[dog]": 0.19991141219385095,
            "box_ap[owl]": 0.28303394625176803,
            "box_ar[cat]@100": 0.5529411764705883,
            "box_ar[dog]@100": 0.41999999999999993,
            "box_ar[owl]@100": 0.35882352941176465,
        }
    )
    assert {MetricName.parse(name).stem for name in values} - {"count"} == set(FACTS)


def test_a_worked_table() -> None:
    """Two boxes; by falling score: one found with an overlap of .8, a double of it, and nothing for the other.

    Up to .8 the first is right: precision 1 up to a recall of .5 (51 of the 101 recalls), nothing beyond.
    """
    true = Boxes.of(["a", "a"], ["cat", "cat"], [[0, 0, 10, 10], [50, 50, 60, 60]])
    found = Boxes.of(["a", "a"], ["cat", "cat"], [[0, 0, 8, 10], [0, 0, 10, 10]], scores=[0.9, 0.8])
    values = DetectedRows.of(true, found).state().measure().values
    assert overlaps(found.corners, true.corners).tolist() == [[0.8, 0.0], [1.0, 0.0]]
    assert values["box_ap@0.5"] == pytest.approx(51 / 101)
    # From .85 on the first is wrong and the double is right: precision 1 / 2 up to a recall of .5.
    assert values["box_ap"] == pytest.approx((7 + 3 / 2) / 10 * 51 / 101)
    assert values["box_ar@1"] == pytest.approx(0.7 * 0.5)
    assert values["box_ar@100"] == pytest.approx(0.5)


def test_boxes_in_a_crowd_count_neither_way() -> None:
    true = Boxes.of([1, 1], ["ant", "ant"], [[0, 0, 50, 50], [100, 100, 110, 110]], crowd=[True, False])
    found = Boxes.of(
        [1, 1, 1], ["ant"] * 3, [[5, 5, 15, 15], [20, 20, 30, 30], [100, 100, 110, 110]], scores=[0.9, 0.8, 0.7]
    )
    values = DetectedRows.of(true, found).state().measure().values
    assert (values["box_ap"], values["box_ar@100"], values["boxes"]) == (1.0, 1.0, 1)


def test_what_does_not_exist_is_nan_with_its_reason() -> None:
    nothing = (
        DetectedRows.of(Boxes.of([], [], []), Boxes.of([], [], [], scores=[]), images=["a"]).state().measure()
    )
    assert set(nothing.reasons.values()) == {"no image has a box"}
    found = Boxes.of(["a"], ["dog"], [[0, 0, 9, 9]], scores=[0.5])
    measured = DetectedRows.of(Boxes.of(["a"], ["cat"], [[0, 0, 9, 9]]), found).state().measure()
    assert measured.values["box_ap"] == 0.0
    assert measured.reasons["box_ap[dog]"] == "no image has a box of the class 'dog'"
    assert measured.reasons["box_ap_large"] == "no image has a large box"
    rows = DetectedRows.of(Boxes.of(["a"], ["cat"], [[0, 0, 9, 9]]), found)
    assert rows.state(np.zeros(0, dtype=np.int64)).measure().reasons["box_ap"] == "no image has a box"


def test_faults_are_told() -> None:
    with pytest.raises(InputError, match="1 boxes that end before they begin"):
        Boxes.of(["a"], ["cat"], [[5, 5, 1, 1]])
    with pytest.raises(InputError, match="2 images, columns of 1"):
        Boxes.of(["a", "b"], ["cat"], [[5, 5, 6, 6], [1, 1, 2, 2]])
    true = Boxes.of(["a"], ["cat"], [[5, 5, 6, 6]])
    with pytest.raises(InputError, match="without scores"):
        DetectedRows.of(true, true)
    with pytest.raises(InputError, match="not among the images: a"):
        DetectedRows.of(true, Boxes.of([], [], [], scores=[]), images=["b"])


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.permutations(range(6)), st.integers(0, 6))
def test_merging_in_any_order_gives_the_whole(seed: int, order: list[int], cut: int) -> None:
    true, found = scene(seed, 6)
    coarse = [(*one[:3], round(one[3], 1)) for one in found]  # many equal scores
    rows = rows_of(true, coarse, 6)
    places = np.array(order)
    merged = rows.state(places[:cut]).merge(rows.state(places[cut:])).measure()
    whole = rows.state().measure()
    assert merged.values == pytest.approx(whole.values, nan_ok=True)
    assert merged.reasons == whole.reasons
