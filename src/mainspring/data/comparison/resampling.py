"""Confidence intervals of distances, by drawing both sides anew from their own summaries (Efron, 1979)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from mainspring.data.comparison import formulas
from mainspring.data.comparison.nouns import LINEAR
from mainspring.data.comparison.ordered import CLIP, Line, spread_between
from mainspring.data.comparison.sides import MISSING, Bins

if TYPE_CHECKING:
    import numpy as np

Interval: TypeAlias = tuple[float, float]

DRAWS: Final = 200
_SEED: Final = 19_790_101
_ENDS: Final = (0.025, 0.975)
_CELLS: Final = 64
_MOST_BINS: Final = 300
_WIDTH: Final = 1.959964


def intervals(
    bins: Bins, line: Line | None, lengths: Line | None, missing: tuple[Interval, Interval]
) -> dict[str, Interval]:
    """Where distances lie with 95 % confidence, by their names.

    A distance between two draws is larger than that between what they were drawn from. The draws show by how
    much; that is taken off, so that columns of one distribution have intervals that begin near 0.

    Args:
        bins: Rows per bin on both sides.
        line: Numbers on one line; ``None`` for words.
        lengths: Lengths on one line, where known.
        missing: Missing rows of both sides, and all rows.
    """
    found = {"missing": _of_shares(*missing)}
    counts = list(bins.values())
    if not all(sum(pair[side] for pair in counts) for side in (0, 1)):
        return found
    many = formulas.many(*_drawn(counts))
    names = ("jensen_shannon", "psi", "hellinger", "total_variation")
    found |= {name: _ends(name, many[name]) for name in names}
    if line is None:
        present = [pair for name, pair in bins.items() if name != MISSING]
        if all(sum(pair[side] for pair in present) for side in (0, 1)):
            found["l_infinity"] = _ends("l_infinity", formulas.many(*_drawn(present))["l_infinity"])
    else:
        found |= {name: _ends(name, values) for name, values in _along(line).items()}
    if lengths is not None:
        values = _along(lengths)
        found |= {"length": _ends("length", values["kolmogorov_smirnov"])} if values else {}
    return found


def _drawn(counts: Sequence[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    """Shares of both sides, as they are in the first row, then drawn anew; shape (1 + draws, bins)."""
    import numpy as np

    kept = np.array(sorted(counts, key=lambda pair: (-pair[0] - pair[1], pair)))
    if len(kept) > _MOST_BINS:
        kept = np.vstack([kept[:_MOST_BINS], kept[_MOST_BINS:].sum(axis=0)])
    return _redrawn(kept[:, 0], 0), _redrawn(kept[:, 1], 1)


def _redrawn(counts: np.ndarray, side: int) -> np.ndarray:
    import numpy as np

    shares = counts / counts.sum()
    dice = np.random.default_rng((_SEED, side))
    rows = max(round(float(counts.sum())), 1)
    return np.vstack([shares, dice.multinomial(rows, shares, size=DRAWS) / rows])


def _along(line: Line) -> Mapping[str, np.ndarray]:
    """Kolmogorov-Smirnov and Wasserstein of both sides as they are and drawn anew, over cells of the line."""
    import numpy as np

    if not len(line.values) or not line.sides[0].total or not line.sides[1].total:
        return {}
    shares = np.linspace(CLIP, 1.0 - CLIP, _CELLS)
    cuts = np.unique(line.quantiles(shares.tolist(), balanced=True))
    places = np.searchsorted(line.values, cuts, side="right") - 1
    reached = line.below[:, np.maximum(places, 0)] * (places >= 0)
    counts = np.diff(np.hstack([np.zeros((2, 1)), reached, line.below[:, -1:]]), axis=1)
    apart = _redrawn(counts[0], 2).cumsum(axis=1) - _redrawn(counts[1], 3).cumsum(axis=1)
    found = {"kolmogorov_smirnov": np.abs(apart).max(axis=1)}
    spread = spread_between(line, float(cuts[0]), float(cuts[-1]))
    moved = (np.abs(apart[:, :-2]) * np.diff(cuts)).sum(axis=1) if len(cuts) > 1 else np.zeros(1 + DRAWS)
    return found | {"wasserstein": moved / spread if spread else np.zeros(1 + DRAWS)}


def _ends(metric: str, values: np.ndarray) -> Interval:
    """The middle 95 % of the draws, without what drawing adds: once for the draws, once for the sides."""
    import numpy as np

    kept = values if metric in LINEAR else values * values
    added = max(float(kept[1:].mean() - kept[0]), 0.0)
    low, high = np.quantile(np.maximum(kept[1:] - 2 * added, 0.0), _ENDS).tolist()
    return (low, high) if metric in LINEAR else (math.sqrt(low), math.sqrt(high))


def _of_shares(hits: Interval, sizes: Interval) -> Interval:
    """Of the size of a difference of two shares (Agresti and Caffo, 2000)."""
    if not all(sizes):
        return 0.0, 1.0
    shares = [(hit + 1) / (size + 2) for hit, size in zip(hits, sizes, strict=True)]
    width = _WIDTH * math.sqrt(
        sum(share * (1 - share) / (size + 2) for share, size in zip(shares, sizes, strict=True))
    )
    low, high = shares[0] - shares[1] - width, shares[0] - shares[1] + width
    return (0.0 if low <= 0.0 <= high else min(abs(low), abs(high))), min(max(abs(low), abs(high)), 1.0)
