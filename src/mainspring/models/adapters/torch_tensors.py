"""Programs that ``torch.export`` saved (``.pt2``) as models of tensors. Needs the extra ``torch``."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from mainspring.core.errors import InputError, IntegrityError
from mainspring.models.foreign.trust import UntrustedError
from mainspring.models.signature import Datatype, Field

DATATYPES: Mapping[Any, Datatype] = {
    torch.bool: "BOOL",
    torch.float16: "FP16",
    torch.float32: "FP32",
    torch.float64: "FP64",
    torch.int8: "INT8",
    torch.int16: "INT16",
    torch.int32: "INT32",
    torch.int64: "INT64",
    torch.uint8: "UINT8",
}


class TorchTensors:
    """An exported program; safe for many threads.

    Attributes:
        inputs: What it asks for, by the names of the arguments of ``forward``.
        outputs: What it answers: by name, if ``forward`` gave a dictionary, else ``output``, or ``output_0`` and
            on.
        may_batch: Whether the first dimension of all inputs may have any size, the same for all.
        notes: Nothing.
    """

    runtime = "torch"
    notes: Mapping[str, str] = {}

    def __init__(self, program: Any, where: str) -> None:
        values = {node.name: node.meta.get("val") for node in program.graph.nodes}
        given = [values[name] for name in program.graph_signature.user_inputs]
        answered = [values.get(name) for name in program.graph_signature.user_outputs]
        called = program.module_call_graph[0].signature.forward_arg_names or []
        names = called if len(called) == len(given) else program.graph_signature.user_inputs
        self.inputs = tuple(_field(name, value, where) for name, value in zip(names, given, strict=True))
        self._names = _output_names(program, len(answered))
        self.outputs = tuple(_field(name, value, where) for name, value in zip(self._names, answered, strict=True))
        first = {str(value.shape[0]) if value.ndim else "0" for value in given}
        self.may_batch = len(first) == 1 and not next(iter(first)).isdecimal()
        self._order = [field.name for field in self.inputs]
        self._module = program.module()

    def run(self, tensors: Mapping[str, npt.NDArray[Any]]) -> Mapping[str, npt.NDArray[Any]]:
        """Compute the outputs."""
        given = [torch.from_numpy(_own(tensors[name])) for name in self._order]
        with torch.inference_mode():
            found = self._module(*given)
        flat = torch.utils._pytree.tree_leaves(found)
        return {name: value.numpy() for name, value in zip(self._names, flat, strict=True)}


def open_file(path: Path, *, threads: int = 1, trust: bool = False) -> TorchTensors:
    """Open a program that ``torch.export.save`` wrote.

    The number of threads is that of PyTorch in this process, for all of its models.

    Raises:
        UntrustedError: Without trust: PyTorch may unpickle what lies in the file.
        IntegrityError: If PyTorch cannot read it.
        InputError: If it asks for something else than tensors.
    """
    if not trust:
        raise UntrustedError(
            "PyTorch may run code that lies in this file when it loads it",
            expected="your word that you trust it, or an ONNX file",
            where=str(path),
            fix="if you trust the file, say trust: true (--trust)",
        )
    torch.set_num_threads(threads)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.export.load(path)
    except Exception as error:
        raise IntegrityError(f"PyTorch cannot read this file: {error}", where=str(path)) from error
    return TorchTensors(program, str(path))


def _field(name: str, value: Any, where: str) -> Field:
    datatype = DATATYPES.get(getattr(value, "dtype", None))
    if datatype is None:
        what = getattr(value, "dtype", type(value).__name__)
        expected = "tensors of numbers or booleans"
        raise InputError(f"{name!r} of the program is {what}", expected=expected, where=where)
    shape = tuple(size if isinstance(size, int) else -1 for size in value.shape)
    return Field(name, datatype, nullable=False, shape=shape)


def _output_names(program: Any, count: int) -> list[str]:
    spec = program.call_spec.out_spec
    if spec.type is dict and len(spec.context) == count:
        return [str(name) for name in spec.context]
    return ["output"] if count == 1 else [f"output_{place}" for place in range(count)]


def _own(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The array as PyTorch takes it: without gaps, and open to writing, which it does not do."""
    return np.ascontiguousarray(array) if array.flags.writeable else array.copy()
