"""Drift: how far apart two distributions are, and whether that is more than chance and large enough to matter.

Distances are computed from statistics alone, no rows are needed. Numbers are cut at the deciles of both sides
pooled, with open ends, so that one far outlier moves nothing; missing, NaN and each infinity have a bin of
their own, so that identical data is at distance 0 whatever it holds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from mainspring.data.celltypes import ColumnType
from mainspring.data.schema import DriftLimits
from mainspring.data.sketches import Frequencies, Quantiles

if TYPE_CHECKING:
    from mainspring.data.statistics import FeatureStatistics, TableStatistics

BINS: Final = 10
FLOOR: Final = 1e-4
"""The least share of a bin in the population stability index, on both sides: an empty bin is not infinite."""
LEVEL: Final = 0.01
"""The share of false alarms among the columns called drifted that is put up with (Benjamini-Hochberg)."""
_LEAST_EXPECTED: Final = 5.0

_Bins: TypeAlias = Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Distances:
    """How far apart two columns are.

    Attributes:
        l_infinity: The largest difference of a word's share among the rows with a value; ``None`` for numbers.
        at: The word (or, for numbers, the bin) with the largest difference.
        jensen_shannon: Divergence in bits, from 0 to 1, missing rows being a bin of their own.
        psi: Population stability index over the same bins, shares of at least 0.0001 on both sides.
        p_value: How likely so large a difference is by chance alone (chi-squared test of homogeneity; rare bins
            are taken together); 1.0 where there are too few rows to say anything.
        sizes: Rows on both sides.
    """

    l_infinity: float | None
    at: str | None
    jensen_shannon: float
    psi: float
    p_value: float
    sizes: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One column measured between two sets of rows, drifted or not.

    Attributes:
        path: The column.
        between: What was compared, such as ``("previous train", "train")``.
        metric: ``l_infinity`` or ``jensen_shannon``: the one that has a limit.
        value: The distance.
        limit: The largest distance that is let pass; ``None`` if there is no limit.
        distances: All distances.
        adjusted_p: The p-value after Benjamini and Hochberg (1995) over all columns compared.
        drifted: Whether it is past the limit, and more than chance.
    """

    path: str
    between: tuple[str, str]
    metric: str
    value: float
    limit: float | None
    distances: Distances
    adjusted_p: float
    drifted: bool


def distances(one: FeatureStatistics, other: FeatureStatistics) -> Distances | None:
    """How far apart two columns are; ``None`` if they cannot be compared (numbers with words, points in time).

    Symmetric. An empty side, a side without values, new words, a single value and infinities all have a result:
    two empty sides are at distance 0, and the p-value is 1 if a side has no rows.
    """
    bins = _bins(one, other)
    if bins is None:
        return None
    sizes = (one.num_examples, other.num_examples)
    words = one.words is not None and other.words is not None
    gaps = _gaps(bins, without_missing=words)
    at = max(gaps, key=lambda name: (gaps[name], name)) if gaps else None
    shares = _shares(bins)
    return Distances(
        l_infinity=(gaps[at] if at is not None else 0.0) if words else None,
        at=at if at is not None and gaps[at] > 0 else None,
        jensen_shannon=jensen_shannon([p for p, _ in shares], [q for _, q in shares]),
        psi=psi([p for p, _ in shares], [q for _, q in shares]),
        p_value=homogeneity(list(bins.values())),
        sizes=sizes,
    )


def measure(
    one: TableStatistics,
    other: TableStatistics,
    *,
    between: tuple[str, str],
    limits: Mapping[str, DriftLimits],
    level: float = LEVEL,
) -> tuple[Measurement, ...]:
    """Measure every column that both have and that is listed in ``limits``.

    A column has drifted if its distance is past its limit and the difference is significant at ``level`` after
    correcting for the number of columns.
    """
    found = [
        (name, limit, apart)
        for name, limit in limits.items()
        if name in one.features and name in other.features
        for apart in [distances(one.features[name], other.features[name])]
        if apart is not None
    ]
    adjusted = benjamini_hochberg([apart.p_value for _, _, apart in found])
    measurements = []
    for (name, limit, apart), p_value in zip(found, adjusted, strict=True):
        metric = "jensen_shannon" if apart.l_infinity is None else "l_infinity"
        value = apart.jensen_shannon if apart.l_infinity is None else apart.l_infinity
        bound = limit.jensen_shannon if apart.l_infinity is None else limit.l_infinity
        measurements.append(
            Measurement(
                path=name,
                between=between,
                metric=metric,
                value=value,
                limit=bound,
                distances=apart,
                adjusted_p=p_value,
                drifted=bound is not None and value > bound and p_value <= level,
            )
        )
    return tuple(measurements)


def jensen_shannon(one: Sequence[float], other: Sequence[float]) -> float:
    """Jensen-Shannon divergence in bits of two lists of shares (Lin, 1991): 0 for equal ones, 1 for disjoint ones.

    Example:
        >>> jensen_shannon([1.0, 0.0], [0.0, 1.0])
        1.0
    """
    total = 0.0
    for p, q in zip(one, other, strict=True):
        middle = (p + q) / 2
        total += (p * math.log2(p / middle) if p else 0.0) + (q * math.log2(q / middle) if q else 0.0)
    return min(max(total / 2, 0.0), 1.0)


def psi(one: Sequence[float], other: Sequence[float]) -> float:
    """Population stability index of two lists of shares: the sum of ``(p - q) * ln(p / q)``, none below 0.0001."""
    pairs = [(max(p, FLOOR), max(q, FLOOR)) for p, q in zip(one, other, strict=True)]
    return math.fsum((p - q) * math.log(p / q) for p, q in pairs)


def homogeneity(counts: Sequence[tuple[float, float]]) -> float:
    """P-value of Pearson's chi-squared test that two lists of counts come from one distribution.

    Bins that would hold fewer than 5 rows on a side are taken together first.
    """
    totals = math.fsum(a for a, _ in counts), math.fsum(b for _, b in counts)
    whole = sum(totals)
    if not totals[0] or not totals[1]:
        return 1.0
    kept: list[tuple[float, float]] = []
    rare = (0.0, 0.0)
    for a, b in sorted(counts, key=lambda pair: (-pair[0] - pair[1], pair)):
        if (a + b) * min(totals) / whole >= _LEAST_EXPECTED:
            kept.append((a, b))
        else:
            rare = rare[0] + a, rare[1] + b
    few = rare[0] + rare[1]
    if few * min(totals) / whole >= _LEAST_EXPECTED or (few and not kept):
        kept.append(rare)
    elif kept:
        kept[-1] = kept[-1][0] + rare[0], kept[-1][1] + rare[1]
    if len(kept) < 2:
        return 1.0
    statistic = math.fsum(
        ((a if side == 0 else b) - (a + b) * totals[side] / whole) ** 2 / ((a + b) * totals[side] / whole)
        for a, b in kept
        for side in (0, 1)
    )
    return chi_squared_tail(statistic, len(kept) - 1)


def chi_squared_tail(statistic: float, degrees: int) -> float:
    """How likely a chi-squared variable with whole degrees of freedom is at least this large (closed form)."""
    half = statistic / 2
    if half <= 0.0:
        return 1.0
    # Abramowitz and Stegun, 26.4.4 and 26.4.5: a finite sum, its terms in steps of 1.
    odd = degrees % 2 == 1
    total = math.erfc(math.sqrt(half)) if odd else 0.0
    term = math.exp(-half) * (2.0 * math.sqrt(half / math.pi) if odd else 1.0)
    step = 1.5 if odd else 1.0
    for _ in range(degrees // 2):
        total += term
        term *= half / step
        step += 1.0
    return min(total, 1.0)


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


def pooled_edges(one: Quantiles, other: Quantiles) -> tuple[float, ...]:
    """The different deciles of the rows of both sides together."""
    pairs = sorted(
        [*zip(one.values, one.weights, strict=True), *zip(other.values, other.weights, strict=True)],
    )
    pooled = Quantiles(tuple(value for value, _ in pairs), tuple(weight for _, weight in pairs))
    return tuple(dict.fromkeys(pooled.at(share / BINS) for share in range(1, BINS))) if pairs else ()


def _bins(one: FeatureStatistics, other: FeatureStatistics) -> dict[str, tuple[float, float]] | None:
    timed = {ColumnType.DATE, ColumnType.TIMESTAMP}
    if one.type in timed or other.type in timed:
        return None
    missing = {"missing": (float(one.num_missing), float(other.num_missing))}
    if one.numbers is not None and other.numbers is not None:
        ours, theirs = one.numbers, other.numbers
        edges = pooled_edges(ours.quantiles, theirs.quantiles)
        return {
            **_cut(ours.quantiles, theirs.quantiles, edges),
            "NaN": (float(ours.num_nan), float(theirs.num_nan)),
            "infinite": (float(ours.num_inf), float(theirs.num_inf)),
            **missing,
        }
    if one.words is not None and other.words is not None:
        return {**_pair_words(one.words.frequencies, other.words.frequencies), **missing}
    return None


def _cut(one: Quantiles, other: Quantiles, edges: Sequence[float]) -> dict[str, tuple[float, float]]:
    """Rows in (-inf, e1), [e1, e2) … [en, inf)."""
    found = {}
    before = (0.0, 0.0)
    lower = "(-inf"
    for edge in edges:
        reached = one.mass_below(edge), other.mass_below(edge)
        found[f"{lower}, {edge:g})"] = reached[0] - before[0], reached[1] - before[1]
        before, lower = reached, f"[{edge:g}"
    found[f"{lower}, inf)"] = max(one.total - before[0], 0.0), max(other.total - before[1], 0.0)
    return found


def _pair_words(one: Frequencies, other: Frequencies) -> dict[str, tuple[float, float]]:
    """Rows per word. What one side lists and the other, incomplete, does not is counted with the unlisted."""
    found: dict[str, tuple[float, float]] = {}
    unlisted = [float(one.rest), float(other.rest)]
    for word in {**one.counts, **other.counts}:
        here, there = one.counts.get(word), other.counts.get(word)
        if (here is None and not one.complete) or (there is None and not other.complete):
            unlisted[0] += here or 0
            unlisted[1] += there or 0
        else:
            found[f"={word}"] = float(here or 0), float(there or 0)
    if any(unlisted):
        found["other words"] = unlisted[0], unlisted[1]
    return found


def _shares(bins: _Bins) -> list[tuple[float, float]]:
    totals = math.fsum(a for a, _ in bins.values()), math.fsum(b for _, b in bins.values())
    if not any(totals):
        return []
    # A side without rows looks like the other: nothing is known about it.
    return [
        (
            a / totals[0] if totals[0] else b / totals[1],
            b / totals[1] if totals[1] else a / totals[0],
        )
        for a, b in bins.values()
    ]


def _gaps(bins: _Bins, *, without_missing: bool) -> dict[str, float]:
    kept = {name: pair for name, pair in bins.items() if not (without_missing and name == "missing")}
    return {name.removeprefix("="): abs(p - q) for name, (p, q) in zip(kept, _shares(kept), strict=False)}
