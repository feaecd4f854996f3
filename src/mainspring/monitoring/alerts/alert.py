"""What an alert is: one thing about a model that is not as it should be, from its first window to its end."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

_BETWEEN = " | "


class Severity(StrEnum):
    """How much an alert matters, from least to most."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for the least."""
        return list(Severity).index(self)


class State(StrEnum):
    """The life of an alert."""

    PENDING = "pending"
    """Seen, and not yet in enough windows: nobody is told."""
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    """Somebody takes care: it is not repeated, and fires again if it gets worse."""
    RESOLVED = "resolved"


OPEN = frozenset({State.FIRING, State.ACKNOWLEDGED})
"""The states in which something is to be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Something that changed upstream about when an alert began.

    Attributes:
        kind: ``deployment``, ``rollout``, ``alias``, ``registration``, ``run``, ``data`` or ``code``.
        key: What no other change has, such as ``deployment:7``.
        at: When, in seconds since the epoch.
        what: One sentence.
        who: Who did it, if that is known.
        execution: Its number in the record; ``None`` if it is not there.
        score: How likely it has to do with the alert, 0 to 1, by closeness in time and by kind.
    """

    kind: str
    key: str
    at: float
    what: str
    who: str = ""
    execution: int | None = None
    score: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A row that shows what is wrong. Private columns are masked.

    Attributes:
        row: Its place in the window's table.
        request: The id of the request that it came with.
        time: When it was asked, in seconds since the epoch.
        values: Inputs, answers and what became known, by name.
        contributions: What each feature added to the answer, the largest first; empty if nobody explained it.
    """

    row: int
    request: str = ""
    time: float | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    contributions: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """That somebody takes care of an alert.

    Attributes:
        by: Who.
        note: What they have to say.
        at: When, in seconds since the epoch.
        effect: How far past its limit the figure was then; see :attr:`Alert.effect`.
        severity: How severe it was then.
    """

    by: str
    note: str = ""
    at: float
    effect: float = 1.0
    severity: Severity = Severity.WARNING


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a window was for an alert: its beginning, and whether it was bad."""

    since: float
    bad: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One thing about a model that is not as it should be.

    Attributes:
        id: Eight hexadecimal digits, the same whoever works them out.
        model: The model.
        version: The version that answered in the last bad window.
        check: The check that found it.
        code: Of the reason, such as ``DRIFT``.
        subject: What it is about: a feature, a metric, a metric of a slice (``"accuracy | sex=Female"``); empty
            for the window as a whole.
        features: The features that have to do with it, the one with most first.
        severity: How much it matters.
        state: Where in its life it is.
        unusual: Whether its check says that all is well, and only the history of the figure says otherwise.
        since: The beginning of the first window in which the figure was past its limit or near it, in seconds
            since the epoch, as all times here.
        began: The beginning of the first bad window that was taken.
        opened: When that window was taken.
        last_seen: The end of the last bad window.
        windows: How many bad windows were taken.
        value: The figure in the last bad window; ``None`` if there is none.
        limit: Its limit there.
        usual: What it usually was before.
        worst: The largest :attr:`effect` so far.
        effect: How many times past its limit the figure is: 2 for a distance twice the limit, or for a share that
            is half of what it has to be.
        message: One sentence, with the figures.
        suggestion: What to do, with the command.
        runbook: The address of a page that says more.
        causes: What changed upstream at that time, the likeliest first.
        examples: Rows that show it.
        group: Which alerts it is told with.
        outcomes: The last windows of which something is known, oldest first.
        fired_at: When it began to fire; ``None`` before.
        resolved_at: When it was over.
        resolved_by: Who said so; empty if the figures did.
        resolved_window: The beginning of the last window by then: only later ones make it fire again.
        acknowledged: Who takes care.
        silenced: The silence that holds, by its id; empty if none does.
        reopened: When it began to fire again after it was over, each time.
        flapping: Whether it comes and goes so often that nobody is told of it any more.
        told_at: When somebody was last told that it fires.
        told_effect: How far past its limit it was then.
        told_severity: How severe it was then.
    """

    id: str
    model: str
    version: str
    check: str
    code: str
    subject: str = ""
    features: tuple[str, ...] = ()
    severity: Severity = Severity.WARNING
    state: State = State.PENDING
    unusual: bool = False
    since: float
    began: float
    opened: float
    last_seen: float
    windows: int = 1
    value: float | None = None
    limit: float | None = None
    usual: float | None = None
    effect: float = 1.0
    worst: float = 1.0
    message: str = ""
    suggestion: str = ""
    runbook: str = ""
    causes: tuple[Cause, ...] = ()
    examples: tuple[Example, ...] = ()
    group: str = ""
    outcomes: tuple[Outcome, ...] = ()
    fired_at: float | None = None
    resolved_at: float | None = None
    resolved_by: str = ""
    resolved_window: float | None = None
    acknowledged: Acknowledgement | None = None
    silenced: str = ""
    reopened: tuple[float, ...] = ()
    flapping: bool = False
    told_at: float | None = None
    told_effect: float | None = None
    told_severity: Severity | None = None

    @property
    def open(self) -> bool:
        """Whether something is to be done."""
        return self.state in OPEN

    @property
    def slice(self) -> str:
        """The rows that it is about, such as ``sex=Female``; empty for all."""
        return self.subject.partition(_BETWEEN)[2]

    @property
    def figure(self) -> str:
        """The name of its figure in the history, such as ``quality/accuracy|sex=Female``."""
        return figure_name(self.check, self.subject)

    @property
    def title(self) -> str:
        """What it is about, in a few words."""
        return f"{self.check} of {self.model}" + (f": {self.subject}" if self.subject else "")

    def fields(self) -> Mapping[str, str]:
        """What silences and rules look at, by name."""
        return {
            "model": self.model,
            "version": self.version,
            "check": self.check,
            "code": self.code,
            "subject": self.subject,
            "slice": self.slice,
            "severity": str(self.severity),
            "id": self.id,
            "group": self.group,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """Something that happened to an alert, or to a silence.

    Attributes:
        number: Grows with every transition of a book, and is given once.
        at: When, in seconds since the epoch.
        kind: ``fired``, ``reopened``, ``worse``, ``acknowledged``, ``resolved``, ``silenced``, ``unsilenced`` or
            ``dropped`` (it was pending, and came to nothing).
        alert: The alert as it was then; ``None`` for a silence.
        by: Who did it; empty for the book itself.
        why: Their words.
        evidence: The digest of the verdict or package that it rests on, if it was given.
        details: What more there is to say, such as the silence.
    """

    number: int
    at: float
    kind: str
    alert: Alert | None = None
    by: str = ""
    why: str = ""
    evidence: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


def figure_name(check: str, subject: str) -> str:
    """The name of a figure in the history, such as ``quality/accuracy|sex=Female``."""
    return f"{check}/{subject.replace(_BETWEEN, '|')}"


def identity(model: str, check: str, subject: str, began: float) -> str:
    """The id of an alert; the same window gives the same one, however often it is taken."""
    text = "\0".join((model, check, subject, f"{began:.3f}"))
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
