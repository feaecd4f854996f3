"""Predictions that lie in the data: what a person, an older system or another program answered, by column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError
from mainspring.data.celltypes import ColumnType
from mainspring.data.transforms.kinds import as_words
from mainspring.data.transforms.labels import find_classes
from mainspring.evaluation.labelled import positive_class
from mainspring.evaluation.predictions import Cutoff, Predictions
from mainspring.evaluation.reading import check_columns

if TYPE_CHECKING:
    from mainspring.data import Table

MOST_SHOWN = 5
"""So many values that are no class are named in an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnPredictor:
    """Answers each row with what its columns hold; :func:`predictions_in` makes one.

    A row without an answer has scores that are not finite: figures then do not exist and say why.

    Attributes:
        classes: The classes; ``None`` for values.
        scores: Class to the column of its probability: every class, or one of two.
        predicted: The column of the answers. Beside scores it decides, and the scores only rank.
    """

    classes: tuple[str, ...] | None
    scores: Mapping[str, str]
    predicted: str | None

    def predict(self, table: Table) -> Predictions:
        """Read the answers of every row.

        Raises:
            InputError: If a column is missing, holds text instead of numbers, a probability below 0 or above 1,
                or an answer that is no class.
        """
        if self.classes is None:
            return Predictions(None, _numbers(table, str(self.predicted)))
        if not self.scores:
            return Predictions(self.classes, self._of_answers(table))
        found = {name: _probabilities(table, column) for name, column in self.scores.items()}
        if len(found) == 1:
            ((name, scores),) = found.items()
            found[_other(self.classes, name)] = 1.0 - scores
        scores = np.column_stack([found[name] for name in self.classes])
        return Predictions(self.classes, scores, self._answered(table))

    def _of_answers(self, table: Table) -> npt.NDArray[np.float64]:
        """1 for the class that was answered, 0 for the others; NaN for no answer."""
        places = self._places(table)
        rows = np.eye(len(self.classes or ()))[np.maximum(places, 0)]
        rows[places < 0] = np.nan
        return rows

    def _answered(self, table: Table) -> Cutoff | None:
        """A cutoff of each row by which it is answered as its column says."""
        if self.predicted is None or self.classes is None:
            return None
        positive = next(iter(self.scores))
        yes = self._places(table) == self.classes.index(positive)
        return Cutoff(positive, np.where(yes, 0.0, np.inf))

    def _places(self, table: Table) -> npt.NDArray[np.int64]:
        """The index of the class that each row is answered with; -1 for no answer."""
        words = _words(table, str(self.predicted))
        classes = self.classes or ()
        places: dict[str | None, int] = {word: _place(word, classes) for word in {*words} - {None} if word}
        strange = sorted(str(word) for word, place in places.items() if place < 0)
        if strange:
            raise InputError(
                f"{self.predicted!r} holds {', '.join(map(repr, strange[:MOST_SHOWN]))}, which are no classes",
                expected="one of " + ", ".join(map(repr, classes)),
            )
        return np.fromiter((places.get(word, -1) for word in words), np.int64, len(words))


def predictions_in(
    table: Table,
    *,
    scores: str | Mapping[str, str] | None = None,
    predicted: str | None = None,
    positive: str | None = None,
    label: str | None = None,
) -> ColumnPredictor:
    """What predicts by reading columns of the data: answers of people, of an older system, of another program.

    Args:
        table: Rows that say which columns and classes there are.
        scores: The column with the probability of the positive class, or class to the column of its probability.
        predicted: The column with the answers: classes, or values of a regression. Beside ``scores`` (of two
            classes) it decides the answer, whatever cutoff it was made with.
        positive: The class that ``scores`` is about; without it the last of two classes in sorted order.
        label: The label column; the classes are its values. It can be left out for answers, whose own values
            are then the classes.

    Raises:
        InputError: If neither was given, a column is missing, or the classes cannot be told.

    Example:
        >>> from mainspring.data import Table
        >>> table = Table.from_columns({"late": ["no", "yes", "no"], "nurse": ["no", "yes", "yes"]})
        >>> predictions_in(table, predicted="nurse", label="late").predict(table).labels.tolist()
        ['no', 'yes', 'yes']
    """
    named = [*scores.values()] if isinstance(scores, Mapping) else [scores]
    check_columns(table, [name for name in (*named, predicted, label) if name is not None])
    if scores is None:
        if predicted is None:
            raise InputError("no predictions were named", expected="a column as scores, as predicted, or both")
        return ColumnPredictor(classes=_classes(table, label, predicted), scores={}, predicted=predicted)
    if isinstance(scores, str):
        classes = _two_classes(table, label, predicted, positive)
        named_one = positive_class(classes, positive)
        return ColumnPredictor(classes=classes, scores={str(named_one): scores}, predicted=predicted)
    if predicted is not None:
        raise InputError(
            "probabilities of every class and answers were both given", expected="one of scores and predicted"
        )
    return ColumnPredictor(classes=tuple(scores), scores=dict(scores), predicted=None)


def _classes(table: Table, label: str | None, predicted: str) -> tuple[str, ...] | None:
    """The classes of the label, then those that only the answers have; ``None`` for values."""
    found = _found(table, predicted if label is None else label)
    if found is None or label is None:
        return found
    words = {word for word in _words(_distinct(table, predicted), predicted) if word is not None}
    return (*found, *sorted(word for word in words if _place(word, found) < 0))


def _two_classes(table: Table, label: str | None, predicted: str | None, positive: str | None) -> tuple[str, ...]:
    known = label or predicted
    if known is None:
        raise InputError(
            "the classes cannot be told from a column of probabilities", fix="give the label column as label="
        )
    words = {word for word in _words(_distinct(table, known), known) if word is not None}
    if positive is not None and len(words) == 1 and positive not in words:
        return (*words, positive)
    found = _found(table, known)
    if found is None or len(found) != 2:
        told = "is a quantity" if found is None else f"has {len(found)} classes"
        raise InputError(
            f"{known!r} {told}, and one column of probabilities tells two classes apart",
            expected="a label with two classes",
            fix="give class to column as scores, or values as predicted",
        )
    return found


def _found(table: Table, column: str) -> tuple[str, ...] | None:
    return find_classes(_distinct(table, column), column)


def _distinct(table: Table, column: str) -> Table:
    """The different values of a column, without the missing ones: a few, of however many rows."""
    return table.select([column]).sql("SELECT DISTINCT * FROM this WHERE COLUMNS(*) IS NOT NULL")


def _words(table: Table, column: str) -> list[str | None]:
    values = table.column(column)
    if table.type_of(column) is ColumnType.BOOL:
        return [None if value != value else "true" if value else "false" for value in values.tolist()]
    return as_words(values)


def _place(word: str, classes: tuple[str, ...]) -> int:
    """The index of the class that a word is the text or the number of; -1 for none."""
    if word in classes:
        return classes.index(word)
    value = _value(word)
    same = [place for place, name in enumerate(classes) if value is not None and _value(name) == value]
    return same[0] if same else -1


def _value(word: str) -> float | None:
    try:
        return {"true": 1.0, "false": 0.0}.get(word.lower()) if word.isalpha() else float(word)
    except ValueError:
        return None


def _numbers(table: Table, column: str) -> npt.NDArray[np.float64]:
    check_columns(table, [column])
    values: npt.NDArray[Any] = table.column(column)
    if values.dtype == object and all(value is None for value in values):
        return np.full(len(values), np.nan)
    if values.dtype == object:
        raise InputError(f"{column!r} holds text", expected="a column of numbers")
    return values.astype(np.float64)


def _probabilities(table: Table, column: str) -> npt.NDArray[np.float64]:
    values = _numbers(table, column)
    outside = int(np.count_nonzero((values < 0) | (values > 1)))
    if outside:
        raise InputError(
            f"{outside} of {len(values)} values in {column!r} are below 0 or above 1",
            expected="probabilities",
            fix="turn scores of another kind into probabilities, or give the answers as predicted",
        )
    return values


def _other(classes: tuple[str, ...], name: str) -> str:
    return classes[1 - classes.index(name)]
