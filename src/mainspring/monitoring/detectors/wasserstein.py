"""The earth mover's distance, as a detector of one feature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mainspring.data.comparison import LIMITS
from mainspring.monitoring.detectors.one_feature import OneFeature


@dataclass(slots=True, kw_only=True)
class Wasserstein(OneFeature):
    """Alarms when the numbers of a batch would have to be moved too far to be those of the reference.

    In standard deviations of the reference; the outermost 1 % of both sides count as if they lay at the edge, so
    that one outlier neither alarms nor hides a shift. It tells how far, where the other distances only tell how
    many. NaN and infinities are not seen.

    References:
        L. N. Vaserstein, "Markov processes over denumerable products of spaces", Problems of Information
        Transmission 5 (1969).

    Args:
        limit: The farthest that is let pass; 0.4 deviations.

    The other arguments are those of :class:`~mainspring.monitoring.detectors.one_feature.OneFeature`.

    Example:
        >>> detector = Wasserstein().fit(range(1000))
        >>> round(detector.update(range(500, 1500)).distance, 2)
        1.73
    """

    metric: ClassVar[str] = "wasserstein"
    takes_words: ClassVar[bool] = False

    limit: float = LIMITS["wasserstein"]
