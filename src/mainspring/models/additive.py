"""Additive models: a sum of tables, each of one or two features, written as trees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.models.trees import LEAF, Link, TreeEnsemble


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """What one or two features add.

    Attributes:
        features: Columns of the matrix.
        cuts: For each of them, rising values; a value is in the bin after the last cut that is at most it.
        scores: What each bin adds, ``[bins, outputs]`` or ``[bins, bins, outputs]``; the first bin is for missing
            values, so that there are two more bins than cuts.
    """

    features: tuple[int, ...]
    cuts: tuple[tuple[float, ...], ...]
    scores: npt.NDArray[np.float64]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        cuts = [list(one) for one in self.cuts]
        return {"features": list(self.features), "cuts": cuts, "scores": self.scores.tolist()}

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> Term:
        """The inverse of :meth:`as_dict`."""
        cuts = tuple(tuple(float(cut) for cut in one) for one in value["cuts"])
        return cls(tuple(value["features"]), cuts, np.array(value["scores"], dtype=np.float64))


def additive_trees(
    terms: Sequence[Term], bias: npt.NDArray[np.float64], *, features: int, link: Link
) -> TreeEnsemble:
    """A sum of terms as trees, one for each: they answer as the tables do, and are exported as trees are."""
    nodes = _Nodes()
    roots = [nodes.table(term.features, term.cuts, term.scores) for term in terms]
    outputs = len(bias)
    return TreeEnsemble(
        roots=np.array(roots, dtype=np.int64),
        targets=np.zeros(len(roots), dtype=np.int64),
        feature=np.array(nodes.feature, dtype=np.int64),
        threshold=np.array(nodes.threshold, dtype=np.float64),
        strict=np.ones(len(nodes.feature), dtype=bool),
        left=np.array(nodes.left, dtype=np.int64),
        right=np.array(nodes.right, dtype=np.int64),
        default_left=np.array(nodes.missing, dtype=bool),
        value=np.array(nodes.value, dtype=np.float64).reshape(-1, outputs),
        base=bias,
        features=features,
        link=link,
    )


class _Nodes:
    """Collects nodes into flat lists."""

    def __init__(self) -> None:
        self.feature: list[int] = []
        self.threshold: list[float] = []
        self.left: list[int] = []
        self.right: list[int] = []
        self.missing: list[bool] = []
        self.value: list[npt.NDArray[np.float64]] = []

    def table(
        self, features: Sequence[int], cuts: Sequence[Sequence[float]], scores: npt.NDArray[np.float64]
    ) -> int:
        """A tree for a table of any number of features; gives the index of its root."""
        if not features:
            return self._append(LEAF, 0.0, scores)
        # Nothing lies below minus infinity, and only what is missing goes left.
        root = self._append(features[0], -np.inf, np.zeros(scores.shape[-1]), missing=True)
        self.left[root] = self.table(features[1:], cuts[1:], scores[0])
        self.right[root] = self._search(features, cuts, scores, 0, len(cuts[0]))
        return root

    def _search(
        self,
        features: Sequence[int],
        cuts: Sequence[Sequence[float]],
        scores: npt.NDArray[np.float64],
        first: int,
        last: int,
    ) -> int:
        """A balanced tree over the cuts from ``first`` to before ``last``."""
        if first == last:
            return self.table(features[1:], cuts[1:], scores[1 + first])
        middle = (first + last) // 2
        node = self._append(features[0], cuts[0][middle], np.zeros(scores.shape[-1]))
        self.left[node] = self._search(features, cuts, scores, first, middle)
        self.right[node] = self._search(features, cuts, scores, middle + 1, last)
        return node

    def _append(
        self, feature: int, threshold: float, value: npt.NDArray[np.float64], *, missing: bool = False
    ) -> int:
        self.feature.append(feature)
        self.threshold.append(threshold)
        self.left.append(0)
        self.right.append(0)
        self.missing.append(missing)
        self.value.append(value)
        return len(self.feature) - 1
