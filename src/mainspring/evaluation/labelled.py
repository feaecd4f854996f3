"""Bringing labels and predictions together: which rows can be judged, and against what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError
from mainspring.evaluation.metrics.classes import class_name, natural, number_in
from mainspring.evaluation.metrics.classification import ClassifiedRows
from mainspring.evaluation.metrics.multilabel import LabelSetRows
from mainspring.evaluation.metrics.regression import MeasuredRows
from mainspring.evaluation.predictions import Cutoff, Predictions
from mainspring.evaluation.reading import check_columns, check_length
from mainspring.evaluation.weighing import row_weights

if TYPE_CHECKING:
    from mainspring.data import Table

LARGEST: Final = 1e140
"""The largest label or prediction of a regression whose square still adds up."""

JudgedRows: TypeAlias = ClassifiedRows | LabelSetRows | MeasuredRows
Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What could not be judged, or only as wrong. Adds up over the pieces of a table.

    Attributes:
        rows: Rows in all.
        lost: Rows without a label.
        weightless: Rows with a label whose weight is 0 or missing.
        strange: Label that the model does not know to the number of its rows.
        blocked: Rows with a label that assertions left without an answer.
    """

    rows: int = 0
    lost: int = 0
    strange: Mapping[str, int] = field(default_factory=dict)
    blocked: int = 0
    weightless: int = 0

    def merge(self, other: LeftOut) -> LeftOut:
        """Of both."""
        both = Counter(self.strange) + Counter(other.strange)
        return LeftOut(
            rows=self.rows + other.rows,
            lost=self.lost + other.lost,
            strange=both,
            blocked=self.blocked + other.blocked,
            weightless=self.weightless + other.weightless,
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """In sentences."""
        found = [f"{self.lost} of {self.rows} rows have no label and were left out"] if self.lost else []
        if self.weightless:
            found.append(f"{self.weightless} of {self.rows} rows have no weight and were left out")
        if self.blocked:
            found.append(
                f"{self.blocked} of {self.rows} rows were blocked by assertions and have no answer: "
                "the figures are about the others"
            )
        for name in sorted(self.strange, key=natural):
            count = self.strange[name]
            found.append(
                f"{count} row{'s' * (count != 1)} labelled {name!r}, a class that the model does not know: "
                "every prediction for them counts as wrong"
            )
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Labelled:
    """Rows that can be judged.

    Attributes:
        rows: Their labels and predictions.
        kept: Which rows of the table they are, shape ``[n]``.
        positive: The positive class of a binary task.
        left_out: Which are missing, and labels that the model does not know.
        blocked: Which rows of the table could be judged, but have no answer, shape ``[n]``; ``None`` where nothing
            can be blocked.
    """

    rows: JudgedRows
    kept: Mask
    positive: str | None
    left_out: LeftOut
    blocked: Mask | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out, and labels that the model does not know, in sentences."""
        return self.left_out.notes


def label_rows(
    predictions: Predictions,
    table: Table,
    *,
    label: str | Sequence[str],
    positive: str | None = None,
    weight: str | None = None,
    cutoff: float | None = None,
    start: int = 0,
    wishes: Sequence[str] = (),
) -> Labelled:
    """Line up predictions with the labels of a table; rows without a label, or without weight, are left out.

    Args:
        predictions: One per row of the table.
        table: The rows.
        label: The label column; or one boolean column for each class of the predictions, in any order, where a
            row may belong to several.
        positive: The class that a binary task is about.
        weight: The column of row weights.
        cutoff: The least probability from which the positive class, or each of several labels, is the answer,
            instead of the predictions' own rule.
        start: The number of the table's first row, where it is a piece of a larger one. Random choices about a
            row depend on its number alone.
        wishes: Metrics that are asked for besides the usual ones.

    Raises:
        InputError: If a column is missing, the lengths differ, the positive class does not exist, or there is none
            for a cutoff.
    """
    names = [label] if isinstance(label, str) else [*label]
    check_columns(table, names if weight is None else [*names, weight])
    check_length(predictions, table)
    rows = _Rows(row_weights(table, weight), start, tuple(wishes), predictions.blocked)
    if not isinstance(label, str):
        return _label_sets(predictions, table, names, rows, positive, 0.5 if cutoff is None else cutoff)
    values = table.column(label)
    if predictions.classes is None:
        if cutoff is not None:
            raise InputError(f"a cutoff of {cutoff} for a model of values", fix="leave cutoff out")
        return _values(predictions.scores, values, rows, label)
    return _classes(predictions, predictions.classes, values, rows, positive, cutoff)


def positive_class(classes: Sequence[str], wanted: str | None = None) -> str | None:
    """The class that a binary task is about; ``None`` for more than two classes.

    Without a wish it is the last class in sorted order (by number where all are numbers): ``1`` of
    ``0, 1``, ``true`` of ``false, true``, ``>50K`` of ``<=50K, >50K``.

    Raises:
        InputError: If the wanted class does not exist, or there are more than two.
    """
    if wanted is not None:
        by_value = {natural(name): name for name in classes}
        if natural(wanted) not in by_value:
            raise InputError(
                f"the positive class {wanted!r} is not among the model's classes",
                expected="one of " + ", ".join(map(repr, classes)),
            )
        if len(classes) != 2:
            raise InputError(
                f"a positive class was given, but the model tells {len(classes)} classes apart",
                fix="leave positive out: every class is then judged against all others",
            )
        return by_value[natural(wanted)]
    return max(classes, key=natural) if len(classes) == 2 else None


@dataclass(frozen=True, slots=True)
class _Rows:
    """What all kinds of labels have in common: weights, the number of the first row, wishes, and blocked rows."""

    weights: npt.NDArray[np.float64] | None
    start: int
    wishes: tuple[str, ...]
    blocked: Mask | None

    def weigh(self, known: Mask) -> Mask:
        """Without rows that have no weight, and those that are blocked."""
        known = self._weighed(known)
        return known if self.blocked is None else known & ~self.blocked

    def done(
        self, rows: JudgedRows, known: Mask, positive: str | None, strange: Mapping[str, int] | None = None
    ) -> Labelled:
        """The rows that are kept of those whose label is known."""
        labels = int(np.count_nonzero(known))
        known = self._weighed(known)
        blocked = None if self.blocked is None else known & self.blocked
        left_out = LeftOut(
            rows=len(known),
            lost=len(known) - labels,
            strange=strange or {},
            blocked=0 if blocked is None else int(np.count_nonzero(blocked)),
            weightless=labels - int(np.count_nonzero(known)),
        )
        return Labelled(rows, self.weigh(known), positive, left_out, blocked)

    def _weighed(self, known: Mask) -> Mask:
        return known if self.weights is None else known & (self.weights > 0)

    def common(self, kept: Mask) -> dict[str, Any]:
        """Arguments of the rows that are kept."""
        return {"weights": None if self.weights is None else self.weights[kept], "wishes": self.wishes}

    def numbers(self, kept: Mask) -> npt.NDArray[np.int64]:
        """Of the rows that are kept, in the whole table."""
        return self.start + np.flatnonzero(kept)


def _classes(
    predictions: Predictions,
    classes: tuple[str, ...],
    values: npt.NDArray[Any],
    given: _Rows,
    positive: str | None,
    cutoff: float | None,
) -> Labelled:
    chosen = positive_class(classes, positive)
    if cutoff is not None:
        if chosen is None:
            raise InputError(
                f"a cutoff of {cutoff} for a model of {len(classes)} classes",
                expected="two classes, one of them positive",
                fix="leave cutoff out: the most probable class is the answer",
            )
        predictions = replace(predictions, cutoff=Cutoff(chosen, float(cutoff)))
    codes, strange = _codes(values, classes)
    kept = given.weigh(codes >= 0)
    judged = codes[kept]
    counts = np.bincount(judged, minlength=len(classes) + len(strange))[len(classes) :].tolist()
    unknown = {name: count for name, count in zip(strange, counts, strict=True) if count}
    rows = ClassifiedRows.of(
        judged,
        predictions.scores[kept],
        classes=(*classes, *strange),
        positive=None if chosen is None else classes.index(chosen),
        predicted=predictions.chosen[kept],
        **given.common(kept),
    )
    return given.done(rows, codes >= 0, chosen, unknown)


def _codes(values: npt.NDArray[Any], classes: tuple[str, ...]) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """Each label's index among the classes, by text or by number, -1 for none; unknown labels come after them."""
    by_number = {number: place for place, name in enumerate(classes) if (number := number_in(name)) is not None}
    if values.dtype == object:
        by_text = {name: place for place, name in enumerate(classes)}
        places: dict[Any, int] = {None: -1}
        distinct = set(values.tolist()) - {None}
        for value in distinct:
            number = number_in(value)
            places[value] = by_text.get(value, by_number.get(number, -2) if number is not None else -2)
        strange = sorted((value for value in distinct if places[value] == -2), key=natural)
        places |= {value: len(classes) + more for more, value in enumerate(strange)}
        codes = np.fromiter(map(places.__getitem__, values), np.int64, len(values))
        return codes, tuple(map(class_name, strange))
    numbers = values.astype(np.float64)
    codes = np.full(len(numbers), -1, dtype=np.int64)
    for number, place in by_number.items():
        codes[numbers == number] = place
    others = np.flatnonzero((codes < 0) & np.isfinite(numbers))
    found, order = np.unique(numbers[others], return_inverse=True)
    codes[others] = len(classes) + order
    return codes, tuple(map(class_name, found.tolist()))


def _label_sets(
    predictions: Predictions,
    table: Table,
    names: Sequence[str],
    given: _Rows,
    positive: str | None,
    cutoff: float,
) -> Labelled:
    classes = predictions.classes
    if classes is None or sorted(classes) != sorted(names):
        raise InputError(
            f"{len(names)} label columns {', '.join(map(repr, names))}, but the model tells of "
            + ("values" if classes is None else ", ".join(map(repr, classes))),
            expected="one column of labels for each class of the predictions, of the same name",
        )
    if positive is not None:
        raise InputError(
            f"a positive class {positive!r} for several labels", fix="leave positive out: every label is judged"
        )
    columns = []
    for name in classes:
        values = table.column(name)
        if values.dtype == object or not np.isin(values[np.isfinite(values)], (0.0, 1.0)).all():
            raise InputError(
                f"the label column {name!r} does not hold truths",
                expected="true and false, or 1 and 0: whether the row has the label",
            )
        columns.append(values)
    truth = np.column_stack(columns).astype(np.float64)
    finite: Mask = np.asarray(np.isfinite(truth).all(axis=1))
    kept = given.weigh(finite)
    rows = LabelSetRows.of(
        truth[kept] == 1.0,
        predictions.scores[kept],
        classes=classes,
        cutoff=cutoff,
        numbers=given.numbers(kept),
        **given.common(kept),
    )
    return given.done(rows, finite, None)


def _values(
    scores: npt.NDArray[np.float64],
    values: npt.NDArray[Any],
    given: _Rows,
    label: str,
) -> Labelled:
    if values.dtype == object:
        raise InputError(
            f"the label {label!r} holds text, and the model predicts numbers",
            expected="a numeric label column",
            fix="evaluate on the column that the model was trained on",
        )
    truth = values.astype(np.float64)
    finite: Mask = np.isfinite(truth)
    kept = given.weigh(finite)
    largest = float(np.abs(truth[kept]).max(initial=0.0))
    if largest > LARGEST:
        raise InputError(
            f"the label {label!r} holds values up to {largest:g}",
            expected=f"values up to {LARGEST:g}: the squares of larger ones are no numbers",
            fix="give labels and predictions in a larger unit",
        )
    # A prediction beyond them is as good as infinite.
    scores = np.where(np.abs(scores) > LARGEST, np.inf, scores)
    rows = MeasuredRows(truth[kept], scores[kept], numbers=given.numbers(kept), **given.common(kept))
    return given.done(rows, finite, None)
