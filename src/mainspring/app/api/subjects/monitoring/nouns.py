"""What monitoring is told in: the nouns of its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from mainspring.core.verdicts import Reason
from mainspring.monitoring.monitor import NotedDecision
from mainspring.monitoring.viewing import SeenWindow

Numbers: TypeAlias = Sequence[float | None]
Health: TypeAlias = Literal["healthy", "warning", "failing", "silent", "waiting"]
"""All is well; something should be looked at; a fault now; no window came for long; none was judged yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowLine:
    """A window that was judged.

    Attributes:
        since: Where it begins, in seconds since the epoch.
        until: Where it ends.
        ok: Whether every check said that it is in order.
        rows: Its rows.
        version: The version that answered most of them.
        revision: How often it was judged before.
        judged_at: When it was judged last.
    """

    since: float
    until: float
    ok: bool
    rows: int
    version: str
    revision: int
    judged_at: float | None

    @classmethod
    def of(cls, window: SeenWindow) -> WindowLine:
        """From what was seen."""
        return cls(**{name: getattr(window, name) for name in cls.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedModel:
    """A model that is watched, and how it stands.

    Attributes:
        model: Its name.
        health: How it stands.
        why: The same in one sentence.
        declared: Whether the monitoring file names it; others were watched once.
        last: The last window; ``None`` if none was judged yet.
        windows: How many were judged.
        failed: How many of these were not in order.
        silent_since: Since when no window came, if that is longer than it should be.
        alerts: Open alerts by severity.
        decision: What the retraining policy said last.
        looked_at: When a monitor looked at its log last.
        running: Whether a monitor is at work, as far as that can be told.
        figures: Sparklines of the last windows by what they show: ``quality``, ``drift`` (the worst feature in
            units of its limit) and ``rows``; ``None`` where nothing is known.
        names: What the sparklines are of, such as ``accuracy``.
    """

    model: str
    health: Health
    why: str
    declared: bool
    last: WindowLine | None
    windows: int
    failed: int
    silent_since: float | None
    alerts: Mapping[str, int]
    decision: NotedDecision | None
    looked_at: float | None
    running: bool
    figures: Mapping[str, Numbers] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwatched:
    """A model that is there and not watched.

    Attributes:
        model: Its name.
        why: How it is known: ``served`` or ``registered``.
        section: What the monitoring file would say.
        command: What writes that file, where there is none yet.
    """

    model: str
    why: str
    section: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All models that are watched, those that ask for attention first.

    Attributes:
        models: They.
        unwatched: Models that are served or registered, and not watched.
        running: Whether a monitor is at work, as far as that can be told.
        looked_at: When one looked last.
        problem: What is wrong with the monitoring file; empty if nothing is.
        unheard: Models that a policy asks to train again while no schedule takes that up.
    """

    models: Sequence[WatchedModel]
    unwatched: Sequence[Unwatched]
    running: bool
    looked_at: float | None
    problem: str
    unheard: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureLine:
    """How a figure stands.

    Attributes:
        name: Its name: ``quality/accuracy|sex=Female``.
        check: The check.
        subject: What was measured.
        slice: Of which rows; empty for all.
        last: Its last value.
        usual: Its median.
        floor: Its limit below.
        ceiling: Its limit above.
        effect: How many times past its limit it is; 0 without a limit.
        worst: The same in the worst window.
        past: In how many windows it was past its limit.
        bad: Whether it is past its limit now.
    """

    name: str
    check: str
    subject: str
    slice: str
    last: float
    usual: float
    floor: float
    ceiling: float
    effect: float
    worst: float
    past: int
    bad: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureSeries:
    """A figure over the windows, oldest first; ``None`` where nothing is known.

    Attributes:
        name: Its name.
        times: Where the windows begin, in seconds since the epoch.
        values: The figure.
        low: Where it lies at least, with 95 % confidence.
        high: Where it lies at most.
        least: Below this it is an alarm.
        most: Above this it is an alarm.
    """

    name: str
    times: Numbers
    values: Numbers
    low: Numbers
    high: Numbers
    least: Numbers
    most: Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Figures of a model over time.

    Attributes:
        model: The model.
        figures: They.
        left_out: How many more there are under this beginning of a name.
    """

    model: str
    figures: Sequence[FigureSeries]
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One window and all that was said of it.

    Attributes:
        model: The model.
        window: The window.
        reasons: What the checks said, what speaks against it first.
        figures: What they measured in it, the furthest past its limit first.
        before: Where the window before begins; ``None`` if it is the first.
        after: Where the one after begins.
    """

    model: str
    window: WindowLine
    reasons: Sequence[Reason]
    figures: Sequence[FigureLine]
    before: float | None
    after: float | None
