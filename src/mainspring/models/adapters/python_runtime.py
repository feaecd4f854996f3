"""Answers with the framework that trained the model: slower, and right for every estimator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy.typing as npt

from mainspring.models.files import Files
from mainspring.models.model import Model
from mainspring.models.signature import Signature

FOLDER = "native"


class PythonRuntime:
    """The trained model itself."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def predict(self, columns: Mapping[str, npt.NDArray[Any]]) -> Mapping[str, npt.NDArray[Any]]:
        """Predict; see :class:`mainspring.models.ports.Runtime`."""
        answer = self._model.predict_columns(columns)
        if answer.classes is None:
            return {"prediction": answer.scores}
        return {"label": answer.labels, "probabilities": answer.scores}


def open_runtime(files: Files, signature: Signature, *, threads: int = 1) -> PythonRuntime:
    """Load the model in ``native/``; its frameworks use one thread."""
    with files.under(FOLDER).folder() as folder:
        return PythonRuntime(Model.load(folder))
