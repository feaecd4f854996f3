"""What counterfactual flips say: how often answers change with a protected value, and a gate that judges it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Self

from mainspring.core import InputError, Reason, Slice, Verdict
from mainspring.core.records import Value
from mainspring.evaluation.metrics.measured import Interval
from mainspring.evaluation.stored import StoredAsJson

_FIGURES: Final = ("share", "mean", "median", "largest", "chance")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flipped:
    """What happens to the rows of one group when they get the values of another.

    Attributes:
        group: The group that the rows belong to.
        to: The group that they are made to belong to.
        count: Rows.
        to_yes: Rows that are then answered with the positive class and were not before; of many classes, 0.
        to_no: Rows that were answered with it and then are not; of many classes, all that are answered otherwise.
        share: The share of rows that are answered otherwise.
        interval: Of that share.
        mean: The mean change of the probability of the positive class (of a value for a regression).
        median: Its median.
        largest: The change furthest from 0.
        chance: How probable it is that as many more flips go one way if each goes either way alike (an exact
            sign test, two-sided); NaN if none flips, or of many classes.
    """

    group: Slice
    to: Slice
    count: int
    to_yes: int
    to_no: int
    share: float
    interval: Interval | None
    mean: float
    median: float
    largest: float
    chance: float

    @property
    def flipped(self) -> int:
        """Rows that are answered otherwise."""
        return self.to_yes + self.to_no

    def __str__(self) -> str:
        return (
            f"  {self.group} as {self.to}: {self.flipped:,} of {self.count:,} ({self.share:.2%}), {self.to_yes:,} "
            f"to yes and {self.to_no:,} to no; mean change {self.mean:+.4f}, largest {self.largest:+.4f}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; NaN becomes ``None``."""
        figures = {name: getattr(self, name) for name in _FIGURES}
        return {
            "group": dict(self.group.values),
            "to": dict(self.to.values),
            "count": self.count,
            "to_yes": self.to_yes,
            "to_no": self.to_no,
            "interval": None if self.interval is None else list(self.interval),
            **{name: None if math.isnan(value) else value for name, value in figures.items()},
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Flipped:
        """The inverse of :meth:`as_dict`."""
        return cls(
            group=Slice.of(value["group"]),
            to=Slice.of(value["to"]),
            count=value["count"],
            to_yes=value["to_yes"],
            to_no=value["to_no"],
            interval=None if value["interval"] is None else Interval(*value["interval"]),
            **{name: math.nan if value[name] is None else float(value[name]) for name in _FIGURES},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A row that is answered otherwise.

    Attributes:
        row: Its place in the table, the first row being 0.
        group: The group that it belongs to.
        to: The group that it was made to belong to.
        before: Its answer.
        after: Its answer then.
        change: How far the probability (or the value) moved.
    """

    row: int
    group: Slice
    to: Slice
    before: str
    after: str
    change: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "row": self.row,
            "group": dict(self.group.values),
            "to": dict(self.to.values),
            "before": self.before,
            "after": self.after,
            "change": self.change,
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Flip:
        """The inverse of :meth:`as_dict`."""
        return cls(**{**value, "group": Slice.of(value["group"]), "to": Slice.of(value["to"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Flips(StoredAsJson):
    """How a model answers when nothing but protected values change.

    A model that never sees the protected columns has no flips, and may still treat groups unequally: other columns
    tell the group too. The strongest of them are in ``proxies``.

    Attributes:
        protected: The columns that were changed, together.
        positive: The class that a binary task is about.
        count: Rows.
        flipped: Rows that are answered otherwise with at least one other group's values.
        share: The share of such rows.
        interval: Of that share.
        changes: Group by group.
        examples: Rows that are answered otherwise, those first that moved furthest.
        proxies: Protected column to other columns that tell it, with the strength (Cramér's V, 0 to 1).
        notes: What was left out, in sentences.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Flips"
    FILE: ClassVar[str] = "flips.json"

    protected: tuple[str, ...]
    positive: str | None
    count: int
    flipped: int
    share: float
    interval: Interval | None
    changes: tuple[Flipped, ...]
    examples: tuple[Flip, ...] = ()
    proxies: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def of(self, group: str, to: str) -> Flipped:
        """What happens to rows of one group with another's values: ``of("sex=Female", "sex=Male")``.

        Raises:
            InputError: If these were not tried.
        """
        for change in self.changes:
            if (str(change.group), str(change.to)) == (group, to):
                return change
        known = ", ".join(f"{one.group} to {one.to}" for one in self.changes)
        raise InputError(f"{group} to {to} was not tried", expected=f"one of {known}")

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file."""
        told: dict[str, Value] = {
            "protected": ", ".join(self.protected),
            "rows": self.count,
            "flipped": self.flipped,
        }
        return told if math.isnan(self.share) else told | {"share": self.share}

    def describe(self) -> str:
        """The figures, for people."""
        lines = [f"{self.flipped:,} of {self.count:,} rows ({self.share:.2%}) are answered otherwise"]
        return "\n".join([*lines, *map(str, self.changes), *(f"- {note}" for note in self.notes)])

    def __str__(self) -> str:
        return self.describe()

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "protected": list(self.protected),
            "positive": self.positive,
            "count": self.count,
            "flipped": self.flipped,
            "share": None if math.isnan(self.share) else self.share,
            "interval": None if self.interval is None else list(self.interval),
            "changes": [one.as_dict() for one in self.changes],
            "examples": [one.as_dict() for one in self.examples],
            "proxies": {name: dict(found) for name, found in self.proxies.items()},
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        return cls(
            protected=tuple(value["protected"]),
            positive=value["positive"],
            count=value["count"],
            flipped=value["flipped"],
            share=math.nan if value["share"] is None else float(value["share"]),
            interval=None if value["interval"] is None else Interval(*value["interval"]),
            changes=tuple(Flipped.from_dict(one) for one in value["changes"]),
            examples=tuple(Flip.from_dict(one) for one in value["examples"]),
            proxies={name: dict(found) for name, found in value["proxies"].items()},
            notes=tuple(value["notes"]),
        )


def judge_flips(flips: Flips, *, at_most: float, name: str = "counterfactual flips") -> Verdict:
    """Judge flips: at most a share of the rows of each group may be answered otherwise with another's values.

    Args:
        flips: What was found.
        at_most: The largest share, itself allowed; 0 for none at all.
        name: Name of the gate in the verdict.

    Returns:
        A verdict with a reason per pair of groups; without any it fails. Proxies are told and do not fail.

    Example:
        ``judge_flips(flip_protected(model, table, protected=["sex"]), at_most=0.01)``
    """
    reasons = []
    for one in flips.changes:
        subject = f"flips | {one.group} as {one.to}"
        if math.isnan(one.share):
            message = f"{subject} cannot be estimated: there are no rows"
            reasons.append(Reason(ok=False, code="FLIPS_NAN", message=message, subject=subject))
            continue
        ok = one.share <= at_most
        message = (
            f"{one.flipped} of {one.count} rows of {one.group} ({one.share:.2%}) are answered otherwise as "
            f"{one.to}: {'at most' if ok else 'above'} {at_most:.2%}"
        )
        code = "FLIPS_OK" if ok else "TOO_MANY_FLIPS"
        reasons.append(
            Reason(ok=ok, code=code, message=message, subject=subject, observed=one.share, expected=at_most)
        )
    if not reasons:
        missing = "no pair of groups was tried, so nothing was judged"
        reasons.append(Reason(ok=False, code="NO_FLIPS", message=missing))
    for column, found in flips.proxies.items():
        told = ", ".join(f"{name} ({strength:.2f})" for name, strength in found.items())
        message = f"other columns tell {column!r} too, and did not change: {told}"
        reasons.append(Reason(ok=True, code="PROXIES", message=message, subject=column))
    return Verdict.of(name, reasons, {"share": flips.share, "rows": flips.count})
