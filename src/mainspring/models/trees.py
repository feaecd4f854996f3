"""One form for every tree ensemble: read from any framework, predicted, exported and explained alike.

All nodes of all trees lie in flat arrays. A row goes left where its value is at most the threshold (or below it,
where ``strict``), or, at a node with categories, where its code is one of them; a missing value goes the node's
default way. The values of the leaves reached are summed per output, in the order of the trees, so that the sums
are those of the framework to the last bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

LEAF = -1
"""The feature of a leaf."""

ZERO = float(np.float32(1e-35))
"""LightGBM takes values this close to zero for zero (its ``kZeroThreshold``)."""


class Link(StrEnum):
    """How sums become scores."""

    IDENTITY = "identity"
    SIGMOID = "sigmoid"
    """One sum; two probabilities."""
    SOFTMAX = "softmax"
    EACH_SIGMOID = "each_sigmoid"
    """A sigmoid of every sum, as it is (LightGBM's ``multiclassova``)."""
    ONE_AGAINST_REST = "one_against_rest"
    """A sigmoid of every sum, divided by their total."""
    EXP = "exp"
    SIGNED_SQUARE = "signed_square"
    CHOICE = "choice"
    """1 for the largest sum (for one sum: for the second class if it is positive), 0 for the others."""


@dataclass(frozen=True, slots=True)
class Codes:
    """How the values of a feature become the codes that categories are made of.

    Attributes:
        known: The code of a value is its place here; any other value is missing. ``None``: the code is the
            whole part of the value, and anything at -1 or below is missing.
    """

    known: tuple[float, ...] | None = None

    def apply(self, column: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The codes of values; NaN for missing."""
        if self.known is None:
            with np.errstate(invalid="ignore"):
                return np.where(column > -1, np.trunc(column), np.nan)
        known = np.array(self.known)
        equal = column[:, None] == known[None, :]
        return np.where(equal.any(axis=1), equal.argmax(axis=1), np.nan)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TreeEnsemble:
    """Trees whose leaves are summed.

    Attributes:
        roots: Index of each tree's root, ``[trees]``, rising: trees lie one behind the other, root first.
        targets: The output to which the first value of each tree's leaves is added, ``[trees]``.
        feature: Column of the matrix that a node asks about, ``[nodes]``; :data:`LEAF` for a leaf.
        threshold: ``[nodes]``.
        strict: Whether a node asks ``<`` instead of ``<=``, ``[nodes]``.
        left: Index of the child for yes, ``[nodes]``.
        right: Index of the child for no, ``[nodes]``.
        default_left: Whether a missing value goes left, ``[nodes]``.
        value: What a leaf adds to the output ``target`` and the ones after it, ``[nodes, width]``.
        base: What the sums start from, ``[outputs]``.
        features: Number of columns of the matrix.
        categories: For nodes that ask about categories: the codes that go left.
        codes: For features that such nodes ask about: how values become codes.
        flushes_zeros: Whether values within :data:`ZERO` of zero are zero.
        zero_is_missing: Features whose zeros count as missing; implies ``flushes_zeros`` for them.
        single_precision: Whether values are rounded to float32 before they are compared.
        single_sums: Whether the framework itself adds up in float32, and so differs from these sums in the last
            digits of that.
        divisor: What the sums are divided by (the number of trees of a forest).
        link: How sums become scores.
        slope: What a sum is multiplied with before a sigmoid.
    """

    roots: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int64]
    feature: npt.NDArray[np.int64]
    threshold: npt.NDArray[np.float64]
    strict: npt.NDArray[np.bool_]
    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    default_left: npt.NDArray[np.bool_]
    value: npt.NDArray[np.float64]
    base: npt.NDArray[np.float64]
    features: int
    categories: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    codes: Mapping[int, Codes] = field(default_factory=dict)
    flushes_zeros: bool = False
    zero_is_missing: frozenset[int] = frozenset()
    single_precision: bool = False
    single_sums: bool = False
    divisor: float = 1.0
    link: Link = Link.IDENTITY
    slope: float = 1.0

    @property
    def outputs(self) -> int:
        """Number of sums."""
        return len(self.base)

    @property
    def rounding(self) -> float:
        """How far off the framework's own sums may lie, if it adds up in float32: a step of that at their size."""
        if not self.single_sums or not len(self.roots):
            return 0.0
        leaves = np.maximum.reduceat(np.abs(self.value).max(axis=1), self.roots)
        return float(2.0**-24 * (np.abs(self.base).max() + leaves.sum()))

    def prepare(self, matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The values that the nodes compare: rounded, coded, with zeros missing where they count as such."""
        values = np.array(matrix, dtype=np.float64)
        if self.single_precision:
            with np.errstate(over="ignore"):
                values = values.astype(np.float32).astype(np.float64)
        if self.flushes_zeros:
            values[np.abs(values) <= ZERO] = 0.0
        for column, codes in self.codes.items():
            values[:, column] = codes.apply(values[:, column])
        for column in self.zero_is_missing:
            values[np.abs(values[:, column]) <= ZERO, column] = np.nan
        return values

    def answers(self, matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Whether each row goes left at each node, on its way or not, ``[n, nodes]``; nothing at leaves."""
        values = self.prepare(matrix)[:, np.maximum(self.feature, 0)]
        yes = np.where(self.strict, values < self.threshold, values <= self.threshold)
        for node, codes in self.categories.items():
            yes[:, node] = np.isin(values[:, node], codes)
        left: npt.NDArray[np.bool_] = np.where(np.isnan(values), self.default_left, yes)
        return left

    def leaves(self, matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """The node in which each row ends, ``[n, trees]``."""
        values = self.prepare(matrix)
        found = np.empty((len(values), len(self.roots)), dtype=np.int64)
        for tree, root in enumerate(self.roots):
            found[:, tree] = self._walk(values, int(root))
        return found

    def sums(self, matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The sums before the link, ``[n, outputs]``."""
        values = self.prepare(matrix)
        sums = np.tile(self.base, (len(values), 1))
        width = self.value.shape[1]
        for root, target in zip(self.roots, self.targets, strict=True):
            sums[:, target : target + width] += self.value[self._walk(values, int(root))]
        return sums / self.divisor

    def scores(self, matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Probabilities ``[n, classes]``, or values ``[n]`` if the link gives one."""
        return apply_link(self.sums(matrix), self.link, self.slope)

    def boundaries(self) -> dict[int, npt.NDArray[np.float64]]:
        """By feature, the sorted thresholds: where the answer may jump."""
        asks = (self.feature != LEAF) & np.isfinite(self.threshold)
        asks[list(self.categories)] = False
        return {
            int(column): np.unique(self.threshold[asks & (self.feature == column)])
            for column in np.unique(self.feature[asks])
        }

    def _walk(self, values: npt.NDArray[np.float64], root: int) -> npt.NDArray[np.int64]:
        node = np.full(len(values), root, dtype=np.int64)
        moving = np.flatnonzero(self.feature[node] != LEAF)
        while len(moving):
            at = node[moving]
            value = values[moving, self.feature[at]]
            yes = np.where(self.strict[at], value < self.threshold[at], value <= self.threshold[at])
            for place in np.flatnonzero(np.isin(at, list(self.categories))) if self.categories else ():
                yes[place] = value[place] in self.categories[int(at[place])]
            yes = np.where(np.isnan(value), self.default_left[at], yes)
            node[moving] = np.where(yes, self.left[at], self.right[at])
            moving = moving[self.feature[node[moving]] != LEAF]
        return node


def apply_link(sums: npt.NDArray[np.float64], link: Link, slope: float = 1.0) -> npt.NDArray[np.float64]:
    """Scores from sums ``[n, outputs]``; see :class:`Link`."""
    if link is Link.SIGMOID:
        second = _sigmoid(slope * sums[:, 0])
        return np.stack([1 - second, second], axis=1)
    if link is Link.SOFTMAX:
        powers = np.exp(sums - sums.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)
    if link in (Link.EACH_SIGMOID, Link.ONE_AGAINST_REST):
        each = _sigmoid(slope * sums)
        return each if link is Link.EACH_SIGMOID else each / each.sum(axis=1, keepdims=True)
    if link is Link.CHOICE:
        best = (sums[:, 0] > 0).astype(np.int64) if sums.shape[1] == 1 else sums.argmax(axis=1)
        return np.asarray(np.eye(max(sums.shape[1], 2))[best], dtype=np.float64)
    if link is Link.EXP:
        sums = np.exp(sums)
    elif link is Link.SIGNED_SQUARE:
        sums = np.sign(sums) * sums * sums
    return sums[:, 0] if sums.shape[1] == 1 else sums


def _sigmoid(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-values)), dtype=np.float64)
