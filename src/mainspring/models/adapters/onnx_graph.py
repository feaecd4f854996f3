"""A small builder of ONNX graphs: nodes and constants get names that cannot clash with those of columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import (
    GraphProto,
    ModelProto,
    NodeProto,
    TensorProto,
    ValueInfoProto,
    checker,
    compose,
    helper,
    numpy_helper,
)

OPSET = 20
"""Version of the standard operators."""

ML_OPSET = 5
"""Version of ``ai.onnx.ml``: the first with ``TreeEnsemble``."""

IR_VERSION = 10

ML = "ai.onnx.ml"


class Graph:
    """Collects nodes; every method that adds one gives the name of its output."""

    def __init__(self) -> None:
        self._nodes: list[NodeProto] = []
        self._constants: list[TensorProto] = []
        self._inputs: list[ValueInfoProto] = []
        self._outputs: list[ValueInfoProto] = []
        self._made = 0

    def input(self, name: str, kind: int, shape: Sequence[int | None]) -> str:
        """Declare an input of the model."""
        self._inputs.append(helper.make_tensor_value_info(name, kind, list(shape)))
        return name

    def output(self, name: str, kind: int, shape: Sequence[int | None], source: str) -> None:
        """Declare an output of the model."""
        self._nodes.append(helper.make_node("Identity", [source], [name]))
        self._made += 1
        self._outputs.append(helper.make_tensor_value_info(name, kind, list(shape)))

    def constant(self, value: npt.NDArray[Any] | Sequence[Any]) -> str:
        """Add a constant."""
        name = f"mainspring/constant/{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def doubles(self, value: npt.ArrayLike) -> str:
        """Add a constant of float64."""
        return self.constant(np.asarray(value, dtype=np.float64))

    def add(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Add a node with one output."""
        return self.add_several(kind, 1, *inputs, domain=domain, **attributes)[0]

    def add_several(
        self, kind: str, outputs: int, *inputs: str, domain: str = "", **attributes: Any
    ) -> tuple[str, ...]:
        """Add a node with several outputs."""
        name = f"mainspring/{self._made}/{kind}"
        names = (name, *(f"{name}/{place}" for place in range(1, outputs)))
        self._nodes.append(helper.make_node(kind, list(inputs), names, name=name, domain=domain, **attributes))
        self._made += 1
        return names

    def choose(self, condition: str, kind: int, yes: Callable[[], str], no: Callable[[], str]) -> str:
        """Add an ``If`` with one output; each way adds its own nodes and gives the name of its result.

        Args:
            condition: A bool ``[]`` or ``[1]``.
            kind: Element type of the result.
            yes: Adds the nodes that run if it is true.
            no: Adds the nodes that run if it is not.
        """
        return self.add("If", condition, then_branch=self._way(kind, yes), else_branch=self._way(kind, no))

    def _way(self, kind: int, build: Callable[[], str]) -> GraphProto:
        outer, self._nodes = self._nodes, []
        result = f"{self.add('Identity', build())}"
        nodes, self._nodes = self._nodes, outer
        # Values of the outer graph and constants are seen from within.
        return helper.make_graph(nodes, result, [], [helper.make_tensor_value_info(result, kind, None)])

    def take(self, matrix: str, columns: Sequence[int]) -> str:
        """Some columns of a matrix."""
        return self.add("Gather", matrix, self.constant(np.array(columns, dtype=np.int64)), axis=1)

    def include(self, other: GraphProto, source: str) -> str:
        """Add all of another graph that has one input and one output; gives the name of its output.

        Args:
            other: Of the same version of the operators.
            source: What its input is.
        """
        inner = compose.add_prefix_graph(other, f"mainspring/{self._made}/within/")
        self._made += 1
        self._nodes += [helper.make_node("Identity", [source], [inner.input[0].name]), *inner.node]
        self._constants += inner.initializer
        return str(inner.output[0].name)

    def to_bytes(self, *, about: str, notes: dict[str, str]) -> bytes:
        """The model, checked, as bytes that depend on nothing but its content."""
        graph = helper.make_graph(self._nodes, "mainspring", self._inputs, self._outputs, self._constants)
        imports = [helper.make_opsetid("", OPSET), helper.make_opsetid(ML, ML_OPSET)]
        model: ModelProto = helper.make_model(
            graph, opset_imports=imports, ir_version=IR_VERSION, producer_name="mainspring", doc_string=about
        )
        helper.set_model_props(model, notes)
        checker.check_model(model)
        return bytes(model.SerializeToString(deterministic=True))


def tensor(values: npt.NDArray[Any]) -> TensorProto:
    """An array as the value of an attribute."""
    return numpy_helper.from_array(values)
