"""The section of fairness: what the page says of groups worked out by hand."""

import numpy as np
import pytest

from mainspring.data import Table
from mainspring.evaluation import Fairness, Predictions, assess_fairness
from mainspring.evaluation.viewing.sections.fairness import fairness_section, notion
from mainspring.evaluation.viewing.showing import sections_of


@pytest.fixture(scope="module")
def assessed() -> Fairness:
    """Group m is selected in 30 of 40 rows, f in 10 of 40, x has five rows, all selected."""
    sex = ["m"] * 40 + ["f"] * 40 + ["x"] * 5
    chosen = np.array([1.0] * 30 + [0.0] * 10 + [1.0] * 10 + [0.0] * 30 + [1.0] * 5)
    label = ["yes", "no"] * 42 + ["yes"]
    scores = np.where(chosen > 0, 0.8, 0.2)
    return assess_fairness(
        Predictions(("no", "yes"), np.column_stack([1 - scores, scores])),
        Table.from_columns({"sex": sex, "label": label}),
        label="label",
        protected=["sex"],
        positive="yes",
        thresholds=[0.1, 0.5, 0.9],
        min_group_size=10,
    )


def test_gaps_name_the_groups_that_make_them(assessed: Fairness) -> None:
    section = fairness_section(assessed)
    first = section.facts[0]
    assert (first.name, first.value) == ("demographic parity difference", "0.5")
    assert first.more == "sex=m highest, sex=f lowest"
    gaps = section.grids[1]
    assert gaps.caption == "Gaps between groups by sex"
    row = next(row for row in gaps.rows if row[0].text == "demographic parity difference")
    assert (row[1].text, row[2].text) == ("0.5", "sex=m highest, sex=f lowest")
    assert "sex=x (5 rows behind its selection_rate, fewer than 10)" in row[3].text


def test_groups_stand_beside_all_rows_with_what_is_too_small(assessed: Fairness) -> None:
    grid = fairness_section(assessed).grids[0]
    assert [(row[0].text, row[1].text, row[2].text) for row in grid.rows] == [
        ("all rows", "85", "0.5294"),
        ("sex=f", "40", "0.25"),
        ("sex=m", "40", "0.75"),
        ("sex=x", "5", "1"),
    ]
    assert [row[0].more for row in grid.rows][-1] == "too few rows to be compared"
    assert all(row[3].svg.startswith("<svg") for row in grid.rows)


def test_rates_over_thresholds_are_drawn_for_groups_with_enough_rows(assessed: Fairness) -> None:
    folded = fairness_section(assessed).grids[2]
    assert folded.folded
    captions = [picture.caption for picture in folded.pictures]
    assert captions[0].startswith("selection rate by sex as the threshold moves")
    assert "the largest groups" in captions[0]


def test_what_cannot_be_estimated_is_said(assessed: Fairness) -> None:
    alone = assess_fairness(
        Predictions(("no", "yes"), np.tile([[0.2, 0.8]], (20, 1))),
        Table.from_columns({"sex": ["m"] * 20, "label": ["yes", "no"] * 10}),
        label="label",
        protected=["sex"],
        positive="yes",
        min_group_size=10,
    )
    assert fairness_section(alone).facts[0].value == "not estimable"


def test_a_notion_of_one_class_says_which() -> None:
    assert notion("equal_opportunity_difference[cat]") == "equal opportunity difference of cat"
    assert notion("one_of_my_own") == "one of my own"


def test_only_what_is_given_becomes_a_section(assessed: Fairness) -> None:
    assert sections_of() == []
    assert [section.key for section in sections_of(fairness=assessed)] == ["fairness"]
