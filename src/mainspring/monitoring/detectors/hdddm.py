"""HDDDM: have the histograms of the features moved, by Hellinger's distance?"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from mainspring.monitoring.detectors.blocks import Floats, Ints, require
from mainspring.monitoring.detectors.matrices import (
    MOST_ROWS,
    OnRows,
    draw,
    fitted,
    groups,
    largest_first,
    matrix,
    p_value_and_threshold,
)
from mainspring.monitoring.ports import DetectorState, Finding


@dataclass(slots=True, kw_only=True, eq=False)
class HDDDM(OnRows):
    """Compares the histogram of every feature with that of the reference, and takes the mean of the distances.

    A batch that has not drifted becomes part of the reference; one that has takes its place. A missing value (NaN)
    is a bin of its own. Features are looked at one by one: a change of how they go together, each as before, is
    not seen.

    The paper alarms when the distance differs from that of the batch before by more than is usual (``limit`` ``t``
    or ``gamma``); these need two batches to begin with, and alarm more often than their level says. By default
    rows are dealt out anew between the reference and the batch instead, which holds its level from the first batch
    on. In the paper bins are equally wide, so that one outlier puts all other rows into one bin and hides a shift;
    here they hold equally many rows unless ``bins_by`` is ``width``.

    References:
        G. Ditzler, R. Polikar, "Hellinger distance based drift detection for nonstationary environments", IEEE
        Symposium on Computational Intelligence in Dynamic and Uncertain Environments (2011).

    Args:
        level: Significance of an alarm, for ``permutation`` and ``t``; 0.01.
        limit: ``permutation``; ``t``, with Student's quantile; ``gamma``, with ``gamma`` deviations.
        gamma: For that limit; 1.
        bins: Of each feature; 0 for the root of the number of rows of the batch, as in the paper, at most 20 when
            they hold equally many rows: more make it blind to shifts.
        bins_by: ``quantiles`` of reference and batch together, or ``width``.
        permutations: How many; 199.
        grows: Whether batches that have not drifted become part of the reference.
        most: Rows that the reference keeps; 10,000.
        names: Of the features; columns of one name are one feature.
        seed: Of what is drawn.

    Example:
        >>> import numpy as np
        >>> random = np.random.default_rng(0)
        >>> detector = HDDDM(names=["age", "pay"]).fit(random.normal(size=(1000, 2)))
        >>> str(detector.update(random.normal(size=(200, 2))).state)
        'STABLE'
        >>> found = detector.update(random.normal([0, 1], size=(200, 2)))
        >>> str(found.state), next(iter(found.features))
        ('DRIFT', 'pay')
    """

    level: float = 0.01
    limit: Literal["permutation", "t", "gamma"] = "permutation"
    gamma: float = 1.0
    bins: int = 0
    bins_by: Literal["quantiles", "width"] = "quantiles"
    permutations: int = 199
    grows: bool = True
    most: int = MOST_ROWS
    names: list[str] = field(default_factory=list)
    seed: int = 0

    batches: int = 0
    reference: Floats | None = None
    distance: float | None = None
    changes: list[float] = field(default_factory=list)
    """The last distance, and by how much it changed from batch to batch since the last alarm."""

    _ARRAYS: ClassVar[tuple[str, ...]] = ("reference",)

    def __post_init__(self) -> None:
        """Check the settings."""
        limits = ("permutation", "t", "gamma")
        require(0 < self.level < 1, "level", self.level, "above 0 and below 1")
        require(self.limit in limits, "limit", self.limit, ", ".join(limits))
        require(self.gamma > 0, "gamma", self.gamma, "above 0")
        require(self.bins == 0 or self.bins >= 2, "bins", self.bins, "0, or at least 2")
        require(self.bins_by in ("quantiles", "width"), "bins_by", self.bins_by, "quantiles or width")
        least = math.ceil(1 / self.level - 1e-9) - 1
        enough = self.limit != "permutation" or self.permutations >= least
        require(enough, "permutations", self.permutations, f"at least {least} for the level {self.level}")
        require(self.most >= 10, "most", self.most, "at least 10")

    def fit(self, reference: npt.ArrayLike) -> Self:
        """Learn what is usual.

        Args:
            reference: ``[rows, features]``, 10 rows or more; NaN where missing.

        Raises:
            InputError: If it is not that.
        """
        rows = matrix(reference, least=10, missing=True, what="reference")
        groups(self.names, rows.shape[1])
        self.batches = 0
        self._begin(rows)
        return self

    def update(self, batch: npt.ArrayLike) -> Finding:
        """Judge a batch, and take it into the reference, or for it if it has drifted.

        With the limits of the paper the distance of the finding is by how much that of the histograms changed.

        Args:
            batch: ``[rows, features]``; NaN where missing.

        Raises:
            InputError: If there is no reference, or the batch does not fit it.
        """
        reference = fitted(self.reference)
        rows = matrix(batch, least=2, columns=reference.shape[1], missing=True)
        self.batches += 1
        codes, ends = self._codes(np.concatenate([reference, rows]), len(rows))
        apart = _apart(codes, ends, len(reference))
        found = (
            self._permuted(codes, ends, apart) if self.limit == "permutation" else self._changed(apart, len(rows))
        )
        if found.state is DetectorState.DRIFT:
            self._begin(rows)
        elif self.grows:
            self.reference = draw(np.concatenate([reference, rows]), self.most, self.seed + self.batches)
        return found

    def _begin(self, rows: Floats) -> None:
        self.reference = draw(rows, self.most, self.seed)
        self.distance, self.changes = None, []

    def _codes(self, rows: Floats, size: int) -> tuple[Ints, Ints]:
        """The bins of values, numbered through over all features, and where those of each feature end."""
        most = 20 if self.bins_by == "quantiles" else size
        count = self.bins or max(2, min(math.isqrt(size), most))
        codes, ends = np.empty(rows.shape, dtype=np.int64), [0]
        for place in range(rows.shape[1]):
            column = rows[:, place]
            holes = np.isnan(column)
            edges = _edges(column[~holes], count, self.bins_by)
            codes[:, place] = ends[-1] + np.searchsorted(edges, column, side="right")
            codes[holes, place] = ends[-1] + len(edges) + 1
            ends.append(ends[-1] + len(edges) + 2)
        return codes, np.array(ends, dtype=np.int64)

    def _features(self, apart: Floats) -> dict[str, float]:
        features = groups(self.names, apart.size).items()
        return largest_first({name: float(apart[columns].max()) for name, columns in features})

    def _permuted(self, codes: Ints, ends: Ints, apart: Floats) -> Finding:
        """Deal the rows out anew, and see how far apart the histograms then are."""
        size = len(fitted(self.reference))
        dice = np.random.default_rng([self.seed, self.batches])
        dealt = [
            float(_apart(codes[dice.permutation(len(codes))], ends, size).mean()) for _ in range(self.permutations)
        ]
        distance = float(apart.mean())
        p_value, threshold = p_value_and_threshold(distance, np.array(dealt), self.level)
        state = DetectorState.DRIFT if p_value <= self.level else DetectorState.STABLE
        return Finding(
            state=state,
            distance=distance,
            threshold=threshold,
            p_value=p_value,
            features=self._features(apart),
        )

    def _changed(self, apart: Floats, size: int) -> Finding:
        """Compare the change of the distance with those before, as in the paper."""
        before, self.distance = self.distance, float(apart.mean())
        change = 0.0 if before is None else abs(self.distance - before)
        features = self._features(apart)
        threshold = self._threshold(len(fitted(self.reference)) + size - 2)
        if threshold is not None and change > threshold:
            return Finding(state=DetectorState.DRIFT, distance=change, threshold=threshold, features=features)
        if before is not None:
            self.changes.append(change)
        return Finding(state=DetectorState.STABLE, distance=change, threshold=threshold, features=features)

    def _threshold(self, freedom: int) -> float | None:
        if not self.changes:
            return None
        # The paper divides by the number of batches since the alarm, which is one more than there are changes.
        count, changes = len(self.changes) + 1, np.array(self.changes)
        mean = float(changes.sum()) / count
        deviation = math.sqrt(float(np.square(changes - mean).sum()) / count)
        if self.limit == "t":
            wide = float(student.ppf(1 - self.level / 2, freedom)) / math.sqrt(count)
        else:
            wide = self.gamma
        return mean + wide * deviation


def hellinger(one: npt.ArrayLike, other: npt.ArrayLike) -> float:
    """The distance of two histograms as in the paper: from 0 for equal shares to the root of 2 without overlap.

    Example:
        >>> round(hellinger([1, 1, 0], [0, 1, 1]), 6)
        1.0
    """
    shares = [np.asarray(counts, dtype=np.float64) / np.sum(counts) for counts in (one, other)]
    return float(np.sqrt(np.square(np.sqrt(shares[0]) - np.sqrt(shares[1])).sum()))


def _edges(values: Floats, bins: int, by: str) -> Floats:
    """The inner edges of the bins; a value at an edge belongs to the upper bin."""
    if values.size == 0:
        return np.empty(0)
    if by == "width":
        return np.unique(np.linspace(values.min(), values.max(), bins + 1)[1:-1])
    ranked = np.unique(values)
    # Of few values each has its own bin.
    return ranked[1:] if ranked.size <= bins else np.unique(np.quantile(values, np.arange(1, bins) / bins))


def _apart(codes: Ints, ends: Ints, size: int) -> Floats:
    """The distance of each feature between the first rows and the others, ``[features]``."""
    shares = [
        np.sqrt(np.bincount(rows.ravel(), minlength=int(ends[-1])) / len(rows))
        for rows in (codes[:size], codes[size:])
    ]
    squares = np.square(shares[0] - shares[1])
    return np.sqrt(np.add.reduceat(squares, ends[:-1]))
