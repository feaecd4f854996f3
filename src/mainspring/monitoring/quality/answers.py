"""What a model said of the rows of a table, as a log or a reference holds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.labelled import Labelled, label_rows, positive_class
from mainspring.evaluation.metrics import ClassifiedRows, MeasuredRows
from mainspring.evaluation.metrics.classes import class_name, natural
from mainspring.evaluation.metrics.wishes import Kind, sort_out
from mainspring.evaluation.predictions import Predictions
from mainspring.evaluation.reference import OUTPUT, TRUTH

if TYPE_CHECKING:
    from mainspring.data import Table

LABEL: Final = f"{OUTPUT}label"
PREDICTION: Final = f"{OUTPUT}prediction"
PROBABILITY: Final = f"{OUTPUT}probability."

_ROUNDED: Final = 1e-4
"""By so much may a probability lie outside of 0 to 1: what is computed in small numbers is rounded."""

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answers:
    """The answers of a model, row by row.

    Attributes:
        classes: The classes; ``None`` for values.
        positive: The class that a binary task is about.
        scores: Probabilities ``[rows, classes]``, or values ``[rows]``; NaN in rows without an answer. Where the
            model only names classes, 1 for the one that it named.
        chosen: Index of the class that was answered, ``[rows]``; -1 for none, and of values.
        known: Which rows have an answer, ``[rows]``.
        ranked: Whether there are probabilities, or values.
    """

    classes: tuple[str, ...] | None
    positive: str | None
    scores: Floats
    chosen: Ints
    known: Mask
    ranked: bool

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def kind(self) -> Kind:
        """The kind of task."""
        if self.classes is None:
            return "regression"
        return "binary" if self.positive is not None else "several"

    @property
    def confidence(self) -> Floats:
        """How probable the model held what it answered, ``[rows]``; NaN without probabilities."""
        if self.classes is None or not self.ranked:
            return np.full(len(self), np.nan)
        found: Floats = self.scores[np.arange(len(self)), np.maximum(self.chosen, 0)]
        return found

    def where(self, kept: Mask) -> Answers:
        """Those of the rows that are marked."""
        return replace(self, scores=self.scores[kept], chosen=self.chosen[kept], known=self.known[kept])


def read_answers(
    table: Table, *, positive: str | None = None, classes: Sequence[str] | None = None
) -> Answers | None:
    """The answers in a table; ``None`` if it has none, or names no class.

    A row whose probabilities lie outside of 0 to 1 has no answer.

    Args:
        table: With ``output.probability.<class>`` and ``output.label``, or ``output.prediction``.
        positive: The class that a binary task is about; the last in sorted order without it.
        classes: The classes where only labels are named; those that occur in the table without it.

    Raises:
        InputError: If there is no such class, a label is no class, or probabilities are no numbers.
    """
    scored = [name for name in table.names if name.startswith(PROBABILITY)]
    if len(scored) > 1:
        return _of_probabilities(table, scored, positive)
    if LABEL in table.names:
        return _of_labels(table, positive, classes)
    if PREDICTION in table.names and table.type_of(PREDICTION).is_numeric:
        scores = table.column(PREDICTION)
        return Answers(
            classes=None,
            positive=None,
            scores=scores,
            chosen=np.full(len(scores), -1),
            known=np.isfinite(scores),
            ranked=True,
        )
    return None


def label_answers(
    answers: Answers,
    table: Table,
    *,
    metrics: Sequence[str] = (),
    weights: Floats | None = None,
) -> tuple[ClassifiedRows | MeasuredRows, Labelled]:
    """Line the answers up with the truth of the same table, in ``feedback.truth``.

    Args:
        answers: Of the rows of the table.
        table: The rows.
        metrics: Metrics that are asked for besides the usual ones.
        weights: Of the rows, ``[rows]``; rows that weigh nothing are left out. Every row weighs 1 without.

    Returns:
        The rows that have both truth and answer, and which of the table's they are (``kept``).

    Raises:
        InputError: If a metric is none of the task, or the truth of a regression is text.
    """
    wishes = sort_out(metrics, answers.kind, answers.classes or ())
    left_out = ~answers.known if weights is None else ~answers.known | ~(weights > 0)
    predictions = Predictions(answers.classes, np.nan_to_num(answers.scores), blocked=left_out)
    labelled = label_rows(predictions, table, label=TRUTH, positive=answers.positive, wishes=wishes.names)
    rows = labelled.rows
    kept = None if weights is None else weights[labelled.kept]
    if isinstance(rows, ClassifiedRows):
        return replace(rows, predicted=answers.chosen[labelled.kept], weights=kept), labelled
    if isinstance(rows, MeasuredRows):
        return replace(rows, weights=kept), labelled
    raise InputError("rows with several labels each", expected="one class or one value for each row")


def truth_codes(answers: Answers, table: Table) -> Ints:
    """Index of each row's true class, ``[rows]``; -1 where it is not known or is none of the model's classes."""
    known = {natural(name): place for place, name in enumerate(answers.classes or ())}
    return _codes(table, TRUTH, known)


def _of_probabilities(table: Table, scored: Sequence[str], positive: str | None) -> Answers:
    texts = [name for name in scored if not table.type_of(name).is_numeric]
    if texts:
        raise InputError(f"{', '.join(map(repr, texts))} hold no numbers", expected="probabilities")
    classes = tuple(name.removeprefix(PROBABILITY) for name in scored)
    scores = np.column_stack([table.column(name) for name in scored])
    known: Mask = np.all((scores >= -_ROUNDED) & (scores <= 1 + _ROUNDED), axis=1)
    scores = np.clip(scores, 0.0, 1.0)
    chosen: Ints = np.where(known, np.nan_to_num(scores).argmax(axis=1), -1).astype(np.int64)
    if LABEL in table.names:
        said = _codes(table, LABEL, {natural(name): place for place, name in enumerate(classes)})
        chosen = np.where(known & (said >= 0), said, chosen)
    return Answers(
        classes=classes,
        positive=positive_class(classes, positive),
        scores=scores,
        chosen=chosen,
        known=known,
        ranked=True,
    )


def _of_labels(table: Table, positive: str | None, classes: Sequence[str] | None) -> Answers | None:
    if classes is None:
        columns = [name for name in (LABEL, TRUTH) if name in table.names]
        words = {_word(value) for name in columns for value in set(table.column(name).tolist())} - {None}
        by_value = {natural(word): word for word in sorted(str(word) for word in words)}
        classes = [by_value[key] for key in sorted(by_value)]
    named = tuple(classes)
    if not named:
        return None
    chosen = _codes(table, LABEL, {natural(name): place for place, name in enumerate(named)})
    scores = np.eye(len(named))[np.maximum(chosen, 0)]
    scores[chosen < 0] = np.nan
    return Answers(
        classes=named,
        positive=positive_class(named, positive) if len(named) == 2 else None,
        scores=scores,
        chosen=chosen,
        known=chosen >= 0,
        ranked=False,
    )


def _codes(table: Table, column: str, places: dict[tuple[int, float, str], int]) -> Ints:
    """Index of the class in each row; -1 for none."""
    values = table.column(column).tolist()
    found: dict[Any, int] = {}
    for value in set(values):
        word = _word(value)
        found[value] = -1 if word is None else places.get(natural(word), -1)
    return np.fromiter((-1 if value != value else found[value] for value in values), np.int64, len(values))


def _word(value: Any) -> str | None:
    return None if value is None or value != value else class_name(value)
