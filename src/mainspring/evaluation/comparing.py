"""Slices held against each other, and models held against each other slice by slice."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np

from mainspring.core import InputError, Slice
from mainspring.data.comparison.significance import normal_tail
from mainspring.evaluation.evaluation import ALL_ROWS, Evaluation
from mainspring.evaluation.metrics.facts import Better
from mainspring.evaluation.metrics.intervals import deviations
from mainspring.evaluation.metrics.measured import Interval, Measured
from mainspring.evaluation.search.moments import holm

MEANS: Final = frozenset(
    {"accuracy", "log_loss", "brier", "mae", "mse", "base_rate", "positive_rate", "mean_error"}
)
"""Figures that are means over rows, so that the figure of the other rows follows from the slice and the whole."""
_NO_INTERVAL: Final = "no interval of {} is known: evaluate with intervals=Intervals(method='bootstrap')"


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceDifference:
    """One slice against something else.

    Attributes:
        slice: The slice.
        count: Its rows.
        value: Its figure.
        other: The figure it is held against.
        difference: ``value - other``.
        interval: The interval of the difference, at the level of the evaluation's intervals.
        p_value: How likely so large a difference is by chance, corrected for all slices (Holm); NaN if unknown.
        reason: Why there is no interval, if there is none.
    """

    slice: Slice
    count: int
    value: float
    other: float
    difference: float
    interval: Interval | None = None
    p_value: float = math.nan
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; NaN becomes ``None``."""
        figures = {
            "value": self.value,
            "other": self.other,
            "difference": self.difference,
            "p_value": self.p_value,
        }
        return {
            "slice": dict(self.slice.values),
            "count": self.count,
            **{name: None if math.isnan(x) else x for name, x in figures.items()},
            "interval": None if self.interval is None else list(self.interval),
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceComparison:
    """All slices of an evaluation against one thing.

    Attributes:
        metric: The figure.
        against: What they were held against, in words.
        better: Which way the figure improves.
        level: The chance of calling any difference real that is none.
        rows: One per slice, the worst difference first; those without a figure last.
    """

    metric: str
    against: str
    better: Better
    level: float
    rows: tuple[SliceDifference, ...]

    @property
    def worse(self) -> tuple[SliceDifference, ...]:
        """The slices that are worse beyond chance."""
        sign = -1 if self.better is Better.LOWER else 1
        return tuple(row for row in self.rows if row.p_value <= self.level and sign * row.difference < 0)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "metric": self.metric,
            "against": self.against,
            "better": self.better.value,
            "level": self.level,
            "rows": [row.as_dict() for row in self.rows],
        }


def compare_slices(
    evaluation: Evaluation,
    metric: str,
    *,
    against: Literal["overall", "rest"] | Slice = "overall",
    level: float = 0.05,
) -> SliceComparison:
    """Hold every slice of an evaluation against all rows, the other rows, or one slice.

    The spread of a difference is worked out from the intervals of both figures, as if these were means over rows:
    the slice is a part of the whole, so both move together. Two slices are taken to share no rows.

    Args:
        evaluation: With slices, and intervals of the metric.
        metric: The figure.
        against: ``"overall"``: the figure over all rows. ``"rest"``: over the rows that are not in the slice, for
            figures that are means over unweighted rows (:data:`MEANS`). A slice: every other against that one.
        level: The chance of calling any difference real that is none.

    Raises:
        InputError: If the evaluation lacks the metric or the slice, or the rest cannot be worked out.

    Example:
        ``compare_slices(evaluation, "accuracy").worse``
    """
    if metric not in evaluation.overall:
        raise InputError(
            f"the evaluation has no {metric!r}", expected="one of " + ", ".join(sorted(evaluation.overall))
        )
    if isinstance(against, Slice) and against not in evaluation.measured:
        raise InputError(
            f"the evaluation has no slice {str(against)!r}",
            expected="one of " + ", ".join(map(str, evaluation.slices)),
        )
    if against == "rest" and (metric not in MEANS or evaluation.weight is not None):
        raise InputError(
            f"{metric!r} of the other rows does not follow from the slice and the whole",
            expected="unweighted rows, and one of " + ", ".join(sorted(MEANS)),
            fix='against="overall", or a slice of the other rows of its own: sql others: NOT (…)',
        )
    reference = evaluation.measured[against if isinstance(against, Slice) else ALL_ROWS]
    rows = [
        _difference(key, evaluation.measured[key], reference, metric, against, evaluation.intervals.level)
        for key in evaluation.slices
        if key != against
    ]
    way = evaluation.better(metric)
    sign = -1 if way is Better.LOWER else 1
    corrected = _corrected(rows)
    corrected.sort(key=lambda row: (math.isnan(row.difference), sign * row.difference, str(row.slice)))
    told = {"overall": "all rows", "rest": "the other rows"}.get(str(against), str(against))
    return SliceComparison(metric=metric, against=told, better=way, level=level, rows=tuple(corrected))


def _difference(
    key: Slice, found: Measured, reference: Measured, metric: str, against: str | Slice, level: float
) -> SliceDifference:
    value, other = found.values.get(metric, math.nan), reference.values.get(metric, math.nan)
    share = found.count / reference.count if reference.count else 0.0
    if against == "rest":
        other = (other - share * value) / (1 - share) if share < 1 else math.nan
    difference = value - other
    spread = _spread(found, reference, metric, share, against, level)
    reason = found.reasons.get(metric, "") or reference.reasons.get(metric, "")
    if math.isnan(spread) or math.isnan(difference):
        told = reason or _NO_INTERVAL.format(metric)
        return SliceDifference(
            slice=key, count=found.count, value=value, other=other, difference=difference, reason=told
        )
    half = deviations(level) * spread
    return SliceDifference(
        slice=key,
        count=found.count,
        value=value,
        other=other,
        difference=difference,
        interval=Interval(difference - half, difference + half),
        p_value=normal_tail(abs(difference) / spread) if spread else float(difference == 0),
    )


def _spread(
    found: Measured, reference: Measured, metric: str, share: float, against: str | Slice, level: float
) -> float:
    """The standard error of the difference."""
    ours, theirs = _variance(found, metric, level), _variance(reference, metric, level)
    if isinstance(against, Slice) and against != ALL_ROWS:
        return math.sqrt(ours + theirs)
    if share >= 1:
        return math.nan
    # Of means, the whole moves with its part by the share of that.
    apart = max(ours * (1 - 2 * share) + theirs, 0.0)
    return math.sqrt(apart) / ((1 - share) if against == "rest" else 1.0)


def _variance(found: Measured, metric: str, level: float) -> float:
    if metric not in found.intervals:
        return math.nan
    low, high = found.intervals[metric]
    return ((high - low) / (2 * deviations(level))) ** 2


def _corrected(rows: Sequence[SliceDifference]) -> list[SliceDifference]:
    known = [place for place, row in enumerate(rows) if not math.isnan(row.p_value)]
    adjusted = holm(np.array([rows[place].p_value for place in known]), len(known)).tolist()
    p_values = dict(zip(known, adjusted, strict=True))
    return [replace(row, p_value=p_values.get(place, math.nan)) for place, row in enumerate(rows)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """One slice in the eyes of several models.

    Attributes:
        slice: The slice; ``Slice()`` is all rows.
        count: Its rows, by the first model that was judged on it.
        values: Model to figure; NaN where it does not exist.
        differences: Model to its figure less that of the first model.
        intervals: Model to the interval of that difference, where both have one. It takes the models to err
            independently; on the same rows they hardly do, and it is then too wide.
        best: The model with the best figure; ``None`` if none has one, or none is better than another.
    """

    slice: Slice
    count: int
    values: Mapping[str, float]
    differences: Mapping[str, float]
    intervals: Mapping[str, Interval]
    best: str | None

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; NaN becomes ``None``."""
        return {
            "slice": dict(self.slice.values),
            "count": self.count,
            "values": {name: None if math.isnan(x) else x for name, x in self.values.items()},
            "differences": {name: None if math.isnan(x) else x for name, x in self.differences.items()},
            "intervals": {name: list(interval) for name, interval in self.intervals.items()},
            "best": self.best,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelComparison:
    """A table of slices by models.

    Attributes:
        metric: The figure.
        models: Their names; the others are held against the first.
        better: Which way the figure improves.
        rows: All rows first, then the slices.
        notes: In what the models were judged differently, in sentences.
    """

    metric: str
    models: tuple[str, ...]
    better: Better
    rows: tuple[ModelRow, ...]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "metric": self.metric,
            "models": list(self.models),
            "better": self.better.value,
            "rows": [row.as_dict() for row in self.rows],
            "notes": list(self.notes),
        }


def compare_models(evaluations: Mapping[str, Evaluation], metric: str) -> ModelComparison:
    """Lay the evaluations of several models beside each other, slice by slice.

    Args:
        evaluations: Name of a model to its evaluation; the others are held against the first.
        metric: The figure.

    Raises:
        InputError: If there are fewer than two evaluations, or none has the metric.

    Example:
        ``compare_models({"blessed": before, "candidate": after}, "auc").rows[0].differences["candidate"]``
    """
    names = tuple(evaluations)
    if len(names) < 2:
        raise InputError(f"{len(names)} models to compare", expected="two evaluations at least, by name")
    if all(metric not in one.overall for one in evaluations.values()):
        known = sorted({name for one in evaluations.values() for name in one.overall})
        raise InputError(f"no evaluation has {metric!r}", expected="one of " + ", ".join(known))
    keys = dict.fromkeys(key for one in evaluations.values() for key in one.measured)
    first = evaluations[names[0]]
    way = next(one for one in evaluations.values() if metric in one.overall).better(metric)
    rows = tuple(_model_row(key, evaluations, metric, way) for key in keys)
    notes = [note for name in names[1:] for note in _unlike(names[0], first, name, evaluations[name])]
    return ModelComparison(metric=metric, models=names, better=way, rows=rows, notes=tuple(notes))


def _model_row(key: Slice, evaluations: Mapping[str, Evaluation], metric: str, way: Better) -> ModelRow:
    found = {name: one.measured.get(key) for name, one in evaluations.items()}
    values = {name: math.nan if one is None else one.values.get(metric, math.nan) for name, one in found.items()}
    first, *others = values
    intervals = {}
    for name in others:
        ours, base = found[name], found[first]
        if ours is not None and base is not None:
            variance = _variance(ours, metric, evaluations[name].intervals.level)
            variance += _variance(base, metric, evaluations[first].intervals.level)
            if not math.isnan(variance):
                half = deviations(evaluations[name].intervals.level) * math.sqrt(variance)
                middle = values[name] - values[first]
                intervals[name] = Interval(middle - half, middle + half)
    told = {name: value for name, value in values.items() if not math.isnan(value)}
    alike = len(told) == len(values) and len(set(told.values())) == 1
    pick = min if way is Better.LOWER else max
    return ModelRow(
        slice=key,
        count=next(one.count for one in found.values() if one is not None),
        values=values,
        differences={name: values[name] - values[first] for name in others},
        intervals=intervals,
        best=None if way is Better.NEITHER or alike or not told else pick(told, key=lambda name: told[name]),
    )


def _unlike(first: str, one: Evaluation, second: str, other: Evaluation) -> list[str]:
    pairs = {
        "label": (one.label, other.label),
        "positive class": (one.positive, other.positive),
        "split": (one.split, other.split),
        "rows": (one.count, other.count),
    }
    return [f"{first} and {second} differ in {name}: {a!r}, {b!r}" for name, (a, b) in pairs.items() if a != b]
