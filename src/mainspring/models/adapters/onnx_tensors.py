"""ONNX files as models of tensors: the signature is read from the file, and nothing is converted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as states

from mainspring.core.errors import InputError, IntegrityError
from mainspring.models.adapters.onnx_runtime import REFUSALS, run_of
from mainspring.models.signature import Datatype, Field

DATATYPES: Mapping[str, Datatype] = {
    "tensor(bool)": "BOOL",
    "tensor(double)": "FP64",
    "tensor(float)": "FP32",
    "tensor(float16)": "FP16",
    "tensor(int16)": "INT16",
    "tensor(int32)": "INT32",
    "tensor(int64)": "INT64",
    "tensor(int8)": "INT8",
    "tensor(string)": "BYTES",
    "tensor(uint16)": "UINT16",
    "tensor(uint32)": "UINT32",
    "tensor(uint64)": "UINT64",
    "tensor(uint8)": "UINT8",
}

MAPS: Mapping[str, Datatype] = {
    "seq(map(int64,tensor(float)))": "FP32",
    "seq(map(string,tensor(float)))": "FP32",
    "seq(map(int64,tensor(double)))": "FP64",
    "seq(map(string,tensor(double)))": "FP64",
}
"""Scores by class and row, as converters of scikit-learn like to give them; they are shown as a matrix."""


class OnnxTensors:
    """A session of ONNX Runtime; safe for many threads.

    Attributes:
        inputs: What the file asks for; those that it has a value for itself need not be given.
        outputs: What it answers.
        may_batch: Whether the first dimension of all inputs has the same name, or any size.
    """

    runtime = "onnx"

    def __init__(self, session: Any, where: str) -> None:
        self._session, self._run = session, run_of(session)
        needed, optional = session.get_inputs(), session.get_overridable_initializers()
        self.inputs = (
            *(_field(item, DATATYPES, where, required=True) for item in needed),
            *(_field(item, DATATYPES, where, required=False) for item in optional if item.type in DATATYPES),
        )
        self.outputs = tuple(
            _field(item, {**DATATYPES, **MAPS}, where, required=True) for item in session.get_outputs()
        )
        self._names = [item.name for item in session.get_outputs()]
        self._maps = [(item.name, MAPS[item.type]) for item in session.get_outputs() if item.type in MAPS]
        first = {item.shape[0] if item.shape else 0 for item in needed}
        self.may_batch = len(first) == 1 and not isinstance(next(iter(first)), int)

    def run(self, tensors: Mapping[str, npt.NDArray[Any]]) -> Mapping[str, npt.NDArray[Any]]:
        """Compute the outputs.

        Raises:
            InputError: If the sizes of the inputs do not fit each other.
        """
        try:
            found = self._run(self._names, tensors, None)
        except states.InvalidArgument as error:
            raise InputError(f"the inputs do not fit the model: {error}") from error
        except (states.Fail, states.RuntimeException):
            self._blame_sizes(tensors)
            raise
        outputs: dict[str, Any] = dict(zip(self._names, found, strict=True))
        for name, datatype in self._maps:
            outputs[name] = _matrix(outputs[name], datatype)
        return outputs

    def _blame_sizes(self, tensors: Mapping[str, npt.NDArray[Any]]) -> None:
        """Refuse inputs in which a dimension of one name has two sizes."""
        seen: dict[str, tuple[str, int]] = {}
        for item in self._session.get_inputs():
            for word, size in zip(item.shape, tensors[item.name].shape, strict=True):
                other, known = seen.setdefault(str(word), (item.name, size))
                if known != size:
                    raise InputError(
                        f"dimension {word!r} is {known} in {other!r} and {size} in {item.name!r}",
                        expected="the same size in both",
                    )

    @property
    def notes(self) -> Mapping[str, str]:
        """What the maker of the file wrote into it."""
        found: Mapping[str, str] = self._session.get_modelmeta().custom_metadata_map
        return found


def open_file(path: Path, *, threads: int = 1, trust: bool = False) -> OnnxTensors:
    """Open an ONNX file; large weights may lie in files beside it.

    Raises:
        IntegrityError: If ONNX Runtime cannot read it.
        InputError: If it asks for something else than tensors.
    """
    _ = trust  # nothing in such a file runs code of its own
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # Threads that spin while they wait would take the cores from the server.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except (*REFUSALS, states.NoSuchFile) as error:
        raise IntegrityError(f"ONNX Runtime cannot read this file: {error}", where=str(path)) from error
    return OnnxTensors(session, str(path))


def _field(item: Any, known: Mapping[str, Datatype], where: str, *, required: bool) -> Field:
    datatype = known.get(item.type)
    if datatype is None:
        raise InputError(
            f"{item.name!r} of the file is {item.type}",
            expected="tensors of numbers, booleans or texts",
            where=where,
        )
    shape = tuple(size if isinstance(size, int) and size >= 0 else -1 for size in item.shape)
    if item.type in MAPS:
        shape = (-1, -1)
    return Field(item.name, datatype, required=required, nullable=False, shape=shape)


def _matrix(rows: Sequence[Mapping[Any, float]], datatype: str) -> npt.NDArray[Any]:
    keys = list(rows[0]) if rows else []
    dtype = np.float32 if datatype == "FP32" else np.float64
    return np.array([[row[key] for key in keys] for row in rows], dtype=dtype).reshape(len(rows), len(keys))
