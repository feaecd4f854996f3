"""Finds the best cutoff by a rule, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.models.thresholds.rules import Rule
from mainspring.models.thresholds.sweep import FIGURES, Floats, Sweep, cutoffs_between, figure

RESAMPLES: Final = 200
LEVEL: Final = 0.95

MOST_POINTS: Final = 50
"""A curve has at most so many points."""

MOST_SCORES: Final = 2_000
"""For intervals, more distinct scores than this are put together, equally many rows each."""

_ROUNDING: Final = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A cutoff, and what it comes to.

    Attributes:
        at: The cutoff.
        figures: Metric to its value there; the rule's own first. What does not exist is left out.
        interval: The cutoffs between which the best one of 95 of 100 bootstrap samples lies; ``None`` if most
            samples have none.
        curve: Cutoff to the figure of the rule.
    """

    at: float
    figures: Mapping[str, float]
    interval: tuple[float, float] | None
    curve: tuple[tuple[float, float], ...]


def choose(
    scores: Floats,
    positive: npt.NDArray[np.bool_],
    rule: Rule,
    weights: Floats | None = None,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Choice:
    """The cutoff that a rule calls best on these rows.

    Args:
        scores: Probabilities of the positive class, ``[n]``, finite.
        positive: Which rows are of it.
        rule: What is best.
        weights: What each row counts; 1 without it.
        resamples: Of the Poisson bootstrap behind the interval; 0 for none.
        seed: Of the samples.

    Raises:
        InputError: If there are not both kinds of rows, or no cutoff keeps the limit.
    """
    if not positive.any() or positive.all():
        raise InputError(
            "all rows are of one class" if len(positive) else "there are no rows",
            expected="rows of both classes to choose a cutoff on",
            fix="give more rows, or another split",
        )
    sweep = Sweep.of(scores, positive, weights)
    values, good = rule.values(sweep), rule.goodness(sweep)
    if not np.isfinite(good).any():
        raise _unreachable(sweep, rule)
    best = _best(sweep.at, good, rule.anchor)
    told = {rule.of: float(values[best])}
    told |= {name: float(figure(sweep, name)[best]) for name in FIGURES}
    return Choice(
        at=float(sweep.at[best]),
        figures={name: value for name, value in told.items() if not np.isnan(value)},
        interval=_interval(scores, positive, rule, weights, resamples, seed) if resamples else None,
        curve=_curve(sweep.at, values, best),
    )


def _best(at: Floats, good: Floats, anchor: float) -> int:
    """Of the best cutoffs the one nearest to the anchor."""
    equal = np.flatnonzero(good >= good.max() - _ROUNDING)
    return int(equal[np.abs(at[equal] - anchor).argmin()])


def _interval(
    scores: Floats,
    positive: npt.NDArray[np.bool_],
    rule: Rule,
    weights: Floats | None,
    resamples: int,
    seed: int,
) -> tuple[float, float] | None:
    """Percentiles of the best cutoff over Poisson bootstrap samples."""
    distinct, codes = np.unique(scores, return_inverse=True)
    if len(distinct) > MOST_SCORES:
        edges = np.unique(np.quantile(scores, np.linspace(0, 1, MOST_SCORES + 1)[1:-1], method="inverted_cdf"))
        codes = np.searchsorted(edges, scores, side="left")
        distinct = np.array([scores[codes == 0].max(), *edges[1:], scores.max()]) if len(edges) else scores[:1]
        used, codes = np.unique(codes, return_inverse=True)
        distinct = distinct[used]
    at = cutoffs_between(distinct)
    weight = np.ones(len(scores)) if weights is None else weights
    dice = np.random.default_rng(seed)
    found = []
    for _ in range(resamples):
        drawn = weight * dice.poisson(1.0, len(scores))
        good = rule.goodness(Sweep.counted(at, codes, positive, drawn))
        if np.isfinite(good).any():
            found.append(float(at[_best(at, good, rule.anchor)]))
    if len(found) < resamples / 2:
        return None
    low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="inverted_cdf")
    return float(low), float(high)


def _curve(at: Floats, values: Floats, best: int) -> tuple[tuple[float, float], ...]:
    """Points spread evenly over the cutoffs, the best one among them."""
    there = np.flatnonzero(~np.isnan(values))
    wanted = np.linspace(at[there[0]], at[there[-1]], MOST_POINTS - 1)
    picked = np.unique([*there[np.searchsorted(at[there], wanted).clip(max=len(there) - 1)].tolist(), best])
    return tuple((float(at[place]), float(values[place])) for place in picked)


def _unreachable(sweep: Sweep, rule: Rule) -> InputError:
    reached = figure(sweep, rule.limited) if rule.limited else np.array([np.nan])
    known = reached[~np.isnan(reached)]
    side = "highest" if np.isfinite(rule.least) else "lowest"
    told = f"; the {side} is {(known.max() if side == 'highest' else known.min()):.4g}" if len(known) else ""
    return InputError(
        f"no cutoff gives {rule.text.partition(' ')[2]}{told}",
        expected="a limit that some cutoff keeps",
        fix="loosen the limit, or train a better model",
    )
