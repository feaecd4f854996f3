from __future__ import annotations

import pytest

from mainspring.core import InputError, Slice
from mainspring.data import Table
from mainspring.evaluation.fairness.mitigation.rows import group_rows


def test_groups_labels_and_weights_line_up() -> None:
    table = Table.from_columns(
        {
            "sex": ["f", "m", "m", None, "m", "f"],
            "race": ["x", "x", "y", "x", "x", "x"],
            "y": [True, False, True, None, False, True],
            "w": [1.0, 2.0, 0.0, 1.0, 3.0, None],
        }
    )
    rows = group_rows(table, label="y", protected=["sex", "race"], weight="w")
    assert rows.place.tolist() == [0, 1, 4]
    assert rows.classes == ("false", "true")
    assert rows.values == (False, True)
    assert rows.truth.tolist() == [True, False, False]
    assert [str(rows.groups[code]) for code in rows.group] == ["race=x, sex=f", "race=x, sex=m", "race=x, sex=m"]
    assert dict(zip(rows.groups, rows.mass().tolist(), strict=True)) == {
        Slice.of(sex="m", race="x"): 5.0,
        Slice.of(sex="f", race="x"): 1.0,
    }


def test_the_positive_class_can_be_named_and_numbers_are_read_as_numbers() -> None:
    table = Table.from_columns({"g": ["a", "b"], "y": [1, 0]})
    assert group_rows(table, label="y", protected=["g"]).values == (0, 1)
    assert group_rows(table, label="y", protected=["g"], positive="0").values == (1, 0)
    missing = group_rows(Table.from_columns({"g": ["a", None], "y": [1, 0]}), label="y", protected=["g"])
    assert Slice.of(g="(missing)") in missing.groups


def test_what_cannot_be_judged_is_told() -> None:
    table = Table.from_columns({"g": ["a", "b", "c"], "y": ["1", "2", "3"]})
    with pytest.raises(InputError, match="has 3 classes"):
        group_rows(table, label="y", protected=["g"])
    with pytest.raises(InputError, match="no column 'sex'"):
        group_rows(table, label="y", protected=["sex"])
    with pytest.raises(InputError, match="no protected column"):
        group_rows(table, label="y", protected=[])
    with pytest.raises(InputError, match="no classes: every row lacks it"):
        group_rows(table.where("false"), label="y", protected=["g"])
    with pytest.raises(InputError, match="has 1 class: '1'"):
        group_rows(table.rows(0, 1), label="y", protected=["g"])
