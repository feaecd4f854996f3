import pytest

from mainspring.serving.batching.cost import Cost


def test_nothing_is_known_at_first() -> None:
    assert Cost().of(10) == 0.0


def test_a_straight_line_is_found() -> None:
    cost = Cost()
    for rows in (1, 30, 7, 32, 15):
        cost.learn(rows, 0.005 + 20e-6 * rows)
    assert cost.of(1) == pytest.approx(0.00502)
    assert cost.of(64) == pytest.approx(0.005 + 64 * 20e-6)


def test_batches_of_one_size_say_nothing_about_others() -> None:
    cost = Cost()
    for _ in range(10):
        cost.learn(32, 0.006)
    assert (cost.of(1), cost.of(1000)) == (pytest.approx(0.006), pytest.approx(0.006))


def test_nothing_takes_less_than_nothing() -> None:
    falling, steep = Cost(), Cost()
    for rows in (1, 2, 3, 4):
        falling.learn(rows, 0.01 / rows)
        steep.learn(rows, 0.01 * rows**3)
    assert falling.of(1000) > 0
    assert steep.of(0) == pytest.approx(0, abs=1e-12)


def test_the_past_is_forgotten() -> None:
    cost = Cost()
    for _ in range(100):
        cost.learn(1, 1.0)
    for _ in range(60):
        cost.learn(1, 0.001)
    assert cost.of(1) == pytest.approx(0.001, rel=2)
