"""The population stability index, as a detector of one feature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mainspring.data.comparison import LIMITS
from mainspring.monitoring.detectors.one_feature import OneFeature


@dataclass(slots=True, kw_only=True)
class PSI(OneFeature):
    """Alarms when the population stability index of a batch, numbers or words, is too large for so few rows.

    The sum of ``(p - q) * ln(p / q)`` over the bins: words, or pooled deciles with open ends, and missing rows; no
    share counts as less than 0.0001. What chance alone gives is about the number of bins less one, times
    ``1/n + 1/m``: 0.18 for 100 rows and ten bins, so that a fixed limit of 0.1 alarms on most small batches. Here
    that much is taken off first, and the p-value is that of the chi-squared distribution.

    References:
        N. Siddiqi, "Credit risk scorecards", 2006; B. Yurdakul, J. Naranjo, "Statistical properties of the
        population stability index", Journal of Risk Model Validation 14 (2020).

    Args:
        limit: The largest index that is let pass; 0.2, usually called a large change (0.1 a moderate one).

    The other arguments are those of :class:`~mainspring.monitoring.detectors.one_feature.OneFeature`.

    Example:
        >>> detector = PSI().fit(["cash"] * 600 + ["card"] * 400)
        >>> round(detector.update(["cash"] * 300 + ["card"] * 700).distance, 4)
        0.3758
    """

    metric: ClassVar[str] = "psi"

    limit: float = LIMITS["psi"]
