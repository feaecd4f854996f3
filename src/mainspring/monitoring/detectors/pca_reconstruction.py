"""Reconstruction by principal components: do the features still go together as they did?"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import ClassVar, Final, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.monitoring.detectors.blocks import Floats, require
from mainspring.monitoring.detectors.matrices import OnRows, fitted, groups, largest_first, matrix
from mainspring.monitoring.ports import DetectorState, Finding

_LEAST: Final = 20


@dataclass(slots=True, kw_only=True, eq=False)
class PCAReconstruction(OnRows):
    """Leaves out the smaller principal components of the reference, and watches how much of a batch that loses.

    Features are brought to mean 0 and deviation 1, a missing value (NaN) to 0. The distance of a batch is the mean
    Euclidean distance of its rows from what the components leave of them. It rises where features no longer go
    together as they did, and falls where they do more than before: both are alarms. It does not see a shift along
    the components that are kept: look at the features one by one for that.

    The components are learned from one half of the reference, and what is usual from the other, because rows that
    were learned from lose less. The deviation is brought to the size of the batch, so that large and small ones
    alarm alike often.

    References:
        NannyML, "Multivariate drift: data reconstruction with PCA" (its documentation, 2022), for the measure and
        the limit of 3 deviations; I. Jolliffe, "Principal component analysis" (2002).

    Args:
        variance: Components are kept until they explain this share of the variance; 0.65.
        deviations: How far from usual is an alarm; 3: a false one in 370 batches.
        names: Of the features; columns of one name are one feature.
        seed: Of the halves.

    Example:
        >>> import numpy as np
        >>> random = np.random.default_rng(0)
        >>> x = random.normal(size=(1000, 1))
        >>> rows = np.concatenate([x, x, -x], axis=1) + 0.3 * random.normal(size=(1000, 3))
        >>> detector = PCAReconstruction(names=["age", "years", "left"]).fit(rows)
        >>> broken = rows.copy()
        >>> broken[:, 1] = random.permutation(rows[:, 1])
        >>> found = detector.update(broken)
        >>> str(found.state), next(iter(found.features))
        ('DRIFT', 'years')
    """

    variance: float = 0.65
    deviations: float = 3.0
    names: list[str] = field(default_factory=list)
    seed: int = 0

    rows: int = 0
    mean: float = 0.0
    deviation: float = 0.0
    """Rows of the reference that were not learned from; mean and deviation of their distances."""
    origin: Floats | None = None
    scale: Floats | None = None
    components: Floats | None = None
    lost: Floats | None = None
    """Mean and deviation of features; the components kept, ``[components, features]``; the mean square that each
    feature loses."""

    _ARRAYS: ClassVar[tuple[str, ...]] = ("origin", "scale", "components", "lost")

    def __post_init__(self) -> None:
        """Check the settings."""
        require(0 < self.variance <= 1, "variance", self.variance, "above 0 and at most 1")
        require(self.deviations > 0, "deviations", self.deviations, "above 0")

    def fit(self, reference: npt.ArrayLike) -> Self:
        """Learn what is usual.

        Args:
            reference: ``[rows, features]``, two features and 20 rows or more; NaN where missing.

        Raises:
            InputError: If it is not that.
        """
        rows = matrix(reference, least=_LEAST, missing=True, what="reference")
        if rows.shape[1] < 2:
            raise InputError("the reference has 1 feature", expected="at least 2 that may go together")
        groups(self.names, rows.shape[1])
        order = np.random.default_rng(self.seed).permutation(len(rows))
        learned, rest = rows[order[len(rows) // 2 :]], rows[order[: len(rows) // 2]]
        self.origin, self.scale, self.components = _learn(learned, self.variance)
        squares = np.square(_left(rest, self.origin, self.scale, self.components))
        distances = np.sqrt(squares.sum(axis=1))
        self.rows, self.mean = len(rest), float(distances.mean())
        self.deviation, self.lost = float(distances.std(ddof=1)), squares.mean(axis=0)
        return self

    def update(self, batch: npt.ArrayLike) -> Finding:
        """Judge a batch, ``[rows, features]``; nothing is remembered of it.

        The threshold is the upper one; the lower is as far below :attr:`mean`. Features are named by how much more
        of them is lost than usual, or less, as a mean square in their deviations.

        Raises:
            InputError: If there is no reference, or the batch does not fit it.
        """
        left = self._residuals(batch)
        distance = float(np.sqrt(np.square(left).sum(axis=1)).mean())
        error = self.deviation * math.sqrt(1 / len(left) + 1 / self.rows)
        off = abs(distance - self.mean)
        # Without any deviation every distance is usual that differs in its last digits only.
        drifted = off > max(self.deviations * error, 1e-9 * (1.0 + self.mean))
        changed = np.abs(np.square(left).mean(axis=0) - fitted(self.lost))
        features = groups(self.names, left.shape[1])
        return Finding(
            state=DetectorState.DRIFT if drifted else DetectorState.STABLE,
            distance=distance,
            threshold=self.mean + self.deviations * error,
            p_value=2.0 * NormalDist().cdf(-off / error) if error else float(not drifted),
            features=largest_first({name: float(changed[places].sum()) for name, places in features.items()}),
        )

    def distances(self, rows: npt.ArrayLike) -> Floats:
        """How far each row is from what the components leave of it, ``[rows]``.

        Raises:
            InputError: If there is no reference, or the rows do not fit it.
        """
        return np.asarray(np.sqrt(np.square(self._residuals(rows)).sum(axis=1)))

    def _residuals(self, rows: npt.ArrayLike) -> Floats:
        origin = fitted(self.origin)
        given = matrix(rows, columns=len(origin), missing=True)
        return _left(given, origin, fitted(self.scale), fitted(self.components))


def _learn(rows: Floats, variance: float) -> tuple[Floats, Floats, Floats]:
    """Mean and deviation of each feature, and the components kept."""
    known = np.where(np.isnan(rows).all(axis=0), 0.0, rows)
    origin = np.nanmean(known, axis=0)
    filled = np.where(np.isnan(rows), origin, rows) - origin
    scale = filled.std(axis=0)
    scale[scale <= 1e-12 * (1.0 + np.abs(origin))] = 1.0
    filled /= scale
    sizes, axes = np.linalg.eigh(filled.T @ filled)
    explained = np.cumsum(sizes[::-1].clip(min=0.0))
    kept = 1 + int(np.searchsorted(explained, variance * explained[-1] * (1 - 1e-12))) if explained[-1] else 0
    return origin, scale, axes[:, ::-1][:, :kept].T.copy()


def _left(rows: Floats, origin: Floats, scale: Floats, components: Floats) -> Floats:
    """What the components do not explain of each value, in deviations."""
    filled = np.where(np.isnan(rows), 0.0, (rows - origin) / scale)
    return np.asarray(filled - (filled @ components.T) @ components)
