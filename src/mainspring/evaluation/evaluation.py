"""How good a model is on labelled rows, overall and by slice."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from mainspring.core import Slice
from mainspring.core.records import Value
from mainspring.evaluation.curves import Curves, classification_curves, regression_curves
from mainspring.evaluation.labelled import Labelled, label_rows
from mainspring.evaluation.metrics.classification import ClassifiedRows
from mainspring.evaluation.metrics.measured import Measured
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.predictions import Predictions
from mainspring.evaluation.slicing import MIN_SLICE_SIZE, slice_rows

if TYPE_CHECKING:
    from mainspring.data import Table

ALL_ROWS = Slice()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The metrics of a model on one split.

    Attributes:
        task: ``"classification"`` or ``"regression"``.
        label: The label column.
        split: The split that was judged.
        classes: The classes of a classification, labels that the model does not know last.
        positive: The class that a binary task is about.
        measured: Slice to its figures; ``Slice()`` stands for all rows.
        confusion: Rows by true class (outer) and predicted class (inner), over all rows.
        curves: Class to points for pictures; a regression has them under ``""``.
        notes: What was left out or folded, in sentences.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Evaluation"

    task: str
    label: str
    split: str
    measured: Mapping[Slice, Measured]
    classes: tuple[str, ...] | None = None
    positive: str | None = None
    confusion: tuple[tuple[float, ...], ...] = ()
    curves: Mapping[str, Curves] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

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

    def worst(self, metric: str, *, lower_is_better: bool = False) -> tuple[tuple[Slice, float], ...]:
        """Slices by a metric, the worst first; slices without the figure are left out."""
        found = [(key, values[metric]) for key, values in self.slices.items() if metric in values]
        told = [(key, value) for key, value in found if not math.isnan(value)]
        return tuple(sorted(told, key=lambda pair: (pair[1], str(pair[0])), reverse=lower_is_better))

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file: the overall metrics, without those that do not exist."""
        told: dict[str, Value] = {"task": self.task, "label": self.label, "split": self.split}
        if self.positive is not None:
            told["positive"] = self.positive
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
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
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
        )

    def save(self, folder: Path) -> None:
        """Write ``evaluation.json`` into the folder."""
        text = json.dumps(self.as_dict(), indent=1, ensure_ascii=False, allow_nan=False)
        (folder / "evaluation.json").write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote."""
        return cls.from_dict(json.loads((folder / "evaluation.json").read_text(encoding="utf-8")))


def evaluate(
    predictor: Predictor | Predictions,
    table: Table,
    *,
    label: str,
    slices: Sequence[str] = (),
    positive: str | None = None,
    weight: str | None = None,
    min_slice_size: int = MIN_SLICE_SIZE,
    split: str = "eval",
) -> Evaluation:
    """Judge a model, or predictions that were made before, on labelled rows.

    Args:
        predictor: What predicts, or one prediction per row of the table.
        table: The rows, with the label and the raw columns to slice by.
        label: The label column.
        slices: Columns, or crosses (``"sex * race"``); see :func:`mainspring.evaluation.slicing.slice_rows`.
        positive: The class that a binary task is about; without it the last class in sorted order.
        weight: A numeric column with the weight of each row; every row weighs 1 without it.
        min_slice_size: The fewest rows that a slice may have.
        split: The name of the rows, kept in the answer.

    Returns:
        The evaluation. A figure that does not exist is NaN and has its reason.

    Raises:
        InputError: If a column does not exist, the predictions do not fit the rows, or the positive class
            is not one of the model's.
    """
    predictions = predictor if isinstance(predictor, Predictions) else predictor.predict(table)
    labelled = label_rows(predictions, table, label=label, positive=positive, weight=weight)
    cut = slice_rows(table, slices, min_slice_size=min_slice_size, kept=labelled.kept)
    whole = labelled.rows.state()
    measured = {ALL_ROWS: whole.measure()}
    for key, rows in cut.rows.items():
        measured[key] = labelled.rows.state(rows).measure()
    return Evaluation(
        task="regression" if predictions.classes is None else "classification",
        label=label,
        split=split,
        measured=measured,
        positive=labelled.positive,
        notes=(*labelled.notes, *cut.notes),
        **_pictures(labelled),
    )


def _pictures(labelled: Labelled) -> dict[str, Any]:
    rows = labelled.rows
    if not isinstance(rows, ClassifiedRows):
        drawn = regression_curves(rows)
        return {"curves": {} if drawn is None else {"": drawn}}
    state = rows.state()
    return {
        "classes": rows.classes,
        "confusion": tuple(map(tuple, state.confusion.tolist())),
        "curves": classification_curves(state),
    }
