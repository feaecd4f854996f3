"""What is worth telling about how good a packaged model is, and for whom, as plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mainspring.core import Slice
from mainspring.evaluation.metrics.directions import better, fact_of
from mainspring.evaluation.metrics.facts import Better
from mainspring.evaluation.viewing.thresholds import Stop, ground_of

if TYPE_CHECKING:
    from mainspring.evaluation import Evaluation, Fairness
    from mainspring.evaluation.fairness.gaps import Gap

MOST_SLICES = 60

SMALL_SLICE = 30
"""Figures of a slice with fewer rows say little."""

PREFERRED = ("accuracy", "auc", "auc_weighted", "precision", "recall", "f1", "rmse", "mae", "r2", "log_loss")
"""Metrics in the order in which slices are told; the first that there is decides what is low."""

MOST_METRICS = 5

_THRESHOLDS: Final = (0.1, 0.25, 0.5, 0.75, 0.9)
_NOTIONS: Final = (
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "equalized_odds_difference",
    "predictive_parity_difference",
    "mean_error_difference",
    "mae_difference",
)


def evaluation_facts(evaluation: Evaluation) -> dict[str, Any]:
    """The figures over all rows with their intervals, those of slices, and what was low or too small."""
    whole = evaluation.measured[Slice()]
    metrics = _metrics(evaluation.overall)
    slices = [
        _SliceFacts(str(key), tuple(name for name, _ in key.values), found.count, found.values)
        for key, found in evaluation.measured.items()
        if key != Slice()
    ]
    return {
        "split": evaluation.split,
        "rows": evaluation.count,
        "positive": evaluation.positive,
        "overall": {name: _finite(value) for name, value in evaluation.overall.items()},
        "intervals": {name: list(interval) for name, interval in whole.intervals.items()},
        "metrics": metrics,
        "slices": [one.as_dict(metrics) for one in slices[:MOST_SLICES]],
        "more": max(0, len(slices) - MOST_SLICES),
        "low": _low(slices, evaluation.overall, metrics),
        "small": [one.name for one in slices if one.rows < SMALL_SLICE],
        "gaps": _gaps(slices, metrics),
        "says": {name: fact.says for name in evaluation.overall if (fact := fact_of(name)) is not None},
        "calibration": _calibration(evaluation),
        "thresholds": _thresholds(evaluation),
        "notes": list(evaluation.notes),
    }


def fairness_facts(fairness: Fairness) -> dict[str, Any]:
    """The gaps between groups as the model answers, and the groups about which nothing can be said."""
    gaps = [gap for name in _NOTIONS for gap in fairness.gaps_of(name)]
    unknown = {f"{key} ({why})" for gap in gaps for key, why in gap.left_out.items()}
    return {
        "rows": fairness.overall.count,
        "protected": list(fairness.protected),
        "gaps": [_fairness_gap(gap) for gap in gaps],
        "unknown": sorted(unknown),
    }


def _fairness_gap(gap: Gap) -> dict[str, Any]:
    return {
        "notion": gap.name,
        "by": gap.protected,
        "value": _finite(gap.value),
        "interval": None if gap.interval is None else [_finite(end) for end in gap.interval],
        "between": [] if gap.groups is None else [str(key) for key in gap.groups],
        "reason": gap.reason,
    }


def _calibration(evaluation: Evaluation) -> dict[str, Any] | None:
    """Of a binary model, the group of rows whose mean score lies furthest from what came true."""
    curves = evaluation.curves.get(evaluation.positive) if evaluation.positive is not None else None
    if curves is None or not curves.calibration:
        return None
    said, came, rows = max(curves.calibration, key=lambda one: abs(one[0] - one[1]))
    return {"bins": len(curves.calibration), "said": said, "came": came, "rows": rows}


def _thresholds(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Of a binary model, what it would do at a few thresholds; ``own`` is where it stands."""
    ground = ground_of(evaluation)
    if ground is None:
        return []
    own = ground.stops[ground.own]
    wanted = {min(ground.stops, key=lambda stop: abs(stop.threshold - at)) for at in _THRESHOLDS} | {own}
    return [_threshold(stop, ground.positives, ground.negatives, own=stop == own) for stop in sorted(wanted)]


def _threshold(stop: Stop, positives: float, negatives: float, *, own: bool) -> dict[str, Any]:
    chosen = stop.hits + stop.alarms
    return {
        "threshold": stop.threshold,
        "own": own,
        "precision": stop.hits / chosen if chosen else None,
        "recall": stop.hits / positives,
        "false_positive_rate": stop.alarms / negatives,
        "positive_rate": chosen / (positives + negatives),
    }


def _metrics(overall: Mapping[str, float]) -> list[str]:
    known = [name for name in PREFERRED if name in overall and not math.isnan(overall[name])]
    return known[:MOST_METRICS]


@dataclass(frozen=True, slots=True)
class _SliceFacts:
    name: str
    columns: tuple[str, ...]
    rows: int
    values: Mapping[str, float]

    def figure(self, metric: str) -> float | None:
        return _finite(self.values.get(metric))

    def as_dict(self, metrics: Sequence[str]) -> dict[str, Any]:
        figures = {name: self.figure(name) for name in metrics}
        return {"slice": self.name, "columns": list(self.columns), "rows": self.rows, "figures": figures}


def _low(slices: Sequence[_SliceFacts], overall: Mapping[str, float], metrics: Sequence[str]) -> list[str]:
    """Slices that are clearly worse than all rows by the first metric, in sentences."""
    if not metrics:
        return []
    name, lower = metrics[0], better(metrics[0]) is Better.LOWER
    whole, found = overall[name], []
    for one in slices:
        value = one.figure(name)
        if value is None or one.rows < SMALL_SLICE:
            continue
        if value > 1.2 * whole if lower else value < whole - 0.05:
            found.append(f"{one.name}: {name} {value:.4g}, over all rows {whole:.4g} ({one.rows} rows)")
    return found


def _gaps(slices: Sequence[_SliceFacts], metrics: Sequence[str]) -> list[dict[str, Any]]:
    """By column, how far the best and the worst of its slices lie apart in each metric."""
    groups: dict[tuple[str, ...], list[_SliceFacts]] = {}
    for one in slices:
        if one.rows >= SMALL_SLICE:
            groups.setdefault(one.columns, []).append(one)
    found = []
    for columns, group in groups.items():
        for metric in metrics:
            told = [(value, one.name) for one in group if (value := one.figure(metric)) is not None]
            if len(told) > 1:
                (low, lowest), (high, highest) = min(told), max(told)
                ends = {"low": low, "lowest": lowest, "high": high, "highest": highest}
                found.append({"columns": " and ".join(columns), "metric": metric, **ends})
    return found


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
