"""What is worth telling about the making of a package: its data, transform and last touches, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring.core.digests import digest_json
from mainspring.data import Numeric, OneHot, Ordinal, Transform
from mainspring.models.signature import Signature

if TYPE_CHECKING:
    from mainspring.data import Table
    from mainspring.models.calibration.record import Calibration
    from mainspring.models.decision import Decision

MOST_CLASSES = 50
"""A label with more classes than this is told without their shares."""

MOST_RULES = 200


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
