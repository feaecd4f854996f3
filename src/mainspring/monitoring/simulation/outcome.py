"""What would have happened: the noun."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mainspring.core.clock import iso
from mainspring.core.records import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that would have happened.

    Attributes:
        at: When, in seconds since the epoch.
        kind: ``fired``, ``resolved`` and what else happens to alerts; ``message``; ``asked`` (for a run),
            ``blocked`` (it was called for, and something stood in the way), ``promoted``, ``rejected``.
        text: What and why, for people.
        details: Figures.
    """

    at: float
    kind: str
    text: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """How good the answers were in a stretch of time.

    Attributes:
        since: Its beginning, in seconds since the epoch.
        until: Its end.
        value: The metric; NaN if it does not exist.
        low: Where it lies at least, with 95 % confidence; NaN if unknown.
        high: Where it lies at most.
        rows: Labelled rows.
    """

    since: float
    until: float
    value: float
    low: float
    high: float
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What would have happened under one policy.

    Attributes:
        name: The policy's.
        policy: Its fields, as they are written in a file.
        happenings: In order.
        windows: Windows that were judged, again ones included.
        failed: Of these, those that failed a check.
        cost: What the runs would have cost.
        labels: The most labelled rows that a run needed.
        quality: The metric, period by period; empty without truth.
        value: The metric over all labelled rows; NaN without truth.
        gain: How much better that is than what was recorded; below 0 where it is worse.
        gain_low: At least, with 95 % confidence.
        gain_high: At most.
    """

    name: str
    policy: Mapping[str, Value]
    happenings: tuple[Happening, ...]
    windows: int = 0
    failed: int = 0
    cost: float = 0.0
    labels: int = 0
    quality: tuple[Period, ...] = ()
    value: float = math.nan
    gain: float = math.nan
    gain_low: float = math.nan
    gain_high: float = math.nan

    def count(self, *kinds: str) -> int:
        """How often something of these kinds happened."""
        return sum(one.kind in kinds for one in self.happenings)

    @property
    def runs(self) -> int:
        """Runs that would have been asked for."""
        return self.count("asked")

    @property
    def alerts(self) -> int:
        """Alerts that would have fired."""
        return self.count("fired", "reopened")

    @property
    def blocked(self) -> int:
        """How often a run was called for, and something stood in the way."""
        return self.count("blocked")

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; NaN becomes ``None``."""
        return {
            "name": self.name,
            "policy": dict(self.policy),
            "windows": self.windows,
            "failed": self.failed,
            "alerts": self.alerts,
            "messages": self.count("message"),
            "runs": self.runs,
            "promoted": self.count("promoted"),
            "rejected": self.count("rejected"),
            "blocked": self.blocked,
            "cost": self.cost,
            "labels": self.labels,
            "value": _plain(self.value),
            "gain": _plain(self.gain),
            "gain_low": _plain(self.gain_low),
            "gain_high": _plain(self.gain_high),
            "happenings": [
                {"at": one.at, "kind": one.kind, "text": one.text, "details": dict(one.details)}
                for one in self.happenings
            ],
            "quality": [
                {name: _plain(getattr(one, name)) for name in ("since", "until", "value", "low", "high", "rows")}
                for one in self.quality
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What would have happened to a model, under several policies.

    Attributes:
        model: The model.
        since: The first request, in seconds since the epoch.
        until: The last.
        rows: Rows that were answered.
        labelled: Rows whose truth became known.
        windows: Windows of the log.
        metric: What quality is measured by; empty without truth.
        outcomes: By policy, what was recorded first.
        notes: What has to be known to read this, in sentences.
    """

    model: str
    since: float
    until: float
    rows: int
    labelled: int
    windows: int
    metric: str
    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Outcome:
        return next(one for one in self.outcomes if one.name == name)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "model": self.model,
            "since": self.since,
            "until": self.until,
            "rows": self.rows,
            "labelled": self.labelled,
            "windows": self.windows,
            "metric": self.metric,
            "outcomes": [one.as_dict() for one in self.outcomes],
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        """A few lines for people."""
        counted = f"{self.rows} rows, {self.labelled} of them labelled, {self.windows} windows"
        lines = [f"{self.model}, {iso(self.since)} to {iso(self.until)}: {counted}"]
        lines += [f"  {one.name}: {told(one, self.metric)}" for one in self.outcomes]
        return "\n".join([*lines, *self.notes])


def told(outcome: Outcome, metric: str) -> str:
    """An outcome in one line."""
    parts = [f"{outcome.runs} runs", f"cost {outcome.cost:g}", f"{outcome.alerts} alerts"]
    if not math.isnan(outcome.value):
        parts.append(f"{metric} {outcome.value:.4g}")
    if not math.isnan(outcome.gain_low):
        parts.append(f"gain {outcome.gain:+.3g} ({outcome.gain_low:+.2g} to {outcome.gain_high:+.2g})")
    return ", ".join(parts)


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None


def ordered(happenings: Sequence[Happening]) -> tuple[Happening, ...]:
    """In the order of time; what happened at one time in the order in which it was told."""
    return tuple(sorted(happenings, key=lambda one: one.at))
