"""Budgets, quiet hours and time zones as people write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mainspring.core.clock import interval
from mainspring.core.errors import InputError

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY: Final = 24 * 60
_TIME: Final = re.compile(r"([01]?\d|2[0-3]):[0-5]\d|24:00")


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


@dataclass(frozen=True, slots=True)
class Budget:
    """So many runs in any stretch of so long.

    Attributes:
        runs: How many at most.
        seconds: The length of the stretch.
        text: As it was written.

    Example:
        >>> Budget.parse("3 per 7d")
        Budget(runs=3, seconds=604800.0, text='3 per 7d')
    """

    runs: int
    seconds: float
    text: str

    @classmethod
    def parse(cls, text: str) -> Budget:
        """Read one.

        Raises:
            InputError: If it is not a number of runs per length of time.
        """
        found = re.fullmatch(r"\s*(\d+)\s+(?:runs?\s+)?per\s+(\d*)\s*([smhd]|hour|day|week|month)\s*", text)
        if not found or int(found[1]) < 1:
            raise InputError(f"{text!r} is no budget", expected='a number per length of time: "3 per 7d"')
        words = {"hour": "1h", "day": "1d", "week": "7d", "month": "30d"}
        unit = interval(words.get(found[3], f"1{found[3]}"))
        return cls(int(found[1]), int(found[2] or 1) * unit, text.strip())


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
        wrong = [one for one in (self.since or "00:00", self.until) if not _TIME.fullmatch(one)]
        wrong += [one for one in self.days if one not in WEEKDAYS]
        if wrong:
            raise InputError(
                f"quiet: {wrong[0]!r} is no time and no day", expected='{since: "22:00", days: [fri]}'
            )

    def end(self, moment: datetime) -> datetime | None:
        """When those hours end that a moment lies in; ``None`` if it lies in none."""
        if not self.since:
            return None
        length = (_minute(self.until) - _minute(self.since)) % _DAY or _DAY
        for back in (0, 1):
            day = moment.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=back)
            begin = day + timedelta(minutes=_minute(self.since))
            end = begin + timedelta(minutes=length)
            if (not self.days or WEEKDAYS[day.weekday()] in self.days) and begin <= moment < end:
                return end
        return None


def quiet_until(quiet: QuietHours, time: float, zone: tzinfo) -> float | None:
    """When it is no longer quiet, in seconds since the epoch; ``None`` if it is not quiet.

    Args:
        quiet: The hours; where they follow one another without a gap, the end of the last within a week.
        time: The moment.
        zone: Where the hours are told.
    """
    moment = datetime.fromtimestamp(time, zone)
    limit, found = moment + timedelta(days=7), quiet.end(moment)
    while found is not None and found < limit and (more := quiet.end(found)) is not None:
        found = more
    return None if found is None else found.timestamp()


def _minute(text: str) -> int:
    hour, minute = map(int, text.split(":"))
    return hour * 60 + minute
