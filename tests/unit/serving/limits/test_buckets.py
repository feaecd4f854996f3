import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.serving.limits.buckets import Buckets


def test_a_burst_and_then_the_rate() -> None:
    buckets = Buckets(2.0, 3.0)
    admitted = []
    for tick in range(100):
        now = tick / 10
        if buckets.wait("a", 1, now) == 0.0:
            buckets.take("a", 1, now)
            admitted.append(now)
    assert admitted[:5] == [0.0, 0.1, 0.2, 0.5, 1.0]
    assert len(admitted) == 3 + 19


def test_the_wait_is_exactly_long_enough() -> None:
    buckets = Buckets(4.0, 2.0)
    buckets.take("a", 2, 10.0)
    wait = buckets.wait("a", 2, 10.1)
    assert wait == pytest.approx(0.4)
    assert buckets.wait("a", 2, 10.1 + wait * 0.99) > 0
    assert buckets.wait("a", 2, 10.1 + wait) == 0


def test_everybody_has_a_bucket_of_their_own() -> None:
    buckets = Buckets(1.0, 1.0)
    buckets.take("a", 1, 0.0)
    assert buckets.wait("a", 1, 0.0) == pytest.approx(1.0)
    assert buckets.wait("b", 1, 0.0) == 0.0


def test_full_buckets_are_not_kept() -> None:
    buckets = Buckets(1.0, 1.0, most=100)
    for number in range(10_000):
        buckets.take(str(number), 1, number * 0.1)
        assert len(buckets) <= 101
    assert buckets.wait("9999", 1, 999.9) > 0


def test_many_callers_at_once_take_a_limited_room_and_the_busiest_stay_known() -> None:
    buckets = Buckets(0.001, 1000.0, most=100)
    buckets.take("busy", 1000, 0.0)
    for number in range(10_000):
        buckets.take(str(number), 1, 0.0)
        assert len(buckets) <= 101
    assert buckets.wait("busy", 1, 0.0) > 0


@settings(max_examples=100, deadline=None)
@given(
    rate=st.floats(0.5, 50),
    burst=st.integers(1, 20),
    steps=st.lists(st.tuples(st.floats(0, 0.5), st.integers(1, 3)), min_size=1, max_size=60),
)
def test_never_more_than_burst_and_rate_allow(rate: float, burst: int, steps: list[tuple[float, int]]) -> None:
    """In any stretch of time no more passes than a burst and what falls meanwhile: the law of a token bucket."""
    buckets, now = Buckets(rate, burst), 0.0
    passed: list[tuple[float, int]] = []
    for pause, tokens in steps:
        now += pause
        if tokens <= burst and buckets.wait("a", tokens, now) == 0.0:
            buckets.take("a", tokens, now)
            passed.append((now, tokens))
    for start in range(len(passed)):
        total = 0
        for time, tokens in passed[start:]:
            total += tokens
            assert total <= burst + (time - passed[start][0]) * rate + 1e-6
