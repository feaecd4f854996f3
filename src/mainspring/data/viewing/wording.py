"""Figures, shares and times in words: the same on the page, in the terminal and in reports."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Final

NOTHING: Final = "\N{EM DASH}"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def figure(value: object) -> str:
    """A figure with four significant digits; whole numbers as they are; a dash for what does not exist.

    Example:
        >>> figure(0.99469), figure(2781.4), figure(None), figure("red")
        ('0.9947', '2,781', '—', 'red')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return NOTHING
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, float) and math.isinf(value):
        return "\N{INFINITY}" if value > 0 else "\N{MINUS SIGN}\N{INFINITY}"
    if value == int(value) and abs(value) < 1e12:
        text = f"{int(value):,}"
    elif abs(value) >= 1e7 or (value and abs(value) < 1e-4):
        text = f"{value:.3g}"
    elif abs(value) >= 1e3:
        text = f"{value:,.0f}"
    else:
        text = f"{value:.4g}"
    return text.replace("-", "\N{MINUS SIGN}", 1) if text.startswith("-") else text


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


def shortened(text: str, most: int) -> str:
    """The beginning of a text, with an ellipsis if it is longer."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def moment(seconds: float | None, *, day: bool = False) -> str:
    """A point in time from its seconds since 1970, in UTC; only its day where asked for, or at midnight.

    Example:
        >>> moment(0), moment(3661)
        ('1970-01-01', '1970-01-01 01:01')
    """
    if seconds is None or not math.isfinite(seconds):
        return NOTHING
    try:
        stamp = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return figure(seconds)
    midnight = stamp.hour == stamp.minute == stamp.second == 0
    return f"{stamp:%Y-%m-%d}" if day or midnight else f"{stamp:%Y-%m-%d %H:%M}"
