"""Pearson's test of homogeneity, as a detector of one feature."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from mainspring.data.comparison import Distances
from mainspring.data.comparison.ordered import half_harmonic
from mainspring.monitoring.detectors.one_feature import OneFeature
from mainspring.monitoring.ports import DetectorState, Finding


@dataclass(slots=True, kw_only=True)
class ChiSquared(OneFeature):
    """Alarms when the words of a batch have other shares than those of the reference.

    The distance is Pearson's statistic, which grows with the rows; the limit is one of Cramér's V, which does not:
    the root of the statistic over all rows, without what chance adds, as if both sides were of one size. Numbers
    are cut at their pooled deciles. Bins in which a side would hold fewer than five rows are taken together.

    References:
        K. Pearson, "On the criterion that a given system of deviations from the probable...", Philosophical
        Magazine 50 (1900); W. G. Cochran, "The chi-squared test of goodness of fit", Annals of Mathematical
        Statistics 23 (1952); H. Cramér, "Mathematical methods of statistics", 1946, section 21.9.

    Args:
        limit: The largest Cramér's V that is let pass; 0.1, what is commonly called a small effect.

    The other arguments are those of :class:`~mainspring.monitoring.detectors.one_feature.OneFeature`.

    Example:
        >>> detector = ChiSquared().fit(["cash"] * 600 + ["card"] * 400)
        >>> found = detector.update(["cash"] * 60 + ["card"] * 140)
        >>> found.state, round(found.distance, 2)
        (<DetectorState.DRIFT: 'DRIFT'>, 60.61)
    """

    metric: ClassVar[str] = "chi_squared"

    limit: float = 0.1

    def _finding(self, apart: Distances) -> Finding:
        value, p_value = apart.chi_squared, apart.p_values["chi_squared"]
        # Of two sides of one size, so that a large reference does not make the effect small.
        size = half_harmonic(*map(float, apart.sizes))
        effect = math.sqrt((apart.corrected("chi_squared") or 0.0) / (4 * size)) if size else 0.0
        return Finding(
            state=DetectorState.DRIFT if effect > self.limit and p_value <= self.level else DetectorState.STABLE,
            distance=value,
            p_value=p_value,
        )
