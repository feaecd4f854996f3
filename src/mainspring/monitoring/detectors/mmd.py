"""MMD: do the rows come from another distribution, by the distance of their means in the space of a kernel?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from mainspring.data.comparison.mmd import gaussian_kernel, median_distance, mmd_squared, points_test
from mainspring.monitoring.detectors.blocks import Floats, Ints
from mainspring.monitoring.detectors.kernel_test import KernelTest
from mainspring.monitoring.detectors.matrices import (
    by_shuffling,
    draw,
    fitted,
    groups,
)
from mainspring.monitoring.detectors.windowed import Windowed, scales
from mainspring.monitoring.ports import DetectorState, Finding

_NAMED = 500
"""Rows of either side by which features are named."""


@dataclass(slots=True, kw_only=True, eq=False)
class MMD(KernelTest):
    """Compares batches with the reference by the maximum mean discrepancy, whatever the change.

    Up to 1,000 rows a side a permutation test of all pairs; beyond, the mean over blocks of 200 rows, which is
    close to normal, so that time grows with the rows and not with their square. On an alarm features are named by
    how much of the discrepancy is lost when their values are dealt out anew.

    References:
        A. Gretton, K. Borgwardt, M. Rasch, B. Schölkopf, A. Smola, "A kernel two-sample test", Journal of Machine
        Learning Research 13 (2012); W. Zaremba, A. Gretton, M. Blaschko, "B-test: a non-parametric, low variance
        kernel two-sample test", Neural Information Processing Systems (2013).

    Args:
        level: Significance of an alarm; 0.01.
        width: Of the Gaussian kernel; the median distance of two rows if not given.
        scaled: Whether features are divided by their deviation in the reference, which outliers do not widen.
        permutations: How many; 199.
        most: Rows that the reference keeps, and that are taken of a batch; 10,000.
        names: Of the features; columns of one name are one feature.
        seed: Of what is drawn.

    Example:
        >>> import numpy as np
        >>> random = np.random.default_rng(0)
        >>> x, noise = random.normal(size=(2, 600))
        >>> detector = MMD().fit(np.stack([x, noise], axis=1)[:300])
        >>> str(detector.update(np.stack([x, noise], axis=1)[300:]).state)
        'STABLE'
        >>> str(detector.update(np.stack([x, 0.8 * x + 0.6 * noise], axis=1)[300:]).state)
        'DRIFT'
    """

    def update(self, batch: npt.ArrayLike) -> Finding:
        """Judge a batch, ``[rows, features]``; the distance is the unbiased estimate of the squared discrepancy.

        Raises:
            InputError: If there is no reference, or the batch does not fit it.
        """
        reference, rows = self._sides(batch)
        seed = self.seed + self.batches
        found = points_test(
            reference, rows, permutations=self.permutations, width=self.width, seed=seed, level=self.level
        )
        drifted = found.p_value <= self.level
        return Finding(
            state=DetectorState.DRIFT if drifted else DetectorState.STABLE,
            distance=found.value,
            threshold=found.threshold,
            p_value=found.p_value,
            features=self._named(reference, rows, found.bandwidth) if drifted else {},
        )

    def _named(self, reference: Floats, rows: Floats, width: float) -> dict[str, float]:
        one, other = (draw(side, _NAMED, self.seed) for side in (reference, rows))
        features = groups(self.names, rows.shape[1])
        return by_shuffling(one, other, features, lambda x, y: mmd_squared(x, y, width), self.seed)


@dataclass(slots=True, kw_only=True, eq=False)
class OnlineMMD(Windowed):
    """Compares the last rows of a stream with a reference by the maximum mean discrepancy.

    The kernel is computed once for each pair of rows that are in a window together, and for each row of the stream
    with those of the reference; sums by block are kept, so that nothing is computed twice and no digits are lost.
    The threshold is that which steady streams, drawn from the reference, pass once in ``run`` rows.

    References:
        A. Gretton and others, "A kernel two-sample test", Journal of Machine Learning Research 13 (2012); O. Cobb,
        A. Van Looveren, J. Klaise, "Sequential multivariate change detection with calibrated and memoryless false
        detection rates", Artificial Intelligence and Statistics (2022), for thresholds by run length.

    The settings are those of :class:`mainspring.monitoring.detectors.windowed.Windowed`.

    Example:
        >>> import numpy as np
        >>> rows = np.random.default_rng(1).normal(size=(4000, 3))
        >>> rows[3000:, 0] += 1.5
        >>> OnlineMMD().update_many(rows)
        array([3029])
    """

    within: float = 0.0
    base: Floats | None = None
    kept: Floats | None = None
    near: Floats | None = None
    among: Floats | None = None
    """The mean of the kernel within the reference; the reference and the window, scaled; of each block of the
    window the mean kernel with the reference, and the sums of the kernel with each other block."""

    _LEARNED: ClassVar[tuple[str, ...]] = ("middle", "wide", "base", "kept", "near", "among")
    _ARRAYS: ClassVar[tuple[str, ...]] = ("pending", "learned", *_LEARNED)

    def __post_init__(self) -> None:
        """Check the settings."""
        self._check()

    def _learn(self, rows: Floats) -> None:
        self.middle, self.wide = scales(rows)
        self.base = (rows - self.middle) / self.wide
        self.bandwidth = self.width or median_distance(self.base, self.base[:0])
        kernel = gaussian_kernel(self.base, self.base, self.bandwidth)
        self.within = float((kernel.sum() - np.trace(kernel)) / (len(rows) * (len(rows) - 1)))

    def _push(self, block: Floats) -> float | None:
        rows = self._scaled(block)
        near = gaussian_kernel(rows, fitted(self.base), self.bandwidth).mean()
        most = self.window // self.step - 1
        older = np.empty((0, rows.shape[1])) if self.kept is None else self.kept[-most * self.step :]
        self.kept = np.concatenate([older, rows])
        kernel = gaussian_kernel(rows, self.kept, self.bandwidth)
        own = float(kernel[:, len(older) :].sum() - np.trace(kernel[:, len(older) :]))
        sums = kernel[:, : len(older)].reshape(self.step, -1, self.step).sum(axis=(0, 2))
        kept = np.empty((0, 0)) if self.among is None else self.among[-most:, -most:]
        self.among = np.block([[kept, sums[:, None]], [sums[None], np.array([[own]])]])
        self.near = np.append(np.empty(0) if self.near is None else self.near[-most:], near)
        if len(self.kept) < self.window:
            return None
        return float(self._discrepancy(self.among.sum(keepdims=True), self.near.mean(keepdims=True)).item())

    def _scaled(self, rows: Floats) -> Floats:
        return (rows - fitted(self.middle)) / fitted(self.wide)

    def _simulate(self, rows: Floats, draws: Ints) -> Floats:
        points = self._scaled(rows)
        kernel = gaussian_kernel(points, points, self.bandwidth)
        blocks, (streams, count, _) = self.window // self.step, draws.shape
        # Of each block the sums with those before it, by how far back they are, each pair counted twice.
        pairs = np.zeros((streams, count, blocks))
        for back in range(blocks):
            for place in range(back, count):
                ours, theirs = draws[:, place, :, None], draws[:, place - back, None, :]
                pairs[:, place, back] = kernel[ours, theirs].sum(axis=(1, 2)) * (2.0 if back else 1.0)
        pairs[:, :, 0] -= self.step  # of each row with itself
        reached, near = pairs.cumsum(axis=2), self._off(points, kernel)[draws].mean(axis=2)
        found = np.empty((streams, count - blocks + 1))
        for first in range(count - blocks + 1):
            among = np.sum([reached[:, first + place, place] for place in range(blocks)], axis=0)
            found[:, first] = self._discrepancy(among, near[:, first : first + blocks].mean(axis=1))
        return found

    def _off(self, points: Floats, kernel: Floats) -> Floats:
        """How near each row would be to the reference if that were as far from them as from the truth.

        Both halves are off the truth by chance, and from each other the root of 2 times as far: the reference is
        moved towards the rows by so much.
        """
        reference, share = fitted(self.base), 1.0 / math.sqrt(2.0)
        base = gaussian_kernel(points, reference, self.bandwidth).mean(axis=1)
        pool = kernel.mean(axis=1)
        # The reference with itself, the rows with themselves, and one with the other: means over all pairs.
        ours = self.within + (1.0 - self.within) / len(reference)
        moved = share**2 * ours + (1 - share) ** 2 * pool.mean() + 2 * share * (1 - share) * base.mean()
        return np.asarray(share * base + (1 - share) * pool - (moved - ours) / 2.0)

    def _discrepancy(self, among: Floats, near: Floats) -> Floats:
        """The unbiased estimate, from the kernel's sum over pairs of rows and its mean with the reference."""
        return self.within + among / (self.window * (self.window - 1)) - 2.0 * near
