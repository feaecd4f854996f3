"""The largest difference of two distribution functions, as a detector of one feature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mainspring.data.comparison import LIMITS
from mainspring.monitoring.detectors.one_feature import OneFeature


@dataclass(slots=True, kw_only=True)
class KolmogorovSmirnov(OneFeature):
    """Alarms when the distribution functions of a batch of numbers and of the reference are too far apart.

    Sees shifts of the middle of a distribution best, and its tails least. With 1,000 rows or fewer in all the
    p-value is exact. For a level of 0.05 and no limit it is the test of textbooks, which with 100,000 rows alarms
    at a shift of 0.02 deviations.

    References:
        N. V. Smirnov, "Estimate of deviation between empirical distribution functions in two independent samples",
        Bulletin of Moscow University 2 (1939); J. L. Hodges, "The significance probability of the Smirnov
        two-sample test", Arkiv för Matematik 3 (1958).

    Args:
        limit: The largest difference that is let pass; 0.15.

    The other arguments are those of :class:`~mainspring.monitoring.detectors.one_feature.OneFeature`.

    Example:
        >>> detector = KolmogorovSmirnov().fit(range(1000))
        >>> detector.update(range(0, 1000, 3)).state, detector.update(range(300, 1300, 3)).state
        (<DetectorState.STABLE: 'STABLE'>, <DetectorState.DRIFT: 'DRIFT'>)
    """

    metric: ClassVar[str] = "kolmogorov_smirnov"
    takes_words: ClassVar[bool] = False

    limit: float = LIMITS["kolmogorov_smirnov"]
