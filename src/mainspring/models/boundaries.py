"""The raw values at which something jumps: a tree's answer, a bucket, a bound.

A threshold of the matrix, or an edge that an op holds, is followed back to the raw column it depends on. A number
that is only filled and scaled is turned back by arithmetic; any other way is searched by bisection on the ops
themselves, between the smallest and the largest real value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.data import Transform
from mainspring.data.transforms.evaluation import compute, needed
from mainspring.data.transforms.ops import (
    BoxCox,
    Bucketize,
    Clip,
    Concat,
    Cycle,
    Fill,
    Interpolate,
    Kind,
    Log,
    Op,
    Project,
    Scale,
    UnitLength,
    Within,
    YeoJohnson,
)
from mainspring.data.transforms.ops.op import as_columns

THRESHOLDS_PER_COLUMN = 60
"""How many thresholds of each column are tried, spread evenly over all."""

HALVINGS = 80
"""Enough to get from any bracket to neighbouring numbers."""

LAST_BITS_DIFFER = (BoxCox, Cycle, Log, Project, UnitLength, YeoJohnson)
"""Ops that libraries of mathematics round differently: behind these, a threshold has a small blind spot."""

BLIND_SPOT = 1e-9
"""How far beside such a threshold a value is tried, as a share of it."""

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Target:
    """A value of one raw column, one of its columns, and the thresholds there."""

    source: str
    value: str
    column: int
    thresholds: Numbers


def raw_boundaries(
    transform: Transform, columns: Mapping[str, npt.NDArray[Any]], boundaries: Mapping[int, Numbers]
) -> dict[str, Numbers]:
    """By raw column of numbers: values that come out at a threshold, or right next to one.

    Args:
        transform: What lies between raw columns and thresholds.
        columns: Real rows: thresholds are searched within their range.
        boundaries: Thresholds by column of the matrix.
    """
    ops = transform.graph.ops
    sources = _sources(transform)
    found: dict[str, list[Numbers]] = {}
    for target in _targets(transform, sources, boundaries):
        chain = needed(ops, [target.value])
        exact = not any(isinstance(op, LAST_BITS_DIFFER) for op in chain)
        raw = _turned_back(chain, target)
        if raw is None:
            raw = _searched(chain, target, columns[target.source])
        found.setdefault(target.source, []).append(_near(raw, exact=exact))
    values = {name: np.unique(np.concatenate(parts)) for name, parts in found.items()}
    return {name: one[np.isfinite(one)] for name, one in values.items()}


def _sources(transform: Transform) -> dict[str, str]:
    """The raw column of numbers that each value depends on, for values that depend on one column alone."""
    kinds = transform.graph.kinds
    reads = {name: {name} for name in kinds}
    for op in transform.graph.ops:
        reads[op.output] = set().union(*(reads[name] for name in op.inputs))
    alone = {name: next(iter(columns)) for name, columns in reads.items() if len(columns) == 1}
    return {name: source for name, source in alone.items() if kinds[source] is Kind.NUMBER}


def _targets(
    transform: Transform, sources: Mapping[str, str], boundaries: Mapping[int, Numbers]
) -> Iterator[_Target]:
    place = 0
    joins = {op.output: op.inputs for op in transform.graph.ops if isinstance(op, Concat)}
    for name, names in transform.graph.results.items():
        parts = joins.get(name, ())
        for column in range(len(names)):
            thresholds = boundaries.get(place)
            place += 1
            # Of values side by side, the one alone.
            value, there = (parts[column], 0) if len(parts) == len(names) else (name, column)
            if value in sources and thresholds is not None and len(thresholds):
                yield _Target(sources[value], value, there, _some(thresholds))
    for op in transform.graph.ops:
        edges = _edges(op)
        if len(edges) and op.inputs[0] in sources:
            yield _Target(sources[op.inputs[0]], op.inputs[0], 0, _some(np.array(edges)))


def _edges(op: Op) -> Sequence[float]:
    """The values of its input at which an op changes its ways."""
    match op:
        case Bucketize():
            return op.edges
        case Interpolate():
            return op.at
        case Clip() | Within():
            return [bound for bound in (op.low, op.high) if bound is not None]
        case Log():
            return [-op.plus]
    return ()


def _some(thresholds: Numbers) -> Numbers:
    return thresholds[np.unique(np.linspace(0, len(thresholds) - 1, THRESHOLDS_PER_COLUMN).astype(np.int64))]


def _turned_back(chain: Sequence[Op], target: _Target) -> Numbers | None:
    """The raw values by arithmetic, if the chain only fills and scales."""
    raw = target.thresholds
    for op in reversed(chain):
        if isinstance(op, Scale):
            raw = (raw - op.offset) / op.factor * op.scale + op.shift
        elif not isinstance(op, Fill):
            return None
    return raw


def _searched(chain: Sequence[Op], target: _Target, real: npt.NDArray[Any]) -> Numbers:
    """The raw values by bisection: for each threshold the last number on the near side of it."""
    present = np.asarray(real, dtype=np.float64)
    present = present[np.isfinite(present)]
    if not len(present):
        return np.empty(0)
    low = np.full(len(target.thresholds), present.min())
    high = np.full(len(target.thresholds), present.max())
    at_low, at_high = (_value(chain, target, ends) >= target.thresholds for ends in (low, high))
    for _ in range(HALVINGS):
        middle = low + (high - low) / 2
        as_low = (_value(chain, target, middle) >= target.thresholds) == at_low
        low, high = np.where(as_low, middle, low), np.where(as_low, high, middle)
    return np.concatenate([low[at_low != at_high], high[at_low != at_high]])


def _value(chain: Sequence[Op], target: _Target, raw: Numbers) -> Numbers:
    values: dict[str, npt.NDArray[Any]] = {target.source: raw}
    with np.errstate(all="ignore"):
        compute(chain, values)
    return np.asarray(as_columns(values[target.value])[:, target.column], dtype=np.float64)


def _near(raw: Numbers, *, exact: bool) -> Numbers:
    """Values at and right beside others."""
    if not exact:
        step = np.maximum(np.abs(raw), BLIND_SPOT) * BLIND_SPOT
        return np.concatenate([raw + step, raw - step])
    near = [raw, np.nextafter(raw, np.inf), np.nextafter(raw, -np.inf)]
    with np.errstate(over="ignore"):
        single = raw.astype(np.float32)
        near += [np.nextafter(single, np.float32(way)).astype(np.float64) for way in (np.inf, -np.inf)]
    return np.concatenate([*near, single.astype(np.float64)])
