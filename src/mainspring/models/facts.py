"""What is worth telling about the making of a package: its data, transform and evaluation, as plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring.core import Slice
from mainspring.core.digests import digest_json
from mainspring.data import Numeric, OneHot, Ordinal, Transform
from mainspring.models.signature import Signature

if TYPE_CHECKING:
    from mainspring.data import Table
    from mainspring.evaluation import Evaluation
    from mainspring.models.calibration.record import Calibration
    from mainspring.models.decision import Decision

MOST_CLASSES = 50
"""A label with more classes than this is told without their shares."""

MOST_SLICES = 60
MOST_RULES = 200

SMALL_SLICE = 30
"""Figures of a slice with fewer rows say little."""

PREFERRED = ("accuracy", "auc", "auc_weighted", "precision", "recall", "f1", "rmse", "mae", "r2", "log_loss")
"""Metrics in the order in which slices are told; the first that there is decides what is low."""

MOST_METRICS = 5

LOWER_IS_BETTER = frozenset({"rmse", "mae", "mse", "log_loss", "brier"})


def data_facts(
    splits: Mapping[str, Table], *, label: str | None, spans: Sequence[int] = (), source: str = ""
) -> list[dict[str, Any]]:
    """By split: rows, digest, where it is from, which spans it covers, and the shares of the label's classes."""
    return [
        {
            "name": name,
            "rows": table.num_rows,
            "digest": table.digest(),
            "spans": list(spans),
            "source": source,
            "label": _label_facts(table, label),
        }
        for name, table in splits.items()
    ]


def transform_facts(transform: Transform) -> dict[str, Any]:
    """How many columns go in and come out, the digest, and what becomes of every column."""
    rules = [_rule(step) for step in transform.steps[:MOST_RULES]]
    return {
        "inputs": len(transform.inputs),
        "outputs": len(transform.outputs),
        "digest": digest_json([repr(step) for step in transform.steps]),
        "rules": rules,
        "more": max(0, len(transform.steps) - MOST_RULES),
    }


def evaluation_facts(evaluation: Evaluation) -> dict[str, Any]:
    """The figures over all rows with their intervals, those of slices, and what was low or too small."""
    whole = evaluation.measured[Slice()]
    metrics = _metrics(evaluation.overall)
    slices = [
        _SliceFacts(str(key), tuple(name for name, _ in key.values), found.count, found.values)
        for key, found in evaluation.measured.items()
        if key != Slice()
    ]
    fairness: Any = getattr(evaluation, "fairness", None)
    if hasattr(fairness, "as_dict"):
        fairness = fairness.as_dict()
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
        "fairness": _plain(fairness),
        "notes": list(evaluation.notes),
    }


def finish_facts(calibration: Calibration | None, decision: Decision | None) -> dict[str, Any]:
    """How scores become answers, if anything was done to them after training."""
    told = {"calibration": calibration, "decision": decision}
    return {name: one.as_dict() for name, one in told.items() if one is not None}


def ranges(table: Table, signature: Signature) -> dict[str, list[float]]:
    """The least and the largest number in each column of numbers: beyond them, a model extrapolates."""
    found: dict[str, list[float]] = {}
    for item in signature.inputs:
        if item.datatype in {"FP64", "INT64"} and item.name in table.names:
            values = np.asarray(table.column(item.name), dtype=np.float64)
            values = values[np.isfinite(values)]
            if len(values):
                found[item.name] = [float(values.min()), float(values.max())]
    return found


def _label_facts(table: Table, label: str | None) -> dict[str, Any] | None:
    if label is None or label not in table.names:
        return None
    column = table.column(label)
    if column.dtype != object:
        known = column[np.isfinite(column)]
        if len(np.unique(known)) > MOST_CLASSES:
            return {"mean": float(known.mean()), "low": float(known.min()), "high": float(known.max())}
        column = known
    values, counts = np.unique(np.array([str(value) for value in column if value is not None]), return_counts=True)
    if not len(values) or len(values) > MOST_CLASSES:
        return {"classes": len(values)}
    return {"shares": {str(one): float(count / counts.sum()) for one, count in zip(values, counts, strict=True)}}


def _rule(step: Any) -> dict[str, str]:
    if isinstance(step, Numeric):
        words = [] if step.fill is None else [f"missing becomes {step.fill:.6g}"]
        words += ["missing is marked"] if step.indicator else []
        if (step.shift, step.scale) != (0.0, 1.0):
            words.append(f"minus {step.shift:.6g}, divided by {step.scale:.6g}")
        return {"column": step.column, "rule": ", ".join(words) or "as it is"}
    if isinstance(step, OneHot | Ordinal):
        form = "one column per word" if isinstance(step, OneHot) else "its place in the list"
        return {"column": step.column, "rule": f"{form}, {len(step.vocabulary)} words"}
    taken = getattr(step, "inputs", getattr(step, "column", ""))
    column = taken if isinstance(taken, str) else ", ".join(map(str, taken))
    return {"column": column, "rule": _op(step)}


def _op(step: Any) -> str:
    """An op by its name and its short constants."""
    if not is_dataclass(step):
        return type(step).__name__
    told = {one.name: getattr(step, one.name) for one in fields(step) if one.name not in {"inputs", "outputs"}}
    short = [f"{name}={value}" for name, value in told.items() if isinstance(value, int | float | str | None)]
    return f"{type(step).__name__}({', '.join(short)})"


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
    name, lower = metrics[0], metrics[0] in LOWER_IS_BETTER
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


def _plain(value: Any) -> Any:
    """JSON values: numbers that are none become ``None``."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return _finite(value)
    return value if value is None or isinstance(value, str | int | bool) else str(value)
