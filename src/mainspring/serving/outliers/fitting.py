"""Making a detector of outliers of the statistics that a run has computed anyway."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from mainspring.core.errors import InputError
from mainspring.data.statistics.table import TableStatistics
from mainspring.serving.outliers.detector import Fitted, Method
from mainspring.serving.outliers.encoding import scale_of

SHARE = 0.001
"""How many of usual rows may be taken for outliers, unless somebody says otherwise."""

_RIDGE = 1e-6


def fit(
    statistics: TableStatistics,
    *,
    columns: Sequence[str] = (),
    method: Method = "robust",
    share: float = SHARE,
) -> Fitted:
    """Make a detector.

    Args:
        statistics: Of the rows of training.
        columns: The numbers that it looks at; by default all that vary.
        method: How rows are scored.
        share: How many of usual rows may be taken for outliers, if their columns are normal.

    Raises:
        InputError: If a column is no number or does not vary, or nothing is known of how columns vary together.
    """
    if not 0.0 < share < 1.0:
        raise InputError(f"the share is {share}", expected="more than 0 and less than 1")
    known = {
        name: one.numbers
        for name, one in statistics.features.items()
        if one.numbers is not None and not one.levels and one.numbers.m2 > 0 and name != statistics.label
    }
    wrong = [name for name in columns if name not in known]
    if wrong or not known:
        raise InputError(
            f"{', '.join(wrong)} cannot be looked at" if wrong else "no column has numbers that vary",
            expected="some of " + (", ".join(known) or "columns of numbers"),
        )
    names = tuple(columns) or tuple(known)
    rows = max(known[name].count for name in names)
    if method == "robust":
        scales = tuple(scale_of(known[name]) for name in names)
        # Of several columns one is far more often than a single one (Bonferroni).
        threshold = NormalDist().inv_cdf(1.0 - share / (2 * len(names)))
        return Fitted(
            method=method,
            columns=names,
            centre=tuple(known[name].median for name in names),
            scale=scales,
            threshold=threshold,
            rows=rows,
        )
    together = None if statistics.crosses is None else statistics.crosses.moments
    missing = [name for name in names if together is None or name not in together.columns]
    if together is None or missing:
        raise InputError(
            f"nothing is known of how {', '.join(missing)} vary with others",
            fix="use the method robust, or the step statistics with a label",
        )
    size = len(names)
    correlations = np.array([[together.correlation(one, other) for other in names] for one in names])
    # A little on the diagonal: columns that say the same have no inverse.
    inverse = np.linalg.inv(np.nan_to_num(correlations) * (1 - _RIDGE) + _RIDGE * np.eye(size))
    return Fitted(
        method=method,
        columns=names,
        centre=tuple(float(known[name].mean or 0.0) for name in names),
        scale=tuple(known[name].std_dev for name in names),
        inverse=tuple(tuple(float(one) for one in row) for row in inverse),
        threshold=math.sqrt(chi_squared(1.0 - share, size)),
        rows=rows,
    )


def chi_squared(share: float, freedom: int) -> float:
    """The number that this share of a chi-squared distribution lies below: exact up to two degrees of freedom.

    Else to about a hundredth: E. B. Wilson and M. M. Hilferty, *The distribution of chi-square* (1931).

    Example:
        >>> round(chi_squared(0.999, 4), 1)
        18.5
    """
    if freedom == 1:
        return NormalDist().inv_cdf((1.0 + share) / 2) ** 2
    if freedom == 2:
        return -2.0 * math.log1p(-share)
    part = 2.0 / (9.0 * freedom)
    return float(freedom * (1.0 - part + NormalDist().inv_cdf(share) * math.sqrt(part)) ** 3)
