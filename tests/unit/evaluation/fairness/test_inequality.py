from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.evaluation.fairness.inequality import generalized_entropy_index, theil_index


def test_known_answers() -> None:
    assert generalized_entropy_index([1, 1, 2, 0, 1, 1]) == pytest.approx(1 / 6)
    assert theil_index([1, 1, 2, 0, 1, 1]) == pytest.approx(2 * math.log(2) / 6)
    assert generalized_entropy_index([1, 2, 4], alpha=0) == pytest.approx(
        sum(math.log(7 / 3 / b) for b in (1, 2, 4)) / 3
    )


@given(st.lists(st.integers(0, 9), min_size=1, max_size=20), st.sampled_from([0.5, 1.0, 2.0, 3.0]))
def test_it_is_never_negative_and_does_not_depend_on_the_unit(benefits: list[int], alpha: float) -> None:
    found = generalized_entropy_index(benefits, alpha=alpha)
    if not any(benefits):
        assert math.isnan(found)
        return
    assert found >= -1e-12
    assert generalized_entropy_index([7 * b for b in benefits], alpha=alpha) == pytest.approx(found, abs=1e-12)


def test_weights_count_as_repeated_rows() -> None:
    assert theil_index([1, 2], weights=[3, 1]) == pytest.approx(theil_index([1, 1, 1, 2]))
    assert math.isnan(theil_index([]))
