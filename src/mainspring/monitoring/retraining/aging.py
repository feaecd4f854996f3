"""The stale-model curve: models are trained on the old, and tested on each later stretch of time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mainspring.core.clock import iso, seconds_of
from mainspring.core.errors import InputError
from mainspring.core.verdicts import Reason, Verdict
from mainspring.data import Table
from mainspring.evaluation import Better, Predictor, better
from mainspring.evaluation.evaluation import ALL_ROWS
from mainspring.evaluation.metrics.intervals import deviations
from mainspring.evaluation.predictions import Predictions
from mainspring.monitoring.retraining.ranking import Fit, Judge
from mainspring.monitoring.retraining.timeline import Timeline

MOST_STARTS: Final = 6
LEAST_ROWS: Final = 100
_DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StalePoint:
    """A model in one stretch of time after it was trained.

    Attributes:
        start: When its training ended, in seconds since the epoch.
        since: Where the stretch begins.
        age: How old the model is then, in seconds: 0 in the first stretch after its training.
        value: Its figure; NaN if it does not exist there.
        low: Where it lies at least; NaN if unknown.
        high: Where it lies at most.
        loss: How much worse it is than a model that was trained up to the beginning of the stretch; below 0 where
            it is better.
        loss_low: At least, from pairs.
        loss_high: At most.
        rows: Rows of the stretch.
    """

    start: float
    since: float
    age: float
    value: float
    low: float
    high: float
    loss: float
    loss_low: float
    loss_high: float
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """What models of one age lose on average.

    Attributes:
        age: In seconds.
        loss: The mean loss.
        low: At least.
        high: At most.
        models: How many models that is from.
    """

    age: float
    loss: float
    low: float
    high: float
    models: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleCurve:
    """How models grow stale.

    Attributes:
        metric: The figure.
        period: The length of a stretch, in seconds.
        points: By start, then by stretch.
        ages: What models of each age lose against fresh ones.
        level: The confidence of intervals.
        notes: What was left out, in sentences.
    """

    metric: str
    period: float
    points: tuple[StalePoint, ...]
    ages: tuple[Age, ...]
    level: float
    notes: tuple[str, ...] = ()

    @property
    def starts(self) -> tuple[float, ...]:
        """When the trainings ended."""
        return tuple(dict.fromkeys(one.start for one in self.points))

    def line(self, start: float) -> tuple[StalePoint, ...]:
        """The points of one model."""
        return tuple(one for one in self.points if one.start == start)

    def fresh_for(self, margin: float = 0.0) -> float | None:
        """Up to which age models do not surely lose more than a margin, in seconds; ``None`` if they never do.

        It is the greatest age before the first at which the whole interval of the loss lies above the margin: what
        could be declared as ``freshness``.
        """
        stale = next((place for place, one in enumerate(self.ages) if one.low > margin), None)
        if stale is None:
            return None
        return self.ages[stale - 1].age + self.period if stale else 0.0

    def verdict(self, margin: float = 0.0, *, gate: str = "freshness") -> Verdict:
        """One reason for each age: not ok where models surely lose more than a margin."""
        reasons = [
            Reason(
                ok=not one.low > margin,
                code="STALE" if one.low > margin else "FRESH",
                message=(
                    f"{one.age / _DAY:.3g} days after training {self.metric} is worse than of a fresh model by "
                    f"{one.loss:.3g} ({one.low:.3g} to {one.high:.3g}; {_counted(one.models)})"
                ),
                subject=f"{one.age / _DAY:.3g}d",
                observed=one.loss,
                expected=margin,
            )
            for one in self.ages
        ]
        return Verdict.of(gate, reasons, {"metric": self.metric, "margin": margin})

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; NaN becomes ``None``."""
        return {
            "metric": self.metric,
            "period": self.period,
            "level": self.level,
            "fresh_for": self.fresh_for(),
            "points": [_plain(one, StalePoint.__slots__) for one in self.points],
            "ages": [_plain(one, Age.__slots__) for one in self.ages],
            "notes": list(self.notes),
        }


def stale_curve(
    rows: Table,
    fit: Fit,
    *,
    label: str,
    time: str = "request.time",
    period: str | float = "30d",
    history: str | float | None = None,
    starts: int = MOST_STARTS,
    metric: str = "",
    positive: str | None = None,
    least_rows: int = LEAST_ROWS,
    level: float = 0.95,
    seed: int = 0,
) -> StaleCurve:
    """Train models up to several moments, and test each on every later stretch of time.

    Time is cut into stretches of one length. At the beginning of each but the first a model is trained on what
    came before. Of these, some are followed: each is tested on all later stretches, beside the model that is fresh
    there; the difference has an interval made from pairs of answers to the same rows. Averages over models of one
    age take the larger of what the models' own intervals and the differences between models say of the error.

    Args:
        rows: Labelled rows, in any order.
        fit: Trains a model on rows.
        label: The column of the truth.
        time: The column that says when a row was.
        period: The length of a stretch, such as ``30d``.
        history: Models are trained on what came within this time; on all before without it.
        starts: How many models are followed, evenly spread.
        metric: What they are judged by; a usual one without it.
        positive: The class that a binary task is about.
        least_rows: Stretches with fewer rows are not tested on, and no model is trained on fewer.
        level: The confidence of intervals.
        seed: Of what is drawn.

    Raises:
        InputError: If there are fewer than three stretches with enough rows, or the metric does not exist.

    References:
        D. Sculley and others, "Hidden technical debt in machine learning systems", NeurIPS 2015.

        E. Breck, S. Cai, E. Nielsen, M. Salib, D. Sculley, "The ML test score: a rubric for ML production
        readiness and technical debt reduction", IEEE Big Data 2017 (the test of what staleness costs).
    """
    line, length = Timeline.of(rows, time=time, label=label), seconds_of(period)
    back = None if history is None else seconds_of(history)
    judge = Judge(label=label, metric=metric, positive=positive, level=level, seed=seed)
    first = float(line.times[0])
    edges = first + length * np.arange(math.floor((float(line.times[-1]) - first) / length) + 2)
    places = np.searchsorted(line.times, edges)
    sizes = np.diff(places)
    usable = [one for one in range(1, len(sizes)) if sizes[one] >= least_rows]
    models: dict[int, Predictor] = {}
    for one in usable:
        begin = 0 if back is None else line.place(float(edges[one]) - back)
        if places[one] - begin >= least_rows:
            models[one] = fit(line.rows.rows(begin, int(places[one])))
    if len(models) < 2:
        raise InputError(
            f"{len(usable)} stretches of {period} have {least_rows} rows and some before them",
            expected="at least two, with a model before each",
            fix="give a shorter period",
        )
    followed = _spread(list(models)[:-1], starts)
    tests = {one: line.rows.rows(int(places[one]), int(places[one + 1])) for one in models}
    fresh = {one: models[one].predict(tests[one]) for one in models}
    named = judge.main(judge.evaluation(next(iter(fresh.values())), next(iter(tests.values()))))
    points = [
        _point(
            models[start].predict(tests[one]) if one != start else fresh[one], fresh[one], tests[one], judge, named
        )
        | {"start": float(edges[start]), "since": float(edges[one]), "age": float(edges[one] - edges[start])}
        for start in followed
        for one in models
        if one >= start
    ]
    made = tuple(StalePoint(**point) for point in points)
    left_out = len(sizes) - 1 - len(usable)
    return StaleCurve(
        metric=named,
        period=length,
        points=made,
        ages=tuple(_ages(made, level)),
        level=level,
        notes=(f"{left_out} stretches have fewer than {least_rows} rows and were left out",) if left_out else (),
    )


def _followed(
    starts: Sequence[int],
    models: Mapping[int, Predictor],
    fresh: Mapping[int, Predictions],
    tests: Mapping[int, Table],
) -> Iterator[tuple[int, int, Predictions]]:
    """Every model that is followed, each later stretch, and its answers there."""
    for start in starts:
        for one in models:
            if one >= start:
                yield start, one, fresh[one] if one == start else models[start].predict(tests[one])


def describe(curve: StaleCurve) -> list[tuple[str, ...]]:
    """A row for each start and stretch, as texts: training ended, stretch, age in days, figure, loss, rows."""
    return [
        (
            iso(one.start)[:10],
            iso(one.since)[:10],
            f"{one.age / _DAY:.4g}",
            f"{one.value:.4g}",
            f"{one.loss:+.3g} ({one.loss_low:+.2g} to {one.loss_high:+.2g})" if one.age else "fresh",
            str(one.rows),
        )
        for one in curve.points
    ]


def _point(ours: Predictions, fresh: Predictions, rows: Table, judge: Judge, metric: str) -> dict[str, Any]:
    whole = judge.evaluation(ours, rows).measured[ALL_ROWS]
    low, high = whole.intervals.get(metric, (math.nan, math.nan))
    told = {"value": whole.values.get(metric, math.nan), "low": low, "high": high, "rows": rows.num_rows}
    if ours is fresh:
        return told | {"loss": 0.0, "loss_low": 0.0, "loss_high": 0.0}
    sign = -1.0 if better(metric) is Better.LOWER else 1.0
    paired = judge.differences(fresh, ours, rows).measured[ALL_ROWS]
    ends = [sign * end for end in paired.intervals.get(metric, (math.nan, math.nan))]
    return told | {
        "loss": sign * paired.values.get(metric, math.nan),
        "loss_low": min(ends),
        "loss_high": max(ends),
    }


def _ages(points: Sequence[StalePoint], level: float) -> list[Age]:
    found = []
    wide = deviations(level)
    for age in sorted({round(one.age) for one in points}):
        mine = [one for one in points if round(one.age) == age and not math.isnan(one.loss)]
        if not mine:
            continue
        losses: npt.NDArray[np.float64] = np.array([one.loss for one in mine])
        own = np.array([(one.loss_high - one.loss_low) / (2 * wide) for one in mine])
        within = float(np.sqrt((own**2).sum()) / len(mine))
        between = float(losses.std(ddof=1) / math.sqrt(len(mine))) if len(mine) > 1 else 0.0
        spread, mean = wide * max(within, between), float(losses.mean())
        found.append(Age(age=float(age), loss=mean, low=mean - spread, high=mean + spread, models=len(mine)))
    return found


def _spread(places: Sequence[int], most: int) -> list[int]:
    """Some of them, evenly spread, the first and the last among them."""
    if len(places) <= most:
        return list(places)
    return [places[round(one)] for one in np.linspace(0, len(places) - 1, max(most, 1))]


def _plain(one: Any, names: Sequence[str]) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in names}
    return {name: None if isinstance(x, float) and math.isnan(x) else x for name, x in told.items()}


def _counted(models: int) -> str:
    return "1 model" if models == 1 else f"{models} models"
