"""The Jensen-Shannon divergence, as a detector of one feature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mainspring.data.comparison import LIMITS
from mainspring.monitoring.detectors.one_feature import OneFeature


@dataclass(slots=True, kw_only=True)
class JensenShannon(OneFeature):
    """Alarms when the Jensen-Shannon divergence of a batch, numbers or words, is too large for so few rows.

    In bits, from 0 to 1, over words, or pooled deciles with open ends, and missing rows. It is the square of the
    distance that some libraries call by the same name.

    References:
        J. Lin, "Divergence measures based on the Shannon entropy", IEEE Transactions on Information Theory 37
        (1991).

    Args:
        limit: The largest divergence that is let pass; 0.03, about what moving a bell curve by 0.4 deviations
            gives.

    The other arguments are those of :class:`~mainspring.monitoring.detectors.one_feature.OneFeature`.

    Example:
        >>> detector = JensenShannon().fit(["cash"] * 500)
        >>> detector.update(["card"] * 500).distance
        1.0
    """

    metric: ClassVar[str] = "jensen_shannon"

    limit: float = LIMITS["jensen_shannon"]
