from datetime import UTC, datetime
from typing import Any

import pytest

from mainspring.core.errors import InputError
from mainspring.monitoring.hours import QuietHours, next_time_of_day, quiet_until, zone_of


def at(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone_of(zone)).timestamp()


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        ("2026-11-20T21:59", None),
        ("2026-11-20T22:00", "2026-11-21T06:00"),
        ("2026-11-21T05:59", "2026-11-21T06:00"),
        ("2026-11-21T06:00", None),
    ],
)
def test_hours_may_go_past_midnight(moment: str, end: str | None) -> None:
    found = quiet_until(QuietHours(since="22:00", until="06:00"), at(moment), UTC)
    assert found == (None if end is None else at(end))


def test_hours_begin_on_their_days() -> None:
    weekend = QuietHours(since="18:00", until="18:00", days=("fri", "sat"))
    assert quiet_until(weekend, at("2026-11-20T17:00"), UTC) is None  # a Friday
    # Two stretches of a day that follow one another are one.
    assert quiet_until(weekend, at("2026-11-20T19:00"), UTC) == at("2026-11-22T18:00")
    assert quiet_until(weekend, at("2026-11-22T19:00"), UTC) is None


def test_hours_are_told_where_people_live() -> None:
    quiet = QuietHours(since="22:00", until="06:00")
    assert quiet_until(quiet, at("2026-07-01T20:30"), zone_of("Europe/Paris")) == at("2026-07-02T04:00")
    assert quiet_until(quiet, at("2026-07-01T20:30"), UTC) is None


@pytest.mark.parametrize("wrong", [{"since": "25:00"}, {"since": "22:00", "until": "6"}, {"days": ("someday",)}])
def test_what_is_no_time_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="no time and no day"):
        QuietHours(**wrong)


def test_all_day_every_day_ends_within_a_week() -> None:
    always = QuietHours(since="00:00", until="24:00")
    end = quiet_until(always, at("2026-11-20T12:00"), UTC)
    assert end == at("2026-11-28T00:00")


@pytest.mark.parametrize(
    ("text", "after", "then"),
    [
        ("08:00", "2026-11-20T07:59", "2026-11-20T08:00"),
        ("08:00", "2026-11-20T08:00", "2026-11-21T08:00"),
        ("24:00", "2026-11-20T23:00", "2026-11-21T00:00"),
    ],
)
def test_a_time_of_day_comes_next_today_or_tomorrow(text: str, after: str, then: str) -> None:
    assert next_time_of_day(text, at(after), UTC) == at(then)
