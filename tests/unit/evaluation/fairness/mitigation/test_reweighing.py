from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.data import Table
from mainspring.evaluation.fairness.mitigation.reweighing import resample, reweigh


def test_ten_rows_of_kamiran_and_calders() -> None:
    table = Table.from_columns({"sex": [*"mmmmm", *"fffff"], "y": [1, 1, 1, 1, 0, 1, 0, 0, 0, 0]})
    weights = reweigh(table, label="y", protected=["sex"])
    assert weights.tolist() == [0.625] * 4 + [2.5, 2.5] + [0.625] * 4
    for sex in "mf":
        part = table.column("sex") == sex
        assert np.average(table.column("y")[part], weights=weights[part]) == 0.5


def test_rows_without_a_label_count_as_before() -> None:
    table = Table.from_columns({"g": ["a", "b", "a", "b"], "y": [1, 0, None, 1], "w": [1.0, 1.0, 7.0, 2.0]})
    weights = reweigh(table, label="y", protected=["g"], weight="w")
    assert weights[2] == 7.0


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from([0, 1]), st.floats(0.1, 9)), min_size=1, max_size=40
    )
)
def test_group_and_label_are_independent_and_their_shares_stay(drawn: list[tuple[str, int, float]]) -> None:
    # One of each, so that no cell is empty.
    drawn = drawn + [(g, y, 1.0) for g in "abc" for y in (0, 1)]
    group, label, own = (np.array(column) for column in zip(*drawn, strict=True))
    table = Table.from_columns({"g": group.tolist(), "y": label.astype(int), "w": own})
    weights = reweigh(table, label="y", protected=["g"], weight="w")
    assert weights.sum() == pytest.approx(own.sum())
    for one in "abc":
        part = group == one
        assert weights[part].sum() == pytest.approx(own[part].sum())
        assert np.average(label[part], weights=weights[part]) == pytest.approx(np.average(label, weights=own))


def test_drawn_rows_have_the_same_base_rate_in_every_group(people: Table) -> None:
    places = resample(people, label="y", protected=["g"], seed=3)
    assert len(places) == pytest.approx(people.num_rows, abs=2)
    group, label = people.column("g")[places], people.column("y")[places]
    assert label[group == "a"].mean() == pytest.approx(label[group == "b"].mean(), abs=0.002)
    assert np.array_equal(places, resample(people, label="y", protected=["g"], seed=3))
