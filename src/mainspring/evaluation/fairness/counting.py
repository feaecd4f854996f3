"""Counting rows piece by piece: what is kept of each group, and of a sample of single rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from mainspring.core import Slice
from mainspring.evaluation.fairness.cells import Cells, ScoredRows
from mainspring.evaluation.fairness.consistency import NEIGHBOURS, consistency, coordinates
from mainspring.evaluation.fairness.figures import Figure
from mainspring.evaluation.fairness.grouping import Grouping
from mainspring.evaluation.fairness.means import Means
from mainspring.evaluation.labelled import Labelled, LeftOut
from mainspring.evaluation.metrics.classification import ClassifiedRows
from mainspring.evaluation.metrics.grouping import Floats
from mainspring.evaluation.metrics.regression import MeasuredRows
from mainspring.evaluation.predictions import Predictions

if TYPE_CHECKING:
    from mainspring.data import Table

MOST_CLASSES = 20
"""Of a model with more classes, so many are looked at one by one: the first ones."""

MOST_ALIKE = 5_000
"""Consistency is measured on so many rows at most."""


@dataclass(frozen=True, eq=False)
class State:
    """What is kept of a group: the cells of each question, and sums of what belongs to no single class."""

    rows: int
    broken: int
    cells: tuple[Cells, ...]
    means: Means | None

    def merge(self, other: State) -> State:
        """The state over the rows of both."""
        return State(
            rows=self.rows + other.rows,
            broken=self.broken + other.broken,
            cells=tuple(a.merge(b) for a, b in zip(self.cells, other.cells, strict=True)),
            means=self.means.merge(other.means) if self.means and other.means else None,
        )

    @property
    def weight(self) -> float:
        """Of the rows that the model answers."""
        return self.means.weight if self.means else float(self.cells[0].weights.sum())


class Tally:
    """Counts up pieces of the rows, group by group."""

    def __init__(self, grouping: Grouping, edges: Floats) -> None:
        self.states: dict[str, dict[Slice, State]] = {spec: {} for spec in grouping.keys}
        self.whole: State | None = None
        self.classes: tuple[str, ...] | None = None
        self.positive: str | None = None
        self.questions: tuple[str, ...] = ()
        self._grouping, self._edges = grouping, edges
        self._left_out = LeftOut()

    def add(self, predictions: Predictions, labelled: Labelled, chunk: Table) -> None:
        """Count a piece of the table."""
        self._left_out = self._left_out.merge(labelled.left_out)
        self.classes, self.positive = predictions.classes, labelled.positive
        piece = self._classified(predictions, labelled) if self.classes else _valued(predictions, labelled)
        everything = piece.state(np.arange(len(piece.finite)), self._edges)
        self.whole = everything if self.whole is None else self.whole.merge(everything)
        for spec, groups in self._grouping.cut(chunk, labelled.kept).items():
            states = self.states[spec]
            for key, rows in groups.items():
                state = piece.state(rows, self._edges)
                states[key] = states[key].merge(state) if key in states else state

    def notes(self) -> Iterator[str]:
        """What was left out, in sentences."""
        yield from replace(self._left_out, strange={}).notes
        for name, count in self._left_out.strange.items():
            yield (
                f"{count} row{'s' * (count != 1)} labelled {name!r}, a class that the model does not know: "
                "they count as none of its classes"
            )
        if self.classes is not None and len(self.classes) > MOST_CLASSES:
            yield f"of {len(self.classes)} classes the first {MOST_CLASSES} are looked at one by one"

    def _classified(self, predictions: Predictions, labelled: Labelled) -> Piece:
        rows, kept = cast("ClassifiedRows", labelled.rows), labelled.kept
        classes = predictions.classes or ()
        scores = predictions.scores[kept]
        finite: npt.NDArray[np.bool_] = np.all(np.isfinite(scores), axis=1)
        scores = np.where(finite[:, None], scores, np.nan)
        chosen = predictions.chosen[kept]
        if labelled.positive is None:
            asked = list(range(min(len(classes), MOST_CLASSES)))
            self.questions = tuple(classes[: len(asked)])
            right = (chosen == rows.truth).astype(np.float64)[None, :]
        else:
            asked, right = [classes.index(labelled.positive)], None
            self.questions = (labelled.positive,)
        scored = tuple(ScoredRows(scores[:, c], chosen == c, rows.truth == c, rows.weights) for c in asked)
        return Piece(scored, right, finite, rows.weights)


@dataclass(frozen=True, eq=False)
class Piece:
    """Rows of one piece, ready to be counted by group."""

    scored: tuple[ScoredRows, ...]
    quantities: Floats | None
    finite: npt.NDArray[np.bool_]
    weights: Floats | None

    def state(self, rows: npt.NDArray[np.int64], edges: Floats) -> State:
        """The state of some rows, given by their indices."""
        finite = rows[self.finite[rows]]
        means = None
        if self.quantities is not None:
            weights = None if self.weights is None else self.weights[finite]
            means = Means.of(self.quantities[:, finite], weights)
        return State(
            rows=len(rows),
            broken=len(rows) - len(finite),
            cells=tuple(Cells.of(scored, rows, edges) for scored in self.scored),
            means=means,
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class Sample:
    """Rows spread evenly over the table, for figures that compare rows with each other.

    Attributes:
        columns: By which they are alike.
        numbers: Their numbers in the table, ascending.
        values: Of each column, piece by piece.
        answers: Which rows are selected, piece by piece.
    """

    columns: tuple[str, ...]
    numbers: npt.NDArray[np.int64]
    values: dict[str, list[npt.NDArray[Any]]] = field(default_factory=dict)
    answers: list[Floats] = field(default_factory=list)

    @classmethod
    def of(cls, table: Table, columns: Sequence[str]) -> Sample:
        """Choose rows of a table; none without columns."""
        if columns:
            table.select(columns)
        most = min(table.num_rows, MOST_ALIKE) if columns else 0
        numbers = (np.arange(most) * (table.num_rows / max(most, 1))).astype(np.int64)
        return cls(columns=tuple(columns), numbers=numbers)

    def add(self, predictions: Predictions, labelled: Labelled, chunk: Table, start: int) -> None:
        """Take the chosen rows of a piece that begins at this row of the table."""
        first, last = np.searchsorted(self.numbers, [start, start + chunk.num_rows])
        rows = self.numbers[first:last] - start
        rows = rows[labelled.kept[rows]]
        if labelled.positive is None or predictions.classes is None or not len(rows):
            return
        selected = predictions.chosen[rows] == predictions.classes.index(labelled.positive)
        self.answers.append(selected.astype(np.float64))
        for name in self.columns:
            self.values.setdefault(name, []).append(chunk.column(name)[rows])

    def figures(self) -> dict[str, Figure]:
        """The consistency of the answers."""
        if not self.answers:
            return {}
        answers = np.concatenate(self.answers)
        value = consistency(coordinates([np.concatenate(parts) for parts in self.values.values()]), answers)
        why = f"there are fewer than {NEIGHBOURS} rows" if math.isnan(value) else ""
        rows = len(answers)
        return {"consistency": Figure(value=value, top=math.nan, bottom=rows, rows=rows, reason=why)}

    def notes(self) -> Iterator[str]:
        """That it is a sample, and that there was nothing to measure."""
        if self.columns and not self.answers:
            yield "consistency is measured for two classes only"
        elif len(self.numbers) == MOST_ALIKE:
            yield f"consistency was measured on {MOST_ALIKE:,} rows, spread evenly"


def _valued(predictions: Predictions, labelled: Labelled) -> Piece:
    rows = cast("MeasuredRows", labelled.rows)
    finite = np.isfinite(rows.predicted)
    error = rows.predicted - rows.truth
    quantities = np.stack([error, np.abs(error), rows.predicted, rows.truth])
    return Piece((), quantities, finite, rows.weights)
