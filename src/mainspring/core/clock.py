"""Time. The only place that reads the wall clock, so that tests can set it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

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
