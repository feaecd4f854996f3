"""Emits what becomes of scores: calibration, cutoffs and labels, in the order of operations of the model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from onnx import TensorProto

from mainspring.models.adapters.onnx_graph import ML, Graph, tensor
from mainspring.models.adapters.onnx_links import shares
from mainspring.models.adapters.onnx_ops.places import emit_interpolate
from mainspring.models.adapters.onnx_ops.values import Numbers, Values
from mainspring.models.adapters.onnx_transform import input_name
from mainspring.models.calibration import Calibrator, Isotonic, Platt, Temperature
from mainspring.models.calibration.odds import LEAST
from mainspring.models.decision import Decision
from mainspring.models.ports import NotExportableError
from mainspring.models.signature import MISSING, Signature


def emit_answers(
    graph: Graph,
    scores: str,
    signature: Signature,
    *,
    calibrator: Calibrator | None = None,
    decision: Decision | None = None,
    read: Sequence[str] = (),
) -> None:
    """Declare the outputs of a signature, from the scores of the estimator ``[n, classes]`` or ``[n, 1]``.

    Args:
        graph: What it is added to.
        scores: Their name.
        signature: Says what is answered.
        calibrator: What is done to probabilities.
        decision: From which probability on a class is answered; the most probable one without it.
        read: The raw columns that are inputs of the graph already.

    Raises:
        NotExportableError: For a calibrator that ONNX cannot say, or a group named as a missing value is.
    """
    if signature.classes is None:
        flat = graph.add("Reshape", scores, graph.constant(np.array([-1], dtype=np.int64)))
        graph.output("prediction", TensorProto.DOUBLE, [None], flat)
        return
    if calibrator is not None:
        scores = emit_calibrator(graph, calibrator, scores, len(signature.classes))
    if decision is None:
        names, best = signature.classes, graph.add("ArgMax", scores, axis=1, keepdims=0)
    else:
        names, best = _decided(graph, scores, signature, decision, read)
    label = graph.add("Gather", graph.constant(np.array(names, dtype=object)), best, axis=0)
    graph.output("label", TensorProto.STRING, [None], label)
    graph.output("probabilities", TensorProto.DOUBLE, [None, len(signature.classes)], scores)


def emit_calibrator(graph: Graph, calibrator: Calibrator, scores: str, classes: int) -> str:
    """Calibrated probabilities ``[n, classes]``.

    Raises:
        NotExportableError: For one that is not known.
    """
    if isinstance(calibrator, Temperature):
        logits = graph.add("Log", _within(graph, scores, LEAST, 1.0))
        return graph.add("Softmax", graph.add("Div", logits, graph.doubles([calibrator.temperature])), axis=1)
    curved = [1] if classes == 2 else list(range(classes))
    if isinstance(calibrator, Platt):
        inside = _within(graph, graph.take(scores, curved), LEAST, 1.0 - LEAST)
        rest = graph.add("Sub", graph.doubles([1.0]), inside)
        odds = graph.add("Sub", graph.add("Log", inside), graph.add("Log", rest))
        line = graph.add("Mul", odds, graph.doubles([calibrator.slopes]))
        each = graph.add("Sigmoid", graph.add("Add", line, graph.doubles([calibrator.intercepts])))
    elif isinstance(calibrator, Isotonic):
        values = Values(graph, {})
        for curve, column in zip(calibrator.lines, curved, strict=True):
            values.known[curve.inputs[0]] = Numbers(scores, (column,), classes)
        joined = values.tensor(values.join(emit_interpolate(values, calibrator.lines)))
        each = _within(graph, joined, 0.0, 1.0)
    else:
        raise NotExportableError(f"calibration by {type(calibrator).__name__} has no operators in ONNX")
    if classes == 2:
        return graph.add("Concat", graph.add("Sub", graph.doubles([1.0]), each), each, axis=1)
    return shares(graph, each, classes)


def _within(graph: Graph, numbers: str, low: float, high: float) -> str:
    """Numbers kept between two others; NaN stays, which ``Clip`` does not promise."""
    least, most = graph.doubles([low]), graph.doubles([high])
    kept = graph.add("Where", graph.add("Less", numbers, least), least, numbers)
    return graph.add("Where", graph.add("Greater", kept, most), most, kept)


def _decided(
    graph: Graph, scores: str, signature: Signature, decision: Decision, read: Sequence[str]
) -> tuple[tuple[str, str], str]:
    """Two classes, and the index of the one that is answered: ``score >= cutoff``."""
    classes = signature.classes or ()
    place = classes.index(decision.positive)
    cutoff = (
        graph.doubles([[decision.at]]) if decision.column is None else _cutoffs(graph, signature, decision, read)
    )
    yes = graph.add("GreaterOrEqual", graph.take(scores, [place]), cutoff)
    flat = graph.add("Reshape", yes, graph.constant(np.array([-1], dtype=np.int64)))
    return (classes[1 - place], classes[place]), graph.add("Cast", flat, to=TensorProto.INT64)


def _cutoffs(graph: Graph, signature: Signature, decision: Decision, read: Sequence[str]) -> str:
    """The cutoff of each row ``[n, 1]``, by the value of a raw column."""
    column, is_text = str(decision.column), decision.datatype == "BYTES"
    values = input_name(column, [field.name for field in signature.outputs])
    if column not in read:
        graph.input(values, TensorProto.STRING if is_text else TensorProto.DOUBLE, [None, 1])
    cutoffs = np.array([*decision.groups.values(), decision.at], dtype=np.float64)
    if not is_text:
        equal = graph.add("Equal", values, graph.doubles([decision.keys()]))
        # One mark at most: less the number of keys, its place counts from the end, where the default lies.
        backwards = graph.constant(np.arange(len(decision.groups), dtype=np.int64)[None, :] - len(decision.groups))
        marks = graph.add("Mul", graph.add("Cast", equal, to=TensorProto.INT64), backwards)
        axis = graph.constant(np.array([1], dtype=np.int64))
        place = graph.add("ReduceSum", marks, axis, keepdims=1)
        return graph.add("Gather", graph.doubles(np.roll(cutoffs, 1)), place, axis=0)
    if MISSING in decision.groups:
        raise NotExportableError(f"{column!r} has the group {MISSING!r}, which stands for a missing value")
    return graph.add(
        "LabelEncoder",
        values,
        domain=ML,
        keys_tensor=tensor(np.array([*decision.groups, MISSING], dtype=object)),
        values_tensor=tensor(cutoffs),
        default_tensor=tensor(np.array([decision.at], dtype=np.float64)),
    )
