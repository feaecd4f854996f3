"""Cron expressions: five fields, as in ``crontab(5)``.

Minute, hour, day of month, month, day of week (0 and 7 are Sunday). ``*``, lists, ranges, steps and English names
are understood, and ``@hourly``, ``@daily``, ``@weekly``, ``@monthly``, ``@yearly``. If both day fields are
restricted, a day fits if either does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mainspring.core.errors import InputError

_MONTHS = (
    "january february march april may june july august september october november december".split()  # noqa: SIM905
)
_WEEKDAYS = "sunday monday tuesday wednesday thursday friday saturday".split()  # noqa: SIM905 - easier to read
_NAMES = {
    "month": {form: number for number, name in enumerate(_MONTHS, 1) for form in (name, name[:3])},
    "day of week": {form: number for number, name in enumerate(_WEEKDAYS) for form in (name, name[:3])},
}
_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7))
_SHORT = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression, read.

    Example:
        >>> Cron.parse("30 3 * * mon-fri").after(datetime(2026, 11, 21, 12, 0))
        datetime.datetime(2026, 11, 23, 3, 30)
    """

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool

    @classmethod
    def parse(cls, text: str) -> Cron:
        """Read an expression.

        Raises:
            InputError: Naming the field that is wrong.
        """
        fields = _SHORT.get(text.strip(), text).split()
        if len(fields) != 5:
            raise InputError(
                f"the cron expression {text!r} has {len(fields)} fields",
                expected="5: minute hour day-of-month month day-of-week",
                fix='for example "0 3 * * *", every night at three',
            )
        sets = [_field(field, *rule, text) for field, rule in zip(fields, _FIELDS, strict=True)]
        weekdays = frozenset(day % 7 for day in sets[4])
        either = not fields[2].startswith("*") and not fields[4].startswith("*")
        return cls(text, sets[0], sets[1], sets[2], sets[3], weekdays, either)

    def after(self, moment: datetime) -> datetime:
        """The first minute after a moment that fits.

        Raises:
            InputError: If no day of the next eight years fits, such as 30 February.
        """
        time = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
        limit = moment.year + 8
        while time.year <= limit:
            if time.month not in self.months:
                first = time.replace(day=1, hour=0, minute=0)
                time = (first + timedelta(days=32)).replace(day=1)
            elif not self._day_fits(time):
                time = time.replace(hour=0, minute=0) + timedelta(days=1)
            elif time.hour not in self.hours:
                time = time.replace(minute=0) + timedelta(hours=1)
            elif time.minute not in self.minutes:
                time += timedelta(minutes=1)
            else:
                return time
        raise InputError(f"the cron expression {self.text!r} never comes true")

    def _day_fits(self, time: datetime) -> bool:
        by_date = time.day in self.days
        by_weekday = (time.weekday() + 1) % 7 in self.weekdays
        return by_date or by_weekday if self.either_day else by_date and by_weekday


def _field(field: str, name: str, low: int, high: int, text: str) -> frozenset[int]:
    found: set[int] = set()
    for part in field.lower().split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        try:
            every = int(step) if slash else 1
            start = low if span == "*" else _number(first, name)
            stop = high if span == "*" or (slash and not dash) else _number(last, name) if dash else start
        except ValueError:
            raise _wrong(part, name, low, high, text) from None
        if not (low <= start <= stop <= high) or every < 1:
            raise _wrong(part, name, low, high, text)
        found.update(range(start, stop + 1, every))
    return frozenset(found)


def _number(word: str, name: str) -> int:
    if word.isdecimal() and word.isascii():
        return int(word)
    known = _NAMES.get(name, {})
    if word not in known:
        raise ValueError(word)
    return known[word]


def _wrong(part: str, name: str, low: int, high: int, text: str) -> InputError:
    return InputError(
        f"{part!r} is no {name} in the cron expression {text!r}",
        expected=f"numbers from {low} to {high}, *, lists (1,2), ranges (1-5), steps (*/15)",
    )
