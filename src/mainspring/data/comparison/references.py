"""What to compare a day with: the days before it, the same weekdays, or the same season of other years.

A Sunday differs from a Saturday, and December from November, without anything being wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data.statistics import merge_all

if TYPE_CHECKING:
    from mainspring.data.statistics import Statistics, TableStatistics

S = TypeVar("S", "Statistics", "TableStatistics")


class Reference(StrEnum):
    """Which days a day is compared with."""

    PREVIOUS = "PREVIOUS"
    """The days before it: sees sudden changes, and gets used to slow ones."""
    WEEKDAY = "WEEKDAY"
    """The same weekday of the weeks before."""
    SEASON = "SEASON"
    """The days around it in the years before."""
    FIXED = "FIXED"
    """The first days that there are: sees slow changes, too."""


def reference_days(
    day: date,
    known: Collection[date],
    *,
    by: Reference | str = Reference.WEEKDAY,
    most: int = 4,
    window: int = 7,
    exclude: Collection[date] = (),
) -> tuple[date, ...]:
    """The days to compare a day with, of those that there are, in their order.

    Args:
        day: The day to judge.
        known: The days that there is data of.
        by: Which days.
        most: At most so many days; for ``SEASON`` at most so many years.
        window: For ``SEASON``, how many days around the same date of another year.
        exclude: Days that were not usual, such as holidays or days with an alarm. An alarm that stays in the
            reference teaches it to be quiet.

    Raises:
        InputError: If there is no such kind of reference, or ``most`` is less than 1.

    Example:
        >>> days = [date(2026, 11, 1) + timedelta(days=place) for place in range(21)]
        >>> [str(found) for found in reference_days(date(2026, 11, 21), days)]
        ['2026-11-07', '2026-11-14']
    """
    if by not in set(Reference) or most < 1:
        raise InputError(
            f"a reference by {by!s} of {most} days",
            expected="one of " + ", ".join(Reference) + ", and at least one day",
        )
    usable = sorted({each for each in known if each < day} - set(exclude))
    match Reference(by):
        case Reference.PREVIOUS:
            return tuple(usable[-most:])
        case Reference.FIXED:
            return tuple(usable[:most])
        case Reference.WEEKDAY:
            return tuple([each for each in usable if each.weekday() == day.weekday()][-most:])
        case Reference.SEASON:
            return _season(day, usable, most, window)


def reference_statistics(
    day: date,
    statistics: Mapping[date, S],
    *,
    by: Reference | str = Reference.WEEKDAY,
    most: int = 4,
    window: int = 7,
    exclude: Collection[date] = (),
) -> S:
    """The statistics of the days to compare a day with, merged; rows are not needed.

    Raises:
        NotFoundError: If there is no such day.
    """
    days = reference_days(day, statistics, by=by, most=most, window=window, exclude=exclude)
    if not days:
        raise NotFoundError(
            f"there are no days to compare {day} with, by {str(by).lower()}",
            expected="statistics of earlier days",
            fix="keep statistics for longer, or compare by PREVIOUS",
        )
    return merge_all([statistics[each] for each in days])


def _season(day: date, usable: Sequence[date], most: int, window: int) -> tuple[date, ...]:
    around: set[date] = set()
    for years in range(1, most + 1):
        middle = _years_before(day, years)
        if middle is not None:
            around |= {middle + timedelta(days=apart) for apart in range(-window, window + 1)}
    return tuple(each for each in usable if each in around)


def _years_before(day: date, years: int) -> date | None:
    if day.year - years < 2:
        return None
    leap_day = day.month == 2 and day.day == 29
    return date(day.year - years, day.month, 28 if leap_day else day.day)
