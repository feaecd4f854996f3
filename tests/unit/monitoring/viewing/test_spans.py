"""Columns of time: nothing that is past a limit is lost, whatever the number of windows."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mainspring.monitoring.viewing.spans import Span, reduce, span_of, time_ticks

DAY = 86_400.0


def test_there_is_a_column_for_each_window_while_there_are_few() -> None:
    assert span_of(0.0, 48 * 3600.0, window=3600.0, most=120).columns == 48
    assert span_of(0.0, 365 * DAY, window=3600.0, most=120).columns == 120
    assert span_of(0.0, 10.0, window=None, most=120).columns == 120


def test_a_column_keeps_the_least_the_mean_and_the_largest_of_its_windows(figure_over) -> None:
    found = reduce(
        figure_over([1.0, 3.0, 5.0, 9.0], most=[4.0, 4.0, 8.0, 10.0], times=[0, 1, 2, 3]), Span(0.0, 4.0, 2)
    )
    assert found.least.tolist() == [1.0, 5.0]
    assert found.mean.tolist() == [2.0, 7.0]
    assert found.most.tolist() == [3.0, 9.0]
    assert found.ceiling.tolist() == [4.0, 8.0]
    assert found.past.tolist() == [False, False]


def test_columns_without_windows_are_empty_and_windows_outside_are_left_out(figure_over) -> None:
    found = reduce(figure_over([1.0, 2.0, 3.0], times=[-1.0, 0.5, 4.0]), Span(0.0, 4.0, 4))
    assert np.isnan(found.mean).tolist() == [False, True, True, True]
    assert found.mean[0] == 2.0


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200),
    st.integers(1, 50),
    st.floats(-1e6, 1e6),
)
def test_no_window_past_its_limit_is_lost(figure_over, values: list[float], columns: int, limit: float) -> None:
    times = np.arange(len(values), dtype=float)
    span = Span(0.0, float(len(values)), columns)
    found = reduce(figure_over(values, most=limit, times=times), span)
    places = span.places(times)
    assert found.past.tolist() == [
        bool((np.asarray(values)[places == one] > limit).any()) for one in range(columns)
    ]
    assert np.nanmax(found.most) == max(values)
    assert np.nanmin(found.least) == min(values)


def test_ticks_are_round_moments() -> None:
    day = time_ticks(Span(0.0, 2 * DAY, 48), 4)
    assert day == [
        (0.0, "1 Jan"),
        (43_200.0, "12:00"),
        (86_400.0, "2 Jan"),
        (129_600.0, "12:00"),
        (172_800.0, "3 Jan"),
    ]
    assert [name for _, name in time_ticks(Span(0.0, 365 * DAY, 120), 4)] == ["Jan 1970", "May", "Sep", "Jan 1971"]
    weeks = [at for at, _ in time_ticks(Span(0.0, 40 * DAY, 40), 4)]
    assert weeks == [4 * DAY, 18 * DAY, 32 * DAY]  # Mondays


def test_a_window_by_count_lasts_until_the_next_one_begins(figure_over) -> None:
    by_count = span_of(0.0, 6.0, window=None, most=6)
    found = reduce(figure_over([1.0, 5.0], most=[4.0, 4.0], times=[1.0, 4.0]), by_count)
    assert found.mean[1:].tolist() == [1.0, 1.0, 1.0, 5.0, 5.0]
    assert np.isnan(found.mean[0])
    assert found.past.tolist() == [False, False, False, False, True, True]
