"""How figures are written for people: thousands parted, a true minus, one way for shares and sizes."""

from __future__ import annotations

import math
from typing import Final

MINUS: Final = "\N{MINUS SIGN}"
UNKNOWN: Final = "—"


def number(value: object, digits: int = 4) -> str:
    """A figure as short as it can be: a setting, a limit, a cell of data.

    Example:
        >>> number(0.91234567), number(0.1), number(2789.4), number(None)
        ('0.9123', '0.1', '2,789', '—')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return UNKNOWN
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, int) or abs(value) >= 10 ** (digits - 1):
        return _written(f"{value:,.0f}" if abs(value) < 1e15 else f"{value:.{digits}g}")
    return _written(f"{value:.{digits}g}")


def measured(value: object, digits: int = 4) -> str:
    """A figure that was measured, with all its decimals, so that those of a column are under one another.

    Example:
        >>> measured(0.661), measured(0.04959), measured(2.6), measured(882.0)
        ('0.6610', '0.0496', '2.600', '882')
    """
    if not isinstance(value, float) or math.isnan(value) or value.is_integer() or abs(value) >= 10 ** (digits - 1):
        return number(value, digits)
    if abs(value) < 1:
        return number(value, 2) if abs(value) < 0.5 * 10**-digits else _written(f"{value:.{digits}f}")
    return _written(f"{value:#.{digits}g}")


def signed(value: float | None, digits: int = 4) -> str:
    """A change, with its sign.

    Example:
        >>> signed(0.124), signed(0.00764), signed(0.0), signed(31)
        ('+0.1240', '+0.0076', '0', '+31')
    """
    text = measured(value, digits)
    return f"+{text}" if value is not None and value > 0 else text


def whole(value: float | None) -> str:
    """A count with its thousands parted."""
    return UNKNOWN if value is None else _written(f"{value:,.0f}")


def percent(value: float | None, digits: int = 1) -> str:
    """A share as per cent.

    Example:
        >>> percent(0.5), percent(1 / 3, 0), percent(None)
        ('50.0 %', '33 %', '—')
    """
    return UNKNOWN if value is None or math.isnan(value) else _written(f"{value * 100:.{digits}f} %")


def size(count: float | None) -> str:
    """A number of bytes.

    Example:
        >>> size(999), size(1_500_000)
        ('999 B', '1.5 MB')
    """
    if count is None:
        return UNKNOWN
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def counted(many: int, one: str, more: str = "") -> str:
    """A number with its noun.

    Example:
        >>> counted(1, "run"), counted(2, "run"), counted(3, "entry", "entries")
        ('1 run', '2 runs', '3 entries')
    """
    return f"{many:,} {one if many == 1 else more or one + 's'}"


def _written(text: str) -> str:
    """A figure of Python as people write it: no zeros before an exponent, no minus before nothing."""
    mantissa, power, exponent = text.partition("e")
    if not mantissa.strip("-0., %"):
        mantissa = mantissa.lstrip("-")
    return (mantissa + power + (str(int(exponent)) if power else "")).replace("-", MINUS)
