"""Folders that MLflow saved: ONNX and scikit-learn are read without MLflow, all else is asked through it."""

from __future__ import annotations

import importlib
import json
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from mainspring.core.errors import InputError, NotFoundError, UnavailableError
from mainspring.models.adapters.foreign_onnx import import_onnx
from mainspring.models.adapters.foreign_sklearn import import_sklearn
from mainspring.models.files import Files
from mainspring.models.foreign.python_code import describe_entry
from mainspring.models.foreign.request import Described, Request
from mainspring.models.foreign.trust import UntrustedError, trust

ENTRY = "mainspring.models.adapters.foreign_mlflow:PyfuncFolder"


class PyfuncFolder:
    """A folder that MLflow loads.

    Args:
        folder: Where the folder ``mlflow`` lies.
    """

    def __init__(self, folder: Path) -> None:
        try:
            pyfunc = importlib.import_module("mlflow.pyfunc")
        except ImportError as error:
            raise UnavailableError("this model is asked through MLflow", fix="pip install mlflow") from error
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._model = pyfunc.load_model(str(folder / "mlflow"))

    def predict(self, frame: Any) -> Any:
        """What MLflow's model answers to a data frame."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self._model.predict(frame)


def import_mlflow(path: Path, request: Request) -> Described:
    """Read a folder with an ``MLmodel`` file.

    Raises:
        UntrustedError: If it holds a pickle or code, without trust.
        InputError: If it is no such folder.
    """
    if not (path / "MLmodel").is_file():
        raise NotFoundError("there is no MLmodel", where=str(path))
    head = msgspec.yaml.decode((path / "MLmodel").read_bytes())
    flavors: Mapping[str, Any] = head.get("flavors") or {}
    request = replace(request, columns=tuple(request.columns) or _columns(head))
    if "onnx" in flavors:
        return import_onnx(_inside(path, flavors["onnx"]["data"]), request)
    if "sklearn" in flavors:
        return import_sklearn(_inside(path, flavors["sklearn"]["pickled_model"]), request)
    if "python_function" not in flavors:
        raise InputError(
            f"the folder has the flavors {', '.join(flavors) or 'none'}",
            expected="onnx, sklearn or python_function",
            where=str(path),
        )
    if not request.trust:
        raise UntrustedError(
            f"MLflow would run {flavors['python_function'].get('loader_module')} and what the folder holds",
            expected="your word that you trust it",
            fix="if you trust the folder, say trust=True (--trust)",
        )
    files = Files.in_folder(path).read_all().inside("mlflow")
    asked = replace(request, takes="frame")
    described = describe_entry(files, ENTRY, asked, libraries=("mlflow-skinny",), about="model saved by MLflow")
    trust(described.files)
    return described


def _columns(head: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the columns in the signature, if it has them."""
    inputs = json.loads((head.get("signature") or {}).get("inputs") or "[]")
    return tuple(item["name"] for item in inputs if "name" in item)


def _inside(path: Path, name: str) -> Path:
    found = (path / name).resolve()
    if not found.is_relative_to(path.resolve()):
        raise InputError(f"the MLmodel names a file outside its folder: {name}", where=str(path))
    return found
