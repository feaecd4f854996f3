"""Bringing labels and predictions together: which rows can be judged, and against what."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError
from mainspring.evaluation.metrics.classification import ClassifiedRows
from mainspring.evaluation.metrics.regression import MeasuredRows
from mainspring.evaluation.predictions import Predictions

if TYPE_CHECKING:
    from mainspring.data import Table

Rows: TypeAlias = ClassifiedRows | MeasuredRows

_TRUTHS = {"true": 1.0, "false": 0.0}


@dataclass(frozen=True, slots=True)
class Labelled:
    """Rows that can be judged.

    Attributes:
        rows: Their labels and predictions.
        kept: Which rows of the table they are, shape ``[n]``.
        positive: The positive class of a binary task.
        notes: What was left out, and labels that the model does not know, in sentences.
    """

    rows: Rows
    kept: npt.NDArray[np.bool_]
    positive: str | None
    notes: tuple[str, ...]


def label_rows(
    predictions: Predictions, table: Table, *, label: str, positive: str | None = None, weight: str | None = None
) -> Labelled:
    """Line up predictions with the labels of a table; rows without a label, or without weight, are left out.

    Raises:
        InputError: If a column is missing, the lengths differ, or the positive class does not exist.
    """
    _check_fits(predictions, table, [label] if weight is None else [label, weight])
    values = table.column(label)
    weights = None if weight is None else np.asarray(table.column(weight), dtype=np.float64)
    if predictions.classes is None:
        return _values(predictions.scores, values, weights, label)
    return _classes(predictions.scores, values, weights, predictions.classes, positive)


def positive_class(classes: Sequence[str], wanted: str | None = None) -> str | None:
    """The class that a binary task is about; ``None`` for more than two classes.

    Without a wish it is the last class in sorted order (by number where all are numbers): ``1`` of
    ``0, 1``, ``true`` of ``false, true``, ``>50K`` of ``<=50K, >50K``.

    Raises:
        InputError: If the wanted class does not exist, or there are more than two.
    """
    if wanted is not None:
        by_value = {_key(name): name for name in classes}
        if _key(wanted) not in by_value:
            raise InputError(
                f"the positive class {wanted!r} is not among the model's classes",
                expected="one of " + ", ".join(map(repr, classes)),
            )
        if len(classes) != 2:
            raise InputError(
                f"a positive class was given, but the model tells {len(classes)} classes apart",
                fix="leave positive out: every class is then judged against all others",
            )
        return by_value[_key(wanted)]
    return max(classes, key=_key) if len(classes) == 2 else None


def _check_fits(predictions: Predictions, table: Table, needed: Sequence[str]) -> None:
    missing = [name for name in needed if name not in table.names]
    if missing:
        raise InputError(
            f"no column {', '.join(map(repr, missing))} in the table",
            expected="one of " + ", ".join(table.names),
            fix="give the name of the label column as label=",
        )
    if len(predictions) != table.num_rows:
        raise InputError(
            f"{len(predictions)} predictions for {table.num_rows} rows",
            expected="one prediction per row, in the order of the rows",
        )


def _key(name: str) -> tuple[int, float, str]:
    """Classes in their natural order; texts that are the same value have the same key."""
    text = str(name)
    number = _number(text)
    return (1, 0.0, text) if number is None else (0, number, "")


def _number(text: str) -> float | None:
    try:
        number = _TRUTHS[text.lower()] if text.lower() in _TRUTHS else float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _classes(
    scores: npt.NDArray[np.float64],
    values: npt.NDArray[Any],
    weights: npt.NDArray[np.float64] | None,
    classes: tuple[str, ...],
    positive: str | None,
) -> Labelled:
    chosen = positive_class(classes, positive)
    kept = _present(values)
    if weights is not None:
        kept &= weights > 0
    judged = values[kept].tolist()
    places = _places(sorted(set(judged)), classes)
    codes = np.fromiter((places[value] for value in judged), np.int64, len(judged))
    strange = [value for value, place in places.items() if place >= len(classes)]
    notes = _left_out(kept)
    for value in strange:
        count = int(np.count_nonzero(codes == places[value]))
        notes.append(
            f"{count} row{'s' * (count != 1)} labelled {_text(value)!r}, a class that the model does not know: "
            "every prediction for them counts as wrong"
        )
    rows = ClassifiedRows.of(
        codes,
        scores[kept],
        classes=(*classes, *map(_text, strange)),
        positive=None if chosen is None else classes.index(chosen),
        weights=None if weights is None else weights[kept],
    )
    return Labelled(rows, kept, chosen, tuple(notes))


def _places(values: Sequence[Any], classes: tuple[str, ...]) -> dict[Any, int]:
    """For each label its index among the classes, by text or by number; labels not known come after them."""
    by_text = {name: place for place, name in enumerate(classes)}
    by_number = {number: place for place, name in enumerate(classes) if (number := _number(name)) is not None}
    places: dict[Any, int] = {}
    unknown = len(classes)
    for value in values:
        number = value if isinstance(value, float) else _number(value)
        place = by_text.get(value, by_number.get(number) if number is not None else None)
        if place is None:
            place, unknown = unknown, unknown + 1
        places[value] = place
    return places


def _values(
    scores: npt.NDArray[np.float64],
    values: npt.NDArray[Any],
    weights: npt.NDArray[np.float64] | None,
    label: str,
) -> Labelled:
    if values.dtype == object:
        raise InputError(
            f"the label {label!r} holds text, and the model predicts numbers",
            expected="a numeric label column",
            fix="evaluate on the column that the model was trained on",
        )
    truth = values.astype(np.float64)
    kept = np.isfinite(truth)
    if weights is not None:
        kept &= weights > 0
    rows = MeasuredRows(truth[kept], scores[kept], None if weights is None else weights[kept])
    return Labelled(rows, kept, None, tuple(_left_out(kept)))


def _present(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    if values.dtype == object:
        return np.fromiter((value is not None for value in values), np.bool_, len(values))
    finite: npt.NDArray[np.bool_] = np.isfinite(values.astype(np.float64))
    return finite


def _left_out(kept: npt.NDArray[np.bool_]) -> list[str]:
    lost = len(kept) - int(np.count_nonzero(kept))
    return [f"{lost} of {len(kept)} rows have no label and were left out"] if lost else []


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
