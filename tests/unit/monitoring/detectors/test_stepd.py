"""STEPD, told as the paper tells it, and worked by hand."""

import math

from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from mainspring.monitoring import STEPD


def by_the_paper(stream: list[int], window: int, drift: float, warning: float) -> list[str]:
    """The test of equal proportions on right answers, before the window and in it."""
    said, seen = [], list[int]()
    for value in stream:
        seen.append(1 - value)
        if len(seen) < 2 * window:
            said.append("STABLE")
            continue
        older, newer = seen[:-window], seen[-window:]
        each = 1 / len(older) + 1 / len(newer)
        share = sum(seen) / len(seen)
        gap = sum(older) / len(older) - sum(newer) / len(newer)
        spread = math.sqrt(share * (1 - share) * each)
        p = norm.sf((abs(gap) - each / 2) / spread) if spread and gap > 0 else 1.0
        said.append("DRIFT" if p < drift else "WARNING" if p < warning else "STABLE")
        if p < drift:
            seen = []
    return said


@given(st.lists(st.integers(0, 1), max_size=100), st.integers(2, 12))
def test_it_does_what_the_paper_says(stream: list[int], window: int) -> None:
    detector = STEPD(recent=window, drift=0.0213, warning=0.107)
    assert [str(detector.update(value)) for value in stream] == by_the_paper(stream, window, 0.0213, 0.107)


def test_worked_by_hand() -> None:
    # 90 right answers, then mistakes. After k of them p = k / (90 + k); the statistic (k / 30 - each / 2) / spread
    # is 2.49 with k = 4 and 3.02 with 5; the limit for 0.003 is 2.75.
    assert STEPD().update_many([0] * 90 + [1] * 10).tolist() == [94]
