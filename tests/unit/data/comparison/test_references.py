"""Days to compare a day with, counted on a calendar."""

from datetime import date, timedelta

import numpy as np
import pytest

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data import Table
from mainspring.data.comparison import compare, reference_days, reference_statistics
from mainspring.data.profiling import summarize_table

DAYS = [date(2024, 1, 1) + timedelta(days=place) for place in range(800)]
TODAY = date(2026, 3, 1)  # a Sunday


def test_the_days_before():
    assert reference_days(TODAY, DAYS, by="PREVIOUS", most=2) == (date(2026, 2, 27), date(2026, 2, 28))
    assert reference_days(TODAY, DAYS, by="FIXED", most=2) == (date(2024, 1, 1), date(2024, 1, 2))


def test_the_same_weekday_without_holidays():
    found = reference_days(TODAY, DAYS, most=3, exclude=[date(2026, 2, 15)])
    assert found == (date(2026, 2, 1), date(2026, 2, 8), date(2026, 2, 22))
    assert {each.weekday() for each in found} == {6}


def test_the_same_season():
    found = reference_days(TODAY, DAYS, by="SEASON", window=1)
    assert found == (
        *(date(2024, 2, 29), date(2024, 3, 1), date(2024, 3, 2)),
        *(date(2025, 2, 28), date(2025, 3, 1), date(2025, 3, 2)),
    )
    assert date(2023, 2, 28) in reference_days(date(2024, 2, 29), [date(2023, 2, 28)], by="SEASON", window=0)


def test_what_is_not_there():
    assert reference_days(DAYS[0], DAYS) == ()
    with pytest.raises(NotFoundError, match="no days to compare 2024-01-01 with, by weekday"):
        reference_statistics(DAYS[0], {})
    with pytest.raises(InputError, match="a reference by MOON"):
        reference_days(TODAY, DAYS, by="MOON")


def test_sundays_are_like_sundays():
    dice = np.random.default_rng(0)
    days = DAYS[-35:]
    statistics = {
        day: summarize_table(Table.from_columns({"rides": dice.poisson(90 if day.weekday() == 6 else 40, 300)}))
        for day in days
    }
    sunday = max(day for day in days if day.weekday() == 6)
    by_weekday = reference_statistics(sunday, statistics)
    assert by_weekday.num_examples == 1_200
    assert compare(by_weekday, statistics[sunday]).drifted == ()
    assert compare(reference_statistics(sunday, statistics, by="PREVIOUS"), statistics[sunday]).drifted == (
        "rides",
    )
