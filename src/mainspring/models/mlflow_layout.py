"""What MLflow calls to load a package: ``mlflow.pyfunc.load_model(folder)`` ends in :func:`_load_pyfunc`.

Neither MLflow nor pandas is imported here: an answer has the type of what was asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.assertions import Enforcer
from mainspring.models.mlmodel import output_names
from mainspring.models.package import Package
from mainspring.models.signature import Signature


class PyfuncModel:
    """A package as MLflow's callers see it.

    Args:
        package: The package; it is opened at once.
    """

    def __init__(self, package: Package) -> None:
        self.package = package
        self._runtime = package.open()
        self._enforcer = Enforcer(package.assertions, package.signature.classes)

    def predict(self, model_input: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Predict on every row.

        Args:
            model_input: A pandas data frame, an array with fields, a mapping of columns, or a list of rows.
                Columns may come in any order; those that the model does not know are not read.
            params: Not used: a package has none.

        Returns:
            ``label`` and ``probability_<class>`` for every class, or ``prediction``: a data frame with the
            index of the one that was given, else a mapping of arrays. Rows that an assertion blocks have the label
            ``None``, and NaN for every number.

        Raises:
            BadInputError: With every problem found in the input.
        """
        signature = self.package.signature
        columns = _columns(model_input, signature)
        answer = self._enforcer.enforce(columns, self._runtime.predict(columns)).outputs
        told = _answer(answer, signature)
        if _is_frame(model_input):
            return type(model_input)(told, index=model_input.index)
        return told


def _load_pyfunc(data_path: str) -> PyfuncModel:
    """Load the package in a folder, for MLflow."""
    return PyfuncModel(Package.load(Path(data_path)))


def _columns(given: Any, signature: Signature) -> dict[str, npt.NDArray[Any]]:
    if _is_frame(given):
        lists: Mapping[str, Any] = {str(name): _series(given[name]) for name in given.columns}
    elif isinstance(given, np.ndarray) and given.dtype.names:
        lists = {name: given[name].tolist() for name in given.dtype.names}
    elif isinstance(given, Mapping):
        lists = {name: _plain(values) for name, values in given.items()}
    elif isinstance(given, Sequence) and all(isinstance(row, Mapping) for row in given):
        return signature.columns(given, ignore_unknown=True)
    else:
        raise InputError(
            f"a {type(given).__name__} was given",
            expected="a data frame with the columns " + ", ".join(signature.names),
        )
    known = {name: _read_as(values, signature, name) for name, values in lists.items()}
    return signature.columns_from_lists(known, ignore_unknown=True)


def _is_frame(value: Any) -> bool:
    return hasattr(value, "columns") and hasattr(value, "index") and hasattr(value, "iloc")


def _series(series: Any) -> list[Any]:
    """The values of a column of pandas, with ``None`` for each of its kinds of missing."""
    missing = series.isna().to_numpy()
    values = series.astype(object).tolist()
    return [None if absent else value for value, absent in zip(values, missing, strict=True)]


def _plain(values: Any) -> list[Any]:
    return values.tolist() if isinstance(values, np.ndarray) else list(values)


def _read_as(values: list[Any], signature: Signature, name: str) -> list[Any]:
    """Booleans that became numbers because some are missing are read as booleans again."""
    if any(field.name == name and field.datatype == "BOOL" for field in signature.inputs):
        return [bool(value) if value in (0, 1) else value for value in values]
    return values


def _answer(answer: Mapping[str, npt.NDArray[Any]], signature: Signature) -> dict[str, npt.NDArray[Any]]:
    if signature.classes is None:
        return {"prediction": answer["prediction"]}
    label, *names = output_names(signature)
    scores = answer["probabilities"]
    return {label: answer["label"], **{name: scores[:, place] for place, name in enumerate(names)}}
