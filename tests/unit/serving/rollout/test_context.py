"""What a bandit knows of a request."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mainspring.serving.rollout.context import features, within


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, {"x": 3.0}),
        (2.5, {"x": 2.5}),
        (True, {"x": 1.0}),
        ("Rome", {"x=Rome": 1.0}),
        ("", {"x=": 1.0}),
        (b"Rome", {"x=Rome": 1.0}),
        (None, {"x=": 1.0}),
        (float("nan"), {"x=": 1.0}),
        (float("inf"), {"x=": 1.0}),
        (np.float32(0.5), {"x": 0.5}),
        (np.int64(7), {"x": 7.0}),
        (np.str_("Rome"), {"x=Rome": 1.0}),
        (np.bool_(True), {"x": 1.0}),
        (np.float64("nan"), {"x=": 1.0}),
    ],
)
def test_values(value: Any, expected: dict[str, float]) -> None:
    assert features(["x"], {"x": value, "y": 1}) == {"1": 1.0, **expected}


def test_a_column_that_is_not_there_is_missing() -> None:
    assert features(["x"], {}) == {"1": 1.0, "x=": 1.0}


def test_further_texts_are_one() -> None:
    known = {"1", "x", "city=Rome"}.__contains__
    context = {"1": 1.0, "x": 3.0, "city=Oslo": 1.0, "k=v": 1.0}
    assert within(context, known, 1) == {"1": 1.0, "x": 3.0, "city=Oslo": 1.0, "k=…": 1.0}
    assert within(context, known, 0) == {"1": 1.0, "x": 3.0, "city=…": 1.0, "k=…": 1.0}
    assert within({"city=Rome": 1.0, "y=": 1.0}, known, 0) == {"city=Rome": 1.0, "y=": 1.0}
