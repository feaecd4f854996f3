"""How likely a statistic is by chance alone: the tails of Student's t and of Fisher's F."""

from __future__ import annotations

import math
from typing import Final

_SMALL: Final = 1e-300
_CLOSE: Final = 1e-15
_MOST: Final = 10_000


def f_tail(statistic: float, above: float, below: float) -> float:
    """How likely a variable of Fisher's F distribution is at least this large.

    Args:
        statistic: The ratio of two mean squares.
        above: Degrees of freedom of the numerator.
        below: Degrees of freedom of the denominator.

    Example:
        >>> round(f_tail(4.0, 1, 10), 6)
        0.073388
    """
    if math.isnan(statistic) or below <= 0 or above <= 0:
        return math.nan
    if math.isinf(statistic):
        return 0.0
    if statistic <= 0:
        return 1.0
    total = below + above * statistic
    return _incomplete_beta(below / 2, above / 2, below / total, above * statistic / total)


def t_tail(statistic: float, degrees: float) -> float:
    """How likely a variable of Student's t distribution is at least this far from 0, on either side."""
    return f_tail(statistic * statistic, 1.0, degrees)


def _incomplete_beta(a: float, b: float, x: float, rest: float) -> float:
    """The regularized incomplete beta function of ``x``, where ``rest`` is ``1 - x`` without its rounding."""
    if x <= 0.0:
        return 0.0
    if rest <= 0.0:
        return 1.0
    log = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest)
    if x < (a + 1) / (a + b + 2):
        return math.exp(log) * _fraction(a, b, x) / a
    return 1.0 - math.exp(log) * _fraction(b, a, rest) / b


def _fraction(a: float, b: float, x: float) -> float:
    """Its continued fraction (Abramowitz and Stegun, 26.5.8), by Lentz's method."""
    c, d = 1.0, 1.0 / _away(1.0 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, _MOST):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1.0 / _away(1.0 + term * d)
            c = _away(1.0 + term / c)
            found *= c * d
        if abs(c * d - 1.0) < _CLOSE:
            break
    return found


def _away(value: float) -> float:
    return value if abs(value) > _SMALL else _SMALL
