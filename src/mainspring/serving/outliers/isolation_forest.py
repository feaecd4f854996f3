"""Isolation forest: rows that few cuts set apart are unlike the others."""

from __future__ import annotations

import math
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

_EULER: Final = 0.5772156649015329
_TREES: Final = 100
_ROWS: Final = 256


class IsolationForest(msgspec.Struct, frozen=True, kw_only=True):
    """A forest of random trees; the children of node ``i`` are ``2 i + 1`` (up to the cut) and ``2 i + 2``.

    Scores lie between 0 and 1: about 0.5 for usual rows, near 1 for those that are set apart at once.

    Attributes:
        features: The column that a node cuts, ``[trees, nodes]``; -1 where a branch ends.
        cuts: Where it cuts, ``[trees, nodes]``.
        lengths: How many cuts a row has gone through where a branch ends, with those that its other rows would
            need, ``[trees, nodes]``.
        rows: Rows of training that each tree has seen.

    Reference: F. T. Liu, K. M. Ting and Z.-H. Zhou, *Isolation forest*, ICDM 2008.

    Example:
        >>> usual = np.random.default_rng(0).normal(size=(500, 2))
        >>> forest = IsolationForest.fit(usual)
        >>> near, far = forest.score(np.array([[0.0, 0.0], [6.0, 6.0]]))
        >>> bool(near < 0.5 < far)
        True
    """

    features: npt.NDArray[np.int32]
    cuts: npt.NDArray[np.float64]
    lengths: npt.NDArray[np.float64]
    rows: int

    @classmethod
    def fit(
        cls, matrix: npt.NDArray[np.float64], *, trees: int = _TREES, rows: int = _ROWS, seed: int = 0
    ) -> IsolationForest:
        """Grow a forest: trees of 256 rows each, as deep as a balanced tree of them would be.

        Args:
            matrix: ``[rows, columns]``, at least two rows.
            trees: How many.
            rows: How many rows each tree sees.
            seed: Of the rows, the columns and the cuts.
        """
        chance = np.random.default_rng(seed)
        size = min(rows, len(matrix))
        depth = max(1, math.ceil(math.log2(size)))
        grown = [_grow(matrix[chance.permutation(len(matrix))[:size]], depth, chance) for _ in range(trees)]
        features, cuts, lengths = (np.stack(part) for part in zip(*grown, strict=True))
        return cls(features=features, cuts=cuts, lengths=lengths, rows=size)

    def score(self, matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """How soon rows are set apart, ``[rows]``."""
        tree = np.arange(len(self.features))
        node = np.zeros((len(matrix), len(tree)), dtype=np.int64)
        row = np.arange(len(matrix))[:, None]
        while True:
            feature = self.features[tree, node]
            inside = feature >= 0
            if not inside.any():
                break
            beyond = matrix[row, feature] > self.cuts[tree, node]
            node = np.where(inside, 2 * node + 1 + beyond, node)
        depth = self.lengths[tree, node].mean(axis=1)
        return np.asarray(2.0 ** (-depth / average_path(self.rows)), np.float64)


def average_path(rows: int) -> float:
    """How many cuts a search for a row that is not there needs on average in a binary tree of so many rows.

    Example:
        >>> [average_path(rows) for rows in (1, 2)]
        [0.0, 1.0]
    """
    if rows <= 1:
        return 0.0
    if rows == 2:
        return 1.0
    return 2.0 * (math.log(rows - 1) + _EULER) - 2.0 * (rows - 1) / rows


def _grow(
    matrix: npt.NDArray[np.float64], depth: int, chance: np.random.Generator
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    nodes = 2 ** (depth + 1) - 1
    features, cuts, lengths = np.full(nodes, -1, np.int32), np.zeros(nodes), np.zeros(nodes)
    waiting = [(0, 0, matrix)]
    while waiting:
        node, level, rows = waiting.pop()
        low, high = (rows.min(axis=0), rows.max(axis=0)) if len(rows) > 1 else (np.zeros(0), np.zeros(0))
        varied = np.flatnonzero(high > low)
        if level == depth or not len(varied):
            lengths[node] = level + average_path(len(rows))
            continue
        feature = int(chance.choice(varied))
        cut = chance.uniform(low[feature], high[feature])
        features[node], cuts[node] = feature, cut
        beyond = rows[:, feature] > cut
        waiting += [(2 * node + 1, level + 1, rows[~beyond]), (2 * node + 2, level + 1, rows[beyond])]
    return features, cuts, lengths
