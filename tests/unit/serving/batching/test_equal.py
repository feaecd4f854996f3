"""What ONNX Runtime answers to requests computed together is, bit for bit, what it answers to each alone."""

import asyncio
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from mainspring.serving.batching import Batcher, BatchOptions
from mainspring.serving.prediction import Inputs

TYPES = {
    "bool": (TensorProto.BOOL, "Not"),
    "int8": (TensorProto.INT8, "Abs"),
    "int16": (TensorProto.INT16, "Abs"),
    "int32": (TensorProto.INT32, "Neg"),
    "int64": (TensorProto.INT64, "Neg"),
    "uint8": (TensorProto.UINT8, "Abs"),
    "uint16": (TensorProto.UINT16, "Abs"),
    "uint32": (TensorProto.UINT32, "Abs"),
    "uint64": (TensorProto.UINT64, "Abs"),
    "float16": (TensorProto.FLOAT16, "Identity"),
    "float32": (TensorProto.FLOAT, "Tanh"),
    "float64": (TensorProto.DOUBLE, "Identity"),
    "object": (TensorProto.STRING, "Identity"),
}


class Onnx:
    """A graph run as the packages run theirs: one thread."""

    name, version, quick = "onnx", "1", True

    def __init__(self, nodes: list[Any], inputs: list[Any], outputs: list[Any], initial: list[Any] = ()) -> None:  # type: ignore[assignment]
        graph = helper.make_graph(nodes, "graph", inputs, outputs, list(initial))
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
        onnx.checker.check_model(model)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(model.SerializeToString(), options)
        self.names = [output.name for output in outputs]

    def compute(self, inputs: Inputs) -> dict[str, np.ndarray]:
        return dict(zip(self.names, self.session.run(self.names, dict(inputs.columns)), strict=True))


def every_type() -> Onnx:
    nodes, inputs, outputs = [], [], []
    for name, (kind, operator) in TYPES.items():
        inputs.append(helper.make_tensor_value_info(name, kind, ["rows", 2]))
        outputs.append(helper.make_tensor_value_info(f"{name}_out", kind, ["rows", 2]))
        nodes.append(helper.make_node(operator, [name], [f"{name}_out"]))
    return Onnx(nodes, inputs, outputs)


def trees(count: int = 60) -> Onnx:
    """A forest of stumps over four features, summed in float32."""
    chance = np.random.default_rng(1)
    ids = np.repeat(np.arange(count), 3)
    attributes = {
        "nodes_treeids": ids,
        "nodes_nodeids": np.tile([0, 1, 2], count),
        "nodes_featureids": np.column_stack([chance.integers(0, 4, count), np.zeros((count, 2), int)]).ravel(),
        "nodes_modes": ["BRANCH_LEQ", "LEAF", "LEAF"] * count,
        "nodes_values": np.column_stack([chance.normal(size=count), np.zeros((count, 2))]).ravel(),
        "nodes_truenodeids": np.tile([1, 0, 0], count),
        "nodes_falsenodeids": np.tile([2, 0, 0], count),
        "target_treeids": np.repeat(np.arange(count), 2),
        "target_nodeids": np.tile([1, 2], count),
        "target_ids": np.zeros(2 * count, int),
        "target_weights": chance.normal(size=2 * count),
    }
    plain = {name: list(values) for name, values in attributes.items()}
    node = helper.make_node("TreeEnsembleRegressor", ["x"], ["y"], domain="ai.onnx.ml", n_targets=1, **plain)
    return Onnx(
        [node],
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", 1])],
    )


def network() -> Onnx:
    chance = np.random.default_rng(1)
    weights = [
        helper.make_tensor("w", TensorProto.FLOAT, (4, 33), chance.normal(size=132)),
        helper.make_tensor("v", TensorProto.FLOAT, (33, 3), chance.normal(size=99)),
    ]
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("MatMul", ["r", "v"], ["l"]),
        helper.make_node("Softmax", ["l"], ["y"], axis=1),
    ]
    return Onnx(
        nodes,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", 3])],
        weights,
    )


@pytest.fixture(scope="module")
def models() -> dict[str, Onnx]:
    return {"types": every_type(), "trees": trees(), "network": network()}


def random_rows(name: str, shape: tuple[int, int], chance: np.random.Generator) -> np.ndarray:
    """Any bits at all, infinities and the kinds of NaN among them."""
    if name == "object":
        words = np.array(["", "a", "ä€", "long " * 20, "\n"], dtype=object)
        return words[chance.integers(0, len(words), shape)]
    if name == "bool":
        return chance.integers(0, 2, shape).astype(bool)
    return np.frombuffer(chance.bytes(shape[0] * shape[1] * np.dtype(name).itemsize), dtype=name).reshape(shape)


def questions(sizes: list[int], seed: int, names: Sequence[str], width: int) -> list[Inputs]:
    chance = np.random.default_rng(seed)
    return [Inputs({name: random_rows(name, (rows, width), chance) for name in names}, rows) for rows in sizes]


SIZES = st.lists(st.integers(1, 40), min_size=2, max_size=6)
SEEDS = st.integers(0, 2**32 - 1)


def together(model: Onnx, parts: list[Inputs], *, filled: int = 0) -> list[dict[str, np.ndarray]]:
    """What each request gets if all are computed in one batch, with rows filled in."""
    rows = sum(part.rows for part in parts)

    async def main() -> list[dict[str, np.ndarray]]:
        sizes = (rows + filled,) if filled else ()
        options = BatchOptions(adaptive=False, max_wait=0.01, max_batch_size=rows + filled, allowed_sizes=sizes)
        batcher = Batcher(model, options)
        answers = await asyncio.gather(*[batcher.run(part) for part in parts])
        assert batcher.counts.batches == 1
        await batcher.close()
        return [dict(answer.outputs) for answer in answers]

    return asyncio.run(main())


def bits(outputs: dict[str, np.ndarray]) -> dict[str, Any]:
    return {
        name: (array.dtype, array.shape, array.tolist() if array.dtype == object else array.tobytes())
        for name, array in outputs.items()
    }


@settings(max_examples=25, deadline=None)
@given(sizes=SIZES, seed=SEEDS)
def test_every_data_type(models: dict[str, Onnx], sizes: list[int], seed: int) -> None:
    parts = questions(sizes, seed, list(TYPES), 2)
    found = together(models["types"], parts, filled=seed % 3)
    assert [bits(one) for one in found] == [bits(models["types"].compute(part)) for part in parts]


@settings(max_examples=25, deadline=None)
@given(sizes=SIZES, seed=SEEDS)
def test_trees(models: dict[str, Onnx], sizes: list[int], seed: int) -> None:
    parts = [Inputs({"x": part.columns["float32"]}, part.rows) for part in questions(sizes, seed, ["float32"], 4)]
    found = together(models["trees"], parts)
    assert [bits(one) for one in found] == [bits(models["trees"].compute(part)) for part in parts]


@settings(max_examples=25, deadline=None)
@given(sizes=SIZES, seed=SEEDS)
def test_networks_agree_to_rounding(models: dict[str, Onnx], sizes: list[int], seed: int) -> None:
    """Matrix products of another height may be summed in another order: that is the runtime's, not the batch's."""
    chance = np.random.default_rng(seed)
    parts = [Inputs({"x": chance.normal(size=(rows, 4)).astype(np.float32)}, rows) for rows in sizes]
    found = together(models["network"], parts)
    for one, part in zip(found, parts, strict=True):
        np.testing.assert_allclose(one["y"], models["network"].compute(part)["y"], rtol=2e-6, atol=1e-7)
