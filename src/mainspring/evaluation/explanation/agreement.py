"""Whether explanations say the same: of different methods, and of one method with other random choices."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.explanation.attributions import Attributions
from mainspring.evaluation.explanation.background import Background

if TYPE_CHECKING:
    from mainspring.data import Table

Floats = npt.NDArray[np.float64]

TOP = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How alike the explanations of the same rows are, as means over rows and pairs.

    Attributes:
        overlap: Of the ``top`` features of either, the share that is among those of both (Jaccard).
        correlation: Spearman's rank correlation of the sizes of contributions; NaN where all are alike.
        same_sign: Of the features in the top of both, the share whose contribution has the same sign.
        spread: By feature, the standard deviation of its contribution over explanations, in the output's units.
        top: How many features count as the top.
        pairs: By pair of names, its overlap.
    """

    overlap: float
    correlation: float
    same_sign: float
    spread: Mapping[str, float]
    top: int
    pairs: Mapping[str, float]


def agreement(explanations: Mapping[str, Attributions], *, top: int = TOP) -> Agreement:
    """Compare explanations of the same rows, by name.

    Raises:
        InputError: If there are fewer than two, or they are not of the same features and rows.

    Reference: S. Krishna and others, *The disagreement problem in explainable machine learning* (2022).
    """
    named = list(explanations.items())
    shapes = {(one.features, len(one)) for one in explanations.values()}
    if len(named) < 2 or len(shapes) > 1 or not len(named[0][1]):
        raise InputError(
            f"{len(named)} explanations of {len(shapes)} kinds cannot be compared",
            expected="two or more, of the same rows and features in the same order",
        )
    features = named[0][1].features
    top = min(top, len(features))
    figures = {
        f"{one} and {other}": _pair(first.contributions, second.contributions, top)
        for (one, first), (other, second) in itertools.combinations(named, 2)
    }
    overlap, correlation, sign = (_mean([pair[place] for pair in figures.values()]) for place in range(3))
    stacked = np.stack([one.contributions for one in explanations.values()])
    spread = stacked.std(axis=0).mean(axis=0)
    return Agreement(
        overlap=overlap,
        correlation=correlation,
        same_sign=sign,
        spread=dict(zip(features, spread.tolist(), strict=True)),
        top=top,
        pairs={name: pair[0] for name, pair in figures.items()},
    )


def stability(
    explained: Callable[[Background, int], Attributions],
    table: Table,
    *,
    times: int = 5,
    background_rows: int = 100,
    top: int = TOP,
    **options: Any,
) -> Agreement:
    """Explain the same rows several times, each with another background and other random choices.

    Args:
        explained: From a background and a seed to an explanation of the rows.
        table: Where backgrounds are drawn from.
        times: How often.
        background_rows: Rows of each background.
        top: How many features count as the top.
        **options: Of :meth:`Background.of`, such as ``without=["label"]``.

    Raises:
        InputError: If it is to be explained fewer than two times.
    """
    drawn = {
        f"{seed}": explained(Background.of(table, rows=background_rows, seed=seed, **options), seed)
        for seed in range(times)
    }
    return agreement(drawn, top=top)


def _pair(first: Floats, second: Floats, top: int) -> tuple[float, float, float]:
    overlaps, correlations, signs = [], [], []
    for one, other in zip(first, second, strict=True):
        sizes = np.abs(one), np.abs(other)
        tops = [set(np.argsort(-size, kind="stable")[:top].tolist()) for size in sizes]
        both = sorted(tops[0] & tops[1])
        overlaps.append(len(both) / len(tops[0] | tops[1]))
        correlations.append(_rank_correlation(*sizes))
        signs.append(float(np.mean(np.sign(one[both]) == np.sign(other[both]))) if both else math.nan)
    return _mean(overlaps), _mean(correlations), _mean(signs)


def _rank_correlation(first: Floats, second: Floats) -> float:
    ranks = [_ranks(values) - (len(values) - 1) / 2 for values in (first, second)]
    size = float(np.sqrt((ranks[0] @ ranks[0]) * (ranks[1] @ ranks[1])))
    return float(ranks[0] @ ranks[1]) / size if size > 0 else math.nan


def _ranks(values: Floats) -> Floats:
    """Ranks from 0, ties sharing their mean."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: Floats = ((ends - counts + ends - 1) / 2)[place]
    return ranks


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan
