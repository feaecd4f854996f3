"""Figures of parts merge into those of all rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.data import Table, summarize
from mainspring.models.signature import Field, Signature
from mainspring.serving.bulk.expectations import ColumnExpectation, Expectations, expectations_of
from mainspring.serving.bulk.tally import ColumnTally, Distribution, Moments, Tally

numbers = st.lists(st.floats(-1e6, 1e6), max_size=50)


@settings(max_examples=80, deadline=None)
@given(st.lists(numbers, max_size=6))
def test_moments_of_parts_are_those_of_all(parts: list[list[float]]) -> None:
    found = Moments()
    for part in parts:
        found = found.merge(Moments.of(np.array(part, dtype=float)))
    every = np.array([value for part in parts for value in part])
    assert found.count == len(every)
    if len(every):
        assert found.mean == pytest.approx(every.mean(), abs=1e-6)
        assert found.deviation == pytest.approx(every.std(), abs=1e-4)
        assert (found.least, found.most) == (every.min(), every.max())


def test_large_numbers_that_differ_little_keep_their_digits() -> None:
    moments = Moments.of(1.6e9 + np.arange(100_000) % 7)
    assert moments.deviation == pytest.approx(2.0, rel=1e-4)


def test_distributions_of_many_parts_are_near_the_truth() -> None:
    dice = np.random.default_rng(7)
    parts = [dice.normal(size=20_000) for _ in range(30)]
    found = Distribution.merged([Distribution.of(part) for part in parts])
    every = np.concatenate(parts)
    assert found.moments.count == 600_000
    for share in (0.01, 0.25, 0.5, 0.95):
        assert (every <= found.quantiles.at(share)).mean() == pytest.approx(share, abs=0.006)
    few = Distribution.of(np.array([3.0, np.nan, 1.0, 2.0]))
    assert (few.quantiles.at(0.5), few.exact) == (2.0, True)


def test_columns_are_held_against_training() -> None:
    words = ColumnExpectation(words=("A", "B"))
    found = ColumnTally.of(np.array(["A", None, "C", "C", "D"], dtype=object), words)
    found = found.merge(ColumnTally.of(np.array(["B", "C"], dtype=object), words))
    assert (found.missing, found.unseen, found.words) == (1, 4, {"C": 3, "D": 1})
    bounds = ColumnExpectation(low=0.0, high=10.0)
    values = ColumnTally.of(np.array([-1.0, np.nan, 3.0, 11.0, 12.0]), bounds)
    assert (values.missing, values.outside, values.numbers and values.numbers.count) == (1, 3, 4)
    nothing = ColumnTally.of(np.array([np.nan, np.nan]), bounds)
    assert (nothing.missing, nothing.outside) == (2, 0)
    assert nothing.merge(values).numbers == values.numbers


def test_tallies_of_very_many_parts_merge() -> None:
    one = Tally(rows=10, written=9, bad=1, labels={"a": 9}, certainty=Distribution.of(np.full(9, 0.5)), peak=3)
    found = Tally.merged(one for _ in range(1_000))
    assert (found.rows, found.written, found.bad, found.labels, found.peak) == (
        10_000,
        9_000,
        1_000,
        {"a": 9_000},
        3,
    )
    assert found.certainty is not None
    assert found.certainty.moments.count == 9_000


def test_what_is_expected_comes_from_the_package_and_from_statistics() -> None:
    signature = Signature.of([Field("x", "FP64"), Field("w", "BYTES", domain=("A",))], classes=("no", "yes"))
    details = {
        "ranges": {"x": [1.0, 5.0]},
        "datasets": [
            {"name": "eval", "label": {"shares": {"no": 0.5}}},
            {"name": "train", "label": {"shares": {"no": 0.9, "yes": 0.1}}},
        ],
    }
    found = expectations_of(signature, details)
    assert found.column("x") == ColumnExpectation(low=1.0, high=5.0)
    assert found.column("w").words == ("A",)
    assert found.column("strange") == ColumnExpectation()
    assert found.answers == {"no": 0.9, "yes": 0.1}
    statistics = summarize({"train": Table.from_columns({"x": [1.0, None, 5.0, 3.0], "w": ["A", "A", "A", None]})})
    known = found.with_statistics(statistics.split("train"))
    assert (known.column("x").missing, known.column("x").mean, known.column("w").missing) == (0.25, 3.0, 0.25)
    assert Expectations.from_dict(known.as_dict()) == known
    assert expectations_of(signature, {}).answers == {}
