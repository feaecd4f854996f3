"""Gaps between groups: each with its interval, the two groups that make it, and those that it cannot judge."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.core import Slice
from mainspring.evaluation.fairness.across import Across, between
from mainspring.evaluation.fairness.notions import NOTIONS, Comparison, Notion
from mainspring.evaluation.fairness.pairs import difference, ends_of, quotient, widest
from mainspring.evaluation.metrics.grouping import Floats, shares
from mainspring.evaluation.metrics.measured import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One notion of fairness, measured between the groups of one column or cross.

    Attributes:
        name: The notion, with the class in brackets where a model tells several apart.
        protected: The column or cross that makes the groups, as it was given.
        at: The threshold; ``None`` for the answers as they are.
        value: The gap; NaN if it cannot be estimated.
        figure: The figure that makes it: of equalised odds the one that lies further apart.
        groups: The two groups that make it: highest and lowest, or the group and the privileged one.
        interval: Its confidence interval, where one is known.
        reason: Why it cannot be estimated; empty if it can.
        left_out: Groups that it says nothing about, each with the reason. The gap holds for the others only.
    """

    name: str
    protected: str
    value: float
    at: float | None = None
    figure: str = ""
    groups: tuple[Slice, Slice] | None = None
    interval: Interval | None = None
    reason: str = ""
    left_out: Mapping[Slice, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; NaN becomes ``None``."""
        return {
            "name": self.name,
            "protected": self.protected,
            "at": self.at,
            "value": None if math.isnan(self.value) else self.value,
            "figure": self.figure,
            "groups": None if self.groups is None else [dict(key.values) for key in self.groups],
            "interval": None if self.interval is None else list(self.interval),
            "reason": self.reason,
            "left_out": [{"group": dict(key.values), "reason": why} for key, why in self.left_out.items()],
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Gap:
        """The inverse of :meth:`as_dict`."""
        pair, interval = value["groups"], value["interval"]
        return cls(
            name=value["name"],
            protected=value["protected"],
            at=value["at"],
            value=math.nan if value["value"] is None else float(value["value"]),
            figure=value["figure"],
            groups=None if pair is None else (Slice.of(pair[0]), Slice.of(pair[1])),
            interval=None if interval is None else Interval(*interval),
            reason=value["reason"],
            left_out={Slice.of(entry["group"]): entry["reason"] for entry in value["left_out"]},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """The groups of one column or cross, and how they are compared.

    Attributes:
        protected: The column or cross.
        keys: The groups.
        smallest: The fewest rows behind a figure that is compared.
        level: Of the intervals.
        privileged: The index of the privileged group, if there is one.
    """

    protected: str
    keys: Sequence[Slice]
    smallest: int
    level: float
    privileged: int | None = None


def gaps(figures: Mapping[tuple[str, float | None], Across], groups: Groups, *, of: str = "") -> Iterator[Gap]:
    """Every notion whose figures are there; those with a privileged group for the answers as they are only.

    Args:
        figures: Name and threshold to the figure of all groups.
        groups: The groups.
        of: What to add to the names: the class, in brackets.
    """
    steps = list(dict.fromkeys(at for _, at in figures))
    for name, notion in NOTIONS.items():
        for at in steps:
            parts = [figures.get((figure, at)) for figure in notion.figures]
            found = [part for part in parts if part is not None]
            if len(found) < len(parts):
                continue
            if not notion.signed:
                yield _spread(f"{name}{of}", notion, found, groups)
            elif groups.privileged is not None and at is None:
                yield from _signed(f"{name}{of}", notion, found, groups, groups.privileged)


def _estimable(parts: Sequence[Across], groups: Groups) -> tuple[npt.NDArray[np.int64], dict[Slice, str]]:
    """Indices of groups whose figures can be compared, and the others with the reason."""
    left_out: dict[Slice, str] = {}
    for part in parts:
        for place, key in enumerate(groups.keys):
            if math.isnan(part.values[place]):
                left_out.setdefault(key, part.reasons[place])
            elif part.rows[place] < groups.smallest:
                rows = int(part.rows[place])
                left_out.setdefault(
                    key, f"{rows} row{'s' * (rows != 1)} behind its {part.name}, fewer than {groups.smallest}"
                )
    kept = [place for place, key in enumerate(groups.keys) if key not in left_out]
    return np.array(kept, dtype=np.int64), left_out


def _spread(name: str, notion: Notion, parts: Sequence[Across], groups: Groups) -> Gap:
    """Between the highest and the lowest group."""
    kept, left_out = _estimable(parts, groups)
    at = parts[0].at
    if len(kept) < 2:
        alone = f"only one group can be compared: {groups.keys[int(kept[0])]}" if len(kept) else ""
        why = alone or "no group can be compared"
        return Gap(name=name, protected=groups.protected, at=at, value=math.nan, reason=why, left_out=left_out)
    ratio = notion.how is Comparison.RATIO
    # Of equal figures the first is the highest and the last the lowest: the two groups are never the same.
    sides = [
        (int(kept[part.values[kept].argmax()]), int(kept[::-1][part.values[kept][::-1].argmin()]))
        for part in parts
    ]
    values = np.array(
        [
            _two(part.values[low], part.values[high], ratio) if ratio else part.values[high] - part.values[low]
            for part, (high, low) in zip(parts, sides, strict=True)
        ]
    )
    unknown = np.flatnonzero(np.isnan(values))
    if len(unknown):
        why = f"the {parts[int(unknown[0])].name} of every group is 0, so there is no ratio"
        return Gap(name=name, protected=groups.protected, at=at, value=math.nan, reason=why, left_out=left_out)
    worst = int(values.argmin() if ratio else values.argmax())
    part, (high, low) = parts[worst], sides[worst]
    return Gap(
        name=name,
        protected=groups.protected,
        at=at,
        value=float(values[worst]),
        figure=part.name,
        groups=(groups.keys[high], groups.keys[low]),
        interval=widest(parts, kept, ratio=ratio, level=groups.level),
        left_out=left_out,
    )


def _signed(name: str, notion: Notion, parts: Sequence[Across], groups: Groups, privileged: int) -> Iterator[Gap]:
    """Each group against the privileged one."""
    _, left_out = _estimable(parts, groups)
    ratio = notion.how is Comparison.SIGNED_RATIO
    best = groups.keys[privileged]
    for place, key in enumerate(groups.keys):
        if place == privileged:
            continue
        pair = (key, best)
        out = {one: left_out[one] for one in pair if one in left_out}
        value = float(np.mean([_two(part.values[place], part.values[privileged], ratio) for part in parts]))
        why = "; ".join(f"{one}: {told}" for one, told in out.items())
        if not why and math.isnan(value):
            why = f"the {parts[0].name} of {best} is 0, so there is no ratio"
        if why:
            yield Gap(name=name, protected=groups.protected, value=math.nan, groups=pair, reason=why, left_out=out)
            continue
        yield Gap(
            name=name,
            protected=groups.protected,
            value=value,
            figure=" ".join(part.name for part in parts),
            groups=pair,
            interval=_resampled_pair(parts, place, privileged, ratio, groups.level)
            or _closed(parts, place, privileged, ratio=ratio),
        )


def _resampled_pair(parts: Sequence[Across], one: int, other: int, ratio: bool, level: float) -> Interval | None:
    found: list[Floats] = []
    for part in parts:
        if part.draws is None:
            return None
        a, b = part.draws[:, one], part.draws[:, other]
        found.append(shares(a, b) if ratio else a - b)
    return _spreading(np.mean(found, axis=0), level)


def _spreading(draws: Floats, level: float) -> Interval | None:
    found = between(draws[:, None], level)[0]
    return found if found is not None and found.high > found.low else None


def _two(one: float, other: float, ratio: bool) -> float:
    """One figure against another: their difference, or their ratio, NaN over 0."""
    if not ratio:
        return float(one - other)
    return float(one / other) if other > 0 else math.nan


def _closed(parts: Sequence[Across], one: int, other: int, *, ratio: bool) -> Interval | None:
    """From the intervals of both groups; a mean of differences has the mean of their deviations' squares."""
    lows, highs, middle = [], [], 0.0
    for part in parts:
        ends = ends_of(part)
        if ends is None:
            return None
        x, y = part.values[one], part.values[other]
        low, high = (quotient if ratio else difference)(x, ends[:, one], y, ends[:, other])
        if ratio:
            return Interval(float(low), float(high)) if math.isfinite(high) else None
        middle += float(x - y) / len(parts)
        lows.append(float(x - y - low) / len(parts))
        highs.append(float(high - (x - y)) / len(parts))
    return Interval(middle - math.hypot(*lows), middle + math.hypot(*highs))
