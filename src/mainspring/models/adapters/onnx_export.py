"""Exports transform and estimator as one ONNX file, in float64 from the raw columns to the scores.

Trees and linear models are read from the frameworks by our own readers, because converters were measured to
change predictions without a word: see ``docs/decisions/0004-own-tree-form.md``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import TensorProto

from mainspring.data import Transform
from mainspring.models.adapters.onnx_answers import emit_answers
from mainspring.models.adapters.onnx_graph import Graph
from mainspring.models.adapters.onnx_links import emit_linear
from mainspring.models.adapters.onnx_transform import compile_transform
from mainspring.models.adapters.onnx_trees import emit_trees
from mainspring.models.adapters.torch import TorchFitted
from mainspring.models.calibration import Calibrator
from mainspring.models.decision import Decision
from mainspring.models.files import Files
from mainspring.models.linear import LinearForm
from mainspring.models.ports import Exported, Fitted, NotExportableError
from mainspring.models.signature import MISSING, Signature
from mainspring.models.trees import TreeEnsemble

FILE = "model.onnx"

TRANSFORM_FILE = "transform.onnx"

MATRIX = "matrix"
"""Name of the output of a transform alone."""

TOLERANCE = 1e-9
"""Sums in float64 may differ in their order; nothing else may."""

SINGLE_TOLERANCE = 1e-5
"""The least of it for frameworks that add up in float32 themselves; more where the sums are large."""

ABOUT = (
    "Raw columns in, answers out. Every input is a column [n, 1]: numbers as float64 (booleans as 0 and 1) with "
    f"NaN for missing, texts with {MISSING!r} for missing. Made and checked by Mainspring."
)


class OnnxExporter:
    """Writes ``model.onnx``."""

    finishes = True

    def matrix(
        self, transform: Transform, *, threads: int = 1
    ) -> Callable[[Mapping[str, npt.NDArray[Any]]], npt.NDArray[np.float64]]:
        """The graph of a transform alone, ready to compute its matrix from raw columns.

        Raises:
            NotExportableError: For an op that ONNX cannot say.
        """
        from mainspring.models.adapters.onnx_matrix import OnnxMatrix

        return OnnxMatrix(export_transform(transform), transform, threads=threads)

    def export(
        self,
        fitted: Fitted,
        transform: Transform,
        signature: Signature,
        *,
        calibrator: Calibrator | None = None,
        decision: Decision | None = None,
    ) -> Exported:
        """Export.

        Raises:
            NotExportableError: For an estimator that is neither linear nor made of trees nor a network, or a
                transform or calibrator that cannot be written in ONNX.
        """
        answers = functools.partial(
            emit_answers,
            signature=signature,
            calibrator=calibrator,
            decision=decision,
            read=[column.name for column in transform.inputs],
        )
        if isinstance(fitted, TorchFitted):
            return _export_network(fitted, transform, signature, answers)
        form = read_form(fitted, classification=signature.classes is not None)
        graph = Graph()
        outputs = [field.name for field in signature.outputs]
        matrix = compile_transform(graph, transform, reserved=outputs)
        emitted = (
            emit_trees(graph, form, matrix) if isinstance(form, TreeEnsemble) else emit_linear(graph, form, matrix)
        )
        answers(graph, emitted)
        notes = {"mainspring.missing": MISSING, "mainspring.signature": signature.to_json()}
        return Exported(
            runtime="onnx",
            files=Files({FILE: graph.to_bytes(about=ABOUT, notes=notes)}),
            libraries=("numpy", "onnxruntime"),
            tolerance=_tolerance(form),
            boundaries=_boundaries(form),
        )


def export_transform(transform: Transform) -> Exported:
    """Export a transform alone: raw columns in, the float64 matrix out, as ``transform.onnx``.

    Raises:
        NotExportableError: For an op that ONNX cannot say.
    """
    graph = Graph()
    matrix = compile_transform(graph, transform, reserved=[MATRIX])
    graph.output(MATRIX, TensorProto.DOUBLE, [None, len(transform.outputs)], matrix)
    content = graph.to_bytes(about=ABOUT, notes={"mainspring.missing": MISSING})
    return Exported("onnx-matrix", Files({TRANSFORM_FILE: content}), ("numpy", "onnxruntime"), TOLERANCE)


def _export_network(
    fitted: TorchFitted, transform: Transform, signature: Signature, answers: Callable[[Graph, str], None]
) -> Exported:
    """A network behind its transform. PyTorch is there, or there were no such network."""
    from mainspring.models.adapters.torch_onnx import TOLERANCES, emit_network

    graph = Graph()
    matrix = compile_transform(graph, transform, reserved=[field.name for field in signature.outputs])
    answers(graph, emit_network(graph, fitted, matrix))
    notes = {"mainspring.missing": MISSING, "mainspring.signature": signature.to_json()}
    return Exported(
        runtime="onnx",
        files=Files({FILE: graph.to_bytes(about=ABOUT, notes=notes)}),
        libraries=("numpy", "onnxruntime"),
        tolerance=TOLERANCES[fitted.built.dtype] * max(1.0, fitted.built.scale),
    )


def read_form(fitted: Fitted, *, classification: bool) -> TreeEnsemble | LinearForm:
    """The trees or weights of a fitted estimator.

    Raises:
        NotExportableError: If it has neither.
    """
    native = fitted.native
    framework = type(native).__module__.partition(".")[0]
    form: TreeEnsemble | LinearForm | None = None
    # Each framework is imported only if the model is of its make.
    if framework == "lightgbm":
        from mainspring.models.adapters.lightgbm_trees import read_lightgbm_trees

        form = read_lightgbm_trees(native, classification=classification)
    elif framework == "sklearn":
        from mainspring.models.adapters.sklearn_linear import read_sklearn_linear
        from mainspring.models.adapters.sklearn_trees import read_sklearn_trees

        form = read_sklearn_trees(native) or read_sklearn_linear(native)
    elif hasattr(fitted, "form"):
        form = fitted.form()
    if form is None:
        raise NotExportableError(f"{type(native).__name__} is neither linear nor made of trees")
    return form


def _tolerance(form: TreeEnsemble | LinearForm) -> float:
    if isinstance(form, TreeEnsemble) and form.single_sums:
        return max(SINGLE_TOLERANCE, form.rounding)
    return TOLERANCE


def _boundaries(form: Any) -> dict[int, npt.NDArray[np.float64]]:
    return form.boundaries() if isinstance(form, TreeEnsemble) else {}
