"""How likely a difference is by chance alone: tests of tables of counts, and their correction for many columns."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np

LEAST_EXPECTED: Final = 5.0
"""Bins in which a side would hold fewer rows by chance are taken together (Cochran, 1952)."""
DRAWS: Final = 999
_SEED: Final = 20_080_901
_EXACT: Final = 2_000
_MOST_BINS: Final = 256


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for the false discovery rate (Benjamini and Hochberg, 1995), in the order given.

    Example:
        >>> benjamini_hochberg([0.01, 0.02, 0.5])
        [0.03, 0.03, 0.5]
    """
    ranked = sorted(range(len(p_values)), key=lambda place: p_values[place], reverse=True)
    adjusted = [1.0] * len(p_values)
    least = 1.0
    for before, place in enumerate(ranked):
        least = min(least, p_values[place] * len(p_values) / (len(p_values) - before))
        adjusted[place] = least
    return adjusted


def grouped(counts: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The counts of two sides, with the bins that would hold fewer than 5 rows on a side taken together."""
    totals = math.fsum(a for a, _ in counts), math.fsum(b for _, b in counts)
    whole = sum(totals)
    if not totals[0] or not totals[1]:
        return []
    kept: list[tuple[float, float]] = []
    rare = (0.0, 0.0)
    for a, b in sorted(counts, key=lambda pair: (-pair[0] - pair[1], pair)):
        if (a + b) * min(totals) / whole >= LEAST_EXPECTED:
            kept.append((a, b))
        else:
            rare = rare[0] + a, rare[1] + b
    few = rare[0] + rare[1]
    if few * min(totals) / whole >= LEAST_EXPECTED or (few and not kept):
        kept.append(rare)
    elif kept:
        kept[-1] = kept[-1][0] + rare[0], kept[-1][1] + rare[1]
    return kept


def chi_squared(counts: Sequence[tuple[float, float]]) -> float:
    """Pearson's statistic of two lists of counts; 0 where a side is empty."""
    totals = math.fsum(a for a, _ in counts), math.fsum(b for _, b in counts)
    whole = sum(totals)
    if not totals[0] or not totals[1]:
        return 0.0
    return math.fsum(
        (pair[side] - (pair[0] + pair[1]) * totals[side] / whole) ** 2
        / ((pair[0] + pair[1]) * totals[side] / whole)
        for pair in counts
        if pair[0] + pair[1]
        for side in (0, 1)
    )


def homogeneity(counts: Sequence[tuple[float, float]]) -> float:
    """P-value of Pearson's chi-squared test that two lists of counts come from one distribution.

    Bins that would hold fewer than 5 rows on a side are taken together first.
    """
    kept = grouped(counts)
    return chi_squared_tail(chi_squared(kept), len(kept) - 1) if len(kept) > 1 else 1.0


def chi_squared_tail(statistic: float, degrees: int) -> float:
    """How likely a chi-squared variable with whole degrees of freedom is at least this large (closed form)."""
    half = statistic / 2
    if half <= 0.0:
        return 1.0
    # Abramowitz and Stegun, 26.4.4 and 26.4.5: a finite sum, its terms in steps of 1.
    odd = degrees % 2 == 1
    total = math.erfc(math.sqrt(half)) if odd else 0.0
    if half > 700.0:
        return _far_tail(half, degrees) + total
    term = math.exp(-half) * (2.0 * math.sqrt(half / math.pi) if odd else 1.0)
    step = 1.5 if odd else 1.0
    for _ in range(degrees // 2):
        total += term
        term *= half / step
        step += 1.0
    return min(total, 1.0)


def _far_tail(half: float, degrees: int) -> float:
    # The same sum by logarithms: the first terms are too small for a float, the last may not be.
    odd = degrees % 2 == 1
    log = -half + (math.log(2.0) + 0.5 * math.log(half / math.pi) if odd else 0.0)
    step, total = (1.5 if odd else 1.0), 0.0
    for _ in range(degrees // 2):
        total += math.exp(min(log, 0.0))
        log += math.log(half / step)
        step += 1.0
    return min(total, 1.0)


def two_shares(hits: tuple[float, float], sizes: tuple[float, float]) -> float:
    """P-value that two shares, such as those of missing rows, are one: Fisher's exact test (1922).

    Where both outcomes are frequent (more than 2,000 rows each) Pearson's test, which then agrees.
    """
    together, whole = sum(hits), sum(sizes)
    if not min(sizes) or not together or together >= whole:
        return 1.0
    few = [(int(hit), int(size)) for hit, size in zip(hits, sizes, strict=True)]
    if min(together, whole - together) > _EXACT:
        return homogeneity([(hits[0], hits[1]), (sizes[0] - hits[0], sizes[1] - hits[1])])
    if together > whole - together:
        few = [(size - hit, size) for hit, size in few]
    (first, size), (second, rest) = few
    drawn = first + second
    logs = [_log_hypergeometric(k, drawn, size, rest) for k in range(max(0, drawn - rest), min(drawn, size) + 1)]
    seen = logs[first - max(0, drawn - rest)]
    return min(math.fsum(math.exp(log) for log in logs if log <= seen + 1e-7), 1.0)


def normal_tail(size: float) -> float:
    """How likely a standard normal variable is at least this far from 0, on either side."""
    return math.erfc(size / math.sqrt(2.0))


def by_simulation(seen: float, chance: np.ndarray, deviation: float) -> float:
    """P-value of a norm of a Gaussian process from values that chance alone gave, in ascending order.

    Past their 99th percentile it goes on as the tail of a normal variable with the largest standard deviation in
    any one direction (Borell's inequality), so that it is not limited by the number of draws.
    """
    import numpy as np

    if not seen > 0.0:
        return 1.0
    edge = float(chance[-1 - len(chance) // 100])
    if seen <= edge or deviation <= 0.0:
        return (1.0 + len(chance) - int(np.searchsorted(chance, seen, side="left"))) / (1.0 + len(chance))
    least = normal_tail(edge / deviation)
    return 0.01 * normal_tail(seen / deviation) / least if least > 0.0 else 0.0


def gaps_by_chance(
    counts: Sequence[tuple[float, float]], effective: float
) -> tuple[np.ndarray, np.ndarray] | None:
    """Total variation and largest gap that chance alone gives a table of counts, 999 times, in ascending order.

    ``None`` for more than 256 bins. The normal variables behind it are always the same.
    """
    import numpy as np

    if not 1 < len(counts) <= _MOST_BINS or effective <= 0.0:
        return None
    pooled = np.array([a + b for a, b in counts])
    roots = np.sqrt(pooled / pooled.sum())
    normal = _normals()[:, : len(roots)]
    apart = roots * normal - np.outer(normal @ roots, roots * roots)
    apart = np.abs(apart) / math.sqrt(effective)
    return np.sort(apart.sum(axis=1) / 2), np.sort(apart.max(axis=1))


@functools.cache
def _normals() -> np.ndarray:
    import numpy as np

    return np.random.default_rng(_SEED).normal(size=(DRAWS, _MOST_BINS))


def _log_hypergeometric(hits: int, drawn: int, size: int, rest: int) -> float:
    return _log_choose(size, hits) + _log_choose(rest, drawn - hits) - _log_choose(size + rest, drawn)


def _log_choose(whole: int, part: int) -> float:
    return math.lgamma(whole + 1) - math.lgamma(part + 1) - math.lgamma(whole - part + 1)
