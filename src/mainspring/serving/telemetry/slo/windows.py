"""Lengths of time as Prometheus writes them: ``5m``, ``1h``, ``30d``."""

from __future__ import annotations

from typing import Final

PATTERN: Final = "^[1-9][0-9]*(s|m|h|d|w)$"

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def seconds(window: str) -> float:
    """The length in seconds.

    Example:
        >>> seconds("30m")
        1800.0
    """
    return float(int(window[:-1]) * _UNITS[window[-1]])
