"""Figures and times in words."""

from __future__ import annotations

from datetime import UTC, datetime

from mainspring.data.viewing.wording import NOTHING, counted, figure, percent, shortened

__all__ = ["NOTHING", "counted", "figure", "listed", "moment", "percent", "shortened", "size"]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def listed(words: list[str]) -> str:
    """Words as a list in a sentence.

    Example:
        >>> listed(["a", "b", "c"])
        'a, b and c'
    """
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1] if words else ""


def moment(seconds: float) -> str:
    """A point in time for people, in UTC.

    Example:
        >>> moment(0)
        '1 Jan 1970, 00:00 UTC'
    """
    stamp = datetime.fromtimestamp(seconds, UTC)
    return f"{stamp.day} {_MONTHS[stamp.month - 1]} {stamp.year}, {stamp:%H:%M} UTC"


def size(count: int) -> str:
    """Bytes in words.

    Example:
        >>> size(512), size(124866)
        ('512 B', '121.9 KiB')
    """
    amount = float(count)
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.0f} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"
