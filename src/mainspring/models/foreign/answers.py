"""Gives a model the rows in the form that it takes, and reads its answers, whatever form they have."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError, UnavailableError
from mainspring.models.foreign.request import Columns
from mainspring.models.signature import Signature


def input_of(columns: Columns, signature: Signature, takes: str) -> Any:
    """Rows as ``columns`` (a mapping of arrays), ``rows``, ``matrix`` (float64) or ``frame`` (pandas).

    Raises:
        UnavailableError: For a frame without pandas.
        InputError: For a matrix of texts.
    """
    names = signature.names
    if takes == "rows":
        plain = {name: _plain(columns[name]) for name in names}
        return [dict(zip(names, row, strict=True)) for row in zip(*plain.values(), strict=True)]
    if takes == "matrix":
        words = [item.name for item in signature.inputs if item.datatype == "BYTES"]
        if words:
            raise InputError(f"a matrix of numbers has no place for the texts in {', '.join(words)}")
        return np.column_stack([np.asarray(columns[name], dtype=np.float64) for name in names])
    if takes == "frame":
        return _frame()({item.name: _typed(columns[item.name], item.datatype) for item in signature.inputs})
    return {name: columns[name] for name in names}


def classes_of(model: Any, given: Sequence[str]) -> tuple[str, ...] | None:
    """Names of the classes: those given, else what the model says; ``None`` if it predicts numbers."""
    said = given or getattr(model, "classes_", None)
    if said is None:
        said = getattr(model, "classes", None)
    if said is None or callable(said) or len(said) == 0:
        return None
    return tuple(str(name) for name in said)


def answer_of(
    model: Any, given: Any, signature: Signature, *, logits: bool = False
) -> Mapping[str, npt.NDArray[Any]]:
    """What a model with ``predict`` (and perhaps ``predict_proba``), or a callable one, answers.

    Raises:
        InputError: If its answer is neither labels nor scores.
    """
    ask = getattr(model, "predict", model)
    if signature.classes is None:
        return {"prediction": _numbers(ask(given)).reshape(-1)}
    if hasattr(model, "predict_proba"):
        return scored(_numbers(model.predict_proba(given)), None, signature.classes, logits=logits)
    found = ask(given)
    if isinstance(found, Mapping) and "probabilities" in found:
        return scored(_numbers(found["probabilities"]), found.get("label"), signature.classes, logits=logits)
    values = np.asarray(found)
    if values.ndim == 2 and values.dtype.kind in "fiu":
        return scored(_numbers(values), None, signature.classes, logits=logits)
    return labelled(values.reshape(-1), signature.classes)


def scored(
    scores: npt.NDArray[np.float64], labels: Any, classes: Sequence[str], *, logits: bool = False
) -> dict[str, npt.NDArray[Any]]:
    """The answer from scores of the classes, ``[n, classes]``; one column is that of the second of two classes.

    Args:
        scores: Probabilities, or logits.
        labels: The labels that the model chose, as texts; the best class without them.
        classes: Names of the classes.
        logits: Whether probabilities have to be made of the scores.
    """
    if scores.ndim == 1 or scores.shape[1] == 1:
        if len(classes) != 2:
            raise InputError(f"the model gives one score for {len(classes)} classes", expected="one per class")
        second = scores.reshape(-1)
        if logits:
            second = 1 / (1 + np.exp(-second))
        scores = np.column_stack([1 - second, second])
    elif logits:
        raised = np.exp(scores - scores.max(axis=1, keepdims=True))
        scores = raised / raised.sum(axis=1, keepdims=True)
    if scores.shape[1] != len(classes):
        raise InputError(
            f"the model gives {scores.shape[1]} scores for {len(classes)} classes",
            expected="one score per class",
            fix="name all classes, in the order of the scores",
        )
    names = np.array(classes, dtype=object)
    chosen = names[scores.argmax(axis=1)] if labels is None else _words(labels)
    return {"label": chosen, "probabilities": scores}


def labelled(labels: npt.NDArray[Any], classes: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
    """The answer from labels alone: the class that was chosen has 1, the others 0."""
    words = _words(labels)
    scores = (words[:, None] == np.array(classes, dtype=object)[None, :]).astype(np.float64)
    return {"label": words, "probabilities": scores}


def _numbers(values: Any) -> npt.NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64)


def _words(labels: Any) -> npt.NDArray[Any]:
    found = [str(label) for label in np.asarray(labels).reshape(-1).tolist()]
    words = np.empty(len(found), dtype=object)
    words[:] = found
    return words


def _plain(column: npt.NDArray[Any]) -> list[Any]:
    return [None if value is None or value != value else value for value in column.tolist()]


def _typed(column: npt.NDArray[Any], datatype: str) -> npt.NDArray[Any]:
    """Whole numbers and booleans without gaps in their own type, as a frame has them."""
    if datatype in {"INT64", "BOOL"} and not np.isnan(column).any():
        return column.astype(np.int64 if datatype == "INT64" else np.bool_)
    return column


def _frame() -> Any:
    try:
        return importlib.import_module("pandas").DataFrame
    except ImportError as error:
        raise UnavailableError("this model takes data frames of pandas", fix="pip install pandas") from error
