from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.evaluation.fairness.mitigation.repairing import Repair


def test_groups_get_the_middle_of_their_numbers_rank_by_rank() -> None:
    table = Table.from_columns(
        {"g": [*"aaa", *"bbb", "c"], "x": [0, 5, 10, 10, 20, None, 7], "k": list("abcdefg")}
    )
    known = table.where("g != 'c'")
    full = Repair.of(known, ["x"], protected=["g"])
    assert full.apply(table).to_columns()["x"] == [5.0, 10.0, 15.0, 5.0, 15.0, None, 7.0]
    half = Repair.of(known, ["x"], protected=["g"], amount=0.5)
    assert half.apply(table).to_columns()["x"] == [2.5, 7.5, 12.5, 7.5, 17.5, None, 7.0]
    assert full.apply(table).to_columns()["k"] == list("abcdefg")
    none = Repair.of(known, ["x"], protected=["g"], amount=0.0)
    assert none.apply(table).to_columns()["x"] == [0.0, 5.0, 10.0, 10.0, 20.0, None, 7.0]


def test_repaired_numbers_do_not_tell_groups_apart_and_keep_their_order(people: Table) -> None:
    repair = Repair.of(people.rows(0, 1000), ["x1"], protected=["g"])
    held_out = people.rows(1000, 2000)
    before, after = held_out.column("x1"), repair.apply(held_out).column("x1")
    group = held_out.column("g") == "a"
    assert stats.ks_2samp(before[group], before[~group]).pvalue < 1e-6
    assert stats.ks_2samp(after[group], after[~group]).pvalue > 0.05
    for part in (group, ~group):
        assert stats.spearmanr(before[part], after[part]).statistic > 0.999


def test_many_equal_numbers_move_together() -> None:
    table = Table.from_columns({"g": [*"aaaa", *"bbbb"], "x": [0, 0, 0, 10, 0, 10, 10, 10]})
    repaired = np.array(Repair.of(table, ["x"], protected=["g"]).apply(table).column("x"))
    assert len(set(repaired[:3])) == 1
    assert repaired[0] < repaired[3]


def test_what_cannot_be_repaired_is_told(people: Table) -> None:
    with pytest.raises(InputError, match="'g' to repair"):
        Repair.of(people, ["g"], protected=["y"])
    with pytest.raises(InputError, match="by 2"):
        Repair.of(people, ["x1"], protected=["g"], amount=2)
