import pytest

from mainspring.serving.limits.flow import Flow


@pytest.mark.parametrize("rate", [1, 50, 2000])
def test_a_steady_rate_is_found_soon_and_kept(rate: int) -> None:
    flow = Flow(100.0)
    for second in (1, 5, 30):
        flow = Flow(100.0)
        for number in range(second * rate):
            flow.finished(100.0 + (number + 1) / rate)
        assert flow.per_second(100.0 + second) == pytest.approx(rate, rel=0.1)


def test_it_follows_a_change() -> None:
    flow = Flow(0.0)
    for number in range(30_000):
        flow.finished(number / 1000)
    for number in range(800):
        flow.finished(30 + number / 10)
    assert flow.per_second(110.0) == pytest.approx(10, rel=0.1)


def test_the_time_to_drain() -> None:
    flow = Flow(0.0)
    assert flow.drain(100, 0.0) == 1.0
    for number in range(1000):
        flow.finished((number + 1) / 100)
    assert flow.drain(200, 10.0) == pytest.approx(2.0, rel=0.1)
    assert flow.drain(1, 10.0) == 0.1
    assert flow.drain(10**9, 10.0) == 60.0
