"""Bets against a hypothesis: if it is true, nobody becomes rich from them, however long they go on.

Each function gives the logarithm of what one coin has become. Under the hypothesis it is a martingale that begins
with 1, so with probability ``1 - alpha`` it never comes to ``1 / alpha`` (Ville, 1939). What it has not reached is
a confidence sequence: it may be looked at as often as one likes, and stopped whenever it says enough. Bets against
two independent arms may be multiplied.

Robbins, "Statistical methods related to the law of the iterated logarithm" (1970); Howard, Ramdas, McAuliffe and
Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences" (Annals of Statistics, 2021).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

AROUND: Final = 1000.0
"""The number of values around which intervals are the narrowest that they can be; at a tenth or ten times of it
they are wider by some percent."""


def share_bet(hits: float, total: float, share: float, *, strength: float = 0.0) -> float:
    """A bet against the hypothesis that each value is a hit with a probability: a mixture of Beta distributions
    around it. It holds at every number of values, without any approximation.

    Args:
        hits: How many hits there were.
        total: Of how many values.
        share: The probability.
        strength: How near to it the mixture is; by default right for :data:`AROUND` values.
    """
    if not 0.0 < share < 1.0:
        impossible = hits > 0 if share <= 0.0 else hits < total
        return math.inf if impossible else 0.0
    r = strength or AROUND / 10.0
    good, bad = share * r, (1.0 - share) * r
    mixture = _log_beta(good + hits, bad + total - hits) - _log_beta(good, bad)
    return mixture - hits * math.log(share) - (total - hits) * math.log1p(-share)


def counts_bet(counts: Sequence[float], shares: Sequence[float]) -> float:
    """A bet against the hypothesis that values fall into classes with probabilities: a mixture of Dirichlet
    distributions around them (Lindon and Malek, "Anytime-valid inference for multinomial count data", 2022).

    Args:
        counts: How many fell into each class.
        shares: The probabilities, above 0.
    """
    r, total = AROUND / 10.0, sum(counts)
    bet = math.lgamma(r) - math.lgamma(r + total)
    for count, share in zip(counts, shares, strict=True):
        bet += math.lgamma(share * r + count) - math.lgamma(share * r) - count * math.log(share)
    return bet


def difference_scale(
    counts: tuple[float, float], variances: tuple[float, float], alpha: float
) -> tuple[float, float]:
    """For a bet against a difference of two means, a mixture of normal distributions around it:
    ``(difference - hypothesis)² / (2 scale) - cost``.

    The difference of means is a Brownian motion in its information, the inverse of its variance, however values
    come to either arm (Jennison and Turnbull, "Group Sequential Methods", 2000, section 3.4). Variances are those
    that were seen: it holds for many values (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform
    central limit theory and asymptotic confidence sequences", Annals of Statistics, 2024); for normal values it is
    the mixture sequential probability ratio test of Johari, Koomen, Pekelis and Walsh ("Always valid inference",
    Operations Research, 2022).

    Args:
        counts: How many values there are of either.
        variances: Of one value of either.
        alpha: The level at which the mixture shall be best.

    Returns:
        ``scale`` and ``cost``.
    """
    tight = -2.0 * math.log(alpha)
    rho = (tight + math.log(tight + 1.0) + 1.0) / AROUND
    variance = variances[0] / counts[0] + variances[1] / counts[1]
    # As many values of each arm would tell as much.
    alike = sum(variances) / variance if variance > 0.0 else min(counts)
    grown = alike * rho + 1.0
    return variance * grown / (alike * rho), 0.5 * math.log(grown)


def shares_scale(counts: tuple[float, float], variances: tuple[float, float], alpha: float) -> tuple[float, float]:
    """What the product of two bets on shares, :func:`share_bet`, comes to for many values, in the form of
    :func:`difference_scale`: for planning.
    """
    rho = 1.0 / (AROUND / 10.0 + 1.0)
    scale = cost = 0.0
    for count, variance in zip(counts, variances, strict=True):
        grown = count * rho + 1.0
        scale += variance * grown / (count * count * rho)
        cost += 0.5 * math.log(grown)
    return scale, cost


def least_point(function: Callable[[float], float], low: float, high: float, *, steps: int = 36) -> float:
    """Where a function that first falls and then rises is least: golden section search (Kiefer, 1953)."""
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = function(left), function(right)
    for _ in range(steps):
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = function(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = function(right)
    return (low + high) / 2.0


def crossing(function: Callable[[float], float], inside: float, outside: float, *, steps: int = 30) -> float:
    """The last point, from one where a function is not above 0 towards one where it is, at which it is not."""
    if function(outside) <= 0.0:
        return outside
    for _ in range(steps):
        middle = (inside + outside) / 2.0
        if function(middle) <= 0.0:
            inside = middle
        else:
            outside = middle
    return outside


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
