"""RDDM, told as the paper tells it."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mainspring.monitoring import DDM, RDDM


def by_the_paper(stream: list[int], *, least: int, longest: int, kept: int, patience: int) -> list[str]:
    """All items are kept, and the rate is computed from them at each item."""
    said, seen, begin, best, warned = [], list[int](), 0, (math.inf, math.inf), 0
    for value in stream:
        seen.append(value)
        count, state = len(seen) - begin, "STABLE"
        if count >= least:
            p = sum(seen[begin:]) / count
            s = math.sqrt(p * (1 - p) / count)
            if p + s <= sum(best):
                best = (p, s)
            if p + s > best[0] + 2.258 * best[1]:
                state, back = "DRIFT", warned + 1
            elif p + s > best[0] + 1.773 * best[1]:
                warned += 1
                state, back = ("DRIFT", 1) if warned > patience else ("WARNING", 0)
            else:
                warned = 0
            if state == "DRIFT":
                begin, best, warned = len(seen) - back, (math.inf, math.inf), 0
                for size in range(least, back + 1):
                    p = sum(seen[begin : begin + size]) / size
                    s = math.sqrt(p * (1 - p) / size)
                    if p + s <= sum(best):
                        best = (p, s)
            elif state == "STABLE" and count >= longest:
                begin, best = len(seen) - kept, (math.inf, math.inf)
        said.append(state)
    return said


@given(st.lists(st.sampled_from([0, 0, 0, 1]), max_size=150), st.lists(st.sampled_from([0, 1]), max_size=60))
def test_it_does_what_the_paper_says(before: list[int], after: list[int]) -> None:
    detector = RDDM(min_items=8, longest=60, kept=30, patience=10)
    expected = by_the_paper(before + after, least=8, longest=60, kept=30, patience=10)
    assert [str(detector.update(value)) for value in before + after] == expected


def test_a_long_steady_time_does_not_make_it_deaf() -> None:
    rate = np.repeat([0.2, 0.25], [200_000, 20_000])
    stream = np.random.default_rng(5).random(rate.size) < rate
    alarms = RDDM().update_many(stream)
    assert alarms[alarms >= 200_000][0] < 203_000
    deaf = DDM().update_many(stream)
    assert not deaf[deaf >= 200_000].size or deaf[deaf >= 200_000][0] > 203_000
