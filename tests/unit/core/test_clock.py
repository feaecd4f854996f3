"""Times as texts."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.core.clock import iso, now


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_000_000_000, "2001-09-09T01:46:40.000Z"),
        (1_709_210_096.789, "2024-02-29T12:34:56.789Z"),
        (1.9999, "1970-01-01T00:00:01.999Z"),  # cut, not rounded: a stamp never lies in the future
    ],
)
def test_known_times(seconds: float, text: str) -> None:
    assert iso(seconds) == text


@given(st.integers(min_value=0, max_value=4_102_444_800_000))
def test_a_stamp_reads_back_to_the_millisecond(milliseconds: int) -> None:
    back = datetime.fromisoformat(iso(milliseconds / 1000))
    # A millisecond that the binary float lies just below may be cut to the one before.
    assert 0 <= milliseconds - round(back.timestamp() * 1000) <= 1


def test_order_of_texts_is_order_of_times() -> None:
    assert sorted([iso(9.5), iso(1e9), iso(0.25)]) == [iso(0.25), iso(9.5), iso(1e9)]


def test_now_is_this_century() -> None:
    assert re.match(r"^20\d\d-", iso(now()))
    assert abs(now() - datetime.now(UTC).timestamp()) < 5
