"""XGBoost's own model files, made elsewhere: read as they are, and run by XGBoost. Needs the extra ``xgboost``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xgboost

from mainspring.core.errors import InputError, IntegrityError, NotFoundError
from mainspring.models.adapters.scores import installed
from mainspring.models.files import Files
from mainspring.models.foreign.answers import scored
from mainspring.models.foreign.request import Columns, Described, Request
from mainspring.models.signature import Field, Signature

RUNTIME = "foreign-xgboost"
FILE = "model.ubj"

PROBABILITIES = ("binary:logistic", "multi:softprob")
"""The objectives whose answers are probabilities of classes."""

LABELS = ("multi:softmax",)
"""Those whose answers are labels: they are asked for probabilities instead."""


class ForeignXGBoost:
    """A booster; safe for many threads."""

    def __init__(self, booster: Any, signature: Signature) -> None:
        self._booster, self._signature = booster, signature
        self._linear = "gblinear" in json.loads(booster.save_config())["learner"]["gradient_booster"]["name"]

    def predict(self, columns: Columns) -> Mapping[str, npt.NDArray[Any]]:
        """Predict; see :class:`mainspring.models.ports.Runtime`."""
        matrix = np.column_stack([columns[name] for name in self._signature.names])
        if self._linear:
            found = self._booster.predict(xgboost.DMatrix(matrix, nthread=1), validate_features=False)
        else:
            found = self._booster.inplace_predict(matrix, validate_features=False)
        scores = np.asarray(found, dtype=np.float64)
        if self._signature.classes is None:
            return {"prediction": scores.reshape(-1)}
        return scored(scores, None, self._signature.classes)


def import_xgboost(path: Path, request: Request) -> Described:
    """Read a file that ``Booster.save_model`` wrote, JSON or UBJSON.

    The file does not name the classes: without names they are ``"0"``, ``"1"`` and so on.

    Raises:
        InputError: If it is no such file, asks for categories, or the names given do not fit it.
    """
    if not path.is_file():
        raise NotFoundError("there is no such file", where=str(path))
    booster = _booster(path.read_bytes(), 1)
    config = json.loads(booster.save_config())["learner"]
    if "c" in (booster.feature_types or ()):
        raise InputError("the model takes categories, whose names its file does not hold", where=str(path))
    objective = config["objective"]["name"]
    if objective in LABELS:
        raise InputError(
            f"the objective of the model is {objective}",
            expected="one that gives probabilities, such as multi:softprob",
            where=str(path),
        )
    names = list(request.columns) or booster.feature_names or [f"f{n}" for n in range(booster.num_features())]
    if len(names) != booster.num_features():
        raise InputError(f"{len(names)} columns for a model of {booster.num_features()}", where=str(path))
    classes = None
    if objective in PROBABILITIES:
        count = max(2, int(config["learner_model_param"]["num_class"]))
        classes = tuple(request.classes) or tuple(map(str, range(count)))
        if len(classes) != count:
            raise InputError(f"{len(classes)} names for {count} classes", where=str(path))
    return Described(
        runtime=RUNTIME,
        files=Files({FILE: bytes(booster.save_raw("ubj"))}),
        signature=Signature.of([Field(name, "FP64") for name in names], classes=classes),
        libraries=tuple(name for name in ("xgboost-cpu", "xgboost") if installed(name))[:1],
        about=f"XGBoost model of {booster.num_boosted_rounds()} rounds",
        probabilistic=classes is not None,
    )


def open_runtime(files: Files, signature: Signature, *, threads: int = 1) -> ForeignXGBoost:
    """Open the file.

    Raises:
        IntegrityError: If XGBoost cannot read it.
    """
    return ForeignXGBoost(_booster(files.read(FILE), threads), signature)


def _booster(data: bytes, threads: int) -> Any:
    try:
        return xgboost.Booster({"nthread": threads}, model_file=bytearray(data))
    except (ValueError, xgboost.core.XGBoostError) as error:
        raise IntegrityError(f"XGBoost cannot read this file: {str(error).splitlines()[0]}") from error
