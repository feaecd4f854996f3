"""What an error analysis found: one row per tag, the one most worth mending first."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from mainspring.core.records import Value
from mainspring.evaluation.metrics.measured import Interval
from mainspring.evaluation.stored import StoredAsJson


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """An example that the model got wrong.

    Attributes:
        row: Its number in the table, from 1.
        id: What its column of identifiers says, if there is one.
        label: What was right.
        answer: What the model said.
        confidence: The probability of the answer; of a regression the size of the error.
    """

    row: int
    id: str | None
    label: str
    answer: str
    confidence: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "row": self.row,
            "id": self.id,
            "label": self.label,
            "answer": self.answer,
            "confidence": self.confidence,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRow:
    """One tag. What cannot be known is NaN: of a sample of errors only what errors say is.

    Attributes:
        tag: Its name.
        rows: Rows with the tag that were looked at; of a sample, errors.
        data_share: Their share of the data.
        errors: Their errors (of a regression: the sum of their losses), weighted.
        error_share: Their share of all errors.
        error_share_interval: Its 95 % interval, where rows weigh 1 and are right or wrong.
        error_rate: The mean loss inside.
        reference_rate: The mean loss of the reference inside.
        room: ``error_rate - reference_rate``, 0 at least; without a reference the error rate.
        priority: ``room * data_share``: what the model as a whole would gain.
        mended: The mean loss of the whole model if no row with the tag had any.
        examples: Mistakes to look at, the most confident first.
    """

    tag: str
    rows: int
    data_share: float
    errors: float
    error_share: float
    error_share_interval: Interval | None
    error_rate: float
    reference_rate: float
    room: float
    priority: float
    mended: float
    examples: tuple[Mistake, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; NaN becomes ``None``."""
        told: dict[str, Any] = {"tag": self.tag, "rows": self.rows}
        for name in _FIGURES:
            value = getattr(self, name)
            told[name] = None if math.isnan(value) else value
        interval = self.error_share_interval
        told["error_share_interval"] = None if interval is None else list(interval)
        return told | {"examples": [one.as_dict() for one in self.examples]}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        interval = value["error_share_interval"]
        read: dict[str, Any] = {name: math.nan if value[name] is None else value[name] for name in _FIGURES}
        read["error_share_interval"] = None if interval is None else Interval(*interval)
        read["examples"] = tuple(Mistake(**one) for one in value["examples"])
        return cls(**{**value, **read})


_FIGURES = (
    "data_share",
    "errors",
    "error_share",
    "error_rate",
    "reference_rate",
    "room",
    "priority",
    "mended",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorAnalysis(StoredAsJson):
    """Where the errors of a model are, by tag.

    Attributes:
        metric: The loss: ``"error_rate"``, or ``"absolute_error"`` of a regression.
        label: The label column.
        count: Rows that were judged.
        loss: Their mean loss: the error rate.
        reference: What the room is measured to: ``"human"`` or another name; empty for none.
        reference_rate: Its mean loss over all rows; NaN without one.
        sampled: How many errors were tagged, if only a sample was.
        tags: One row per tag, the highest priority first, then the larger share of errors.
        untagged: The rows without any tag.
        notes: What was left out, in sentences.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.ErrorAnalysis"
    FILE: ClassVar[str] = "error-analysis.json"

    metric: str
    label: str
    count: int
    loss: float
    reference: str
    reference_rate: float
    sampled: int | None
    tags: tuple[TagRow, ...]
    untagged: TagRow
    notes: tuple[str, ...] = ()

    @property
    def accuracy(self) -> float:
        """The share of right answers; NaN for a regression."""
        return 1 - self.loss if self.metric == "error_rate" else math.nan

    def ceiling(self, tag: str) -> float:
        """The accuracy if every error with a tag were mended; NaN for a regression.

        Raises:
            KeyError: If there is no such tag.
        """
        row = {one.tag: one for one in self.tags}[tag]
        return 1 - row.mended if self.metric == "error_rate" else math.nan

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file."""
        told: dict[str, Value] = {
            "metric": self.metric,
            "label": self.label,
            "rows": self.count,
            "tags": len(self.tags),
        }
        if not math.isnan(self.loss):
            told["loss"] = self.loss
        if self.tags:
            told["first"] = self.tags[0].tag
        return told

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; NaN becomes ``None``."""
        return {
            "metric": self.metric,
            "label": self.label,
            "count": self.count,
            "loss": None if math.isnan(self.loss) else self.loss,
            "reference": self.reference,
            "reference_rate": None if math.isnan(self.reference_rate) else self.reference_rate,
            "sampled": self.sampled,
            "tags": [row.as_dict() for row in self.tags],
            "untagged": self.untagged.as_dict(),
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        read = {
            "loss": math.nan if value["loss"] is None else value["loss"],
            "reference_rate": math.nan if value["reference_rate"] is None else value["reference_rate"],
            "tags": tuple(TagRow.from_dict(row) for row in value["tags"]),
            "untagged": TagRow.from_dict(value["untagged"]),
            "notes": tuple(value["notes"]),
        }
        return cls(**{**value, **read})
