"""scikit-learn models made elsewhere: skops files without code, and pickles only where they are trusted.

A trusted pickle is loaded once, here; the package holds it as a skops file where that is possible, and then nobody
has to trust anything any more.
"""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import joblib
import numpy.typing as npt
import skops.io
from sklearn.base import is_classifier, is_regressor
from sklearn.compose import ColumnTransformer

from mainspring.core.errors import InputError, IntegrityError, NotFoundError
from mainspring.models.adapters.skops_files import TRUSTED, dump_sklearn, load_sklearn
from mainspring.models.files import Files
from mainspring.models.foreign.answers import answer_of, classes_of, input_of
from mainspring.models.foreign.pickles import imports_of
from mainspring.models.foreign.request import Columns, Described, Request
from mainspring.models.foreign.trust import UntrustedError, check_trusted, trust
from mainspring.models.signature import Field, Signature

RUNTIME = "foreign-sklearn"
PLAN = "foreign.json"
SAFE = "model.skops"
PICKLE = "model.joblib"


class ForeignSklearn:
    """An estimator or pipeline of scikit-learn, asked in the form that it was trained on."""

    def __init__(self, model: Any, plan: Mapping[str, Any], signature: Signature) -> None:
        self._model, self._takes, self._signature = model, plan["takes"], signature

    def predict(self, columns: Columns) -> Mapping[str, npt.NDArray[Any]]:
        """Predict; see :class:`mainspring.models.ports.Runtime`."""
        given = input_of(columns, self._signature, self._takes)
        with warnings.catch_warnings():
            # It was trained with names, and the matrix has its columns in their order.
            warnings.filterwarnings("ignore", message="X does not have valid feature names")
            return answer_of(self._model, given, self._signature)


def import_sklearn(path: Path, request: Request) -> Described:
    """Read a skops file, or a trusted pickle or joblib file.

    Raises:
        UntrustedError: For a pickle without trust, or a skops file with types that are not trusted: it says what
            would be imported.
        InputError: If there is no estimator in it.
    """
    if not path.is_file():
        raise NotFoundError("there is no such file", where=str(path))
    data = path.read_bytes()
    model = _read_skops(data, request) if path.suffix.lower() == ".skops" else _read_pickle(data, request)
    if not hasattr(model, "predict") or not (is_classifier(model) or is_regressor(model)):
        raise InputError(
            f"the file holds a {type(model).__name__}", expected="a fitted classifier, regressor or pipeline"
        )
    fields = request.fields(_names(model, request))
    signature = Signature.of(fields, classes=classes_of(model, request.classes))
    plan = {"takes": _form(model, fields)}
    files = Files({PLAN: (json.dumps(plan) + "\n").encode()})
    libraries = {"scikit-learn", "skops"} | ({"pandas"} if plan["takes"] == "frame" else set())
    try:
        safe = dump_sklearn(model)
        load_sklearn(safe)
        files, runs_code = files.merged(Files({SAFE: safe})), False
    except (InputError, IntegrityError):
        buffer = io.BytesIO()
        joblib.dump(model, buffer)
        files, runs_code = files.merged(Files({PICKLE: buffer.getvalue()})), True
        libraries |= {"joblib"}
        trust(files)
    return Described(
        runtime=RUNTIME,
        files=files,
        signature=signature,
        libraries=tuple(sorted(libraries)),
        about=f"{type(model).__module__}.{type(model).__qualname__}",
        probabilistic=hasattr(model, "predict_proba"),
        runs_code=runs_code,
    )


def open_runtime(files: Files, signature: Signature, *, threads: int = 1) -> ForeignSklearn:
    """Open the model; a pickle only if it is trusted.

    Raises:
        UntrustedError: If it is not.
    """
    plan = json.loads(files.text(PLAN))
    if SAFE in files.content:
        return ForeignSklearn(load_sklearn(files.read(SAFE)), plan, signature)
    own = Files({name: files.content[name] for name in (PLAN, PICKLE)})
    check_trusted(own, ", ".join(imports_of(files.read(PICKLE))))
    return ForeignSklearn(joblib.load(io.BytesIO(files.read(PICKLE))), plan, signature)


def _read_skops(data: bytes, request: Request) -> Any:
    try:
        strange = sorted(set(skops.io.get_untrusted_types(data=data)) - TRUSTED)
    except Exception as error:
        raise InputError(f"this is no skops file: {error}") from error
    if strange and not request.trust:
        raise UntrustedError(
            f"the file holds types that are not trusted: {', '.join(strange)}",
            expected="types of scikit-learn, numpy and scipy",
            fix="if you trust the file, say trust=True (--trust)",
        )
    return skops.io.loads(data, trusted=sorted({*TRUSTED, *strange}))


def _read_pickle(data: bytes, request: Request) -> Any:
    if not request.trust:
        names = imports_of(data)
        shown = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
        raise UntrustedError(
            f"a pickle runs code when it is loaded; it would import and call {shown or 'what does not show'}",
            expected="a skops file, or your word that you trust this one",
            fix="if you trust the file, say trust=True (--trust)",
        )
    try:
        return joblib.load(io.BytesIO(data))
    except Exception as error:
        raise InputError(f"the pickle cannot be loaded: {type(error).__name__}: {error}") from error


def _names(model: Any, request: Request) -> list[str]:
    """Names of the columns: the model's, those given, those of the example, or made up."""
    if hasattr(model, "feature_names_in_"):
        return [str(name) for name in model.feature_names_in_]
    count = getattr(model, "n_features_in_", None)
    names = list(request.columns) or ([] if request.example is None else list(request.example.names))
    if count is not None and names and len(names) != count:
        raise InputError(f"{len(names)} columns for a model of {count} features", expected=f"{count} columns")
    if not names and count is None:
        raise InputError("the model does not say what columns it takes", fix="say columns=… (--columns)")
    return names or [f"x{place}" for place in range(int(count or 0))]


def _form(model: Any, fields: list[Field]) -> str:
    """Whether the model needs a data frame: texts, or columns that are chosen by name."""
    chosen = any(isinstance(part, ColumnTransformer) for part in _steps(model))
    return "frame" if chosen or any(item.datatype == "BYTES" for item in fields) else "matrix"


def _steps(model: Any) -> list[Any]:
    steps = [model]
    for _, part in getattr(model, "steps", ()):
        steps += _steps(part)
    return steps
