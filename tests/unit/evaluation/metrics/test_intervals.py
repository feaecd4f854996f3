from __future__ import annotations

import math

import pytest
from scipy.stats import binomtest

from mainspring.core import InputError
from mainspring.evaluation.metrics.intervals import (
    CLOSED,
    Intervals,
    clopper_pearson,
    normal,
    proportion,
    wilson,
)


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


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (3, 10), (10, 10), (81, 263)])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_the_exact_interval_is_that_of_scipy(successes: int, trials: int, level: float) -> None:
    expected = binomtest(successes, trials).proportion_ci(level, method="exact")
    assert clopper_pearson(successes, trials, level) == pytest.approx((expected.low, expected.high))
    wilson_like = binomtest(successes, trials).proportion_ci(level, method="wilson")
    assert wilson(successes, trials, level) == pytest.approx((wilson_like.low, wilson_like.high))


def test_the_wanted_kind_and_level_are_used() -> None:
    assert proportion(3, 10) == wilson(3, 10)
    assert proportion(3, 10, Intervals(method="exact", level=0.9)) == clopper_pearson(3, 10, 0.9)
    assert math.isnan(clopper_pearson(0, 0).low)
    assert normal(1.0, 4.0, level=0.6826894921370859) == pytest.approx((-1.0, 3.0))


def test_how_intervals_are_made_comes_back_from_plain_values() -> None:
    wanted = Intervals(method="jackknife", level=0.9, buckets=5)
    assert Intervals(**wanted.as_dict()) == wanted


def test_plain_values_come_back_and_wrong_ones_are_told() -> None:
    some = Intervals(method="jackknife", level=0.9, buckets=10)
    assert Intervals.from_dict(some.as_dict()) == some
    assert Intervals.from_dict({}) == CLOSED
    with pytest.raises(InputError, match="intervals with 'methd'"):
        Intervals.from_dict({"methd": "bootstrap"})
    with pytest.raises(InputError, match=r"level '95', resamples 2\.5"):
        Intervals.from_dict({"level": "95", "resamples": 2.5})
