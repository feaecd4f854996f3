from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from mainspring.core import InputError, plugins
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.errors import ErrorAnalysis, analyze_errors

# 1,000 pictures, 100 of them wrongly told:
#            rows  errors  errors of people
# dog          50      30                 5
# blurry      200      40                30     (10 of them are dogs, 6 of these errors)
# others      760      36                 0
DOG = np.arange(1000) < 50
BLURRY = (np.arange(1000) >= 40) & (np.arange(1000) < 240)
WRONG = np.zeros(1000, dtype=bool)
WRONG[:24] = WRONG[40:46] = WRONG[50:84] = WRONG[240:276] = True
PEOPLE_WRONG = np.zeros(1000, dtype=bool)
PEOPLE_WRONG[:5] = PEOPLE_WRONG[50:80] = True
TRUTH = np.where(np.arange(1000) % 2 == 0, "cat", "other")
OTHERWISE = np.where(TRUTH == "cat", "other", "cat")

TABLE = Table.from_columns(
    {
        "id": [f"img{i}" for i in range(1000)],
        "label": TRUTH,
        "dog": DOG,
        "blurry": BLURRY,
        "seen": np.where(DOG & BLURRY, "dog; blurry", np.where(DOG, "dog", np.where(BLURRY, "blurry", ""))),
        "person": np.where(PEOPLE_WRONG, OTHERWISE, TRUTH),
    }
)
ANSWERS = np.where(WRONG, OTHERWISE, TRUTH)
SURE = 0.6 + 0.0003 * np.arange(1000)
PREDICTIONS = Predictions(
    ("cat", "other"), np.column_stack([np.where(name == ANSWERS, SURE, 1 - SURE) for name in ("cat", "other")])
)


def test_the_table_is_the_one_worked_by_hand() -> None:
    found = analyze_errors(PREDICTIONS, TABLE, ["dog", "blurry"], label="label", reference="person")
    assert (found.count, found.loss, found.accuracy) == pytest.approx((1000, 0.1, 0.9))
    assert found.reference == "person"
    assert found.reference_rate == pytest.approx(0.035)
    dog, blurry = found.tags
    assert [dog.tag, blurry.tag] == ["dog", "blurry"], "the higher priority first, not the larger share of errors"
    assert (dog.rows, dog.errors) == (50, 30)
    assert (dog.data_share, dog.error_share, dog.error_rate) == pytest.approx((0.05, 0.3, 0.6))
    assert (dog.reference_rate, dog.room, dog.priority) == pytest.approx((0.1, 0.5, 0.025))
    assert (blurry.data_share, blurry.error_share, blurry.error_rate) == pytest.approx((0.2, 0.4, 0.2))
    assert (blurry.reference_rate, blurry.room, blurry.priority) == pytest.approx((0.15, 0.05, 0.01))
    assert found.ceiling("dog") == pytest.approx(0.93)
    assert found.ceiling("blurry") == pytest.approx(0.94)
    assert (found.untagged.rows, found.untagged.errors) == (760, 36)
    assert dog.error_share_interval is not None
    assert dog.error_share_interval.low < 0.3 < dog.error_share_interval.high


@pytest.mark.parametrize(
    "tags",
    [["seen"], {"dog": "dog", "blurry": "blurry"}, ["dog", "sql blurry: blurry AND id LIKE 'img%'"]],
)
def test_columns_texts_and_rules_give_the_same_tags(tags: list[str] | dict[str, str]) -> None:
    expected = analyze_errors(PREDICTIONS, TABLE, ["dog", "blurry"], label="label")
    found = analyze_errors(PREDICTIONS, TABLE, tags, label="label")
    assert {row.tag: row for row in found.tags} == {row.tag: row for row in expected.tags}


def test_without_a_reference_the_room_is_the_error_rate() -> None:
    found = analyze_errors(PREDICTIONS, TABLE, ["dog", "blurry"], label="label")
    assert [row.tag for row in found.tags] == ["blurry", "dog"]
    assert found.tags[0].priority == pytest.approx(0.04)
    assert found.tags[0].room == pytest.approx(0.2)
    assert math.isnan(found.tags[0].reference_rate)


def test_one_figure_and_a_baseline_are_references_too() -> None:
    figure = analyze_errors(PREDICTIONS, TABLE, ["dog"], label="label", reference=0.02).tags[0]
    assert (figure.room, figure.priority) == pytest.approx((0.58, 0.029))
    people = Predictions(
        ("cat", "other"),
        np.column_stack([np.where(PEOPLE_WRONG ^ (name == TRUTH), 1.0, 0.0) for name in ("cat", "other")]),
    )
    baseline = analyze_errors(PREDICTIONS, TABLE, ["dog"], label="label", reference=people)
    assert baseline.reference == "baseline"
    assert baseline.tags[0].priority == pytest.approx(0.025)
    with pytest.raises(InputError, match="a reference of 3"):
        analyze_errors(PREDICTIONS, TABLE, ["dog"], label="label", reference=3)


def test_the_most_confident_mistakes_are_shown_first() -> None:
    row = analyze_errors(PREDICTIONS, TABLE, ["dog"], label="label", identifier="id", examples=2).tags[0]
    assert [(one.row, one.id) for one in row.examples] == [(46, "img45"), (45, "img44")]
    assert (row.examples[0].label, row.examples[0].answer) == ("other", "cat")
    assert row.examples[0].confidence == pytest.approx(SURE[45])


def test_people_who_did_not_answer_are_told() -> None:
    some = [name if place % 2 else None for place, name in enumerate(TABLE.column("person").tolist())]
    table = Table.from_columns({"label": TRUTH, "dog": DOG, "person": some})
    found = analyze_errors(PREDICTIONS, table, ["dog"], label="label", reference="person")
    assert any("500 of 1000" in note for note in found.notes)
    assert found.tags[0].reference_rate == pytest.approx(2 / 25)


def test_rows_that_weigh_more_count_more() -> None:
    table = Table.from_columns({"label": TRUTH, "dog": DOG, "w": np.where(DOG, 2.0, 1.0)})
    row = analyze_errors(PREDICTIONS, table, ["dog"], label="label", weight="w").tags[0]
    assert (row.data_share, row.error_share, row.error_rate) == pytest.approx((100 / 1050, 60 / 130, 0.6))
    assert row.error_share_interval is None


def test_errors_of_a_regression_are_its_losses() -> None:
    table = Table.from_columns({"y": [0.0, 0.0, 0.0, 0.0], "far": [True, False, False, True]})
    found = analyze_errors(Predictions(None, np.array([3.0, 1.0, 0.0, 0.0])), table, ["far"], label="y")
    assert (found.metric, found.loss) == ("absolute_error", 1.0)
    row = found.tags[0]
    assert (row.error_share, row.error_rate, row.priority, row.mended) == pytest.approx((0.75, 1.5, 0.75, 0.25))
    assert math.isnan(found.ceiling("far"))


def test_a_tag_that_no_row_has_and_a_model_without_errors() -> None:
    found = analyze_errors(PREDICTIONS, TABLE, ["dog", "sql never: id = 'no'"], label="label", reference="person")
    never = found.tags[-1]
    assert (never.tag, never.rows, never.priority, never.error_share) == ("never", 0, 0.0, 0.0)
    assert math.isnan(never.error_rate)
    perfect = Predictions(("cat", "other"), np.column_stack([TRUTH == "cat", TRUTH == "other"]).astype(float))
    row = analyze_errors(perfect, TABLE, ["dog"], label="label").tags[0]
    assert (row.error_rate, row.priority) == (0.0, 0.0)
    assert math.isnan(row.error_share)


def test_an_analysis_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    found = analyze_errors(PREDICTIONS, TABLE, ["dog", "sql never: false"], label="label", reference="person")
    found.save(tmp_path)
    again = ErrorAnalysis.load(tmp_path)
    assert again.as_dict() == found.as_dict()
    assert again.tags[0] == found.tags[0]
    assert plugins.load("artifact_types", ErrorAnalysis.ARTIFACT_TYPE) is ErrorAnalysis
    assert found.properties()["first"] == "dog"


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        (["id", "dog"], "different tags"),
        (["dog", "seen"], "two tags"),
        (["dgo"], "'dgo'"),
        ({"x": "id"}, "not true"),
    ],
)
def test_tags_that_cannot_be_read_are_told(tags: list[str] | dict[str, str], told: str) -> None:
    with pytest.raises(InputError, match=told):
        analyze_errors(PREDICTIONS, TABLE, tags, label="label")
