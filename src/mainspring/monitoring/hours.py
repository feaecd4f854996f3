"""Time zones, times of day and quiet hours as people write them: for messages, and for runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mainspring.core.errors import InputError

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY: Final = 24 * 60
_TIME: Final = re.compile(r"([01]?\d|2[0-3]):[0-5]\d|24:00")


class Hours(Protocol):
    """Hours of days."""

    @property
    def since(self) -> str:
        """From this time of day on, ``22:00``; empty if there are no such hours."""
        ...

    @property
    def until(self) -> str:
        """Up to this time of day, of the next day if it is not the later one."""
        ...

    @property
    def days(self) -> Sequence[str]:
        """The days on which they begin, ``mon`` to ``sun``; all, if there are none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """Hours in which no run is asked for.

    Attributes:
        since: From this time of day on, ``22:00``; without it there are no such hours.
        until: Up to this time of day, of the next day if it is not the later one.
        days: The days on which they begin, ``mon`` to ``sun``; all by default.
    """

    since: str = ""
    until: str = "07:00"
    days: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is no time of day and no day."""
        wrong = [one for one in (self.since or "00:00", self.until) if not is_time_of_day(one)]
        wrong += [one for one in self.days if one not in WEEKDAYS]
        if wrong:
            raise InputError(
                f"quiet: {wrong[0]!r} is no time and no day", expected='{since: "22:00", days: [fri]}'
            )


def zone_of(name: str) -> tzinfo:
    """The time zone of a name, such as ``Europe/Paris``.

    Raises:
        InputError: If it is not known here.
    """
    if name.upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(f"there is no time zone {name!r}", expected='such as "UTC" or "Europe/Paris"') from error


def is_time_of_day(text: str) -> bool:
    """Whether a text is a time such as ``08:00``; ``24:00`` is the end of the day."""
    return _TIME.fullmatch(text) is not None


def next_time_of_day(text: str, after: float, zone: tzinfo) -> float:
    """When it is so late next, in seconds since the epoch.

    Args:
        text: A time of day.
        after: The moment before.
        zone: Where it is told.
    """
    here = datetime.fromtimestamp(after, zone)
    today = _at(here, text)
    return (today if today > here else _at(here + timedelta(days=1), text)).timestamp()


def quiet_until(quiet: Hours, time: float, zone: tzinfo) -> float | None:
    """When it is no longer quiet, in seconds since the epoch; ``None`` if it is not quiet.

    Args:
        quiet: The hours; where they follow one another without a gap, the end of the last within a week.
        time: The moment.
        zone: Where the hours are told.
    """
    moment = datetime.fromtimestamp(time, zone)
    limit, found = moment + timedelta(days=7), _end(quiet, moment)
    while found is not None and found < limit and (more := _end(quiet, found)) is not None:
        found = more
    return None if found is None else found.timestamp()


def _end(hours: Hours, moment: datetime) -> datetime | None:
    """When those hours end that a moment lies in; ``None`` if it lies in none."""
    if not hours.since:
        return None
    length = (_minute(hours.until) - _minute(hours.since)) % _DAY or _DAY
    for back in (0, 1):
        begin = _at(moment - timedelta(days=back), hours.since)
        end = begin + timedelta(minutes=length)
        if (not hours.days or WEEKDAYS[begin.weekday()] in hours.days) and begin <= moment < end:
            return end
    return None


def _at(day: datetime, text: str) -> datetime:
    return day.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(minutes=_minute(text))


def _minute(text: str) -> int:
    hour, minute = map(int, text.split(":"))
    return hour * 60 + minute
