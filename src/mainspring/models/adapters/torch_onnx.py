"""Writes a network into an ONNX graph, behind the transform that feeds it. Imports PyTorch.

What the network computes is exported by PyTorch; how its answers become scores is added here, in float64, as
:meth:`mainspring.models.adapters.torch.TorchFitted.scores` does it. Sums in float32 come out a little otherwise in
another order, so scores may differ by :data:`TOLERANCES`; every package is compared with its network first.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from typing import Any, Final

import onnx
import torch
from onnx import TensorProto

from mainspring.models.adapters.onnx_graph import OPSET, Graph
from mainspring.models.adapters.torch import TorchFitted
from mainspring.models.ports import NotExportableError

TOLERANCES: Final[Mapping[str, float]] = {"float32": 1e-5, "float64": 1e-9}
"""How far a probability may lie from the network's own; of values, that share of their spread."""

_TYPES: Final = {"float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE}


def emit_network(graph: Graph, fitted: TorchFitted, matrix: str) -> str:
    """Add a network to a graph; gives the name of its scores, ``[n, classes]`` or ``[n, 1]``, in float64.

    Args:
        graph: What it is added to.
        fitted: The network.
        matrix: Name of its input, float64 ``[n, features]``.

    Raises:
        NotExportableError: If PyTorch cannot say it in ONNX.
    """
    built = fitted.built
    single = graph.add("Cast", matrix, to=_TYPES[built.dtype])
    made = graph.add("Cast", graph.include(_exported(fitted), single), to=TensorProto.DOUBLE)
    if fitted.recipe.classes is not None:
        return graph.add("Softmax", made, axis=1)
    scaled = graph.add("Mul", made, graph.doubles([built.scale]))
    return graph.add("Add", scaled, graph.doubles([built.shift]))


def _exported(fitted: TorchFitted) -> Any:
    """The network as a graph with one input and one output."""
    rows = torch.zeros(2, fitted.built.features, dtype=getattr(torch, fitted.built.dtype))
    written = io.BytesIO()
    try:
        with warnings.catch_warnings():
            # The exporter that replaces this one needs two further libraries.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                fitted.native,
                (rows,),
                written,
                dynamo=False,
                opset_version=OPSET,
                input_names=["matrix"],
                output_names=["made"],
                dynamic_axes={"matrix": {0: "n"}, "made": {0: "n"}},
            )
    except Exception as error:  # whatever stops PyTorch, the model is packaged otherwise
        words = " ".join(str(error).split())
        raise NotExportableError(f"PyTorch cannot write this network in ONNX: {words[:300]}") from error
    return onnx.load_model_from_string(written.getvalue()).graph
