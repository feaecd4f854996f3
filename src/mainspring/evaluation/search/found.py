"""What a search for the worst slices found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from mainspring.core import Slice
from mainspring.core.records import Value
from mainspring.evaluation.metrics.measured import Interval
from mainspring.evaluation.stored import StoredAsJson

_SMALLEST = 1e-99


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSlice:
    """A slice where the model is worse than elsewhere.

    Attributes:
        slice: Column to value, range, or ``(missing)``.
        sql: The condition of its rows: ``table.where(found.sql)``, or ``f"sql weak: {found.sql}"`` as a slice.
        count: Rows.
        share: Of all rows.
        loss: The mean loss inside.
        rest: The mean loss of all other rows.
        difference: The 95 % interval of ``loss - rest``.
        effect: The difference in standard deviations.
        loss_share: Its part of the loss of all rows.
        p_value: How likely such a difference anywhere is by chance, corrected for all slices that were looked at.
        also: Slices that say the same of mostly the same rows, the most certain first.
    """

    slice: Slice
    sql: str
    count: int
    share: float
    loss: float
    rest: float
    difference: Interval
    effect: float
    loss_share: float
    p_value: float
    also: tuple[Slice, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "slice": dict(self.slice.values),
            "sql": self.sql,
            "count": self.count,
            "share": self.share,
            "loss": self.loss,
            "rest": self.rest,
            "difference": list(self.difference),
            "effect": self.effect,
            "loss_share": self.loss_share,
            "p_value": self.p_value,
            "also": [dict(one.values) for one in self.also],
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        read = {
            "slice": Slice.of(value["slice"]),
            "difference": Interval(*value["difference"]),
            "also": tuple(Slice.of(one) for one in value["also"]),
        }
        return cls(**{**value, **read})


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceSearch(StoredAsJson):
    """The worst slices of a model.

    Attributes:
        metric: The loss: ``"error_rate"``, ``"log_loss"``, …
        label: The label column.
        count: Rows that were judged.
        loss: Their mean loss.
        slices: What was found: those first that are surely the most worse (by the lower end of the difference).
        columns: What was searched.
        max_columns: How many columns were crossed.
        min_size: The fewest rows of a slice.
        looked_at: How many slices were looked at, for which ``p_value`` is corrected.
        level: The chance of any false alarm.
        seconds: How long it took, without predicting.
        notes: What was left out, in sentences.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.SliceSearch"
    FILE: ClassVar[str] = "slice-search.json"

    metric: str
    label: str
    count: int
    loss: float
    slices: tuple[FoundSlice, ...]
    columns: tuple[str, ...]
    max_columns: int
    min_size: int
    looked_at: int
    level: float
    seconds: float
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        head = f"{self.metric} {self.loss:.4g} over {self.count:,} rows; {self.looked_at:,} slices were looked at"
        if not self.slices:
            return f"{head}: none is worse than the rest beyond chance (level {self.level:g})"
        lines = [
            f"  {one.slice}: {one.loss:.4g}, elsewhere {one.rest:.4g} ({one.count:,} rows, {one.share:.1%}; "
            f"{one.loss_share:.0%} of the loss; p {chance_text(one.p_value)})"
            for one in self.slices
        ]
        return "\n".join([head, *lines])

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file."""
        told: dict[str, Value] = {
            "metric": self.metric,
            "label": self.label,
            "rows": self.count,
            "slices": len(self.slices),
            "looked_at": self.looked_at,
        }
        if self.slices:
            told["worst"] = str(self.slices[0].slice)
        return told

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "metric": self.metric,
            "label": self.label,
            "count": self.count,
            "loss": self.loss,
            "slices": [one.as_dict() for one in self.slices],
            "columns": list(self.columns),
            "max_columns": self.max_columns,
            "min_size": self.min_size,
            "looked_at": self.looked_at,
            "level": self.level,
            "seconds": self.seconds,
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        read = {
            "slices": tuple(FoundSlice.from_dict(one) for one in value["slices"]),
            "columns": tuple(value["columns"]),
            "notes": tuple(value["notes"]),
        }
        return cls(**{**value, **read})


def chance_text(p_value: float) -> str:
    """A chance for people: ``"0.012"``, or what it is below where numbers end."""
    return f"{p_value:.2g}" if p_value >= _SMALLEST else f"< {_SMALLEST:g}"
