"""The table of slices."""

import dataclasses
import json

from mainspring.core import Slice
from mainspring.evaluation import Measured
from mainspring.evaluation.evaluation import ALL_ROWS
from mainspring.evaluation.viewing.slices import bounds_of, slice_table, worst_first


def test_the_worst_slice_comes_first_and_differences_have_a_sign(judged) -> None:
    evaluation = judged([0.1, 0.9, 0.8, 0.9])  # in city b, one of two is wrong
    table = slice_table(evaluation, judged([0.1, 0.9, 0.1, 0.9]), "accuracy")
    assert table is not None
    assert [(row.name, row.value, row.apart, row.tone) for row in table.rows] == [
        ("city=b", "0.5", "\u22120.25", "worse"),
        ("city=a", "1", "+0.25", "better"),
    ]
    assert [(row.baseline, row.change, row.change_tone) for row in table.rows] == [
        ("1", "\u22120.5", "worse"),
        ("1", "\u00b10", ""),
    ]


def test_the_script_gets_every_figure_with_its_interval(judged) -> None:
    table = slice_table(judged([0.1, 0.9, 0.8, 0.9]), None, "accuracy")
    assert table is not None
    payload = json.loads(json.dumps(table.payload))
    assert payload["metrics"][0] == ["accuracy", "accuracy", "higher", 0.75]
    value, low, high = payload["figures"][0][0]
    assert low < value < high
    assert payload["groups"] == [0, 0]
    assert list(table.groups) == ["city"]
    assert "before" not in payload


def test_figures_that_do_not_exist_come_last(judged) -> None:
    evaluation = judged([0.1, 0.9, 0.8, 0.9])
    lost = Measured(3, {"accuracy": float("nan")}, {}, {"accuracy": "there is no reason"})
    more = dataclasses.replace(evaluation, measured={**evaluation.measured, Slice.of(city="c"): lost})
    assert [str(key) for key, _ in worst_first(more, "accuracy")] == ["city=b", "city=a", "city=c"]
    table = slice_table(more, None, "accuracy")
    assert table is not None
    assert (table.rows[-1].value, table.rows[-1].sort, table.rows[-1].tone) == ("\u2014", "", "")


def test_lower_is_better_turns_the_order(fares) -> None:
    assert [str(key) for key, _ in worst_first(fares, "mean_label")] == ["zone=x", "zone=y"]
    by_size = dataclasses.replace(
        fares,
        measured={
            ALL_ROWS: Measured(2, {"mae": 1.0}),
            Slice.of(zone="x"): Measured(1, {"mae": 0.5}),
            Slice.of(zone="y"): Measured(1, {"mae": 1.5}),
        },
    )
    assert [str(key) for key, _ in worst_first(by_size, "mae")] == ["zone=y", "zone=x"]


def test_better_slices_than_there_is_room_for_are_counted(judged) -> None:
    table = slice_table(judged([0.1, 0.9, 0.8, 0.9]), None, "accuracy", most=1)
    assert table is not None
    assert [row.name for row in table.rows] == ["city=b"]
    assert table.left_out == 1


def test_without_slices_there_is_no_table(three) -> None:
    assert slice_table(three, None, "accuracy") is None


def test_a_scale_holds_all_figures_and_some_air() -> None:
    low, high = bounds_of([0.2, float("nan"), 0.8], 0.5)
    assert low < 0.2
    assert high > 0.8
    assert bounds_of([], float("nan")) == bounds_of([0.0, 1.0], 0.5)
