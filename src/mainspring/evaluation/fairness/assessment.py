"""Assessing fairness: one pass over the rows, figures by group, and the gaps between groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError, Slice
from mainspring.evaluation.fairness.across import Across, calibration, inequality, of_cells, of_means
from mainspring.evaluation.fairness.cells import CALIBRATION_EDGES, Cells, ScoredRows
from mainspring.evaluation.fairness.fairness import Fairness, Group
from mainspring.evaluation.fairness.figures import Figure, Floats
from mainspring.evaluation.fairness.gaps import Gap, Groups, gaps
from mainspring.evaluation.fairness.grouping import Grouping
from mainspring.evaluation.fairness.means import Means
from mainspring.evaluation.labelled import Labelled, label_rows
from mainspring.evaluation.metrics.classification import ClassifiedRows
from mainspring.evaluation.metrics.intervals import Intervals
from mainspring.evaluation.metrics.regression import MeasuredRows
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.predictions import Cutoff, Predictions

if TYPE_CHECKING:
    from mainspring.data import Table

MIN_GROUP_SIZE = 30
THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
BOOTSTRAP = Intervals(method="bootstrap", resamples=500)

MOST_CLASSES = 20
"""Of a model with more classes, so many are looked at one by one: the first ones."""

_CHUNK_ROWS = 250_000
_BROKEN = "the model gave no finite value for {} of {} rows"
_OF_VALUES = ("mean_error", "mae", "mean_prediction", "mean_label")


def assess_fairness(
    predictor: Predictor | Predictions,
    table: Table,
    *,
    label: str,
    protected: Sequence[str],
    positive: str | None = None,
    weight: str | None = None,
    thresholds: Sequence[float] = THRESHOLDS,
    cutoff: float | None = None,
    min_group_size: int = MIN_GROUP_SIZE,
    privileged: Mapping[str, str] | None = None,
    intervals: Intervals = BOOTSTRAP,
    split: str = "eval",
    chunk_rows: int = _CHUNK_ROWS,
) -> Fairness:
    """Measure how a model treats groups.

    A binary model is measured as it answers and at every threshold. Of several classes each is held against all
    others, as the model answers, and the names of figures and gaps carry the class; accuracy is of all classes
    together. A regression is measured by its errors and predictions.

    Args:
        predictor: What predicts, or one prediction per row of the table.
        table: The rows, with the label and the protected columns; it is read piece by piece.
        label: The label column.
        protected: Columns (``"sex"``) and crosses (``"sex * race"``) whose groups are compared. Rows without a
            value are a group as well.
        positive: The class that a binary task is about; without it the last class in sorted order.
        weight: A numeric column with the weight of each row; every row weighs 1 without it.
        thresholds: Probabilities at which rates are measured too: a row at or above one is selected.
        cutoff: The least probability that answers with the positive class; as the predictions say without it.
        min_group_size: The fewest rows behind a figure that is compared: of a selection rate the rows of the
            group, of a true positive rate its positives. A group with fewer is shown, and gaps
            name it as left out.
        privileged: Column to the value of the group that others are held against with a sign:
            ``{"sex": "Male"}``. A cross is compared so if all of its columns are named.
        intervals: How intervals are made: ``"closed"`` or ``"bootstrap"``.
        split: The name of the rows, kept in the answer.
        chunk_rows: How many rows are predicted and counted at a time.

    Returns:
        The figures. One that does not exist is NaN and has its reason.

    Raises:
        InputError: If a column does not exist, the predictions do not fit the rows, a threshold is no share, or
            there is no privileged group of that name.

    Example:
        ``assess_fairness(model, table, label="income", protected=["sex"]).gap("demographic_parity_ratio").value``
    """
    _check(predictor, table, thresholds, intervals, cutoff)
    grouping = Grouping.of(table, protected, label=label, weight=weight)
    edges = np.unique(np.array([*CALIBRATION_EDGES, *thresholds], dtype=np.float64))
    tally = _Tally(grouping, edges)
    start = 0
    for chunk in table.chunks(chunk_rows):
        stop = start + chunk.num_rows
        found = predictor.rows(start, stop) if isinstance(predictor, Predictions) else predictor.predict(chunk)
        labelled = label_rows(found, chunk, label=label, positive=positive, weight=weight)
        tally.add(_cut_off(found, labelled, cutoff), labelled, chunk)
        start = stop
    asked = _Asked(
        questions=tally.questions,
        thresholds=tuple(sorted(set(thresholds))) if tally.positive is not None else (),
        edges=edges,
        smallest=min_group_size,
        intervals=intervals,
    )
    best, notes = _privileged(grouping, privileged or {})
    groups: list[Group] = []
    gaps_found: list[Gap] = []
    for spec, states in tally.states.items():
        keys = [key for key in grouping.keys[spec] if key in states]
        if not keys:
            continue
        told = list(asked.figures([states[key] for key in keys]))
        groups += asked.groups(spec, keys, [states[key] for key in keys], told)
        compared = Groups(
            protected=spec, keys=keys, smallest=min_group_size, level=intervals.level, privileged=best.get(spec)
        )
        for of, figures in told:
            gaps_found += gaps({(one.name, one.at): one for one in figures}, compared, of=of)
    whole = cast("_State", tally.whole)  # a table without rows is one piece, too
    of_all = [*asked.figures([whole]), *asked.inequality(whole, tally.positive)]
    return Fairness(
        task="regression" if tally.classes is None else "classification",
        label=label,
        split=split,
        classes=tally.classes,
        positive=tally.positive,
        protected=tuple(grouping.keys),
        privileged=dict(privileged or {}),
        thresholds=asked.thresholds,
        cutoff=cutoff,
        min_group_size=min_group_size,
        intervals=intervals,
        overall=asked.groups("", [Slice()], [whole], of_all)[0],
        groups=tuple(groups),
        gaps=tuple(gaps_found),
        notes=(*tally.notes(), *grouping.notes, *notes),
    )


@dataclass(frozen=True, eq=False)
class _State:
    """What is kept of a group: the cells of each question, and sums of what belongs to no single class."""

    rows: int
    broken: int
    cells: tuple[Cells, ...]
    means: Means | None

    def merge(self, other: _State) -> _State:
        return _State(
            rows=self.rows + other.rows,
            broken=self.broken + other.broken,
            cells=tuple(a.merge(b) for a, b in zip(self.cells, other.cells, strict=True)),
            means=self.means.merge(other.means) if self.means and other.means else None,
        )

    @property
    def weight(self) -> float:
        return self.means.weight if self.means else float(self.cells[0].weights.sum())


class _Tally:
    """Counts up pieces of the rows, group by group."""

    def __init__(self, grouping: Grouping, edges: Floats) -> None:
        self.states: dict[str, dict[Slice, _State]] = {spec: {} for spec in grouping.keys}
        self.whole: _State | None = None
        self.classes: tuple[str, ...] | None = None
        self.positive: str | None = None
        self.questions: tuple[str, ...] = ()
        self._grouping, self._edges = grouping, edges
        self._rows = self._lost = 0
        self._strange: dict[str, int] = {}

    def add(self, predictions: Predictions, labelled: Labelled, chunk: Table) -> None:
        """Count a piece of the table."""
        self._rows += len(labelled.kept)
        self._lost += len(labelled.kept) - int(np.count_nonzero(labelled.kept))
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
        if self._lost:
            yield f"{self._lost} of {self._rows} rows have no label and were left out"
        for name, count in self._strange.items():
            yield (
                f"{count} row{'s' * (count != 1)} labelled {name!r}, a class that the model does not know: "
                "they count as none of its classes"
            )
        if self.classes is not None and len(self.classes) > MOST_CLASSES:
            yield f"of {len(self.classes)} classes the first {MOST_CLASSES} are looked at one by one"

    def _classified(self, predictions: Predictions, labelled: Labelled) -> _Piece:
        rows, kept = cast("ClassifiedRows", labelled.rows), labelled.kept
        classes = predictions.classes or ()
        for place, name in enumerate(rows.classes[len(classes) :], len(classes)):
            self._strange[name] = self._strange.get(name, 0) + int(np.count_nonzero(rows.truth == place))
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
        return _Piece(scored, right, finite, rows.weights)


@dataclass(frozen=True, eq=False)
class _Piece:
    """Rows of one piece, ready to be counted by group."""

    scored: tuple[ScoredRows, ...]
    quantities: Floats | None
    finite: npt.NDArray[np.bool_]
    weights: Floats | None

    def state(self, rows: npt.NDArray[np.int64], edges: Floats) -> _State:
        finite = rows[self.finite[rows]]
        means = None
        if self.quantities is not None:
            weights = None if self.weights is None else self.weights[finite]
            means = Means.of(self.quantities[:, finite], weights)
        return _State(
            rows=len(rows),
            broken=len(rows) - len(finite),
            cells=tuple(Cells.of(scored, rows, edges) for scored in self.scored),
            means=means,
        )


def _valued(predictions: Predictions, labelled: Labelled) -> _Piece:
    rows = cast("MeasuredRows", labelled.rows)
    finite = np.isfinite(rows.predicted)
    error = rows.predicted - rows.truth
    quantities = np.stack([error, np.abs(error), rows.predicted, rows.truth])
    return _Piece((), quantities, finite, rows.weights)


Told = tuple[str, list[Across]]
"""What to add to the names of figures (the class of many, in brackets), and figures of all groups."""


@dataclass(frozen=True, eq=False, kw_only=True)
class _Asked:
    """What is wanted of the states."""

    questions: tuple[str, ...]
    thresholds: tuple[float, ...]
    edges: Floats
    smallest: int
    intervals: Intervals

    def figures(self, states: Sequence[_State]) -> Iterator[Told]:
        """All figures of all groups, question by question."""
        single = len(self.questions) == 1
        for place, name in enumerate(self.questions):
            cells = [state.cells[place] for state in states]
            found = list(of_cells(cells, self.edges, self.thresholds, name, self.intervals))
            if not single:
                found = [one for one in found if one.name != "accuracy"]
            yield ("" if single else f"[{name}]", found)
        means = [state.means for state in states if state.means is not None]
        if means:
            names = ("accuracy",) if self.questions else _OF_VALUES
            why = [_BROKEN.format(one.broken, one.rows) if one.broken else "" for one in states]
            random = np.random.default_rng(self.intervals.seed)
            yield "", list(of_means(names, means, self.intervals, random, why))

    def inequality(self, whole: _State, positive: str | None) -> Iterator[Told]:
        """Of a binary question, how unequally benefits are spread."""
        if positive is not None:
            yield "", list(inequality(whole.cells[0], self.intervals))

    def groups(
        self, spec: str, keys: Sequence[Slice], states: Sequence[_State], told: Sequence[Told]
    ) -> list[Group]:
        """The same, group by group."""
        found = []
        for place, (key, state) in enumerate(zip(keys, states, strict=True)):
            figures = {
                f"{one.name}{of}" + ("" if one.at is None else f"@{one.at:g}"): _figure(one, place)
                for of, across in told
                for one in across
            }
            curves = {
                name: calibration(cells, self.edges)
                for name, cells in zip(self.questions, state.cells, strict=True)
            }
            found.append(
                Group(
                    key=key,
                    protected=spec,
                    count=state.rows,
                    weight=state.weight,
                    enough=state.rows >= self.smallest,
                    figures=figures,
                    calibration=curves,
                )
            )
        return found


def _figure(across: Across, place: int) -> Figure:
    return Figure(
        value=float(across.values[place]),
        top=float(across.tops[place]),
        bottom=float(across.bottoms[place]),
        rows=int(across.rows[place]),
        interval=across.intervals[place],
        reason=across.reasons[place],
    )


def _cut_off(predictions: Predictions, labelled: Labelled, cutoff: float | None) -> Predictions:
    if cutoff is None:
        return predictions
    if labelled.positive is None:
        raise InputError(
            f"a cutoff of {cutoff:g} was given, but the model tells no two classes apart", fix="leave cutoff out"
        )
    return Predictions(predictions.classes, predictions.scores, Cutoff(labelled.positive, cutoff))


def _check(
    predictor: Predictor | Predictions,
    table: Table,
    thresholds: Sequence[float],
    intervals: Intervals,
    cutoff: float | None,
) -> None:
    if isinstance(predictor, Predictions) and len(predictor) != table.num_rows:
        raise InputError(
            f"{len(predictor)} predictions for {table.num_rows} rows",
            expected="one prediction per row, in the order of the rows",
        )
    shares = [*thresholds, *([] if cutoff is None else [cutoff])]
    wrong = [f"{share:g}" for share in shares if not 0 <= share <= 1]
    if wrong:
        raise InputError(f"thresholds of {', '.join(wrong)}", expected="probabilities, from 0 to 1")
    if intervals.method == "jackknife":
        raise InputError(
            "there is no jackknife between groups", expected='intervals by "closed", "exact" or "bootstrap"'
        )


def _privileged(grouping: Grouping, privileged: Mapping[str, str]) -> tuple[dict[str, int], list[str]]:
    """Protected column or cross to the index of its privileged group, with notes on those that do not occur."""
    named: dict[str, int] = {}
    notes = []
    columns = {spec: {name for key in keys for name, _ in key.values} for spec, keys in grouping.keys.items()}
    strange = sorted(set(privileged) - {name for names in columns.values() for name in names})
    if strange:
        raise InputError(
            f"a privileged group by {', '.join(map(repr, strange))}, which is not protected",
            expected="columns among " + ", ".join(map(repr, grouping.keys)),
        )
    for spec, keys in grouping.keys.items():
        if not columns[spec] <= set(privileged):
            continue
        wanted = Slice.of({name: privileged[name] for name in columns[spec]})
        if wanted in keys:
            named[spec] = keys.index(wanted)
        elif len(columns[spec]) == 1:
            raise InputError(f"no privileged group {wanted}", expected="one of " + ", ".join(map(str, keys)))
        else:
            notes.append(f"{spec}: there are no rows of the privileged group {wanted}")
    return named, notes
