"""Smaller editions of the exported ONNX file: float32, int8, and one that runs in browsers and on phones.

All keep the inputs and outputs of the exact file, so the same runtime and signature serve them. The transform
stays in float64; only what is large, the trees and the matrix products behind it, is written in fewer bits. How
far the answers move is measured on real rows before such a package exists (``mainspring.models.variants``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from mainspring.data import Transform
from mainspring.models.adapters.onnx_export import FILE, OnnxExporter
from mainspring.models.files import Files
from mainspring.models.ports import Exported, Fitted, NotExportableError
from mainspring.models.signature import Signature

LEAST_WEIGHTS = 4_096
"""Matrix products with fewer weights than this gain nothing from int8: they were measured to become slower."""

LEAST_TABLE = 64
"""Constants with at least this many numbers are stored as float32 where that loses nothing."""

NEWEST_OPSETS: Mapping[str, int] = {"": 21, "ai.onnx.ml": 5}
"""The newest operator sets that ONNX Runtime Web and its mobile packages know since release 1.20. They have every
operator of these two, those on text included, and none of any other domain."""

Rewrite = Callable[[ModelProto], ModelProto]


class Float32Exporter:
    """The exact file with its trees and weights in float32."""

    finishes = True

    def export(self, fitted: Fitted, transform: Transform, signature: Signature, **finish: Any) -> Exported:
        """Export.

        Raises:
            NotExportableError: If there is no exact file, or nothing in it is float64.
        """
        return _rewritten(OnnxExporter().export(fitted, transform, signature, **finish), to_float32)


class Int8Exporter:
    """The exact file with the weights of its large matrix products in int8; their inputs follow at run time."""

    finishes = True

    def export(self, fitted: Fitted, transform: Transform, signature: Signature, **finish: Any) -> Exported:
        """Export.

        Raises:
            NotExportableError: If there is no exact file, or no large matrix product in it.
        """
        return _rewritten(OnnxExporter().export(fitted, transform, signature, **finish), to_int8)


class BrowserExporter:
    """The float32 file, checked to hold nothing that ONNX Runtime Web or its mobile packages lack."""

    finishes = True

    def export(self, fitted: Fitted, transform: Transform, signature: Signature, **finish: Any) -> Exported:
        """Export.

        Raises:
            NotExportableError: If there is no exact file, or it needs an operator that browsers do not have.
        """
        return _rewritten(OnnxExporter().export(fitted, transform, signature, **finish), to_browser)


def to_float32(model: ModelProto) -> ModelProto:
    """The same graph with trees and matrix products in float32.

    A tree that compares float32 values keeps every comparison: its thresholds are rounded down (or up, for ``<``),
    which changes no answer. Other thresholds are rounded to the nearest, as the values are.

    Raises:
        NotExportableError: If nothing in the graph is float64.
    """
    change = _Change(model)
    for node in model.graph.node:
        change.take(node)
    change.shrink_tables()
    if not change.changed:
        raise NotExportableError("nothing in the graph is float64: it would be the same file")
    return change.done()


def to_int8(model: ModelProto) -> ModelProto:
    """The same graph with large matrix products in int8.

    Raises:
        NotExportableError: If there is none with :data:`LEAST_WEIGHTS` weights.
    """
    sizes = _weights(model)
    if max(sizes.values(), default=0) < LEAST_WEIGHTS:
        raise NotExportableError(
            f"int8 is not applicable: no matrix product has {LEAST_WEIGHTS} weights (the largest has "
            f"{max(sizes.values(), default=0)})"
        )
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    if any(item.data_type == TensorProto.DOUBLE and item.name in sizes for item in model.graph.initializer):
        model = to_float32(model)
    with tempfile.TemporaryDirectory(prefix="mainspring-") as name:
        whole, prepared, small = (Path(name) / file for file in ("whole.onnx", "prepared.onnx", "small.onnx"))
        onnx.save_model(model, whole)
        # Without this the quantiser stops at shapes that it cannot infer.
        quant_pre_process(whole, prepared, skip_symbolic_shape=True, skip_optimization=True)
        quantize_dynamic(prepared, small, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Gemm"])
        quantised = onnx.load_model(small)
    return _described_as(quantised, model)


def to_browser(model: ModelProto) -> ModelProto:
    """The float32 graph, if browsers and phones have all that it needs.

    Raises:
        NotExportableError: With every operator and operator set that they lack.
    """
    lacking = sorted(
        {f"{node.domain}.{node.op_type}" for node in model.graph.node if node.domain not in NEWEST_OPSETS}
    )
    newer = [
        f"{item.domain or 'ai.onnx'} {item.version}"
        for item in model.opset_import
        if item.version > NEWEST_OPSETS.get(item.domain, item.version)
    ]
    if lacking or newer:
        raise NotExportableError("browsers and phones do not have " + ", ".join([*lacking, *newer]))
    try:
        return to_float32(model)
    except NotExportableError:
        return model


class _Change:
    """A graph on its way to float32."""

    def __init__(self, model: ModelProto) -> None:
        self.model = model
        self.constants = {item.name: item for item in model.graph.initializer}
        self.sources = {name: node for node in model.graph.node for name in node.output}
        self.nodes: list[NodeProto] = []
        self.single: dict[str, TensorProto] = {}
        self.changed = 0

    def take(self, node: NodeProto) -> None:
        """Add a node, in float32 if it is large."""
        if node.op_type == "TreeEnsemble" and _tensor(node, "nodes_splits").data_type == TensorProto.DOUBLE:
            self._trees(node)
        elif node.op_type in {"MatMul", "Gemm"} and any(map(self._is_double, node.input)):
            self._product(node)
        else:
            self.nodes.append(node)

    def shrink_tables(self) -> None:
        """Store what is left of large constants in float32, if that loses nothing."""
        used = {name for node in self.nodes for name in node.input}
        before: list[NodeProto] = []
        for name in [name for name in self.constants if name in used and self._is_double(name)]:
            values = numpy_helper.to_array(self.constants[name])
            narrow = values.astype(np.float32)
            if values.size < LEAST_TABLE or not np.array_equal(narrow.astype(np.float64), values, equal_nan=True):
                continue
            small = self._constant(name, narrow)
            before.append(helper.make_node("Cast", [small], [name], to=TensorProto.DOUBLE))
            del self.constants[name]
        self.nodes = before + self.nodes
        self.changed += len(before)

    def done(self) -> ModelProto:
        """The new graph, checked."""
        used = {name for node in self.nodes for name in node.input}
        constants = [item for item in (*self.constants.values(), *self.single.values()) if item.name in used]
        old = self.model.graph
        graph = helper.make_graph(self.nodes, old.name, old.input, old.output, constants)
        made = helper.make_model(graph, opset_imports=self.model.opset_import, ir_version=self.model.ir_version)
        made = _described_as(made, self.model)
        onnx.checker.check_model(made)
        return made

    def _trees(self, node: NodeProto) -> None:
        made = NodeProto()
        made.CopyFrom(node)
        exact = self._compares_float32(node.input[0])
        for attribute in made.attribute:
            if attribute.name in {"nodes_splits", "leaf_weights", "membership_values"}:
                values = numpy_helper.to_array(attribute.t)
                if attribute.name == "nodes_splits" and exact:
                    narrow = _towards(values, numpy_helper.to_array(_tensor(node, "nodes_modes")))
                else:
                    narrow = values.astype(np.float32)
                attribute.t.CopyFrom(numpy_helper.from_array(narrow))
        self._between_casts(made, [0])

    def _product(self, node: NodeProto) -> None:
        made = NodeProto()
        made.CopyFrom(node)
        values = []
        for place, name in enumerate(node.input):
            if name in self.constants:
                made.input[place] = self._constant(
                    name, numpy_helper.to_array(self.constants[name]).astype(np.float32)
                )
            else:
                values.append(place)
        self._between_casts(made, values)

    def _between_casts(self, node: NodeProto, places: list[int]) -> None:
        """Add a node that is float32 inside a graph that is float64."""
        output = node.output[0]
        for place in places:
            name = f"{output}/float32/{place}"
            self.nodes.append(helper.make_node("Cast", [node.input[place]], [name], to=TensorProto.FLOAT))
            node.input[place] = name
        node.output[0] = f"{output}/float32"
        self.nodes += [node, helper.make_node("Cast", [node.output[0]], [output], to=TensorProto.DOUBLE)]
        self.changed += 1

    def _constant(self, name: str, values: npt.NDArray[np.float32]) -> str:
        small = f"{name}/float32"
        self.single[small] = numpy_helper.from_array(values, small)
        return small

    def _is_double(self, name: str) -> bool:
        return name in self.constants and self.constants[name].data_type == TensorProto.DOUBLE

    def _compares_float32(self, name: str) -> bool:
        """Whether values were rounded to float32 before: what scikit-learn's trees do."""
        wide = self.sources.get(name)
        narrow = self.sources.get(wide.input[0]) if wide is not None and wide.op_type == "Cast" else None
        return narrow is not None and narrow.op_type == "Cast" and narrow.attribute[0].i == TensorProto.FLOAT


def _towards(values: npt.NDArray[np.float64], modes: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Thresholds as the float32 that splits all float32 values alike: at or below for ``<=``, above for ``<``."""
    narrow = values.astype(np.float32)
    at_most = modes != 1
    down = np.where(narrow > values, np.nextafter(narrow, np.float32(-np.inf)), narrow)
    up = np.where(narrow < values, np.nextafter(narrow, np.float32(np.inf)), narrow)
    return np.where(at_most, down, up).astype(np.float32)


def _weights(model: ModelProto) -> dict[str, int]:
    """By the name of a constant in a matrix product, how many numbers it has."""
    sizes = {item.name: int(np.prod(item.dims)) for item in model.graph.initializer}
    products = (node for node in model.graph.node if node.op_type in {"MatMul", "Gemm"})
    return {name: sizes[name] for node in products for name in node.input if name in sizes}


def _tensor(node: NodeProto, name: str) -> TensorProto:
    return next(attribute.t for attribute in node.attribute if attribute.name == name)


def _described_as(made: ModelProto, model: ModelProto) -> ModelProto:
    """The new graph with the words of the old one."""
    made.producer_name, made.doc_string = model.producer_name, model.doc_string
    helper.set_model_props(made, {item.key: item.value for item in model.metadata_props})
    return made


def _rewritten(exact: Exported, change: Rewrite) -> Exported:
    made: Any = change(onnx.load_model_from_string(exact.files.read(FILE)))
    data = bytes(made.SerializeToString(deterministic=True))
    # No rows at thresholds: a step in float64 is none in float32, and that is what the variant is for.
    return Exported(exact.runtime, Files({**exact.files.content, FILE: data}), exact.libraries, exact.tolerance)
