"""ADWIN: its buckets, its window, and alarms held to a reading of the paper that keeps all items."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.monitoring import ADWIN


def by_the_paper(stream: list[float], *, delta: float, clock: int, buckets: int, least: int) -> list[int]:
    """Buckets are lists of their items; every cut between two of them is tried."""
    alarms, rows = [], list[list[list[float]]]()
    for place, value in enumerate(stream):
        coming, row = [[value]], 0
        while coming:
            if row == len(rows):
                rows.append([])
            rows[row] += coming
            coming = []
            if len(rows[row]) > buckets:
                coming = [rows[row][0] + rows[row][1]]
                rows[row] = rows[row][2:]
            row += 1
        if (place + 1) % clock:
            continue
        flat = [bucket for row_of in reversed(rows) for bucket in row_of]
        cut = False
        while differs(flat, delta, least):
            flat, cut = flat[1:], True
            last = max(row for row in range(len(rows)) if rows[row])
            rows[last] = rows[last][1:]
            rows = rows[: 1 + max((row for row in range(len(rows)) if rows[row]), default=-1)]
        alarms += [place] if cut else []
    return alarms


def differs(flat: list[list[float]], delta: float, least: int) -> bool:
    """Whether the means on both sides of some cut differ by more than the bound."""
    whole = [item for bucket in flat for item in bucket]
    if len(whole) <= 10:
        return False
    log, variance = math.log(2 * math.log(len(whole)) / delta), float(np.var(whole))
    for cut in np.cumsum([len(bucket) for bucket in flat])[:-1].tolist():
        older, newer = whole[:cut], whole[cut:]
        if min(len(older), len(newer)) < least:
            continue
        each = 1 / (len(older) - least + 1) + 1 / (len(newer) - least + 1)
        if abs(np.mean(older) - np.mean(newer)) > math.sqrt(2 * each * variance * log) + 2 / 3 * each * log:
            return True
    return False


@given(
    st.lists(st.floats(0, 1), max_size=120), st.lists(st.floats(0.6, 1), max_size=80), st.sampled_from([1, 7, 32])
)
def test_it_does_what_the_paper_says(before: list[float], after: list[float], clock: int) -> None:
    expected = by_the_paper(before + after, delta=0.3, clock=clock, buckets=3, least=4)
    detector = ADWIN(delta=0.3, clock=clock, buckets=3, least=4)
    assert detector.update_many(before + after).tolist() == expected


def test_the_window_is_kept_in_few_buckets_and_its_mean_is_exact() -> None:
    random = np.random.default_rng(0)
    stream = random.normal(1e6, 1, 100_003)
    detector = ADWIN()
    assert detector.update_many(stream).size == 0
    assert detector.window == 100_003
    assert detector.mean == pytest.approx(stream.mean(), abs=1e-9)
    assert sum(len(row) for row in detector.sums) <= 5 * 16
    assert [len(row) <= 5 for row in detector.sums] == [True] * len(detector.sums)


def test_after_a_change_the_window_holds_what_came_since() -> None:
    stream = np.repeat([0.0, 1.0], 5_000) + np.random.default_rng(1).normal(0, 0.1, 10_000)
    detector = ADWIN()
    alarms = detector.update_many(stream)
    assert 5_000 <= alarms[0] <= 5_040
    assert detector.mean == pytest.approx(1, abs=0.02)
    assert detector.window <= 5_200
