import math

import pytest

from mainspring.monitoring.windows.times import EventTime, happened
from mainspring.serving.payloads import LogRecord


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (50, 50.0),
        (50.5, 50.5),
        ("1970-01-01T00:00:50Z", 50.0),
        ("1970-01-01T00:00:50", 50.0),
        ("1970-01-01 01:00:50+01:00", 50.0),
        ("1970-01-01", 0.0),
        (-5, -5.0),
    ],
)
def test_a_time_is_seconds_or_a_text(value: object, expected: float) -> None:
    assert happened(value, 100.0) == expected


@pytest.mark.parametrize("value", [None, "soon", "", True, [50], math.nan, math.inf, 101, "1971-01-01"])
def test_what_is_no_time_or_lies_in_the_future_counts_as_the_arrival(value: object) -> None:
    assert happened(value, 100.0) == 100.0


def test_a_request_may_have_rows_of_several_times() -> None:
    record = LogRecord(id="a", time=100.0, model="m", version="1", columns={"at": [1, 2, 1], "x": [0, 0, 0]})
    assert set(EventTime(name="at").of(record)) == {1.0, 2.0}
    assert set(EventTime().of(record)) == {100.0}
    assert set(EventTime(name="gone").of(record)) == {100.0}
    assert set(EventTime(name="parameters.at").of(record)) == {100.0}
