"""P-values that are right far out in the tail: a hundred features over weeks are judged at one in a million."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]

_NEAR: Final = 2.0
"""Splits that are nearer to what is expected, in deviations, say nothing: their tail is not worked out."""


def exact_p_values(
    one: Sequence[npt.ArrayLike], other: Sequence[npt.ArrayLike], ordered: Sequence[int]
) -> npt.NDArray[np.float64]:
    """How likely two lists of counts are to differ so much by chance alone, for many pairs of lists at once.

    Each table of counts is split in two in several ways: bins that lie in order between each two of them (as the
    test of Kolmogorov and Smirnov does), each other bin against all the rest. A split is a table of two by two,
    whose tail is that of the hypergeometric distribution (Fisher's exact test, 1922; both sides, by doubling). The
    smallest, times the number of splits (Bonferroni), is the p-value of the table. It is never too small,
    however rare a bin is, where the chi-squared approximation is off by orders of magnitude far out in the tail.

    Args:
        one: Counts of the reference, one list per table, ``[bins]`` each.
        other: Counts of what is judged, in the same bins.
        ordered: How many of the bins, from the first on, lie in order.

    Returns:
        One p-value per table, 1 where a side has no rows.

    References:
        R. A. Fisher, "On the interpretation of chi-squared from contingency tables, and the calculation of P",
        Journal of the Royal Statistical Society 85 (1922).

    Example:
        >>> exact_p_values([[3, 1]], [[1, 3]], [0]).round(3).tolist()
        [1.0]
        >>> exact_p_values([[900, 100]], [[40, 60]], [0]) < 1e-20
        array([ True])
    """
    splits = [_splits(*table) for table in zip(one, other, ordered, strict=True)]
    sizes = np.array([len(found) for found in splits])
    if not sizes.sum():
        return np.ones(len(splits))
    tails = np.ones(int(sizes.sum()))
    ours, theirs, rows, others = np.concatenate(splits).T
    together, whole = ours + theirs, rows + others
    share = together / whole
    spread = np.sqrt(others * share * (1 - share) * rows / (whole - 1))
    far = np.abs(theirs - others * share) > _NEAR * spread
    more = far & (theirs > others * share)
    fewer = far & ~more
    tails[more] = stats.hypergeom.sf(theirs[more] - 1, whole[more], together[more], others[more])
    tails[fewer] = stats.hypergeom.cdf(theirs[fewer], whole[fewer], together[fewer], others[fewer])
    found = np.ones(len(splits))
    held = np.flatnonzero(sizes)
    starts = np.concatenate([[0], np.cumsum(sizes[held])[:-1]])
    found[held] = np.minimum(np.minimum.reduceat(tails, starts) * 2 * sizes[held], 1.0)
    return found


def _splits(one: npt.ArrayLike, other: npt.ArrayLike, ordered: int) -> Floats:
    """Ways to split a table in two: rows of either side that are in, and all; shape ``[splits, 4]``."""
    ours, theirs = np.floor(np.asarray(one, dtype=np.float64)), np.floor(np.asarray(other, dtype=np.float64))
    rows, others = ours.sum(), theirs.sum()
    if not rows or not others:
        return np.zeros((0, 4))
    counts = np.stack([ours, theirs])
    held = counts.sum(axis=0) > 0
    line, rest = counts[:, :ordered][:, held[:ordered]], counts[:, ordered:][:, held[ordered:]]
    # Of two bins one says all: those that lie in order against one other, or each of two against the other.
    if rest.shape[1] < 2:
        inside = np.cumsum(line, axis=1)[:, :-1] if not rest.size else np.cumsum(line, axis=1)
    else:
        inside = np.concatenate([np.cumsum(line, axis=1), rest], axis=1)
    if not line.size and rest.shape[1] == 2:
        inside = rest[:, 1:]
    used = (inside.sum(axis=0) > 0) & (inside.sum(axis=0) < rows + others)
    inside = inside[:, used]
    return np.concatenate([inside, np.broadcast_to([[rows], [others]], inside.shape)]).T
