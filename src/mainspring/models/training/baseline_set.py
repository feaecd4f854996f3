"""All that a model has to beat on the same rows, side by side: for a table, and for a gate."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.data import Table, Transform
from mainspring.evaluation import Evaluation, Predictor
from mainspring.evaluation.agreement import Agreement
from mainspring.models.training.baselines import Baseline, Judging, baselines
from mainspring.models.training.people import people
from mainspring.models.training.warm import main_metric

FILE = "baselines.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Baselines:
    """Baselines, judged.

    Attributes:
        found: The baselines, people first.
        agreement: How far people agree, if several answered.

    Example:
        ``compare(evaluation, baselines=baselines.evaluations, rules=["accuracy >= human - 0.02"])``
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Baselines"

    found: tuple[Baseline, ...]
    agreement: Agreement | None = None

    @property
    def evaluations(self) -> dict[str, Evaluation]:
        """The evaluations by name, as gates take them; names have ``_`` instead of spaces."""
        return {one.name.replace(" ", "_"): one.evaluation for one in self.found if one.evaluation is not None}

    def table(self, metric: str | None = None) -> str:
        """A table of text, by one metric.

        Args:
            metric: By default the first of ``auc``, ``auc_weighted``, ``accuracy``, ``rmse``, ``mae`` there is.

        Raises:
            InputError: If they have no such metric.
        """
        named = main_metric([one.figures for one in self.found if one.figures], metric)
        rows = [
            (one.name, "" if named not in one.figures else f"{one.figures[named]:.4g}", one.about, one.note)
            for one in self.found
        ]
        head = ("baseline", named, "what it is", "")
        widths = [max(len(row[place]) for row in (head, *rows)) for place in range(3)]
        lines = [
            "  ".join([*(cell.ljust(width) for cell, width in zip(row[:3], widths, strict=True)), row[3]]).rstrip()
            for row in (head, *rows)
        ]
        return "\n".join([*lines, *([] if self.agreement is None else [str(self.agreement)])])

    def __str__(self) -> str:
        return self.table()

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "found": [
                {
                    "name": one.name,
                    "about": one.about,
                    "figures": dict(one.figures),
                    "note": one.note,
                    "evaluation": None if one.evaluation is None else one.evaluation.as_dict(),
                }
                for one in self.found
            ],
            "agreement": None if self.agreement is None else self.agreement.as_dict(),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        found = [
            Baseline(
                **{
                    **one,
                    "evaluation": None if one["evaluation"] is None else Evaluation.from_dict(one["evaluation"]),
                }
            )
            for one in value["found"]
        ]
        told = value["agreement"]
        return cls(found=tuple(found), agreement=None if told is None else Agreement.from_dict(told))

    def save(self, folder: Path) -> None:
        """Write ``baselines.json`` into the folder."""
        text = json.dumps(self.as_dict(), indent=1, ensure_ascii=False, allow_nan=False)
        (folder / FILE).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote."""
        return cls.from_dict(json.loads((folder / FILE).read_text(encoding="utf-8")))

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file."""
        told: dict[str, Value] = {"baselines": len(self.found)}
        if self.agreement is not None:
            told["fleiss_kappa"] = self.agreement.as_dict()["fleiss"]
        return told


def measure_baselines(
    table: Table,
    held_out: Table,
    transform: Transform,
    *,
    human: str | Sequence[str] = (),
    previous: Predictor | None = None,
    positive: str | None = None,
    weight: str | None = None,
    slices: Sequence[str] = (),
    split: str = "eval",
    seed: int = 0,
) -> Baselines:
    """Judge people, what answered before, and the simplest models on the same rows.

    Args:
        table: The training rows, for the constant, the best feature and the linear model.
        held_out: The rows to judge on.
        transform: Fitted on the training rows.
        human: A column with a person's answers, or one for each of several people.
        previous: What answered before: a model, a package, or columns of the rows
            (:func:`mainspring.evaluation.predictions_in`).
        positive: The class that a binary task is about.
        weight: A column of what each held-out row counts.
        slices: What the evaluations are sliced by.
        split: Name of the held-out rows.
        seed: Of the linear model.

    Raises:
        InputError: If rows lack a label, or columns are missing.
    """
    label = transform.label
    if label is None:
        raise InputError("the transform has no label", expected="a transform fitted with a label")
    columns = [human] if isinstance(human, str) else list(human)
    judging = Judging(label=label, positive=positive, weight=weight, slices=tuple(slices), split=split)
    persons, agreed = people(held_out, columns, judging) if columns else ((), None)
    simple = baselines(
        table,
        held_out,
        transform,
        previous=previous,
        positive=positive,
        weight=weight,
        slices=slices,
        split=split,
        seed=seed,
    )
    return Baselines(found=(*persons, *simple), agreement=agreed)
