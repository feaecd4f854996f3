"""Every figure of all groups side by side, with its interval and, where wanted, its resamples.

The bootstrap is exact where it can be: the cells of a group (by score, answer and label) are drawn as
:func:`~mainspring.evaluation.metrics.resampling.poisson` draws them, and all shares at all thresholds follow from
one draw, for all resamples at once. Means and areas are drawn from the normal distribution with their own sampling
variance; for the calibration error, scores stand at their mean within a cell.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.fairness.cells import CALIBRATION_EDGES, Cells
from mainspring.evaluation.fairness.figures import RATE_BOTTOMS, RATE_TOPS, RATES, UNTHRESHOLDED
from mainspring.evaluation.fairness.inequality import entropy
from mainspring.evaluation.fairness.means import Means
from mainspring.evaluation.metrics.grouping import Floats, shares
from mainspring.evaluation.metrics.intervals import Intervals, normal, proportion
from mainspring.evaluation.metrics.measured import Interval
from mainspring.evaluation.metrics.resampling import poisson

_NO_ROWS = "there are no rows with a label"
_BROKEN = "the model gave no finite value for {} of {} rows"
_FEWEST_DRAWS = 0.5
"""An interval is given if the figure exists in this share of the resamples."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Across:
    """One figure of all groups of a column.

    Attributes:
        name: The figure; ``at`` the threshold it is taken at, ``None`` for the answers as they are.
        values: Shape ``[groups]``, NaN where the figure does not exist; ``tops`` and ``bottoms`` likewise.
        rows: Rows behind each denominator, unweighted.
        intervals: Of each group.
        reasons: Why the figure does not exist, empty where it does.
        draws: Resampled figures, shape ``[resamples, groups]``; ``None`` without a bootstrap.
    """

    name: str
    at: float | None = None
    values: Floats
    tops: Floats
    bottoms: Floats
    rows: npt.NDArray[np.int64]
    intervals: tuple[Interval | None, ...]
    reasons: tuple[str, ...]
    draws: Floats | None = None


def of_cells(
    groups: Sequence[Cells], edges: Floats, thresholds: Sequence[float], positive: str, intervals: Intervals
) -> Iterator[Across]:
    """Every figure of a binary question: rates as answered and at each threshold, means, areas, calibration.

    Args:
        groups: The cells of each group, all counted by the same edges.
        edges: Those edges.
        thresholds: Some of the edges: where rates are wanted.
    """
    reasons = [_BROKEN.format(cell.broken, cell.rows) if cell.broken else "" for cell in groups]
    weights = np.stack([cell.weights for cell in groups])
    squares = np.stack([cell.squares for cell in groups])
    random = np.random.default_rng(intervals.seed)
    draws = _drawn(weights, squares, intervals, random) if intervals.method == "bootstrap" else None
    yield from _rates(groups, edges, thresholds, positive, intervals, weights, squares, draws, reasons)
    scores = np.stack([cell.scores for cell in groups])
    yield _calibration_error(groups, edges, intervals, weights, scores, draws, reasons)
    yield from of_means(Cells.QUANTITIES, [cell.means for cell in groups], intervals, random, reasons)
    yield _areas(groups, positive, intervals, random, reasons)


def of_means(
    names: Sequence[str],
    groups: Sequence[Means],
    intervals: Intervals,
    random: np.random.Generator,
    reasons: Sequence[str] = (),
) -> Iterator[Across]:
    """Means of quantities, with normal intervals."""
    values = np.stack([means.values() for means in groups])
    deviations = np.sqrt(np.stack([means.variances() for means in groups]))
    bottoms = np.array([means.weight for means in groups])
    rows = np.array([means.rows for means in groups], dtype=np.int64)
    tops = np.stack([means.sums for means in groups])
    for place, name in enumerate(names):
        yield _finished(
            name,
            values[:, place],
            tops[:, place],
            bottoms,
            rows,
            intervals=[
                normal(v, d * d, level=intervals.level)
                for v, d in zip(values[:, place], deviations[:, place], strict=True)
            ],
            lacking=[_NO_ROWS] * len(groups),
            broken=reasons,
            draws=_normal_draws(values[:, place], deviations[:, place], intervals, random),
        )


def inequality(cells: Cells, intervals: Intervals) -> Iterator[Across]:
    """How unequally benefits (answer minus label plus one) are spread over the rows: two entropies."""
    weights = cells.weights.sum(axis=0).reshape(4)
    broken = [_BROKEN.format(cells.broken, cells.rows) if cells.broken else ""]
    draws = None
    if intervals.method == "bootstrap":
        squares = cells.squares.sum(axis=0).reshape(4)
        draws = _drawn(weights, squares, intervals, np.random.default_rng(intervals.seed))
    for name, alpha in (("generalized_entropy_index", 2.0), ("theil_index", 1.0)):
        value = np.array([entropy(_BENEFITS, weights, alpha)])
        resampled = None if draws is None else entropy(_BENEFITS, draws, alpha)[:, None]
        yield _finished(
            name,
            value,
            np.array([math.nan]),
            np.array([weights.sum()]),
            np.array([cells.rows - cells.broken], dtype=np.int64),
            intervals=[None],
            lacking=["nobody benefits: every row is a positive that was passed over" if cells.rows else _NO_ROWS],
            broken=broken,
            draws=resampled,
            level=intervals.level,
        )


_BENEFITS = np.array([1.0, 0.0, 2.0, 1.0])
"""Of true negatives, false negatives, false positives, true positives."""


def calibration(cells: Cells, edges: Floats) -> tuple[tuple[float, float, float], ...]:
    """Ten bins of equal width by score: (mean score, share of positives, weight) of those that have rows."""
    weights, positives, scores = (_binned(x, edges) for x in (cells.weights, cells.weights[..., 1:], cells.scores))
    used = np.flatnonzero(weights > 0)
    return tuple(
        (float(scores[b] / weights[b]), float(positives[b] / weights[b]), float(weights[b])) for b in used
    )


def confusions(cells: Floats, places: Sequence[int]) -> Floats:
    """True negatives, false negatives, false positives, true positives as answered and at some edges.

    Args:
        cells: Shape ``[…, edges + 1, 2, 2]``.
        places: Indices of edges; rows at or above the edge are selected.

    Returns:
        Shape ``[…, 1 + len(places), 4]``, the answers as they are first.
    """
    answered = cells.sum(axis=-3)
    by_score = cells.sum(axis=-2)
    above = np.cumsum(by_score[..., ::-1, :], axis=-2)[..., ::-1, :][..., [place + 1 for place in places], :]
    passed = answered.sum(axis=-2)[..., None, :] - above
    flat = answered.reshape(*answered.shape[:-2], 1, 4)
    return np.concatenate([flat, np.concatenate([passed, above], axis=-1)], axis=-2)


def _drawn(weights: Floats, squares: Floats, intervals: Intervals, random: np.random.Generator) -> Floats:
    """Cells as a Poisson bootstrap of the rows would have them, shape ``[resamples, *cells]``."""
    used = np.flatnonzero(weights.reshape(-1) > 0)
    found = np.zeros((intervals.resamples, weights.size))
    found[:, used] = poisson(random, weights.reshape(-1)[used], squares.reshape(-1)[used], intervals.resamples)
    return found.reshape(intervals.resamples, *weights.shape)


def _normals(
    values: Floats, variances: Floats, intervals: Intervals, *, low: float = -math.inf, high: float = math.inf
) -> list[Interval]:
    return [
        normal(value, variance, low=low, high=high, level=intervals.level)
        for value, variance in zip(values, variances, strict=True)
    ]


def _normal_draws(
    values: Floats, deviations: Floats, intervals: Intervals, random: np.random.Generator
) -> Floats | None:
    if intervals.method != "bootstrap":
        return None
    drawn: Floats = values + deviations * random.standard_normal((intervals.resamples, len(values)))
    return drawn


def _rates(
    groups: Sequence[Cells],
    edges: Floats,
    thresholds: Sequence[float],
    positive: str,
    intervals: Intervals,
    weights: Floats,
    squares: Floats,
    draws: Floats | None,
    broken: Sequence[str],
) -> Iterator[Across]:
    places = [int(np.searchsorted(edges, at)) for at in thresholds]
    kinds = confusions(weights, places)
    rows = confusions(np.stack([cell.counts for cell in groups]), places) @ RATE_BOTTOMS
    spread = confusions(squares, places) @ RATE_BOTTOMS
    drawn = None if draws is None else confusions(draws, places)
    tops, bottoms = kinds @ RATE_TOPS, kinds @ RATE_BOTTOMS
    values = shares(tops, bottoms)
    for step, at in enumerate((None, *thresholds)):
        resampled = None
        if drawn is not None:
            resampled = shares(drawn[:, :, step] @ RATE_TOPS, drawn[:, :, step] @ RATE_BOTTOMS)
        for place, (name, rate) in enumerate(RATES.items()):
            if at is not None and name in UNTHRESHOLDED:
                continue
            pick = (slice(None), step, place)
            sizes = shares(bottoms[pick] ** 2, spread[pick])
            found = [_share(v, n, intervals) for v, n in zip(values[pick], sizes, strict=True)]
            empty = rate.lacking.format(positive)
            yield _finished(
                name,
                values[pick],
                tops[pick],
                bottoms[pick],
                rows[pick].round().astype(np.int64),
                at=at,
                intervals=found,
                lacking=[empty if cell.rows > cell.broken else _NO_ROWS for cell in groups],
                broken=broken,
                draws=None if resampled is None else resampled[:, :, place],
                level=intervals.level,
            )


def _share(value: float, size: float, intervals: Intervals) -> Interval | None:
    """Of a share among so many independent rows (for weighted rows Kish's effective number)."""
    if math.isnan(value):
        return None
    return proportion(value * size, size, intervals)


def _calibration_error(
    groups: Sequence[Cells],
    edges: Floats,
    intervals: Intervals,
    weights: Floats,
    scores: Floats,
    draws: Floats | None,
    broken: Sequence[str],
) -> Across:
    """The mean distance between scores and shares of positives, bins weighing as many rows as they have."""

    def error(cells: Floats, sums: Floats) -> tuple[Floats, Floats]:
        gap = np.abs(_binned(sums, edges) - _binned(cells[..., 1:], edges)).sum(axis=-1)
        return gap, cells.sum(axis=(-3, -2, -1))

    top, bottom = error(weights, scores)
    drawn = None
    if draws is not None:
        drawn = shares(
            *error(draws, draws * np.divide(scores, weights, out=np.zeros_like(scores), where=weights > 0))
        )
    return _finished(
        "calibration_error",
        shares(top, bottom),
        top,
        bottom,
        np.array([cell.rows - cell.broken for cell in groups], dtype=np.int64),
        intervals=[None] * len(groups),
        lacking=[_NO_ROWS] * len(groups),
        broken=broken,
        draws=drawn,
        level=intervals.level,
    )


def _binned(cells: Floats, edges: Floats) -> Floats:
    """Sums over the ten bins of calibration, of cells of the shape ``[…, edges + 1, x, y]``."""
    starts = [0, *(int(np.searchsorted(edges, edge)) + 1 for edge in CALIBRATION_EDGES)]
    summed: Floats = np.add.reduceat(cells.sum(axis=(-2, -1)), starts, axis=-1)
    return summed


def _areas(
    groups: Sequence[Cells],
    positive: str,
    intervals: Intervals,
    random: np.random.Generator,
    broken: Sequence[str],
) -> Across:
    values = np.array([cell.ranking.auc() for cell in groups])
    variances = np.array([_area_variance(cell) for cell in groups])
    return _finished(
        "auc",
        values,
        np.full(len(groups), math.nan),
        np.full(len(groups), math.nan),
        np.array([int(min(cell.counts[..., 0].sum(), cell.counts[..., 1].sum())) for cell in groups]),
        intervals=[
            normal(v, d, low=0.0, high=1.0, level=intervals.level) for v, d in zip(values, variances, strict=True)
        ],
        lacking=[_one_kind(cell, positive) for cell in groups],
        broken=broken,
        draws=_normal_draws(values, np.sqrt(variances), intervals, random),
    )


def _area_variance(cell: Cells) -> float:
    """DeLong's, which is not known for weighted rows."""
    return cell.ranking.auc_variance() if np.array_equal(cell.weights, cell.counts) else math.nan


def _one_kind(cell: Cells, positive: str) -> str:
    """Why there is no area: rows of one kind are missing."""
    if cell.rows == cell.broken:
        return _NO_ROWS
    missing = "false_positive_rate" if cell.ranking.total_positive > 0 else "true_positive_rate"
    return RATES[missing].lacking.format(positive)


def _finished(
    name: str,
    values: Floats,
    tops: Floats,
    bottoms: Floats,
    rows: npt.NDArray[np.int64],
    *,
    intervals: Sequence[Interval | None],
    lacking: Sequence[str],
    broken: Sequence[str],
    at: float | None = None,
    draws: Floats | None = None,
    level: float | None = None,
) -> Across:
    """The figure with its reasons; with a level, intervals are those of the draws wherever these spread."""
    values = np.where([bool(why) for why in broken], math.nan, values) if any(broken) else values
    reasons = tuple(
        (broken[place] if broken else "") or lacking[place] if math.isnan(value) else ""
        for place, value in enumerate(values)
    )
    if draws is not None and level is not None:
        drawn = between(draws, level)
        intervals = [b if b is not None and b.high > b.low else a for a, b in zip(intervals, drawn, strict=True)]
    kept = [
        None if why or found is None or math.isnan(found.low) else Interval(float(found.low), float(found.high))
        for found, why in zip(intervals, reasons, strict=True)
    ]
    return Across(
        name=name,
        at=at,
        values=values,
        tops=tops,
        bottoms=bottoms,
        rows=rows,
        intervals=tuple(kept),
        reasons=reasons,
        draws=draws,
    )


def between(draws: Floats, level: float) -> list[Interval | None]:
    """The middle part of resampled figures, column by column; none where too few resamples have the figure."""
    known = np.count_nonzero(~np.isnan(draws), axis=0)
    ordered = np.sort(draws, axis=0)  # what is unknown comes last
    ends = []
    for share in ((1 - level) / 2, (1 + level) / 2):
        place = share * np.maximum(known - 1, 0)
        below = np.floor(place).astype(np.int64)
        above = np.minimum(below + 1, np.maximum(known - 1, 0))
        low, high = (np.take_along_axis(ordered, at[None, :], axis=0)[0] for at in (below, above))
        ends.append(low + (place - below) * (high - low))
    enough = known >= _FEWEST_DRAWS * len(draws)
    return [Interval(float(low), float(high)) if ok else None for low, high, ok in zip(*ends, enough, strict=True)]
