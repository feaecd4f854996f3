from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from mainspring.core import InputError, Slice, plugins
from mainspring.data import Table
from mainspring.evaluation import Predictions, predictions_in
from mainspring.evaluation.search import SliceSearch, find_slices
from mainspring.evaluation.search.found import chance_text

Mask = npt.NDArray[np.bool_]
ROWS = 8_000


def columns(seed: int, rows: int = ROWS) -> dict[str, npt.NDArray[np.object_] | npt.NDArray[np.float64]]:
    """Ten columns of words and ten of numbers that mean nothing."""
    random = np.random.default_rng(seed)
    words = np.array([f"v{i}" for i in range(7)], dtype=object)
    made: dict[str, npt.NDArray[np.object_] | npt.NDArray[np.float64]] = {
        f"w{i}": words[random.integers(0, 3 + i % 5, rows)] for i in range(10)
    }
    made |= {f"x{i}": random.normal(size=rows) for i in range(10)}
    return made


def judged(
    made: dict[str, npt.NDArray[np.object_] | npt.NDArray[np.float64]], weak: Mask, seed: int
) -> tuple[Table, Predictions]:
    """A model that errs on 10 % of the rows, and on 50 % of the weak ones."""
    random = np.random.default_rng(seed + 1_000)
    truth = random.random(len(weak)) < 0.4
    wrong = random.random(len(weak)) < np.where(weak, 0.5, 0.1)
    yes = np.where(truth ^ wrong, 0.8, 0.2)
    table = Table.from_columns({**made, "label": np.where(truth, "yes", "no")})
    return table, Predictions(("no", "yes"), np.column_stack([1 - yes, yes]))


def search(table: Table, predictions: Predictions, **options: object) -> SliceSearch:
    return find_slices(predictions, table, label="label", **options)  # type: ignore[arg-type]  # any option


def test_a_planted_value_of_two_percent_is_found_among_twenty_columns() -> None:
    made = columns(1)
    weak = np.random.default_rng(5).random(ROWS) < 0.02
    made["w4"] = np.where(weak, "bad", made["w4"])
    table, predictions = judged(made, weak, 1)
    found = search(table, predictions)
    assert [one.slice for one in found.slices] == [Slice.of(w4="bad")]
    (worst,) = found.slices
    assert worst.count == weak.sum()
    assert table.where(worst.sql).num_rows == worst.count
    wrong = predictions.labels != table.column("label")
    assert worst.loss == pytest.approx(wrong[weak].mean())
    assert worst.rest == pytest.approx(wrong[~weak].mean())
    assert worst.loss_share == pytest.approx(wrong[weak].sum() / wrong.sum())
    assert worst.difference.low < worst.loss - worst.rest < worst.difference.high


def test_a_planted_cross_is_told_and_its_parents_are_not() -> None:
    made = columns(2)
    weak = (made["w3"] == "v1") & (made["w4"] == "v2")
    assert 0.015 < weak.mean() < 0.03
    found = search(*judged(made, weak, 2))
    assert [one.slice for one in found.slices] == [Slice.of(w3="v1", w4="v2")]


def test_a_planted_range_is_found() -> None:
    made = columns(3)
    numbers = np.asarray(made["x4"], dtype=np.float64)
    weak = (numbers > 0.300) & (numbers < 0.355)
    table, predictions = judged(made, weak, 3)
    (worst,) = search(table, predictions).slices
    assert [name for name, _ in worst.slice.values] == ["x4"]
    inside = table.where(worst.sql).column("x4")
    assert 0.25 < inside.min() < inside.max() < 0.4
    assert abs(worst.count - weak.sum()) < 0.5 * weak.sum()


def test_a_planted_cross_of_a_word_and_missing_numbers_is_found() -> None:
    made = columns(4)
    missing = np.random.default_rng(9).random(ROWS) < 0.15
    made["x2"] = np.where(missing, np.nan, made["x2"].astype(float))
    weak = missing & (made["w4"] == "v3")
    table, predictions = judged(made, weak, 4)
    (worst,) = search(table, predictions).slices
    assert worst.slice == Slice.of(w4="v3", x2="(missing)")
    assert table.where(worst.sql).num_rows == weak.sum()


@pytest.mark.parametrize("metric", ["error_rate", pytest.param("log_loss", marks=pytest.mark.slow)])
def test_nothing_is_found_where_nothing_is_planted(metric: str) -> None:
    alarms = 0
    for seed in range(10):
        table, predictions = judged(columns(seed, 2_000), np.zeros(2_000, dtype=bool), seed)
        alarms += bool(search(table, predictions, metric=metric).slices)
    assert alarms <= 1, "at a level of 0.05 more than one of ten comes once in twelve times"


def test_losses_of_a_regression_with_weights() -> None:
    made = columns(6)
    random = np.random.default_rng(6)
    weak = (made["w0"] == "v1") & (made["w4"] == "v0")
    truth = random.normal(size=ROWS)
    error = random.normal(size=ROWS) * np.where(weak, 3.0, 1.0)
    made |= {"label": truth, "weight": random.integers(1, 4, ROWS).astype(float)}
    table, predictions = Table.from_columns(made), Predictions(None, truth + error)
    for metric in ("absolute_error", "squared_error"):
        found = search(table, predictions, metric=metric, weight="weight")
        assert [one.slice for one in found.slices] == [Slice.of(w0="v1", w4="v0")]
    weights = made["weight"].astype(float)
    (worst,) = search(table, predictions, weight="weight").slices
    assert worst.loss == pytest.approx(np.average(np.abs(error[weak]), weights=weights[weak]))


def test_any_loss_of_rows_can_be_searched() -> None:
    made = columns(7)
    weak = made["w4"] == "v2"
    table, predictions = judged(made, np.zeros(ROWS, dtype=bool), 7)
    losses = np.random.default_rng(1).exponential(np.where(weak, 2.0, 1.0))
    found = search(table, predictions, metric=losses)
    assert (found.metric, [one.slice for one in found.slices]) == ("loss", [Slice.of(w4="v2")])
    with pytest.raises(InputError, match="losses of the shape"):
        search(table, predictions, metric=losses[:5])


def test_the_same_rows_are_told_once() -> None:
    made = columns(8)
    weak = made["w4"] == "v2"
    made["copy"] = np.where(weak, "same", "other")
    found = search(*judged(made, weak, 8))
    assert len(found.slices) == 1
    assert {found.slices[0].slice, *found.slices[0].also} >= {Slice.of(w4="v2"), Slice.of(copy="same")}


def test_two_weak_slices_are_both_told() -> None:
    made = columns(10)
    weak = (made["w4"] == "v2") | (made["w3"] == "v0")
    found = search(*judged(made, weak, 10))
    assert {one.slice for one in found.slices} == {Slice.of(w4="v2"), Slice.of(w3="v0")}


@pytest.mark.slow
def test_a_planted_cross_of_three_is_found() -> None:
    made = columns(11)
    weak = (made["w3"] == "v1") & (made["w4"] == "v2") & (made["w0"] == "v0")
    found = search(*judged(made, weak, 11), max_columns=3, columns=[f"w{i}" for i in range(8)])
    assert [one.slice for one in found.slices] == [Slice.of(w0="v0", w3="v1", w4="v2")]


def test_few_rows_are_no_slice_and_no_rows_are_no_error() -> None:
    table = Table.from_columns({"a": ["x"] * 5 + ["y"] * 5, "label": ["no", "yes"] * 5})
    answers = Predictions(("no", "yes"), np.tile([0.9, 0.1], (10, 1)))
    found = search(table, answers)
    assert (found.slices, found.looked_at) == ((), 0)
    assert search(table.rows(0, 0), answers.rows(0, 0)).count == 0


def test_identifiers_are_passed_over_and_it_is_said() -> None:
    made = columns(12)
    made["id"] = np.array([f"id{i}" for i in range(ROWS)], dtype=object)
    found = search(*judged(made, made["w4"] == "v2", 12))
    assert "id" not in found.columns
    assert any("'id'" in note for note in found.notes)


def test_columns_that_hold_the_predictions_are_not_searched() -> None:
    made = columns(1)
    table, predictions = judged(made, made["w4"] == "v2", 1)
    scored = Table.from_columns({**made, "label": table.column("label"), "chance": predictions.scores[:, 1]})
    found = find_slices(predictions_in(scored, scores="chance", label="label"), scored, label="label")
    assert "chance" not in found.columns
    assert [one.slice for one in found.slices] == [Slice.of(w4="v2")]


def test_a_search_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    made = columns(8)
    found = search(*judged(made, made["w4"] == "v2", 8))
    found.save(tmp_path)
    assert SliceSearch.load(tmp_path) == found
    assert plugins.load("artifact_types", SliceSearch.ARTIFACT_TYPE) is SliceSearch
    assert found.properties()["worst"] == "w4=v2"
    assert "w4=v2" in str(found)


def test_options_that_make_no_sense_are_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        search(*judged(columns(1), np.zeros(ROWS, dtype=bool), 1), max_columns=4, level=1.0, bins=1, min_share=1.0)
    for part in ("4 columns", "level of 1.0", "1 ranges", "share of 1.0"):
        assert part in caught.value.found
    with pytest.raises(InputError, match="'nothing'"):
        search(*judged(columns(1), np.zeros(ROWS, dtype=bool), 1), columns=["nothing"])
    with pytest.raises(InputError, match="'rmse'"):
        search(*judged(columns(1), np.zeros(ROWS, dtype=bool), 1), metric="rmse")


def test_a_planted_range_of_numbers_within_a_value_is_told_once() -> None:
    made = columns(13)
    weak = (made["w4"] == "v2") & (np.asarray(made["x2"], dtype=np.float64) < 0.0)
    found = search(*judged(made, weak, 13))
    (worst,) = found.slices
    assert dict(worst.slice.values)["w4"] == "v2"
    assert dict(worst.slice.values)["x2"].startswith("below ")
    assert abs(worst.count - weak.sum()) < 0.1 * weak.sum()


def test_chances_too_small_for_numbers_are_told_as_such() -> None:
    assert chance_text(0.0123) == "0.012"
    assert chance_text(0.0) == "< 1e-99"
