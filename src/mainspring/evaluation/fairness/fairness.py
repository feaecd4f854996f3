"""What is known of a model's fairness: figures by group, and the gaps between groups."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Self

from mainspring.core import InputError, Slice
from mainspring.core.records import Value
from mainspring.evaluation.fairness.figures import Figure
from mainspring.evaluation.fairness.gaps import Gap
from mainspring.evaluation.fairness.notions import NOTIONS, Comparison
from mainspring.evaluation.metrics.facts import MetricName
from mainspring.evaluation.metrics.intervals import Intervals
from mainspring.evaluation.stored import StoredAsJson

Bins = tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The rows with one value of a protected column, or of several.

    Attributes:
        key: Which rows; ``Slice()`` stands for all.
        protected: The column or cross that makes the group, as it was given; empty for all rows.
        count: Rows with a label, unweighted.
        weight: Their weight; equal to the count without a weight column.
        enough: Whether there are at least as many rows as a group must have to be compared.
        figures: Name to figure, as answered; ``name@0.3`` at the threshold 0.3, ``name[cat]`` of a class of many.
        calibration: Class to (mean probability, share of positives, weight) in ten bins of equal width.
    """

    key: Slice
    protected: str
    count: int
    weight: float
    enough: bool
    figures: Mapping[str, Figure]
    calibration: Mapping[str, Bins] = field(default_factory=dict)

    def curve(self, name: str) -> tuple[tuple[float, float], ...]:
        """A figure over the thresholds: (threshold, figure), without those that do not exist."""
        told = []
        for key, figure in self.figures.items():
            stem, _, at = key.rpartition("@")
            if stem == name and not math.isnan(figure.value):
                told.append((float(at), figure.value))
        return tuple(told)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "group": dict(self.key.values),
            "protected": self.protected,
            "count": self.count,
            "weight": self.weight,
            "enough": self.enough,
            "figures": {name: figure.as_dict() for name, figure in self.figures.items()},
            "calibration": {name: [list(each) for each in bins] for name, bins in self.calibration.items()},
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Group:
        """The inverse of :meth:`as_dict`."""
        return cls(
            key=Slice.of(value["group"]),
            protected=value["protected"],
            count=value["count"],
            weight=value["weight"],
            enough=value["enough"],
            figures={name: Figure.from_dict(told) for name, told in value["figures"].items()},
            calibration={
                name: tuple((a, b, c) for a, b, c in bins) for name, bins in value["calibration"].items()
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fairness(StoredAsJson):
    """How a model treats groups of people on one split.

    Attributes:
        task: ``"classification"`` or ``"regression"``.
        label: The label column.
        split: The split that was judged.
        classes: The classes of a classification.
        positive: The class that a binary task is about; to be selected for it is the answer that counts.
        protected: Columns and crosses whose groups are compared.
        privileged: Column to the value of the group that others are held against, where one was named.
        thresholds: Where rates were measured besides the answers as they are.
        cutoff: The least probability that answers with the positive class, if one was given.
        min_group_size: The fewest rows behind a figure that is compared.
        intervals: How intervals were made.
        overall: The figures of all rows.
        groups: The figures of each group.
        gaps: Every notion of fairness, by protected column and threshold.
        notes: What was left out or folded, in sentences.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Fairness"
    FILE: ClassVar[str] = "fairness.json"

    task: str
    label: str
    split: str
    protected: tuple[str, ...]
    overall: Group
    groups: tuple[Group, ...]
    gaps: tuple[Gap, ...]
    min_group_size: int
    intervals: Intervals
    classes: tuple[str, ...] | None = None
    positive: str | None = None
    privileged: Mapping[str, str] = field(default_factory=dict)
    thresholds: tuple[float, ...] = ()
    cutoff: float | None = None
    notes: tuple[str, ...] = ()

    def group(self, name: str | Slice) -> Group:
        """One group: ``"sex=Female"``, ``"race=Black, sex=Female"``.

        Raises:
            InputError: If there is none of this name.
        """
        known = {str(group.key): group for group in self.groups}
        wanted = ", ".join(sorted(part.strip() for part in str(name).split(",")))
        found = known.get(str(name)) or known.get(wanted)
        if found is None:
            raise InputError(f"no group {str(name)!r}", expected="one of " + ", ".join(known))
        return found

    def of(self, protected: str) -> tuple[Group, ...]:
        """The groups of one column or cross."""
        return tuple(group for group in self.groups if group.protected == protected)

    def gaps_of(self, name: str, protected: str | None = None, *, at: float | None = None) -> tuple[Gap, ...]:
        """The gaps of one notion, at one threshold or as answered: one per column or cross, or also per group."""
        return tuple(
            gap for gap in self.gaps if gap.name == name and gap.at == at and protected in (None, gap.protected)
        )

    def gap(self, name: str, protected: str | None = None, *, at: float | None = None) -> Gap:
        """The gap of one notion furthest from equality; one that cannot be estimated only if none can.

        Raises:
            InputError: If there is no such gap.

        Example:
            ``fairness.gap("equal_opportunity_difference", "sex").value``
        """
        found = self.gaps_of(name, protected, at=at)
        if not found:
            known = ", ".join(dict.fromkeys(gap.name for gap in self.gaps))
            where = "" if protected is None else f" between groups of {protected!r}"
            raise InputError(
                f"no gap {name!r}{where}" + ("" if at is None else f" at the threshold {at:g}"),
                expected=f"one of {known}, for " + ", ".join(map(repr, self.protected)),
            )
        return max(found, key=_distance)

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file: the widest gap of each notion, as answered."""
        told: dict[str, Value] = {"task": self.task, "label": self.label, "split": self.split}
        if self.positive is not None:
            told["positive"] = self.positive
        told["protected"] = ", ".join(self.protected)
        told["groups"] = len(self.groups)
        for name in dict.fromkeys(gap.name for gap in self.gaps):
            value = self.gap(name).value if self.gaps_of(name) else math.nan
            if not math.isnan(value):
                told[name] = value
        return told

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "task": self.task,
            "label": self.label,
            "split": self.split,
            "classes": None if self.classes is None else list(self.classes),
            "positive": self.positive,
            "protected": list(self.protected),
            "privileged": dict(self.privileged),
            "thresholds": list(self.thresholds),
            "cutoff": self.cutoff,
            "min_group_size": self.min_group_size,
            "intervals": asdict(self.intervals),
            "overall": self.overall.as_dict(),
            "groups": [group.as_dict() for group in self.groups],
            "gaps": [gap.as_dict() for gap in self.gaps],
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
            protected=tuple(value["protected"]),
            privileged=dict(value["privileged"]),
            thresholds=tuple(value["thresholds"]),
            cutoff=value["cutoff"],
            min_group_size=value["min_group_size"],
            intervals=Intervals.from_dict(value["intervals"]),
            overall=Group.from_dict(value["overall"]),
            groups=tuple(Group.from_dict(group) for group in value["groups"]),
            gaps=tuple(Gap.from_dict(gap) for gap in value["gaps"]),
            notes=tuple(value["notes"]),
        )


def _distance(gap: Gap) -> float:
    """How far a gap lies from equality; below everything if it cannot be estimated."""
    if math.isnan(gap.value):
        return -1.0
    how = NOTIONS[MetricName.parse(gap.name).stem].how
    return abs(1 - gap.value) if how in (Comparison.RATIO, Comparison.SIGNED_RATIO) else abs(gap.value)
