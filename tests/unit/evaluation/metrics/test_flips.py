from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from mainspring.core import InputError
from mainspring.evaluation.metrics.flips import FACTS, FlipRows, ShiftRows, exact_sign_test

TRUTH = ["y", "y", "y", "y", "n", "n", "n", "n"]
OLD = ["y", "y", "n", "n", "n", "n", "y", "y"]
NEW = ["y", "n", "y", "y", "n", "y", "n", "y"]


def test_a_worked_table() -> None:
    """Rows 1, 2, 3, 5 and 6 flip; rows 1 and 5 were right and are wrong; rows 2, 3 and 6 the other way."""
    scores = ([0.9, 0.6, 0.4, 0.3, 0.1, 0.2, 0.8, 0.7], [0.8, 0.4, 0.6, 0.7, 0.1, 0.6, 0.4, 0.7])
    found = FlipRows.of(OLD, NEW, truth=TRUTH, positive="y", scores=scores).state().measure()
    old, new = np.array(scores)
    assert found.values == pytest.approx(
        {
            "count": 8,
            "agreement": 3 / 8,
            "flip_rate": 5 / 8,
            "positive_to_negative": 2 / 4,
            "negative_to_positive": 3 / 4,
            "right_to_wrong": 2 / 8,
            "wrong_to_right": 3 / 8,
            "net_gain": 1 / 8,
            "mcnemar_p": 1.0,
            "mean_change": np.mean(new - old),
            "mean_absolute_change": np.mean(np.abs(new - old)),
            "symmetric_difference": np.mean(2 * np.abs(new - old) / (new + old)),
            "cosine_similarity": old @ new / np.linalg.norm(old) / np.linalg.norm(new),
        }
    )
    assert set(found.values) - {"count"} <= set(FACTS)
    assert found.intervals["right_to_wrong"] == pytest.approx((0.0715, 0.5907), abs=1e-4)  # Wilson, 2 of 8


@pytest.mark.parametrize(("lost", "won"), [(0, 0), (0, 5), (1, 7), (12, 30), (500, 590), (4, 4)])
def test_mcnemar_is_the_exact_binomial_test(lost: int, won: int) -> None:
    expected = binomtest(lost, lost + won).pvalue if lost + won else math.nan
    assert exact_sign_test(lost, won) == pytest.approx(expected, nan_ok=True)


def test_slices_find_where_the_regressions_are() -> None:
    rows = FlipRows.of(OLD, NEW, truth=TRUTH)
    assert rows.state(np.array([0, 1])).measure().values["right_to_wrong"] == 0.5
    assert rows.state(np.array([2, 3])).measure().values["right_to_wrong"] == 0.0


def test_weights_take_the_test_and_the_intervals_away() -> None:
    found = FlipRows.of(OLD, NEW, truth=TRUTH, weights=[1, 2, 1, 1, 1, 2, 1, 1]).state().measure()
    assert found.values["right_to_wrong"] == pytest.approx(4 / 10)
    assert found.reasons["mcnemar_p"] == "rows carry weights, and an exact test counts rows"
    assert not found.intervals


def test_what_is_not_known_is_not_told_and_what_does_not_exist_is_nan() -> None:
    assert set(FlipRows.of(OLD, NEW).state().measure().values) == {"count", "agreement", "flip_rate"}
    same = FlipRows.of(["n", "n"], ["n", "n"], truth=["n", "y"], positive="y").state().measure()
    assert same.reasons == {
        "positive_to_negative": "the baseline answers no row with the positive class",
        "mcnemar_p": "neither model's answer ever differs in being right, so there is nothing to test",
    }
    empty = FlipRows.of([], [], truth=[]).state().measure()
    assert empty.reasons["agreement"] == "there are no rows"


def test_values_with_a_tolerance() -> None:
    rows = ShiftRows.of([10, 20, 30, 40], [11, 20, 36, 40], truth=[12, 21, 30, 49], tolerance=2)
    found = rows.state().measure()
    assert found.values == pytest.approx(
        {
            "count": 4,
            "agreement": 3 / 4,
            "flip_rate": 1 / 4,
            "right_to_wrong": 1 / 4,
            "wrong_to_right": 0.0,
            "net_gain": -1 / 4,
            "mcnemar_p": 1.0,
            "mean_change": 7 / 4,
            "mean_absolute_change": 7 / 4,
            "symmetric_difference": (1 / 10.5 + 6 / 33) / 4,
            "cosine_similarity": (110 + 400 + 1080 + 1600) / math.sqrt(3000 * (121 + 400 + 1296 + 1600)),
            "closer": 1 / 4,
            "farther": 1 / 4,
            "sign_p": 1.0,
        }
    )
    assert set(found.values) - {"count"} <= set(FACTS)


def test_faults_are_told() -> None:
    with pytest.raises(InputError, match="baseline 1, candidate 2"):
        FlipRows.of(["a"], ["a", "b"])
    with pytest.raises(InputError, match="1 rows without a label"):
        FlipRows.of(["a"], ["a"], truth=[None])
    with pytest.raises(InputError, match="1 rows without a label"):
        ShiftRows.of([1.0], [1.0], truth=[math.nan])
    zero = ShiftRows.of([0.0], [0.0]).state().measure()
    assert zero.reasons == {"cosine_similarity": "one of the models answers 0 on every row"}
    assert zero.values["symmetric_difference"] == 0.0


def test_answers_that_are_no_numbers_take_the_figures_away() -> None:
    broken = ShiftRows.of([1.0, math.inf], [math.nan, math.inf], truth=[1.0, 2.0]).state().measure()
    assert broken.values["count"] == 2
    assert set(broken.reasons.values()) == {"a model gave no finite number for 2 of 2 rows"}
    scores = FlipRows.of(["a"], ["a"], scores=([0.5], [math.nan])).state().measure()
    assert scores.values["agreement"] == 1.0
    assert scores.reasons["mean_change"] == "a model gave no finite number for 1 of 1 rows"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 2)] * 3), max_size=30), st.integers(0, 30), st.booleans())
def test_merging_parts_gives_the_whole(table: list[tuple[int, int, int]], cut: int, values: bool) -> None:
    truth, old, new = ([row[place] for row in table] for place in range(3))
    rows = ShiftRows.of(old, new, truth=truth) if values else FlipRows.of(old, new, truth=truth, positive=1)
    places = np.arange(len(table))
    merged = rows.state(places[:cut]).merge(rows.state(places[cut:]))  # type: ignore[arg-type]  # of one kind
    whole = rows.state().measure()
    assert merged.measure().values == pytest.approx(whole.values, nan_ok=True)
    assert merged.measure().reasons == whole.reasons
