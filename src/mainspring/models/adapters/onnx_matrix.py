"""Computes the matrix of a transform with ONNX Runtime, from the graph that serves it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from mainspring.data import Transform
from mainspring.models.ports import Exported
from mainspring.models.signature import MISSING


class OnnxMatrix:
    """A session of a transform alone; safe for many threads."""

    def __init__(self, exported: Exported, transform: Transform, *, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        (name,) = exported.files.names
        content = exported.files.read(name)
        self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self._inputs = [
            (column.name, item.name, item.type == "tensor(string)")
            for column, item in zip(transform.inputs, self._session.get_inputs(), strict=True)
        ]

    def __call__(self, columns: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.float64]:
        """The matrix of raw columns: numbers as float64 with NaN for missing, texts with ``None`` for missing."""
        feeds = {
            name: (_texts(columns[column]) if is_text else columns[column].reshape(-1, 1))
            for column, name, is_text in self._inputs
        }
        (matrix,) = self._session.run(None, feeds)
        return np.asarray(matrix, dtype=np.float64)


def _texts(column: npt.NDArray[Any]) -> npt.NDArray[Any]:
    # numpy compares an object array with None cell by cell.
    missing = np.asarray(column == None)  # noqa: E711
    return np.asarray(np.where(missing, MISSING, column) if missing.any() else column).reshape(-1, 1)
