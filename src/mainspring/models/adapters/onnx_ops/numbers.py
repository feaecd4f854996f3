"""Ops from number to number, many columns in one node."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mainspring.data.transforms.ops import (
    BoxCox,
    Clip,
    Combine,
    Cycle,
    Fill,
    IsMissing,
    Log,
    Op,
    Root,
    Scale,
    Within,
    YeoJohnson,
)
from mainspring.models.adapters.onnx_ops.values import Numbers, Values
from mainspring.models.ports import NotExportableError


def emit_fill(values: Values, ops: Sequence[Fill]) -> list[Numbers]:
    """``where(isnan(x), value, x)``."""
    tensor, widths = _together(values, ops)
    missing = values.graph.add("IsNaN", tensor)
    filled = values.graph.add("Where", missing, values.row([op.value for op in ops], widths), tensor)
    return values.split(filled, widths)


def emit_is_missing(values: Values, ops: Sequence[IsMissing]) -> list[Numbers]:
    """``isnan(x)``."""
    tensor, widths = _together(values, ops)
    return values.split(values.doubled(values.graph.add("IsNaN", tensor)), widths)


def emit_scale(values: Values, ops: Sequence[Scale]) -> list[Numbers]:
    """``(x - shift) / scale``, then ``* factor + offset``."""
    tensor, widths = _together(values, ops)
    graph = values.graph
    if any(op.shift != 0.0 for op in ops):
        tensor = graph.add("Sub", tensor, values.row([op.shift for op in ops], widths))
    if any(op.scale != 1.0 for op in ops):
        tensor = graph.add("Div", tensor, values.row([op.scale for op in ops], widths))
    if any(op.factor != 1.0 for op in ops):
        tensor = graph.add("Mul", tensor, values.row([op.factor for op in ops], widths))
    if any(op.offset != 0.0 for op in ops):
        tensor = graph.add("Add", tensor, values.row([op.offset for op in ops], widths))
    return values.split(tensor, widths)


def emit_clip(values: Values, ops: Sequence[Clip]) -> list[Numbers]:
    """``where(x < low, low, x)``, then the same above."""
    tensor, widths = _together(values, ops)
    graph = values.graph
    if any(op.low is not None for op in ops):
        low = values.row([-np.inf if op.low is None else op.low for op in ops], widths)
        tensor = graph.add("Where", graph.add("Less", tensor, low), low, tensor)
    if any(op.high is not None for op in ops):
        high = values.row([np.inf if op.high is None else op.high for op in ops], widths)
        tensor = graph.add("Where", graph.add("Greater", tensor, high), high, tensor)
    return values.split(tensor, widths)


def emit_within(values: Values, ops: Sequence[Within]) -> list[Numbers]:
    """``low <= x < high``; ops with the same bounds open come together."""
    tensor, widths = _together(values, ops)
    graph = values.graph
    low = values.row([-np.inf if op.low is None else op.low for op in ops], widths)
    inside = graph.add("GreaterOrEqual", tensor, low)
    if any(op.high is not None for op in ops):
        high = values.row([0.0 if op.high is None else op.high for op in ops], widths)
        below = graph.add("Less", tensor, high)
        if any(op.high is None for op in ops):
            free = np.repeat(np.array([op.high is None for op in ops]), widths)[None, :]
            below = graph.add("Or", below, graph.constant(free))
        inside = graph.add("And", inside, below)
    return values.split(values.doubled(inside), widths)


def emit_log(values: Values, ops: Sequence[Log]) -> list[Numbers]:
    """``log(x + plus)``."""
    tensor, widths = _together(values, ops)
    if any(op.plus != 0.0 for op in ops):
        tensor = values.graph.add("Add", tensor, values.row([op.plus for op in ops], widths))
    return values.split(values.graph.add("Log", _kept(values, tensor, "Greater")), widths)


def emit_root(values: Values, ops: Sequence[Root]) -> list[Numbers]:
    """``sqrt(x)``."""
    tensor, widths = _together(values, ops)
    return values.split(values.graph.add("Sqrt", _kept(values, tensor, "GreaterOrEqual")), widths)


def emit_box_cox(values: Values, ops: Sequence[BoxCox]) -> list[Numbers]:
    """``(x ** power - 1) / power``."""
    tensor, widths = _together(values, ops)
    kept = _kept(values, tensor, "Greater")
    return values.split(_boxed(values, kept, [op.power for op in ops], widths), widths)


def emit_yeo_johnson(values: Values, ops: Sequence[YeoJohnson]) -> list[Numbers]:
    """The formulas of both signs."""
    tensor, widths = _together(values, ops)
    graph = values.graph
    size = graph.add("Add", graph.add("Abs", tensor), graph.doubles([[1.0]]))
    below = graph.add("Neg", _boxed(values, size, [2.0 - op.power for op in ops], widths))
    above = _boxed(values, size, [op.power for op in ops], widths)
    negative = graph.add("Less", tensor, graph.doubles([[0.0]]))
    return values.split(graph.add("Where", negative, below, above), widths)


def emit_combine(values: Values, ops: Sequence[Combine]) -> list[Numbers]:
    """``+ - * /``, each operator in one go."""
    found: dict[str, Numbers] = {}
    for operator, kind in (("+", "Add"), ("-", "Sub"), ("*", "Mul"), ("/", "Div")):
        chosen = [op for op in ops if op.operator == operator]
        if not chosen:
            continue
        one, widths = _together(values, chosen)
        other, others = values.side_by_side([op.inputs[1] for op in chosen])
        if widths != others:
            raise NotExportableError(f"{operator!r} of columns that are not as many on both sides")
        if operator == "/":
            made = _quotient(values, one, other, values.row([_or_nan(op.otherwise) for op in chosen], widths))
        else:
            made = values.graph.add(kind, one, other)
        found |= zip((op.output for op in chosen), values.split(made, widths), strict=True)
    return [found[op.output] for op in ops]


def emit_cycle(values: Values, ops: Sequence[Cycle]) -> list[Numbers]:
    """Sine and cosine, rounded to 12 decimals."""
    tensor, widths = _together(values, ops)
    graph = values.graph
    angle = graph.add("Mul", tensor, values.row([2.0 * np.pi / op.period for op in ops], widths))
    both = graph.add("Concat", graph.add("Sin", angle), graph.add("Cos", angle), axis=1)
    digits = graph.doubles([[1e12]])
    both = graph.add("Div", graph.add("Round", graph.add("Mul", both, digits)), digits)
    parts = values.split(both, [1] * (2 * len(ops)))
    sines, cosines = parts[: len(ops)], parts[len(ops) :]
    return [values.join([sine, cosine]) for sine, cosine in zip(sines, cosines, strict=True)]


def _together(values: Values, ops: Sequence[Op]) -> tuple[str, list[int]]:
    return values.side_by_side([op.inputs[0] for op in ops])


def _kept(values: Values, tensor: str, comparison: str) -> str:
    """NaN where a number is not above (or not at or above) 0."""
    fits = values.graph.add(comparison, tensor, values.graph.doubles([[0.0]]))
    return values.graph.add("Where", fits, tensor, values.graph.doubles([[np.nan]]))


def _boxed(values: Values, tensor: str, powers: Sequence[float], widths: Sequence[int]) -> str:
    graph = values.graph
    row = np.repeat(np.array(powers), widths)
    logarithm = graph.add("Log", tensor) if (row == 0.0).any() else None
    if logarithm is not None and (row == 0.0).all():
        return logarithm
    # A power of 1 stands in where the logarithm is taken.
    exponents = graph.doubles(np.where(row == 0.0, 1.0, row)[None, :])
    raised = graph.add("Sub", graph.add("Pow", tensor, exponents), graph.doubles([[1.0]]))
    boxed = graph.add("Div", raised, exponents)
    if logarithm is None:
        return boxed
    return graph.add("Where", graph.constant((row == 0.0)[None, :]), logarithm, boxed)


def _quotient(values: Values, one: str, other: str, otherwise: str) -> str:
    graph = values.graph
    nothing = graph.add("Equal", other, graph.doubles([[0.0]]))
    quotient = graph.add("Div", one, graph.add("Where", nothing, graph.doubles([[1.0]]), other))
    replaced = graph.add("And", nothing, graph.add("Not", graph.add("IsNaN", one)))
    return graph.add("Where", replaced, otherwise, quotient)


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value
