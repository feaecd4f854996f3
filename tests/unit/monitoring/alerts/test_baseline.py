"""Limits learned from history."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.monitoring.alerts import Adaptive
from mainspring.monitoring.alerts.baseline import _spread, baseline, is_unusual
from mainspring.monitoring.seen import Figure, Series

HOUR = 3600.0


def series(values, *, start=0, most=np.nan, least=np.nan):
    count = len(values)
    unknown = np.full(count, np.nan)
    return Series(
        times=(start + np.arange(count)) * HOUR,
        values=np.asarray(values, dtype=float),
        low=unknown,
        high=unknown,
        least=np.full(count, least),
        most=np.full(count, most),
    )


def test_too_little_history_says_nothing():
    assert baseline(series(np.ones(47)), 47 * HOUR, Figure(value=1.0), Adaptive()) is None
    assert baseline(series(np.full(60, np.nan)), 60 * HOUR, Figure(value=1.0), Adaptive()) is None


def test_hours_of_the_week_are_told_apart():
    # Eight weeks; one hour of the week, a batch, is ten times the others.
    hours = np.arange(8 * 168)
    values = np.where(hours % 168 == 30, 10.0, 1.0) + 0.01 * np.sin(hours)
    found = baseline(series(values), (8 * 168 + 30) * HOUR, Figure(value=10.0, least=0.0), Adaptive())
    assert (found.season, found.windows) == ("week", 8 * 168 - 30)  # eight weeks back from that hour
    assert found.usual == pytest.approx(10, abs=0.02)
    quiet = baseline(series(values), (8 * 168 + 31) * HOUR, Figure(value=10.0, least=0.0), Adaptive())
    assert quiet.usual == pytest.approx(1, abs=0.02)
    loud = Figure(value=10.0, most=15.0)
    assert is_unusual(loud, baseline(series(values), (8 * 168 + 31) * HOUR, loud, Adaptive()), Adaptive())
    assert not is_unusual(loud, baseline(series(values), (8 * 168 + 30) * HOUR, loud, Adaptive()), Adaptive())


def test_without_limits_only_what_was_never_seen_is_unusual():
    values = np.where(np.arange(200) % 50 == 7, 10.0, 1.0) + 0.01 * np.sin(np.arange(200))
    found = baseline(series(values), 200 * HOUR, Figure(value=9.0), Adaptive(season="none"))
    assert not is_unusual(Figure(value=9.0), found, Adaptive())
    assert is_unusual(Figure(value=12.0), found, Adaptive())
    assert baseline(series(np.zeros(200)), 200 * HOUR, Figure(value=0.1), Adaptive()) is None


def test_a_short_history_falls_back_to_the_day_and_to_all():
    values = 1 + 0.01 * np.sin(np.arange(400))
    figure = Figure(value=1.0)
    seasons = [baseline(series(values[:n]), n * HOUR, figure, Adaptive()).season for n in (60, 120, 399)]
    assert seasons == ["none", "day", "day"]
    assert baseline(series(values), 400 * HOUR, figure, Adaptive(season="none")).season == "none"


def test_it_is_never_looser_than_a_hard_limit_and_looks_one_way_where_there_is_one():
    values = 0.5 + 0.4 * np.sin(np.arange(200))
    found = baseline(series(values), 200 * HOUR, Figure(value=0.5, most=0.95), Adaptive(season="none"))
    assert (found.low, found.high) == (-np.inf, 0.95)
    found = baseline(series(values), 200 * HOUR, Figure(value=0.5, least=0.2), Adaptive(season="none"))
    assert (found.low, found.high) == (0.2, np.inf)


def test_windows_that_were_bad_are_not_learned_from():
    values = np.r_[np.full(60, 0.02), np.full(80, 0.5)]
    found = baseline(series(values, most=0.1), 140 * HOUR, Figure(value=0.02, most=0.1), Adaptive(season="none"))
    assert (found.usual, found.windows) == (pytest.approx(0.02), 60)


def test_a_part_of_the_way_to_the_hard_limit_must_be_gone():
    steady = series(np.full(100, 0.02))
    found = baseline(steady, 100 * HOUR, Figure(value=0.05, most=0.1), Adaptive(season="none"))
    assert not is_unusual(Figure(value=0.05, most=0.1), found, Adaptive())
    assert is_unusual(Figure(value=0.07, most=0.1), found, Adaptive())
    assert is_unusual(Figure(value=0.05, most=0.1), found, Adaptive(least_effect=0.1))


@pytest.mark.parametrize("draw", ["chisquare1", "chisquare9", "normal", "beta"])
def test_chance_alone_is_hardly_ever_unusual(draw):
    """10,000 windows of figures of the kinds that checks have; with nothing asked of the size of the effect."""
    random = np.random.default_rng(3)
    make = {
        "chisquare1": lambda n: random.chisquare(1, n),
        "chisquare9": lambda n: random.chisquare(9, n),
        "normal": lambda n: random.normal(0, 1, n),
        "beta": lambda n: random.beta(80, 20, n),
    }[draw]
    options, alarms = Adaptive(least_effect=0.0), 0
    for _ in range(20):
        values = make(1500)
        found = baseline(series(values[:1000]), 1000 * HOUR, Figure(value=float(values[-1])), options)
        alarms += int(np.sum((values[1000:] < found.low) | (values[1000:] > found.high)))
    assert alarms <= 5


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(-5, 5)), min_size=2, max_size=40))
def test_the_spread_is_what_leaving_each_out_gives(given_):
    hours = np.array([hour for hour, _ in given_])
    values = np.array([value for _, value in given_])
    alone = [
        abs(values[i] - np.median(np.delete(values, i)[np.delete(hours, i) == hours[i]]))
        for i in range(len(values))
        if np.sum(hours == hours[i]) > 1
    ]
    wanted = np.median(alone) if alone else np.median(np.abs(values - np.median(values)))
    assert _spread(values, hours) == pytest.approx(wanted)
