"""Durations in words."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """A duration as people say it.

    Example:
        >>> duration(0.0042), duration(3.21), duration(75)
        ('4 ms', '3.2 s', '1 min 15 s')
    """
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
