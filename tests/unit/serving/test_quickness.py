"""Quickness: nine answers of ten decide, before a model is served and while it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from mainspring.serving.quickness import QUICK_SECONDS, Quickness

FAST, SLOW = QUICK_SECONDS / 10, QUICK_SECONDS * 3


def asked(*seconds: float) -> Callable[[], float]:
    given: Iterator[float] = iter(seconds)
    return lambda: next(given)


def test_two_slow_answers_of_twenty_are_noise_and_three_are_not() -> None:
    pace = Quickness()
    pace.measure(asked(*[FAST] * 18, SLOW, SLOW))
    assert pace.quick
    assert pace.seconds == FAST
    pace.measure(asked(*[FAST] * 17, SLOW, SLOW, SLOW))
    assert not pace.quick
    assert pace.seconds == SLOW


def test_the_first_answer_may_be_slow() -> None:
    pace = Quickness()
    pace.measure(asked(SLOW * 100, SLOW, *[FAST] * 18))
    assert pace.quick


def test_a_model_that_becomes_slow_is_asked_in_threads() -> None:
    pace = Quickness()
    for place in range(1_000):
        pace.note(SLOW if place % 11 == 0 else FAST, 1)
    assert pace.quick  # a tenth is allowed
    for _ in range(7):
        pace.note(SLOW, 1)
    assert not pace.quick


def test_three_answers_that_take_far_too_long_are_enough_and_one_is_an_accident() -> None:
    pace = Quickness()
    pace.note(0.5, 1)
    assert pace.quick
    for _ in range(64):
        pace.note(FAST, 1)
    hang(pace)
    assert not pace.quick


def test_large_requests_say_nothing_and_many_rows_may_take_longer() -> None:
    pace = Quickness()
    for _ in range(100):
        pace.note(1.0, 1_000)
        pace.note(QUICK_SECONDS * 3, 64)
    assert pace.quick


def test_a_slow_model_is_tried_again_once_it_was_quick() -> None:
    pace = Quickness()
    hang(pace)
    for _ in range(512):
        pace.note(SLOW, 1)
    assert not pace.quick  # never quick since
    for _ in range(1_024):
        pace.note(FAST, 1)
    assert pace.quick
    hang(pace)
    for _ in range(1_023):
        pace.note(FAST, 1)
    assert not pace.quick  # the pause has grown
    pace.note(FAST, 1)
    assert pace.quick


def test_a_model_that_was_slow_at_the_start_may_become_quick() -> None:
    pace = Quickness()
    pace.measure(asked(*[SLOW] * 20))
    assert not pace.quick
    for _ in range(512):
        pace.note(FAST, 1)
    assert pace.quick


def hang(pace: Quickness) -> None:
    """Three answers that take far too long."""
    for _ in range(3):
        pace.note(0.5, 1)


def test_a_busy_machine_is_told_from_a_slow_model() -> None:
    pace = Quickness()
    pace.measure(asked(*[FAST] * 40))
    hang(pace)
    assert pace.quick  # the question that it was measured with is answered as ever
    for _ in range(4):
        hang(pace)
    assert not pace.quick  # but with others it hangs again and again


def test_a_slow_model_is_asked_three_times_before_it_is_served() -> None:
    pace, asks = Quickness(), []

    def ask() -> float:
        time.sleep(0.1)
        asks.append(0.1)
        pace.note(0.1, 1)  # as every answer of a model is
        return 0.1

    pace.measure(ask)
    assert (len(asks), pace.quick) == (3, False)
