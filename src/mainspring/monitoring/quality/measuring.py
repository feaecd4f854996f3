"""Figures with intervals: closed forms where there are any, and drawing again for the others."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from mainspring.evaluation.metrics import ClassificationState, confusion
from mainspring.evaluation.metrics.intervals import CLOSED, Intervals, deviations
from mainspring.evaluation.metrics.measured import Interval, Measured
from mainspring.evaluation.metrics.states import State
from mainspring.evaluation.metrics.wishes import Kind

BOOTSTRAP: Final = Intervals(method="bootstrap")
"""200 draws, from a seed."""

USUAL: Final[Mapping[Kind, tuple[str, ...]]] = {
    "binary": ("accuracy", "auc", "precision", "recall", "f1"),
    "several": ("accuracy", "auc", "f1"),
    "regression": ("mae", "rmse"),
}
"""Figures that are told where none are named."""

HEADLINES: Final[Mapping[Kind, tuple[str, ...]]] = {
    "binary": ("accuracy", "auc"),
    "several": ("accuracy", "auc"),
    "regression": ("mae",),
}
"""Those that are held against the reference where nothing else is said."""

OF_LABELS: Final = frozenset({*confusion.FACTS, "accuracy", "count"})
"""Figures of classifiers that need no probabilities."""


def measure(state: State, wanted: Sequence[str]) -> Measured:
    """The figures of a state that are wanted, with 95 % intervals.

    Args:
        state: Of some rows.
        wanted: Names of metrics. One that the state does not have is left out; one that does not exist for these
            rows is NaN with its reason.
    """
    found = state.measure(CLOSED)
    names = [name for name in wanted if name in found.values]
    lacking = [name for name in names if name not in found.intervals and math.isfinite(found.values[name])]
    ends: dict[str, Interval] = {name: found.intervals[name] for name in names if name in found.intervals}
    if lacking:
        drawn = _drawn(state, lacking)
        ends |= {name: _around(found.values[name], drawn[name]) for name in lacking if name in drawn}
    return replace(
        found,
        values={name: found.values[name] for name in names},
        intervals=ends,
        reasons={name: why for name, why in found.reasons.items() if name in names},
        inexact={},
    )


def _drawn(state: State, names: Sequence[str]) -> Mapping[str, Interval]:
    if isinstance(state, ClassificationState):
        return state.drawn(names, BOOTSTRAP)
    return state.measure(BOOTSTRAP).intervals


def standard_error(measured: Measured, name: str, *, above: bool) -> float:
    """The standard error of a figure, from the side of its interval that is asked for; NaN if it has none."""
    ends = measured.intervals.get(name)
    if ends is None:
        return math.nan
    value = measured.values[name]
    return (ends.high - value if above else value - ends.low) / deviations(CLOSED.level)


def _around(value: float, drawn: Interval) -> Interval:
    """Draws of a skewed figure may all lie on one side of it: the interval holds the figure all the same."""
    return Interval(min(value, drawn.low), max(value, drawn.high))
