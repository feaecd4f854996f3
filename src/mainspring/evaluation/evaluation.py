"""How good a model is on labelled rows, overall and by slice."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

from mainspring.core import Slice
from mainspring.core.records import Value
from mainspring.evaluation.curves import Curves, curves_of
from mainspring.evaluation.judging import CHUNK_ROWS, Judging, judge_rows, judge_table
from mainspring.evaluation.metrics.classification import ClassificationState
from mainspring.evaluation.metrics.custom import Metric
from mainspring.evaluation.metrics.directions import better
from mainspring.evaluation.metrics.facts import Better, Fact, MetricName
from mainspring.evaluation.metrics.intervals import CLOSED, Intervals
from mainspring.evaluation.metrics.measured import Measured
from mainspring.evaluation.metrics.multilabel import LabelSetState
from mainspring.evaluation.ports import Predictor, Rows, State
from mainspring.evaluation.predictions import Predictions
from mainspring.evaluation.slicing import MIN_SLICE_SIZE, SliceForm
from mainspring.evaluation.stored import StoredAsJson

if TYPE_CHECKING:
    from mainspring.data import Table

ALL_ROWS = Slice()

_TASKS = {"binary": "classification", "several": "classification"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation(StoredAsJson):
    """The metrics of a model on one split.

    Attributes:
        task: ``"classification"``, ``"multilabel"``, ``"regression"``, ``"ranking"``, or another family's name.
        label: The label column; several are joined by commas.
        split: The split that was judged.
        classes: The classes of a classification, labels that the model does not know last.
        positive: The class that a binary task is about.
        measured: Slice to its figures; ``Slice()`` stands for all rows.
        confusion: Rows by true class (outer) and predicted class (inner), over all rows.
        curves: Class to points for pictures; a regression has them under ``""``.
        notes: What was left out or folded, in sentences.
        weight: The column of row weights, if rows had weights.
        cutoff: The least probability of the positive class that was asked for, if one was.
        intervals: How the intervals were made.
        facts: What is known of figures that are not Mainspring's own, by stem.
        unreadable: Why the model could not read the rows; then nothing was measured.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Evaluation"
    FILE: ClassVar[str] = "evaluation.json"

    task: str
    label: str
    split: str
    measured: Mapping[Slice, Measured]
    classes: tuple[str, ...] | None = None
    positive: str | None = None
    confusion: tuple[tuple[float, ...], ...] = ()
    curves: Mapping[str, Curves] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    weight: str | None = None
    cutoff: float | None = None
    intervals: Intervals = CLOSED
    facts: Mapping[str, Fact] = field(default_factory=dict)
    unreadable: str | None = None

    @property
    def overall(self) -> Mapping[str, float]:
        """Metric to figure over all rows."""
        return self.measured[ALL_ROWS].values

    @property
    def slices(self) -> Mapping[Slice, Mapping[str, float]]:
        """Slice to metric to figure, without all rows."""
        return {key: found.values for key, found in self.measured.items() if key != ALL_ROWS}

    @property
    def count(self) -> int:
        """Rows that were judged."""
        return self.measured[ALL_ROWS].count

    def better(self, metric: str) -> Better:
        """Which way a metric of this evaluation improves; one that nobody has told of is better when higher."""
        fact = self.facts.get(MetricName.parse(metric).stem)
        return better(metric) if fact is None else fact.better

    def worst(self, metric: str, *, lower_is_better: bool | None = None) -> tuple[tuple[Slice, float], ...]:
        """Slices by a metric, the worst first; slices without the figure are left out.

        Args:
            metric: The figure.
            lower_is_better: Which way it improves; as :meth:`better` says without it.
        """
        lower = self.better(metric) is Better.LOWER if lower_is_better is None else lower_is_better
        found = [(key, values[metric]) for key, values in self.slices.items() if metric in values]
        told = [(key, value) for key, value in found if not math.isnan(value)]
        return tuple(sorted(told, key=lambda pair: (pair[1], str(pair[0])), reverse=lower))

    def _repr_html_(self) -> str:
        """The page of it, for notebooks."""
        from mainspring import evaluation

        return evaluation.view(self)._repr_html_()

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file: the overall metrics, without those that do not exist."""
        told: dict[str, Value] = {"task": self.task, "label": self.label, "split": self.split}
        if self.positive is not None:
            told["positive"] = self.positive
        if self.cutoff is not None:
            told["cutoff"] = self.cutoff
        if self.unreadable is not None:
            told["unreadable"] = self.unreadable
        told["slices"] = len(self.measured) - 1
        for name, value in self.overall.items():
            if not math.isnan(value):
                told[name] = int(value) if name == "count" else value
        return told

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "task": self.task,
            "label": self.label,
            "split": self.split,
            "classes": None if self.classes is None else list(self.classes),
            "positive": self.positive,
            "measured": [{"slice": dict(key.values), **found.as_dict()} for key, found in self.measured.items()],
            "confusion": [list(row) for row in self.confusion],
            "curves": {name: curves.as_dict() for name, curves in self.curves.items()},
            "notes": list(self.notes),
            "weight": self.weight,
            "cutoff": self.cutoff,
            "intervals": self.intervals.as_dict(),
            "facts": {name: fact.as_dict() for name, fact in self.facts.items()},
            "unreadable": self.unreadable,
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`; files of earlier versions lack what came later."""
        intervals = value.get("intervals")
        return cls(
            task=value["task"],
            label=value["label"],
            split=value["split"],
            classes=None if value["classes"] is None else tuple(value["classes"]),
            positive=value["positive"],
            measured={Slice.of(entry["slice"]): Measured.from_dict(entry) for entry in value["measured"]},
            confusion=tuple(tuple(row) for row in value["confusion"]),
            curves={name: Curves.from_dict(points) for name, points in value["curves"].items()},
            notes=tuple(value["notes"]),
            weight=value.get("weight"),
            cutoff=value.get("cutoff"),
            intervals=CLOSED if intervals is None else Intervals.from_dict(intervals),
            facts={name: Fact.from_dict(fact) for name, fact in value.get("facts", {}).items()},
            unreadable=value.get("unreadable"),
        )


def evaluate(
    predictor: Predictor | Predictions,
    table: Table,
    *,
    label: str | Sequence[str],
    slices: Sequence[SliceForm] = (),
    positive: str | None = None,
    weight: str | None = None,
    min_slice_size: int = MIN_SLICE_SIZE,
    privacy_floor: int = 0,
    split: str = "eval",
    cutoff: float | None = None,
    metrics: Sequence[str | Metric] = (),
    intervals: Intervals = CLOSED,
    query: str | None = None,
    chunk_rows: int = CHUNK_ROWS,
) -> Evaluation:
    """Judge a model, or predictions that were made before, on labelled rows.

    The table is gone through once, in pieces, so that it may be larger than memory.

    Args:
        predictor: What predicts, or one prediction per row of the table.
        table: The rows, with the label and the raw columns to slice by.
        label: The label column; or several of truths, one for each class of the predictions, where a row may
            belong to several classes.
        slices: Columns, crosses (``"sex * race"``) and more; see :mod:`mainspring.evaluation.slicing`.
        positive: The class that a binary task is about; without it the last class in sorted order.
        weight: A numeric column with the weight of each row; every row weighs 1 without it.
        min_slice_size: The fewest rows that a slice may have.
        privacy_floor: No slice, and no difference of slices, is about fewer rows than this.
        split: The name of the rows, kept in the answer.
        cutoff: The least probability from which a row of a binary task is answered with the positive class (of
            several labels: with each), instead of the predictions' own rule.
        metrics: Figures besides the usual ones: names such as ``"recall@0.3"``, ``"precision_at_recall@0.9"``,
            ``"recall[cat]"``, names that plugins offer, and metrics of one's own.
        intervals: How confidence intervals are made.
        query: The column that says which query a row answers: the task is then to rank the rows of each query, the
            label is their relevance, and the model's value, or probability of the positive class, orders them.
        chunk_rows: The most rows that are judged at a time.

    Returns:
        The evaluation. A figure that does not exist is NaN and has its reason.

    Raises:
        InputError: If a column does not exist, the predictions do not fit the rows, the positive class
            is not one of the model's, or a metric is not known.
    """
    wanted = Judging(
        label=label,
        positive=positive,
        weight=weight,
        query=query,
        cutoff=cutoff,
        metrics=metrics,
        intervals=intervals,
    )
    found = judge_table(
        predictor,
        table,
        wanted,
        slices=slices,
        min_slice_size=min_slice_size,
        privacy_floor=privacy_floor,
        chunk_rows=chunk_rows,
    )
    whole = found.whole
    return Evaluation(
        task=_TASKS.get(str(found.kind), str(found.kind)),
        label=label if isinstance(label, str) else ", ".join(label),
        split=split,
        measured=found.measured(intervals),
        classes=whole.classes if isinstance(whole, ClassificationState | LabelSetState) else None,
        positive=found.positive,
        confusion=tuple(map(tuple, whole.confusion.tolist())) if isinstance(whole, ClassificationState) else (),
        curves=curves_of(whole),
        notes=found.notes,
        weight=weight,
        cutoff=cutoff,
        intervals=intervals,
        facts=found.wishes.facts,
    )


def measure_rows(
    rows: Rows[State],
    *,
    task: str,
    table: Table | None = None,
    slices: Sequence[SliceForm] = (),
    label: str = "",
    min_slice_size: int = MIN_SLICE_SIZE,
    split: str = "eval",
    intervals: Intervals = CLOSED,
    notes: Sequence[str] = (),
) -> Evaluation:
    """Judge rows of any family of metrics: queries, texts, forecasts, groups and others.

    Args:
        rows: What can be judged in parts.
        task: What the family calls its task.
        table: The raw columns to slice by, one row for each of ``rows``.
        slices: As in :func:`evaluate`.
        label: The label column, for the answer.
        min_slice_size: The fewest rows that a slice may have.
        split: The name of the rows, kept in the answer.
        intervals: How confidence intervals are made.
        notes: What there is to say of the rows, in sentences.

    Raises:
        InputError: If slices are asked for without a table, or the table has another number of rows.
    """
    measured, told = judge_rows(
        rows, table=table, slices=slices, min_slice_size=min_slice_size, intervals=intervals
    )
    return Evaluation(
        task=task, label=label, split=split, measured=measured, notes=(*notes, *told), intervals=intervals
    )
