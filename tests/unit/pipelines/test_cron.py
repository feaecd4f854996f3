"""Cron: known answers, and the laws."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.pipelines.cron import Cron


def at(text: str) -> datetime:
    """A moment."""
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("expression", "moment", "expected"),
    [
        ("* * * * *", "2026-11-21T12:00:30", "2026-11-21T12:01"),
        ("* * * * *", "2026-11-21T12:00:00", "2026-11-21T12:01"),
        ("0 3 * * *", "2026-11-21T03:00", "2026-11-22T03:00"),
        ("0 3 * * *", "2026-11-21T02:59:59", "2026-11-21T03:00"),
        ("*/15 * * * *", "2026-11-21T12:46", "2026-11-21T13:00"),
        ("5/20 * * * *", "2026-11-21T12:26", "2026-11-21T12:45"),
        ("10-20/5 * * * *", "2026-11-21T12:16", "2026-11-21T12:20"),
        ("0,30 9-17 * * *", "2026-11-21T17:30", "2026-11-22T09:00"),
        ("59 23 31 12 *", "2026-01-01T00:00", "2026-12-31T23:59"),
        ("0 0 1 * *", "2026-12-31T23:59", "2027-01-01T00:00"),
        # months without a 31st are passed over
        ("0 0 31 * *", "2026-01-31T00:00", "2026-03-31T00:00"),
        ("0 0 31 * *", "2026-03-31T00:00", "2026-05-31T00:00"),
        ("0 0 30 * *", "2026-01-30T12:00", "2026-03-30T00:00"),
        # leap days: 2028 is next; 2100 is none
        ("0 0 29 2 *", "2026-11-21T00:00", "2028-02-29T00:00"),
        ("0 0 29 2 *", "2096-03-01T00:00", "2104-02-29T00:00"),
        # days of the week; 2026-11-21 is a Saturday; 0 and 7 are Sunday
        ("30 3 * * mon-fri", "2026-11-21T12:00", "2026-11-23T03:30"),
        ("0 0 * * 0", "2026-11-21T00:00", "2026-11-22T00:00"),
        ("0 0 * * 7", "2026-11-21T00:00", "2026-11-22T00:00"),
        ("0 0 * * 5-7", "2026-11-21T00:00", "2026-11-22T00:00"),
        ("0 0 * * Sunday", "2026-11-21T00:00", "2026-11-22T00:00"),
        ("0 0 * JAN,jul *", "2026-11-21T00:00", "2027-01-01T00:00"),
        # both day fields restricted: either fits (Friday the 27th comes before the 13th of December)
        ("0 0 13 * fri", "2026-11-21T00:00", "2026-11-27T00:00"),
        ("0 0 13 * fri", "2026-12-11T00:00", "2026-12-13T00:00"),
        # only one restricted, or a star with a step: both must fit
        ("0 0 13 * *", "2026-11-21T00:00", "2026-12-13T00:00"),
        ("0 0 */2 * mon", "2026-11-21T00:00", "2026-11-23T00:00"),
        ("@hourly", "2026-11-21T12:30", "2026-11-21T13:00"),
        ("@daily", "2026-11-21T12:30", "2026-11-22T00:00"),
        ("@weekly", "2026-11-21T12:30", "2026-11-22T00:00"),
        ("@monthly", "2026-11-21T12:30", "2026-12-01T00:00"),
        ("@yearly", "2026-11-21T12:30", "2027-01-01T00:00"),
    ],
)  # fmt: skip
def test_known_answers(expression: str, moment: str, expected: str) -> None:
    assert Cron.parse(expression).after(at(moment)) == at(expected)


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        ("* * * *", "has 4 fields"),
        ("", "has 0 fields"),
        ("@often", "has 1 fields"),
        ("60 * * * *", "'60' is no minute"),
        ("* 24 * * *", "'24' is no hour"),
        ("* * 0 * *", "'0' is no day of month"),
        ("* * 32 * *", "'32' is no day of month"),
        ("* * * 13 *", "'13' is no month"),
        ("* * * * 8", "'8' is no day of week"),
        ("* * * june-may *", "'june-may' is no month"),
        ("*/0 * * * *", "'*/0' is no minute"),
        ("1,,2 * * * *", "'' is no minute"),
        ("1- * * * *", "'1-' is no minute"),
        ("-5 * * * *", "'-5' is no minute"),
        ("a * * * *", "'a' is no minute"),
        ("* * * monthly *", "'monthly' is no month"),
        ("* * * * m", "'m' is no day of week"),
        ("1.5 * * * *", "'1.5' is no minute"),
        ("٣ * * * *", "'٣' is no minute"),
    ],
)
def test_what_cannot_be_read_is_named(expression: str, named: str) -> None:
    with pytest.raises(InputError) as caught:
        Cron.parse(expression)
    assert named in caught.value.found


def test_what_never_comes_true() -> None:
    with pytest.raises(InputError, match="never comes true"):
        Cron.parse("0 0 30 2 *").after(at("2026-01-01T00:00"))


def field(low: int, high: int) -> st.SearchStrategy[str]:
    """A field of an expression."""
    one = st.integers(low, high).map(str)
    spans = st.tuples(st.integers(low, high), st.integers(low, high)).map(lambda pair: f"{min(pair)}-{max(pair)}")
    steps = st.tuples(st.just("*") | spans, st.integers(1, high)).map(lambda pair: f"{pair[0]}/{pair[1]}")
    return st.just("*") | st.lists(one | spans | steps, min_size=1, max_size=3).map(",".join)


EXPRESSIONS = st.tuples(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 7)).map(" ".join)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1))


def fits(cron: Cron, moment: datetime) -> bool:
    """The rule of crontab(5), written once more."""
    texts = cron.text.split()
    by_date, by_weekday = moment.day in cron.days, moment.isoweekday() % 7 in cron.weekdays
    free = texts[2].startswith("*") or texts[4].startswith("*")
    day = by_date and by_weekday if free else by_date or by_weekday
    return moment.minute in cron.minutes and moment.hour in cron.hours and moment.month in cron.months and day


@given(EXPRESSIONS, MOMENTS)
def test_the_next_time_is_later_and_fits(expression: str, moment: datetime) -> None:
    cron = Cron.parse(expression)
    found = cron.after(moment)
    assert found > moment
    assert (found.second, found.microsecond) == (0, 0)
    assert fits(cron, found)


@given(EXPRESSIONS, MOMENTS, st.integers(0, 3000))
def test_nothing_between_is_missed(expression: str, moment: datetime, minutes: int) -> None:
    cron = Cron.parse(expression)
    between = moment.replace(second=0, microsecond=0) + timedelta(minutes=minutes + 1)
    if between < cron.after(moment):
        assert not fits(cron, between)
