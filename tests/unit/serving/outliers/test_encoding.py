"""Numbers are encoded by distance, words by surprise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mainspring.data import Table, summarize
from mainspring.serving.outliers.encoding import encoder_of

TABLE = Table.from_columns(
    {
        "fare": [float(value) for value in range(100)],
        "same": [1.0] * 100,
        "kind": ["a"] * 75 + ["b"] * 24 + [None],
        "flag": [True] * 90 + [False] * 10,
        "name": [f"n{value}" for value in range(100)],
        "day": ["2024-01-01"] * 50 + ["2024-01-02"] * 50,
    },
    {"day": "DATE"},
)
NAMES = (*TABLE.names, "unknown")
ENCODER = encoder_of(summarize(TABLE).split("train"), NAMES)


def columns(**values):
    told = {"fare": [49.5], "kind": ["a"], "flag": [1.0], **values}
    rows = max(map(len, told.values()))
    filled = {name: one * rows if len(one) == 1 else one for name, one in told.items()}
    return {
        name: np.array(one, dtype=object) if name == "kind" else np.array(one, dtype=np.float64)
        for name, one in filled.items()
    }


def test_columns_that_tell_nothing_are_left_out():
    assert ENCODER.columns == ("fare", "kind", "flag")


def test_a_number_is_its_distance_from_the_median():
    scale = 50 / 1.3489795003921634  # from quartile to quartile
    found = ENCODER.matrix(columns(fare=[49.5, 49.5 + 2 * scale, math.nan, math.inf]))[:, 0]
    assert found.tolist() == pytest.approx([0.0, 2.0, 0.0, 0.0], abs=0.05)


def test_a_word_is_its_surprise():
    shares = np.array([0.75, 0.24, 0.01])
    surprise = -np.log(shares)
    mean = (shares * surprise).sum()
    scale = math.sqrt((shares * (surprise - mean) ** 2).sum())
    unseen = (-math.log(0.5 / 101) - mean) / scale
    found = ENCODER.matrix(columns(kind=["a", "b", None, "never"]))[:, 1]
    assert found.tolist() == pytest.approx([*((surprise - mean) / scale).tolist(), unseen])
    assert ENCODER.typical.tolist() == pytest.approx([0.0, (surprise[0] - mean) / scale, -1 / 3])


def test_flags_are_words():
    found = ENCODER.matrix(columns(flag=[1.0, 0.0, math.nan]))[:, 2]
    assert found[0] == pytest.approx(-1 / 3)
    assert found[0] < found[1] < found[2]


@pytest.mark.parametrize("rows", [1, 3, 5, 50])
def test_few_rows_and_many_are_encoded_alike(rows):
    chance = np.random.default_rng(rows)
    told = columns(
        fare=chance.normal(50, 40, rows).tolist(),
        kind=chance.choice(np.array(["a", "b", None, "z"], dtype=object), rows).tolist(),
        flag=chance.choice([0.0, 1.0, math.nan], rows).tolist(),
    )
    whole = ENCODER.matrix({name: np.concatenate([one] * 9) for name, one in told.items()})
    assert ENCODER.matrix(told).tolist() == whole[:rows].tolist()
