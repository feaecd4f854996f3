from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.core import InputError
from mainspring.evaluation.fairness.consistency import consistency, coordinates


def test_it_is_what_aif360_gives() -> None:
    random = np.random.default_rng(4)
    places = random.normal(size=(40, 2))
    answers = places[:, 0] + random.normal(size=40) > 0
    # AIF360 0.6.1: BinaryLabelDatasetMetric.consistency(n_neighbors=5), over both columns and two groups in turns.
    assert consistency(np.column_stack([places, np.arange(40) % 2]), answers) == pytest.approx(0.735)


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=5, max_size=30), st.randoms())
def test_it_does_not_depend_on_the_order_of_the_rows(rows: list[tuple[int, bool]], random: object) -> None:
    mixed = list(rows)
    random.shuffle(mixed)  # type: ignore[attr-defined]  # a random.Random
    one, other = (consistency([[float(x)] for x, _ in each], [y for _, y in each]) for each in (rows, mixed))
    assert one == pytest.approx(other)


def test_without_rows_enough_there_is_none() -> None:
    assert math.isnan(consistency(np.zeros((4, 1)), [1, 0, 1, 0]))
    with pytest.raises(InputError, match="0 neighbours"):
        consistency([[0.0]], [1], neighbours=0)


def test_another_text_counts_as_much_as_a_standard_deviation() -> None:
    texts = np.array(["a", "b", None, "a"], dtype=object)
    numbers = np.array([1.0, 3.0, np.nan, 2.0])
    places = coordinates([texts, numbers])
    assert np.linalg.norm(places[0, :3] - places[1, :3]) == pytest.approx(1.0)
    assert places[:, :3].sum(axis=1) * math.sqrt(2) == pytest.approx([1, 1, 1, 1])
    assert places[2, 3] == 0
    assert np.std(places[:, 3]) == pytest.approx(1.0)
