"""How good the answers would have been, by policy and period, on the truth that became known in the end."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.evaluation import Better, better
from mainspring.evaluation.evaluation import ALL_ROWS
from mainspring.evaluation.predictions import Predictions
from mainspring.monitoring.retraining import Judge
from mainspring.monitoring.simulation.eras import Era, joined
from mainspring.monitoring.simulation.outcome import Outcome, Period
from mainspring.monitoring.simulation.recording import Cut, Recording
from mainspring.monitoring.windows.window import TRUTH

PERIODS: Final = 30
LEAST: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How good the answers would have been.

    Attributes:
        metric: By what; empty if nothing could be measured.
        problem: Why not.
        values: The metric over all labelled rows, by policy.
        gains: How much better that is than what was recorded, at least and at most, by policy.
        periods: The metric over time, by policy.
    """

    metric: str = ""
    problem: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    gains: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    periods: Mapping[str, tuple[Period, ...]] = field(default_factory=dict)

    def told(self, outcome: Outcome) -> Outcome:
        """An outcome with its quality."""
        unknown = (math.nan, math.nan, math.nan)
        gain, low, high = self.gains.get(outcome.name, unknown)
        return replace(
            outcome,
            value=self.values.get(outcome.name, math.nan),
            gain=gain,
            gain_low=low,
            gain_high=high,
            quality=self.periods.get(outcome.name, ()),
        )


@dataclass(frozen=True, slots=True)
class _Labelled:
    """The rows whose truth became known in the end, and when they were asked."""

    rows: Table
    times: npt.NDArray[np.float64]

    def answers(self, eras: Sequence[Era]) -> Predictions:
        """What was answered, row by row, by whoever answered then."""
        ordered = sorted(eras, key=lambda one: one.since)
        bounds = [0, *np.searchsorted(self.times, [one.since for one in ordered[1:]]).tolist(), len(self.times)]
        return joined(
            [
                era.predictions(self.rows.rows(first, last))
                for era, (first, last) in zip(ordered, pairwise(bounds), strict=True)
                if last > first
            ]
        )


def measure_quality(
    recording: Recording, cuts: Sequence[Cut], answering: Mapping[str, Sequence[Era]], judge: Judge
) -> Quality:
    """Measure the answers of every policy.

    Args:
        recording: The log.
        cuts: Its windows.
        answering: By policy, who answered when; what was recorded first.
        judge: By what.
    """
    known = np.isfinite(recording.known)
    if known.sum() < LEAST or not cuts:
        return Quality(problem="too few rows have a truth to measure quality by")
    seen = recording.seen(0, len(recording), math.inf)
    labelled = _Labelled(
        seen.sql(" ".join(("SELECT * FROM this WHERE", f'"{TRUTH}"', "IS NOT NULL"))), recording.times[known]
    )
    try:
        answers = {name: labelled.answers(eras) for name, eras in answering.items()}
        wholes = {name: judge.evaluation(one, labelled.rows) for name, one in answers.items()}
        recorded, *others = answers
        metric = judge.main(wholes[recorded])
        edges = np.linspace(cuts[0].since, cuts[-1].until, min(len(cuts), PERIODS) + 1)
        return Quality(
            metric=metric,
            values={name: one.overall.get(metric, math.nan) for name, one in wholes.items()},
            gains={name: _gain(answers[name], answers[recorded], labelled, judge, metric) for name in others},
            periods={name: _periods(one, labelled, edges, judge, metric) for name, one in answers.items()},
        )
    except InputError as error:  # such as answers of another kind than the truth
        return Quality(problem=f"quality could not be measured: {error.found}")


def _gain(
    answers: Predictions, recorded: Predictions, labelled: _Labelled, judge: Judge, metric: str
) -> tuple[float, float, float]:
    sign = -1.0 if better(metric) is Better.LOWER else 1.0
    paired = judge.differences(answers, recorded, labelled.rows).measured[ALL_ROWS]
    ends = [sign * end for end in paired.intervals.get(metric, (math.nan, math.nan))]
    return sign * paired.values.get(metric, math.nan), min(ends), max(ends)


def _periods(
    answers: Predictions, labelled: _Labelled, edges: npt.NDArray[np.float64], judge: Judge, metric: str
) -> tuple[Period, ...]:
    found = []
    for since, until in pairwise(edges.tolist()):
        first, last = np.searchsorted(labelled.times, [since, until]).tolist()
        if last - first < LEAST:
            continue
        whole = judge.evaluation(_part(answers, first, last), labelled.rows.rows(first, last)).measured[ALL_ROWS]
        low, high = whole.intervals.get(metric, (math.nan, math.nan))
        value = whole.values.get(metric, math.nan)
        found.append(Period(since=since, until=until, value=value, low=low, high=high, rows=last - first))
    return tuple(found)


def _part(answers: Predictions, first: int, last: int) -> Predictions:
    cutoff = answers.cutoff
    if cutoff is not None and isinstance(cutoff.at, np.ndarray):
        cutoff = replace(cutoff, at=cutoff.at[first:last])
    return Predictions(answers.classes, answers.scores[first:last], cutoff)
