"""Figures and times in words."""

from __future__ import annotations

import math
from datetime import UTC, datetime

NOTHING = "\N{EM DASH}"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def figure(value: object) -> str:
    """A figure with four significant digits; whole numbers as they are; a dash for what does not exist.

    Example:
        >>> figure(0.99469), figure(12345.0), figure(None), figure("red")
        ('0.9947', '12,345', '—', 'red')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return NOTHING
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, float) and math.isinf(value):
        return "\N{INFINITY}" if value > 0 else "\N{MINUS SIGN}\N{INFINITY}"
    if value == int(value) and abs(value) < 1e12:
        text = f"{int(value):,}"
    elif abs(value) >= 1e4 or (value and abs(value) < 1e-4):
        text = f"{value:.3g}" if not 1e4 <= abs(value) < 1e7 else f"{value:,.0f}"
    else:
        text = f"{value:.4g}"
    return text.replace("-", "\N{MINUS SIGN}", 1) if text.startswith("-") else text


def change(value: float) -> str:
    """A difference, with its sign."""
    if not math.isfinite(value):
        return NOTHING
    text = figure(float(f"{value:.3g}"))
    return f"+{text}" if value > 0 else text if value < 0 else "\N{PLUS-MINUS SIGN}0"


def percent(share: float) -> str:
    """A share in percent; what is not nothing is not shown as nothing.

    Example:
        >>> percent(0.0), percent(0.0004), percent(0.256), percent(1.0)
        ('0 %', '< 0.1 %', '25.6 %', '100 %')
    """
    if not math.isfinite(share):
        return NOTHING
    if 0 < share < 0.001:
        return "< 0.1 %"
    if 0.999 < share < 1:
        return "> 99.9 %"
    return f"{share * 100:.1f}".removesuffix(".0") + " %"


def counted(number: int, word: str) -> str:
    """A number and a word, in the plural where it is due.

    Example:
        >>> counted(1, "row"), counted(1200, "row")
        ('1 row', '1,200 rows')
    """
    return f"{number:,} {word}" + ("" if number == 1 else "s")


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


def shortened(text: str, most: int) -> str:
    """The beginning of a text, with an ellipsis if it is longer."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"
