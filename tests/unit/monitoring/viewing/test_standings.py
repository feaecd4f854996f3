"""How figures stand to their limits."""

from __future__ import annotations

import math

from mainspring.monitoring.viewing.standings import most_unusual, standing_of, standings


def test_a_name_is_taken_apart(figure_over) -> None:
    found = standing_of("quality/accuracy|sex=Female", figure_over([0.9, 0.44], least=0.88))
    assert (found.check, found.subject, found.slice) == ("quality", "accuracy", "sex=Female")
    assert found.bad
    assert found.last == 0.44
    assert found.effect == 2.0
    assert found.past == 1
    assert math.isnan(found.ceiling)


def test_the_furthest_past_its_limit_in_the_last_window_comes_first(figure_over) -> None:
    found = standings(
        {
            "drift/was": figure_over([0.9, 0.01], most=0.1),
            "drift/is": figure_over([0.01, 0.2], most=0.1),
            "drift/never": figure_over([0.01, 0.01], most=0.1),
            "drift/free": figure_over([5.0, 6.0]),
        }
    )
    assert [one.subject for one in found] == ["is", "was", "never", "free"]
    assert found[1].worst == 9.0
    assert not found[3].limited


def test_a_figure_that_was_never_measured_stands_nowhere(figure_over) -> None:
    found = standing_of("drift/age", figure_over([math.nan, math.nan], most=0.1))
    assert (found.effect, found.worst, found.bad, found.past) == (0.0, 0.0, False, 0)


def test_figures_without_limits_are_sorted_by_how_unusual_they_are(figure_over) -> None:
    figures = {"s/flat": [0.0] * 9, "s/odd": [1, 1, 2, 1, 2, 1, 1, 2, 9], "s/even": [1, 2, 1, 2, 1, 2, 1, 2, 1.5]}
    found = most_unusual([standing_of(name, figure_over(values)) for name, values in figures.items()])
    assert [one.subject for one in found] == ["odd", "even"]
