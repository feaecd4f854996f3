"""Calibration over time: do probabilities mean in a window what they meant in the reference?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from mainspring.data.comparison.significance import chi_squared_tail
from mainspring.evaluation.metrics.measured import Interval
from mainspring.evaluation.metrics.resampling import percentiles
from mainspring.monitoring.quality.answers import Answers, Floats, Ints, read_answers, truth_codes
from mainspring.monitoring.quality.reliability import BINS, Bin, Reliability, measure_reliability

if TYPE_CHECKING:
    from mainspring.data import Table

_DRAWS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationShift:
    """How calibrated a window is, and how that differs from the reference.

    Attributes:
        window: The reliability of the window, in the bins of the reference.
        reference: That of the reference.
        error: The expected calibration error of the window.
        interval: Where it lies with 95 % confidence, without what chance alone adds to it.
        gap: The root mean square, over rows, of the change of (share - probability) since the reference, without
            what chance alone adds; 0 where chance explains all.
        p_value: How likely changes as large are by chance alone.
    """

    window: Reliability
    reference: Reliability
    error: float
    interval: Interval
    gap: float
    p_value: float


def held_and_came(answers: Answers, truth: Ints) -> tuple[Floats, Floats]:
    """What was held how probable, and whether it came: the positive class of two, the answered class of several.

    Args:
        answers: With probabilities.
        truth: Index of the true class, ``[rows]``; none is missing.
    """
    if answers.positive is not None and answers.classes is not None:
        place = answers.classes.index(answers.positive)
        return answers.scores[:, place], (truth == place).astype(np.float64)
    return answers.confidence, (truth == answers.chosen).astype(np.float64)


def known_calibration(table: Table, *, positive: str | None = None) -> tuple[Floats, Floats]:
    """:func:`held_and_came` of the rows of a table that have both; nothing where it has no probabilities.

    Raises:
        InputError: If there is no such class, or probabilities are no numbers.
    """
    answers = read_answers(table, positive=positive)
    if answers is None or answers.classes is None or not answers.ranked:
        return np.zeros(0), np.zeros(0)
    truth = truth_codes(answers, table)
    kept = answers.known & (truth >= 0)
    return held_and_came(answers.where(kept), truth[kept])


def calibration_shift(
    window: tuple[Floats, Floats],
    reference: tuple[Floats, Floats],
    *,
    bins: int = BINS,
    seed: int = 0,
) -> CalibrationShift:
    """Compare the calibration of a window with that of the reference.

    In each bin the window is expected to have the gap between share and probability that the reference has. The
    difference, squared, over the variance of both adds up to a chi-squared variable, as in the test of Hosmer and
    Lemeshow (1980).

    Args:
        window: Probabilities, and 1 where it came and 0 elsewhere, ``[rows]`` each.
        reference: The same of the reference.
        bins: With equally many rows of the reference each.
        seed: Of the draws of the interval.

    Example:
        >>> random = np.random.default_rng(0)
        >>> held = random.random(5_000)
        >>> came = (random.random(5_000) < held).astype(float)
        >>> less = (random.random(5_000) < held * 0.8).astype(float)
        >>> same, other = (calibration_shift((held, each), (held, came)) for each in (came, less))
        >>> same.gap, round(other.gap, 1), other.p_value < 1e-9
        (0.0, 0.1, True)
    """
    before = measure_reliability(*reference, bins=bins)
    now = measure_reliability(*window, edges=before.edges)
    changes = [_change(one, other) for one, other in zip(now.bins, before.bins, strict=True)]
    told = [(rows, change, variance) for rows, change, variance in changes if variance > 0]
    rows = sum(one[0] for one in told)
    statistic = sum(change * change / variance for _, change, variance in told)
    square = sum(count * (change * change - variance) for count, change, variance in told) / rows if rows else 0.0
    return CalibrationShift(
        window=now,
        reference=before,
        error=now.error,
        interval=_interval(now, *window, seed=seed),
        gap=math.sqrt(max(square, 0.0)),
        p_value=chi_squared_tail(statistic, len(told)) if told else 1.0,
    )


def _change(now: Bin, before: Bin) -> tuple[float, float, float]:
    """Rows, the change of the gap, and its variance by chance."""
    if not now.rows > 0 or not before.rows > 0:
        return 0.0, 0.0, 0.0
    change = (now.share - now.probability) - (before.share - before.probability)
    # A bin in which all came, or none, does not say that this is certain: half a row is added to either side.
    share = (now.share * now.rows + before.share * before.rows + 0.5) / (now.rows + before.rows + 1)
    both = share * (1 - share)
    variance = max(now.spread / now.rows, both) / now.rows
    variance += max(before.share * (1 - before.share), both) / before.rows
    return now.rows, change, variance


def _interval(found: Reliability, probability: Floats, came: Floats, *, seed: int) -> Interval:
    """The error of rows drawn again, less what each draw adds to it by chance (a basic bootstrap)."""
    if not len(probability):
        return Interval(math.nan, math.nan)
    random = np.random.default_rng(seed)
    place = np.searchsorted(found.edges, probability, side="right")
    size = len(found.bins)
    cells = np.array([np.bincount(place, values, size) for values in (came, 1 - came, probability)])
    mean = cells[2] / np.maximum(cells[0] + cells[1], 1)
    hits, misses = random.poisson(cells[0], (_DRAWS, size)), random.poisson(cells[1], (_DRAWS, size))
    rows = np.maximum(hits + misses, 1)
    drawn = (rows * np.abs(hits / rows - mean)).sum(axis=1) / rows.sum(axis=1)
    low, high = percentiles(drawn, 0.95)
    return Interval(max(0.0, min(found.error, 2 * found.error - high)), max(found.error, 2 * found.error - low))
