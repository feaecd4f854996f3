"""Time. The only place that reads the wall clock, so that tests can set it."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

from mainspring.core.errors import InputError

Clock: TypeAlias = Callable[[], float]
"""Gives the seconds since the epoch."""


def now() -> float:
    """Seconds since 1970-01-01 UTC."""
    return time.time()


def iso(seconds: float) -> str:
    """An RFC 3339 text in UTC with milliseconds.

    Example:
        >>> iso(0)
        '1970-01-01T00:00:00.000Z'
    """
    stamp = datetime.fromtimestamp(seconds, UTC)
    return stamp.strftime("%Y-%m-%dT%H:%M:%S.") + f"{stamp.microsecond // 1000:03d}Z"


def from_iso(text: str) -> float:
    """Seconds since the epoch of a day or a moment in ISO 8601; UTC where no zone is said.

    Example:
        >>> from_iso("1970-01-02"), from_iso("1970-01-01T01:00:00+01:00")
        (86400.0, 0.0)

    Raises:
        InputError: If it is neither.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            f"{text!r} is no time", expected="ISO 8601, such as 2026-05-03 or 2026-05-03T12:00"
        ) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def interval(text: str) -> float:
    """Seconds of an interval.

    Example:
        >>> interval("15m"), interval("1d")
        (900.0, 86400.0)

    Raises:
        InputError: If it is not a number and one of s, m, h, d.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhd])\s*", text)
    if not found or float(found[1]) <= 0:
        raise InputError(f"{text!r} is no interval", expected='a number and one of s, m, h, d: "15m", "6h", "1d"')
    return float(found[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[found[2]]


def seconds_of(length: str | float) -> float:
    """Seconds of a length of time: a text such as ``"12h"`` or ``"30d"``, or a number of seconds.

    Raises:
        InputError: If it is neither, or not positive.

    Example:
        >>> seconds_of("30d"), seconds_of(90)
        (2592000.0, 90.0)
    """
    if isinstance(length, str):
        return interval(length)
    if isinstance(length, bool) or not 0 < length < math.inf:
        raise InputError(f"{length!r} is no length of time", expected='such as "12h" or "30d", or seconds')
    return float(length)
