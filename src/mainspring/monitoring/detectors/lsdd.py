"""LSDD: do the rows come from another distribution, by the squared difference of the densities?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from mainspring.data.comparison.mmd import gaussian_kernel, median_distance
from mainspring.monitoring.detectors.blocks import Floats, Ints, require
from mainspring.monitoring.detectors.kernel_test import KernelTest
from mainspring.monitoring.detectors.matrices import (
    by_shuffling,
    draw,
    fitted,
    groups,
    matrix,
    p_value_and_threshold,
)
from mainspring.monitoring.detectors.windowed import Windowed, scales
from mainspring.monitoring.ports import DetectorState, Finding

WIDTHS: Final = (0.25, 0.5, 1.0, 2.0)
RIDGES: Final = (0.001, 0.01, 0.1, 1.0)
"""What :func:`cross_validated` chooses from: widths in median distances, and ridges."""
_FOLDS = 5


@dataclass(slots=True, kw_only=True, eq=False)
class LSDD(KernelTest):
    """Compares batches with the reference by the integral of the squared difference of their densities.

    The difference itself is estimated, as a sum of Gaussians, and not one density after the other. A permutation
    test says from which distance on it is no chance. The kernel is computed once, for each row with each centre,
    so that time grows with the rows. On an alarm features are named by how much of the distance is lost when their
    values are dealt out anew.

    References:
        M. Sugiyama, T. Kanamori, T. Suzuki, M. du Plessis, S. Liu, I. Takeuchi, "Density-difference estimation",
        Neural Computation 25 (2013).

    Args:
        level: Significance of an alarm; 0.01.
        width: Of the Gaussians; the median distance of two rows of the reference if not given.
        ridge: How much large weights of Gaussians are punished, as a share of the diagonal of the matrix of the
            Gaussians' overlaps; 0.1.
        centres: Gaussians, at rows drawn from both sides; 200.
        scaled: Whether features are divided by their deviation in the reference, which outliers do not widen.
        permutations: How many; 199.
        most: Rows that the reference keeps, and that are taken of a batch; 10,000.
        names: Of the features; columns of one name are one feature.
        seed: Of what is drawn.

    Example:
        >>> import numpy as np
        >>> random = np.random.default_rng(0)
        >>> detector = LSDD().fit(random.normal(size=(500, 2)))
        >>> str(detector.update(random.normal(size=(300, 2))).state)
        'STABLE'
        >>> found = detector.update(random.normal([0, 0.5], size=(300, 2)))
        >>> str(found.state), next(iter(found.features))
        ('DRIFT', '1')
    """

    ridge: float = 0.1
    centres: int = 200

    def __post_init__(self) -> None:
        """Check the settings."""
        KernelTest.__post_init__(self)
        _check(self.width, self.ridge, self.centres)

    def update(self, batch: npt.ArrayLike) -> Finding:
        """Judge a batch, ``[rows, features]``.

        The distance is without the unit of the densities, which is tiny for many features: that of the paper times
        (pi width²) to the power of half the number of features.

        Raises:
            InputError: If there is no reference, or the batch does not fit it.
        """
        reference, rows = self._sides(batch)
        width = self.width or median_distance(reference, reference[:0])
        dice = np.random.default_rng([self.seed, self.batches])
        both = np.concatenate([reference, rows])
        centres = both[dice.choice(len(both), min(self.centres, len(both)), replace=False)]
        form = quadratic_form(centres, width, self.ridge)
        distance, others = self._permuted(gaussian_kernel(both, centres, width), len(reference), form, dice)
        p_value, threshold = p_value_and_threshold(distance, others, self.level)
        drifted = p_value <= self.level
        return Finding(
            state=DetectorState.DRIFT if drifted else DetectorState.STABLE,
            distance=distance,
            threshold=threshold,
            p_value=p_value,
            features=self._named(reference, rows, centres, width) if drifted else {},
        )

    def _permuted(self, near: Floats, size: int, form: Floats, dice: np.random.Generator) -> tuple[float, Floats]:
        """The distance, and those after dealing the rows out anew."""
        first = np.arange(len(near)) < size
        sides = np.stack([first, *(dice.permutation(first) for _ in range(self.permutations))]).astype(np.float64)
        sums = sides @ near
        apart = sums / size - (near.sum(axis=0) - sums) / (len(near) - size)
        found = ((apart @ form) * apart).sum(axis=1)
        return float(found[0]), found[1:]

    def _named(self, reference: Floats, rows: Floats, centres: Floats, width: float) -> dict[str, float]:
        form = quadratic_form(centres, width, self.ridge)

        def distance(one: Floats, other: Floats) -> float:
            apart = (gaussian_kernel(side, centres, width).mean(axis=0) for side in (one, other))
            difference = np.subtract(*apart)
            return float(difference @ form @ difference)

        few = [draw(side, 1000, self.seed) for side in (reference, rows)]
        return by_shuffling(few[0], few[1], groups(self.names, rows.shape[1]), distance, self.seed)


@dataclass(slots=True, kw_only=True, eq=False)
class OnlineLSDD(Windowed):
    """Compares the last rows of a stream with a reference by the squared difference of the densities.

    Gaussians stand at rows of the reference, so that a row of the stream is reduced to its nearness to each of
    them, and a window to their means: a look takes the same time however long the window is, and no row is kept.
    The threshold is that which steady streams, drawn from the reference, pass once in ``run`` rows.

    References:
        L. Bu, D. Zhao, C. Alippi, "An incremental change detection test based on density difference estimation",
        IEEE Transactions on Systems, Man, and Cybernetics 47 (2017); M. Sugiyama and others, "Density-difference
        estimation", Neural Computation 25 (2013).

    The other settings are those of :class:`mainspring.monitoring.detectors.windowed.Windowed`.

    Args:
        ridge: As for :class:`LSDD`; 0.1.
        centres: Gaussians; 100.

    Example:
        >>> import numpy as np
        >>> rows = np.random.default_rng(0).normal(size=(4000, 3))
        >>> rows[3000:, 0] += 1.5
        >>> OnlineLSDD().update_many(rows)
        array([3019])
    """

    ridge: float = 0.1
    centres: int = 100

    at: Floats | None = None
    form: Floats | None = None
    usual: Floats | None = None
    near: Floats | None = None
    """The centres, scaled; the matrix of the distance; the mean nearness to the centres of the reference, and of
    each block of the window."""

    _LEARNED: ClassVar[tuple[str, ...]] = ("middle", "wide", "at", "form", "usual", "near")
    _ARRAYS: ClassVar[tuple[str, ...]] = ("pending", "learned", *_LEARNED)

    def __post_init__(self) -> None:
        """Check the settings."""
        self._check()
        _check(self.width, self.ridge, self.centres)

    def _learn(self, rows: Floats) -> None:
        self.middle, self.wide = scales(rows)
        points = (rows - self.middle) / self.wide
        self.bandwidth = self.width or median_distance(points, points[:0])
        self.at = draw(points, self.centres, self.seed)
        self.form = quadratic_form(self.at, self.bandwidth, self.ridge)
        self.usual = gaussian_kernel(points, self.at, self.bandwidth).mean(axis=0)

    def _push(self, block: Floats) -> float | None:
        coming = self._nearness(block).mean(axis=0)[None]
        blocks = self.window // self.step
        self.near = coming if self.near is None else np.concatenate([self.near, coming])[-blocks:]
        return (
            float(self._distances(self.near.mean(axis=0)[None], fitted(self.usual))[0])
            if len(self.near) == blocks
            else None
        )

    def _nearness(self, rows: Floats) -> Floats:
        return gaussian_kernel((rows - fitted(self.middle)) / fitted(self.wide), fitted(self.at), self.bandwidth)

    def _distances(self, near: Floats, usual: Floats) -> Floats:
        apart = near - usual
        return np.asarray(((apart @ fitted(self.form)) * apart).sum(axis=1))

    def _simulate(self, rows: Floats, draws: Ints) -> Floats:
        near, blocks, found = self._nearness(rows), self.window // self.step, []
        # Both halves are off the truth by chance, and from each other the root of 2 times as far.
        pool = near.mean(axis=0)
        usual = pool + (fitted(self.usual) - pool) / math.sqrt(2.0)
        for stream in draws:
            sums = np.cumsum(near[stream].mean(axis=1), axis=0)
            sums[blocks:] -= sums[:-blocks].copy()
            found.append(self._distances(sums[blocks - 1 :] / blocks, usual))
        return np.stack(found)


def density_difference(
    one: npt.ArrayLike, other: npt.ArrayLike, *, width: float, ridge: float, centres: npt.ArrayLike | None = None
) -> float:
    """The integral of the squared difference of two densities, in their unit, as estimated in the paper.

    Args:
        one: Rows, ``[rows, features]``.
        other: Rows of the other side.
        width: Of the Gaussians.
        ridge: As a share of the diagonal; the lambda of the paper over (pi width²) ** (features / 2).
        centres: Of the Gaussians; all rows of both sides if not given.

    Raises:
        InputError: If these are no rows.
    """
    x, y = matrix(one, what="first side"), matrix(other, what="second side")
    at = np.concatenate([x, y]) if centres is None else matrix(centres, what="centres")
    apart = gaussian_kernel(x, at, width).mean(axis=0) - gaussian_kernel(y, at, width).mean(axis=0)
    found = float(apart @ quadratic_form(at, width, ridge) @ apart)
    return found / math.pow(math.pi * width**2, x.shape[1] / 2)


def quadratic_form(centres: Floats, width: float, ridge: float) -> Floats:
    """The matrix F of the distance h'Fh = 2 h'a - a'Ha, with a = (H + ridge)⁻¹h and H the Gaussians' overlaps.

    Args:
        centres: Of the Gaussians, ``[centres, features]``.
        width: Theirs.
        ridge: See :class:`LSDD`.
    """
    overlaps = gaussian_kernel(centres, centres, math.sqrt(2.0) * width)
    solved = np.linalg.inv(overlaps + ridge * np.eye(len(centres)))
    form = 2.0 * solved - solved @ overlaps @ solved
    return np.asarray((form + form.T) / 2)


def cross_validated(
    one: npt.ArrayLike, other: npt.ArrayLike, *, centres: int = 200, seed: int = 0
) -> tuple[float, float]:
    """The width and ridge with which the difference of densities is best estimated, by five folds as in the paper.

    Which they are depends on the difference: choose them on old data, not on the batch that is to be judged.

    Args:
        one: Rows, ``[rows, features]``.
        other: Rows of the other side.
        centres: Gaussians, at rows drawn from both sides.
        seed: Of the folds and centres.

    Returns:
        Of :data:`WIDTHS` times the median distance, and of :data:`RIDGES`.

    Raises:
        InputError: If there are fewer than ten rows on a side.
    """
    x, y = matrix(one, least=10, what="first side"), matrix(other, least=10, what="second side")
    dice = np.random.default_rng(seed)
    both = np.concatenate([x, y])
    at = both[dice.choice(len(both), min(centres, len(both)), replace=False)]
    folds = [dice.permutation(len(side)) % _FOLDS for side in (x, y)]
    middle = median_distance(x, y)
    losses = {
        (width * middle, ridge): loss / width ** x.shape[1]
        for width in WIDTHS
        for ridge, loss in _losses(x, y, at, width * middle, folds).items()
    }
    return min(losses, key=lambda choice: losses[choice])


def _losses(x: Floats, y: Floats, at: Floats, width: float, folds: list[Ints]) -> dict[float, float]:
    """The mean loss on rows of a fold of what was learned from the others, for each ridge."""
    overlaps = gaussian_kernel(at, at, math.sqrt(2.0) * width)
    near = [gaussian_kernel(side, at, width) for side in (x, y)]
    found = dict.fromkeys(RIDGES, 0.0)
    for fold in range(_FOLDS):
        means = [
            [side[which == fold].mean(axis=0), side[which != fold].mean(axis=0)]
            for side, which in zip(near, folds, strict=True)
        ]
        held, rest = (means[0][part] - means[1][part] for part in (0, 1))
        for ridge in RIDGES:
            weights = np.linalg.solve(overlaps + ridge * np.eye(len(at)), rest)
            found[ridge] += float(weights @ overlaps @ weights - 2.0 * weights @ held) / _FOLDS
    return found


def _check(width: float | None, ridge: float, centres: int) -> None:
    require(width is None or width > 0, "width", width, "above 0")
    require(ridge > 0, "ridge", ridge, "above 0")
    require(centres >= 2, "centres", centres, "at least 2")
