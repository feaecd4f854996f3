"""The distribution of a model's errors: not only their mean, but their middle, their spread and their tails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.data.comparison.ordered import Line, kolmogorov_smirnov, kolmogorov_smirnov_p
from mainspring.data.comparison.rows import side_of_numbers
from mainspring.data.comparison.significance import two_shares
from mainspring.monitoring.detectors.blocks import Floats, numbers, require
from mainspring.monitoring.detectors.blockwise import Kept
from mainspring.monitoring.ports import DetectorState, Finding

LEAST_ROWS: Final = 20
_QUANTILES: Final = (0.1, 0.5, 0.9)


@dataclass(slots=True, kw_only=True)
class ErrorDistribution(Kept):
    """Compares the errors of a batch with those that the model made when it was tested.

    Errors are residuals of a regression (truth less prediction), or losses of a classification, such as the log
    loss of each row. Two tests, corrected for being two: that of Kolmogorov and Smirnov for the whole
    distribution, and Fisher's exact test for the tail: the share of errors whose size is beyond that of all but
    ``tail`` of the reference. The mean error can stay what it was while errors grow on both sides, or a few rows
    become very wrong; both are seen here. ``features`` of a finding says what moved: the mean and the quantiles by
    how many deviations (half of the middle 68 % of the reference), the tail by the change of its share. It
    remembers no batch.

    References:
        P. Lindstrom, B. Mac Namee, S. J. Delany, "Drift detection using uncertainty distribution divergence",
        Evolving Systems 4 (2013), for watching the distribution instead of the rate; N. V. Smirnov, "Estimate of
        deviation between empirical distribution functions in two independent samples", Bulletin of Moscow
        University 2 (1939); R. A. Fisher, "On the interpretation of chi-squared", Journal of the Royal Statistical
        Society 85 (1922).

    Args:
        level: Significance of an alarm; 0.001.
        limit: The largest difference of the distribution functions that is let pass; 0.1.
        tail: The share of the reference's errors that are its tail; 0.05.
        times: By how many times the tail may grow; 2.
        most: Errors that the reference keeps; drawn, if there are more.
        seed: Of what is drawn.
        reference: The errors that were kept, sorted; ``None`` before :meth:`fit`.

    Example:
        >>> import numpy as np
        >>> random = np.random.default_rng(0)
        >>> detector = ErrorDistribution().fit(random.normal(size=5000))
        >>> found = detector.update(2 * random.normal(size=500))
        >>> found.state, max(found.features, key=lambda name: abs(found.features[name]))
        (<DetectorState.DRIFT: 'DRIFT'>, 'quantile 0.1')
    """

    level: float = 0.001
    limit: float = 0.1
    tail: float = 0.05
    times: float = 2.0
    most: int = 10_000
    seed: int = 0

    reference: list[float] | None = None

    def __post_init__(self) -> None:
        """Check the settings."""
        require(0 < self.level < 1, "level", self.level, "above 0 and below 1")
        require(0 <= self.limit <= 1, "limit", self.limit, "from 0 to 1")
        require(0 < self.tail < 1, "tail", self.tail, "above 0 and below 1")
        require(self.times >= 1, "times", self.times, "at least 1")
        require(self.most >= LEAST_ROWS, "most", self.most, f"at least {LEAST_ROWS}")

    def fit(self, reference: npt.ArrayLike) -> Self:
        """Learn how large errors usually are.

        Args:
            reference: ``[rows]``: errors on rows that the model has not learned from; at least 20.

        Raises:
            InputError: If these are fewer, or one is no finite number.
        """
        errors = numbers(reference)
        if len(errors) < LEAST_ROWS:
            raise InputError(f"there are {len(errors)} errors", expected=f"at least {LEAST_ROWS} to learn from")
        if len(errors) > self.most:
            errors = np.random.default_rng(self.seed).choice(errors, self.most, replace=False)
        self.reference = np.sort(errors).tolist()
        return self

    def update(self, batch: npt.ArrayLike) -> Finding:
        """Judge a batch.

        Args:
            batch: ``[rows]``: errors.

        Returns:
            The largest difference of the distribution functions, the p-value of both tests, and what moved.

        Raises:
            InputError: If the detector is not fitted, or an error is no finite number, or there is none.
        """
        if self.reference is None:
            raise InputError("the detector is not fitted", expected="a reference", fix="call fit(reference) first")
        known, errors = np.array(self.reference), numbers(batch)
        if not len(errors):
            raise InputError("there are no errors", expected="at least one")
        distance, p_value, chance = _apart(known, errors)
        sizes, edge = np.abs(known), np.quantile(np.abs(known), 1 - self.tail)
        tails = float((sizes > edge).sum()), float((np.abs(errors) > edge).sum())
        tail_p = two_shares(tails, (float(len(known)), float(len(errors))))
        before, after = tails[0] / len(known), tails[1] / len(errors)
        together = min(2 * min(p_value, tail_p), 1.0)
        whole = p_value * 2 <= self.level and distance - chance > self.limit
        heavy = tail_p * 2 <= self.level and after > self.times * before
        return Finding(
            state=DetectorState.DRIFT if whole or heavy else DetectorState.STABLE,
            distance=distance,
            threshold=self.limit,
            p_value=together,
            features={**_moved(known, errors), "tail": after - before},
        )


def _apart(known: Floats, errors: Floats) -> tuple[float, float, float]:
    """The largest difference of the distribution functions, its p-value, and what chance adds to it on average."""
    one, other = side_of_numbers(known).points, side_of_numbers(errors).points
    if one is None or other is None:
        return 0.0, 1.0, 0.0
    line = Line.of(one, other)
    distance = kolmogorov_smirnov(line)
    return distance, kolmogorov_smirnov_p(line, distance), 0.5 / float(np.sqrt(line.effective))


def _moved(known: Floats, errors: Floats) -> dict[str, float]:
    low, high = np.quantile(known, (0.16, 0.84))
    unit = float(high - low) / 2 or float(known.std()) or 1.0
    gaps = np.quantile(errors, _QUANTILES) - np.quantile(known, _QUANTILES)
    moved = {f"quantile {share:g}": float(gap) / unit for share, gap in zip(_QUANTILES, gaps, strict=True)}
    return {"mean": float(errors.mean() - known.mean()) / unit, **moved}
