"""How unequally something is spread over people: generalised entropy and the Theil index."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.metrics.grouping import Floats, shares


def generalized_entropy_index(
    benefits: npt.ArrayLike, *, alpha: float = 2.0, weights: npt.ArrayLike | None = None
) -> float:
    """The inequality of benefits: 0 if all have the same; NaN if nobody has any.

    A classifier's benefits are answer minus label plus one: 1 for a right answer, 2 for an undeserved favour, 0
    for one withheld.

    Args:
        benefits: Not negative, shape ``[n]``.
        alpha: How much the large benefits count: 0 the mean log deviation, 1 the Theil index, 2 half the squared
            coefficient of variation.
        weights: Row weights, shape ``[n]``.

    Reference: T. Speicher et al., *A unified approach to quantifying algorithmic unfairness: measuring individual
    and group unfairness via inequality indices*, KDD 2018.

    Example:
        >>> round(generalized_entropy_index([1, 1, 2, 0, 1, 1]), 6)
        0.166667
    """
    values = np.asarray(benefits, dtype=np.float64)
    weight = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=np.float64)
    return float(entropy(values, weight, alpha))


def theil_index(benefits: npt.ArrayLike, *, weights: npt.ArrayLike | None = None) -> float:
    """The generalised entropy at alpha 1.

    Example:
        >>> round(theil_index([1, 1, 2, 0, 1, 1]), 6)
        0.231049
    """
    return generalized_entropy_index(benefits, alpha=1.0, weights=weights)


def entropy(values: Floats, weights: Floats, alpha: float) -> Floats:
    """The generalised entropy of values, shape ``[v]``, by weights of the shape ``[…, v]``; NaN if all are 0."""
    total = weights.sum(axis=-1)
    mean = shares(weights @ values, total)
    known = mean > 0
    times = values / np.where(known, mean, 1.0)[..., None]
    if alpha == 1:
        terms = times * np.log(np.where(times > 0, times, 1.0))
    elif alpha == 0:
        with np.errstate(divide="ignore"):
            terms = np.where(weights > 0, -np.log(times), 0.0)
    else:
        terms = (times**alpha - 1) / (alpha * (alpha - 1))
    spread = np.where(weights > 0, weights * terms, 0.0).sum(axis=-1)
    return np.where(known, shares(spread, total), math.nan)
