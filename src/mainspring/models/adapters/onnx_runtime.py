"""Answers with ONNX Runtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as states

from mainspring.core.errors import IntegrityError
from mainspring.models.files import Files
from mainspring.models.signature import MISSING, Signature

FILE = "model.onnx"

ROWS_AT_ONCE = 16_384
"""Larger batches are answered in parts, so that memory stays bounded."""

REFUSALS = (
    states.Fail,
    states.InvalidArgument,
    states.InvalidGraph,
    states.InvalidProtobuf,
    states.NotImplemented,
)
"""What ONNX Runtime raises for a model that it cannot run."""


_STANDING = (slice(None), None)
"""Makes a column of a list."""


class Run(Protocol):
    """Computes outputs, as :meth:`onnxruntime.InferenceSession.run` does."""

    def __call__(
        self, names: Sequence[str], feeds: Mapping[str, npt.NDArray[Any]], options: None, /
    ) -> list[npt.NDArray[Any]]:
        """The outputs of these names."""
        ...


def run_of(session: Any) -> Run:
    """What computes in a session whose inputs are known to be there.

    ``InferenceSession.run`` asks the session for the name of every input before it computes, each time, and looks
    for it among those given. With thirty columns that takes ten microseconds, and the library below it checks the
    same once more.
    """
    found: Run = getattr(getattr(session, "_sess", None), "run", session.run)
    return found


class OnnxRuntime:
    """A session of ONNX Runtime; safe for many threads."""

    def __init__(self, session: Any, signature: Signature) -> None:
        self._run = run_of(session)
        self._outputs = [field.name for field in signature.outputs]
        names = [item.name for item in session.get_inputs()]
        inputs = [(field, name) for field, name in zip(signature.inputs, names, strict=True)]
        self._first = signature.inputs[0].name
        self._numbers = [(field.name, name) for field, name in inputs if field.datatype != "BYTES"]
        self._texts = [(field.name, name) for field, name in inputs if field.datatype == "BYTES"]

    def predict(self, columns: Mapping[str, npt.NDArray[Any]]) -> Mapping[str, npt.NDArray[Any]]:
        """Predict; see :class:`mainspring.models.ports.Runtime`."""
        rows = len(columns[self._first])
        if rows <= ROWS_AT_ONCE:
            return self._answer(columns)
        parts = [
            self._answer({name: column[start : start + ROWS_AT_ONCE] for name, column in columns.items()})
            for start in range(0, rows, ROWS_AT_ONCE)
        ]
        return {name: np.concatenate([part[name] for part in parts]) for name in self._outputs}

    def _answer(self, columns: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        feeds = {name: columns[column][_STANDING] for column, name in self._numbers}
        for column, name in self._texts:
            feeds[name] = _texts(columns[column])
        return dict(zip(self._outputs, self._run(self._outputs, feeds, None), strict=True))


def open_runtime(files: Files, signature: Signature, *, threads: int = 1) -> OnnxRuntime:
    """Open ``model.onnx``.

    Raises:
        IntegrityError: If ONNX Runtime cannot read it.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Threads that spin while they wait would take the cores from the server.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(files.read(FILE), options, providers=["CPUExecutionProvider"])
    except REFUSALS as error:
        raise IntegrityError(f"ONNX Runtime cannot read {FILE}: {error}") from error
    return OnnxRuntime(session, signature)


def _texts(column: npt.NDArray[Any]) -> npt.NDArray[Any]:
    texts = np.empty((len(column), 1), dtype=object)
    texts[:, 0] = [MISSING if value is None else value for value in column]
    return texts
