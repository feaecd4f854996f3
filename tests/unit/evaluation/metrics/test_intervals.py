from __future__ import annotations

import math

import pytest

from mainspring.evaluation.metrics.intervals import normal, wilson


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_against_newcombe(successes: int, trials: int, low: float, high: float) -> None:
    """R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3."""
    assert [round(end, 4) for end in wilson(successes, trials)] == [low, high]


def test_without_trials_or_variance_there_is_no_interval() -> None:
    assert math.isnan(wilson(0, 0).low)
    assert math.isnan(normal(0.5, math.nan).high)
    assert normal(0.99, 0.01, low=0, high=1).high == 1
