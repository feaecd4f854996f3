"""How far apart two columns are, from their statistics or from their rows.

Numbers are cut at the deciles of both sides pooled, with open ends, so that one far outlier moves nothing;
missing, NaN and infinite rows have a bin of their own, so that identical data is at distance 0 whatever it holds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from mainspring.data.comparison import formulas, resampling
from mainspring.data.comparison.nouns import METRICS, Distances
from mainspring.data.comparison.ordered import (
    Line,
    half_harmonic,
    kolmogorov_smirnov,
    kolmogorov_smirnov_p,
    wasserstein,
)
from mainspring.data.comparison.sides import (
    MISSING,
    Bins,
    Side,
    aligned,
    bins_of,
    comparable,
    line_of,
    shares_of,
    side_of,
)
from mainspring.data.comparison.significance import (
    by_simulation,
    chi_squared,
    chi_squared_tail,
    gaps_by_chance,
    grouped,
    normal_tail,
    two_shares,
)

if TYPE_CHECKING:
    from mainspring.data.statistics import FeatureStatistics

_KOLMOGOROV_ROOT: Final = math.sqrt(math.pi**2 / 12)
"""Root mean square of the supremum of a Brownian bridge."""


class _Scored(NamedTuple):
    value: float
    p_value: float | None
    chance: float


def distances(
    one: FeatureStatistics,
    other: FeatureStatistics,
    *,
    intervals: bool = False,
    judged: Collection[str] | None = None,
) -> Distances | None:
    """How far apart two columns are; ``None`` if they cannot be compared (numbers with words).

    From statistics alone, no rows are needed. Symmetric but for ``wasserstein``, whose unit is the spread of the
    first side. An empty side, a side without values, new words, a single value and infinities all have a result:
    two empty sides are at distance 0, and the p-value is 1 if a side has no rows. Dates and times are compared as
    seconds, lists by their elements, and by their lengths apart. Of structures only their presence is compared;
    their fields are features of their own.

    Args:
        intervals: Also give 95 % confidence intervals, by resampling the summaries 200 times, always in the same
            way. This takes longer than all the rest.
        judged: The distances that will be held against a limit; all if ``None``. Of the others that need many
            draws for it, ``total_variation``, ``l_infinity`` and ``wasserstein``, the p-value is left out.

    Example:
        >>> from mainspring.data import Table, summarize
        >>> before = summarize(Table.from_columns({"paid": ["cash"] * 60 + ["card"] * 40}))
        >>> after = summarize(Table.from_columns({"paid": ["cash"] * 30 + ["card"] * 70}))
        >>> found = distances(*(one.split("train").feature("paid") for one in (before, after)))
        >>> round(found.l_infinity, 3), found.at, found.p_value < 0.001
        (0.3, 'cash', True)
    """
    return distances_of_sides(side_of(one), side_of(other), intervals=intervals, judged=judged)


def distances_of_sides(
    one: Side, other: Side, *, intervals: bool = False, judged: Collection[str] | None = None
) -> Distances | None:
    """How far apart two columns are, however they came to be known; ``None`` if they cannot be compared."""
    one, other = aligned(one, other)
    if not comparable(one, other):
        return None
    line = line_of(one.points, other.points)
    bins = bins_of(one, other, line)
    words = one.words is not None
    lengths = line_of(one.lengths, other.lengths)
    drawn_for = frozenset(METRICS if judged is None else judged)
    scored = _binned(bins, line, drawn_for)
    scored |= _words(bins, drawn_for) if words else _line(line, one, other, drawn_for) if line is not None else {}
    scored |= _presence(one, other, lengths)
    drawn = resampling.intervals(bins, line, lengths, _missing(one, other)) if intervals else {}
    return Distances(
        at=_furthest(bins, without_missing=words),
        sizes=(round(one.rows), round(other.rows)),
        p_value=scored["chi_squared"].p_value or 0.0,
        p_values={name: found.p_value for name, found in scored.items() if found.p_value is not None},
        chance={name: found.chance for name, found in scored.items()},
        intervals={name: ends for name, ends in drawn.items() if name in scored},
        jensen_shannon=scored["jensen_shannon"].value,
        psi=scored["psi"].value,
        hellinger=scored["hellinger"].value,
        total_variation=scored["total_variation"].value,
        chi_squared=scored["chi_squared"].value,
        missing=scored["missing"].value,
        l_infinity=_value(scored, "l_infinity"),
        normalized_absolute_difference=_value(scored, "normalized_absolute_difference"),
        kolmogorov_smirnov=_value(scored, "kolmogorov_smirnov"),
        wasserstein=_value(scored, "wasserstein"),
        length=_value(scored, "length"),
    )


def moved_share(one: Side, other: Side) -> float | None:
    """The share of rows that would have to change: the larger of ``total_variation`` and ``kolmogorov_smirnov``.

    Without p-values, and so for a small part of what :func:`distances_of_sides` costs; ``None`` if the columns
    cannot be compared.
    """
    one, other = aligned(one, other)
    if not comparable(one, other):
        return None
    line = line_of(one.points, other.points)
    found = formulas.total_variation(*_sides(list(bins_of(one, other, line).values())))
    return found if one.words is not None or line is None else max(found, _farthest(line, one, other))


def _value(scored: Mapping[str, _Scored], name: str) -> float | None:
    return scored[name].value if name in scored else None


def _binned(bins: Bins, line: Line | None, drawn_for: frozenset[str]) -> dict[str, _Scored]:
    """Distances over bins; their p-values over the same bins, the rare ones taken together.

    To second order all of them are Pearson's statistic over the effective size (they are f-divergences), so that
    they share its quantiles and its mean. In small samples they exceed it, so that none is called less likely
    than Pearson's own test finds it.
    """
    p, q = _sides(list(bins.values()))
    kept = grouped(list(bins.values()))
    few, less = _sides(kept)
    effective = _effective(kept, line)
    degrees = max(len(kept) - 1, 0)
    used = sum(1 for pair in bins.values() if any(pair))
    chance = max(used - 1, 0) / effective if effective else 0.0
    pearson = chi_squared(kept) * (effective / _plain(kept) if effective else 0.0)
    least = _tail(pearson, degrees)

    def p_value(divergence: float) -> float:
        return max(_tail(divergence * effective, degrees), least)

    return {
        "jensen_shannon": _Scored(
            formulas.jensen_shannon(p, q),
            p_value(8 * math.log(2) * formulas.jensen_shannon(few, less)),
            chance / (8 * math.log(2)),
        ),
        "psi": _Scored(formulas.psi(p, q), p_value(formulas.psi(few, less)), chance),
        "hellinger": _Scored(
            formulas.hellinger(p, q), p_value(8 * formulas.hellinger(few, less) ** 2), math.sqrt(chance / 8)
        ),
        "chi_squared": _Scored(pearson, least, float(degrees)),
        "total_variation": _gap(formulas.total_variation, (p, q), kept, effective, 0)
        if "total_variation" in drawn_for
        else _Scored(formulas.total_variation(p, q), None, 0.0),
    }


def _words(bins: Bins, drawn_for: frozenset[str]) -> dict[str, _Scored]:
    present = [pair for name, pair in bins.items() if name != MISSING]
    kept = grouped(present)
    whole = sum(a + b for a, b in present)
    apart = max((abs(a - b) for a, b in present), default=0.0)
    surprise = max((abs(a - b) / math.sqrt(a + b) for a, b in present if a + b), default=0.0)
    used = max(sum(1 for pair in present if any(pair)), 1)
    return {
        "l_infinity": _gap(formulas.largest_gap, _sides(present), kept, _effective(kept, None), 1)
        if "l_infinity" in drawn_for
        else _Scored(formulas.largest_gap(*_sides(present)), None, 0.0),
        "normalized_absolute_difference": _Scored(
            apart / whole if whole else 0.0,
            # Counts as Poisson variables, the most surprising of all words.
            min(normal_tail(surprise) * used, 1.0),
            math.sqrt(max((a + b for a, b in present), default=0.0)) / whole if whole else 0.0,
        ),
    }


def _line(line: Line, one: Side, other: Side, drawn_for: frozenset[str]) -> dict[str, _Scored]:
    p_value = kolmogorov_smirnov_p(line, kolmogorov_smirnov(line))
    for counts in _off_the_line(one, other):
        p_value = min(2 * min(p_value, two_shares(counts, (one.rows, other.rows))), 1.0)
    moved = wasserstein(line, drawn="wasserstein" in drawn_for)
    return {
        "kolmogorov_smirnov": _Scored(_farthest(line, one, other), p_value, _supremum(line)),
        "wasserstein": _Scored(moved.distance, moved.p_value, moved.chance),
    }


def _farthest(line: Line, one: Side, other: Side) -> float:
    """The distance of Kolmogorov and Smirnov, with the shares of rows that lie on no line."""
    gaps = [_difference(counts, (one.rows, other.rows)) for counts in _off_the_line(one, other)]
    return max([kolmogorov_smirnov(line), *gaps])


def _off_the_line(one: Side, other: Side) -> list[tuple[float, float]]:
    """Rows of both sides that are NaN, infinite or missing, where there are any."""
    every = ((one.nan, other.nan), (one.infinite, other.infinite), (one.missing, other.missing))
    return [counts for counts in every if any(counts)]


def _presence(one: Side, other: Side, lengths: Line | None) -> dict[str, _Scored]:
    hits, sizes = _missing(one, other)
    share = sum(hits) / sum(sizes) if sum(sizes) else 0.0
    size = half_harmonic(*sizes)
    chance = math.sqrt(share * (1 - share) / size) if size else 0.0
    found = {"missing": _Scored(_difference(hits, sizes), two_shares(hits, sizes), chance)}
    if lengths is not None:
        distance = kolmogorov_smirnov(lengths)
        found["length"] = _Scored(distance, kolmogorov_smirnov_p(lengths, distance), _supremum(lengths))
    return found


def _missing(one: Side, other: Side) -> tuple[tuple[float, float], tuple[float, float]]:
    return (one.missing, other.missing), (one.rows, other.rows)


def _gap(
    formula: Callable[[Sequence[float], Sequence[float]], float],
    sides: tuple[list[float], list[float]],
    kept: Sequence[tuple[float, float]],
    effective: float,
    place: int,
) -> _Scored:
    value = formula(*sides)
    by_chance = gaps_by_chance(kept, effective)
    if by_chance is None:
        p_value = _tail(chi_squared(kept), len(kept) - 1) if len(kept) > 1 else 1.0
        return _Scored(value, p_value, 0.0)
    shares = [(a + b) / sum(c + d for c, d in kept) for a, b in kept]
    widest = max(share * (1 - share) for share in shares) if place else 0.25
    seen = formula(*_sides(kept))
    p_value = by_simulation(seen, by_chance[place], math.sqrt(widest / effective))
    return _Scored(value, p_value, float(by_chance[place].mean()))


def _effective(kept: Sequence[tuple[float, float]], line: Line | None) -> float:
    """Half the harmonic mean of the rows of both sides, less where the points of a side are a summary."""
    plain = _plain(kept)
    if line is None or not plain or not line.effective:
        return plain
    return plain * line.effective / half_harmonic(line.sides[0].total, line.sides[1].total)


def _plain(kept: Sequence[tuple[float, float]]) -> float:
    return half_harmonic(math.fsum(a for a, _ in kept), math.fsum(b for _, b in kept))


def _supremum(line: Line) -> float:
    return _KOLMOGOROV_ROOT / math.sqrt(line.effective) if line.effective else 0.0


def _tail(statistic: float, degrees: int) -> float:
    return chi_squared_tail(statistic, degrees) if degrees > 0 else 1.0


def _difference(counts: tuple[float, float], sizes: tuple[float, float]) -> float:
    return abs(counts[0] / sizes[0] - counts[1] / sizes[1]) if all(sizes) else 0.0


def _sides(counts: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    shares = shares_of(counts)
    return [p for p, _ in shares], [q for _, q in shares]


def _furthest(bins: Bins, *, without_missing: bool) -> str | None:
    """The bin with the largest difference; the last of the names where several are."""
    kept = {name: pair for name, pair in bins.items() if not (without_missing and name == MISSING)}
    shares = shares_of(list(kept.values()))
    gaps = [(abs(p - q), name.removeprefix("=")) for name, (p, q) in zip(kept, shares, strict=False)]
    largest, name = max(gaps, default=(0.0, ""))
    return name if largest > 0 else None
