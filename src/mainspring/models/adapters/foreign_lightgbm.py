"""LightGBM's own model files, made elsewhere: read as they are, and run by LightGBM."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError, IntegrityError, NotFoundError
from mainspring.models.files import Files
from mainspring.models.foreign.answers import scored
from mainspring.models.foreign.request import Columns, Described, Request
from mainspring.models.signature import Field, Signature

RUNTIME = "foreign-lightgbm"
FILE = "model.txt"
BEGINNING = b"tree\n"

PROBABILITIES = ("binary", "multiclass", "multiclassova")
"""The objectives whose answers are probabilities of classes; all others give numbers."""

_WORDS = "pandas_categorical:"


class ForeignLightGBM:
    """A booster; safe for many threads."""

    def __init__(self, booster: Any, signature: Signature, threads: int) -> None:
        self._booster, self._signature, self._threads = booster, signature, threads
        self._codes = {
            item.name: {word: float(place) for place, word in enumerate(item.domain)}
            for item in signature.inputs
            if item.domain is not None
        }

    def predict(self, columns: Columns) -> Mapping[str, npt.NDArray[Any]]:
        """Predict; see :class:`mainspring.models.ports.Runtime`."""
        arrays = [self._numbers(item.name, columns[item.name]) for item in self._signature.inputs]
        found = self._booster.predict(np.column_stack(arrays), num_threads=self._threads)
        if self._signature.classes is None:
            return {"prediction": np.asarray(found, dtype=np.float64).reshape(-1)}
        return scored(np.asarray(found, dtype=np.float64), None, self._signature.classes)

    def _numbers(self, name: str, column: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        codes = self._codes.get(name)
        if codes is None:
            return column
        # A category that was not there in training is a missing one to LightGBM.
        return np.array([codes.get(word, np.nan) for word in column.tolist()])


def import_lightgbm(path: Path, request: Request) -> Described:
    """Read a file that ``Booster.save_model`` wrote.

    Categories that came from pandas are asked for by name. The file does not name the classes: without names they
    are ``"0"``, ``"1"`` and so on.

    Raises:
        InputError: If it is no such file, or the names given do not fit it.
    """
    if not path.is_file():
        raise NotFoundError("there is no such file", where=str(path))
    data = path.read_bytes()
    if not data.startswith(BEGINNING):
        raise InputError(
            "this is no model file of LightGBM", expected="a text that begins with 'tree'", where=str(path)
        )
    booster = _booster(data)
    head = dict(
        line.partition("=")[::2] for line in data[: data.find(b"\nTree=")].decode("utf-8", "replace").splitlines()
    )
    names = list(request.columns) or booster.feature_name()
    if len(names) != booster.num_feature():
        raise InputError(f"{len(names)} columns for a model of {booster.num_feature()}", where=str(path))
    signature = Signature.of(_fields(names, head, _words(data)), classes=_classes(head, request, str(path)))
    return Described(
        runtime=RUNTIME,
        files=Files({FILE: data}),
        signature=signature,
        libraries=("lightgbm",),
        about=f"LightGBM model of {booster.num_trees()} trees",
        probabilistic=signature.classes is not None,
    )


def open_runtime(files: Files, signature: Signature, *, threads: int = 1) -> ForeignLightGBM:
    """Open the file.

    Raises:
        IntegrityError: If LightGBM cannot read it.
    """
    return ForeignLightGBM(_booster(files.read(FILE)), signature, threads)


def _booster(data: bytes) -> Any:
    try:
        return lightgbm.Booster(model_str=data.decode())
    except (lightgbm.basic.LightGBMError, UnicodeDecodeError) as error:
        raise IntegrityError(f"LightGBM cannot read this file: {error}") from error


def _classes(head: Mapping[str, str], request: Request, where: str) -> tuple[str, ...] | None:
    objective = head.get("objective", "").partition(" ")[0]
    if objective not in PROBABILITIES:
        return None
    count = max(2, int(head.get("num_class", "1")))
    given = tuple(request.classes) or tuple(map(str, range(count)))
    if len(given) != count:
        raise InputError(f"{len(given)} names for {count} classes", expected="one name per class", where=where)
    return given


def _fields(names: list[str], head: Mapping[str, str], words: list[list[Any]]) -> list[Field]:
    """Columns: numbers, or texts for those whose categories the file names."""
    told = head.get("feature_infos", "").split(" ")
    # Numbers have bounds in brackets; categories are listed. One that never splits says neither.
    listed = [place for place, info in enumerate(told) if info != "none" and not info.startswith("[")]
    known = dict(zip(listed, words, strict=True)) if len(listed) == len(words) else {}
    fields = []
    for place, name in enumerate(names):
        texts = known.get(place, [])
        if texts and all(isinstance(word, str) for word in texts):
            fields.append(Field(name, "BYTES", domain=tuple(texts)))
        else:
            fields.append(Field(name, "FP64"))
    return fields


def _words(data: bytes) -> list[list[Any]]:
    """The categories that pandas had, for each column of them."""
    line = data[data.rfind(_WORDS.encode()) :].decode("utf-8", "replace").partition("\n")[0]
    try:
        found = json.loads(line.removeprefix(_WORDS))
    except ValueError:
        return []
    return found if isinstance(found, list) else []
