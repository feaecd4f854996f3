"""What a book of alerts holds, and the changes that it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, replace
from typing import TypeVar

from mainspring.monitoring.alerts.alert import Alert, Transition
from mainspring.monitoring.alerts.silences import Silence

K = TypeVar("K")
V = TypeVar("V")

_REMEMBERED = 8 * 86_400.0
"""How long it is known when messages were sent: a week's budget, and a day."""

_UNRECORDED = 5_000
"""How many transitions wait for the record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """Something that a message tells: what happened to which alert."""

    kind: str
    alert: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message that is to be sent to one destination.

    Attributes:
        id: What receivers can tell by that they have seen it; the same for every attempt.
        model: The model.
        destination: Whom it goes to, by :func:`mainspring.monitoring.alerts.destinations.key_of`.
        group: The group that it is about; empty for a digest.
        occurrences: What it tells.
        due: When it may be sent, in seconds since the epoch.
        digest: Whether it waits for the digest.
        attempts: How often it was tried.
        leased: Up to when a process has it in hand.
        error: What went wrong last.
    """

    id: str
    model: str
    destination: str
    group: str
    occurrences: tuple[Occurrence, ...]
    due: float
    digest: bool = False
    attempts: int = 0
    leased: float = 0.0
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """That a message was sent: to whom, about which group, when, and whether it counts against the budget."""

    destination: str
    group: str
    at: float
    counts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one transaction changed: it happened as a whole, or not at all.

    Attributes:
        number: Of the transaction.
        at: When, in seconds since the epoch.
        alerts: Alerts as they are now.
        forgotten: Ids of alerts that are over for long.
        silences: Silences as they are now.
        ended: Ids of silences that hold no more.
        notices: Messages as they are now.
        done: Ids of messages that were sent, or given up.
        sent: What was sent.
        transitions: What happened.
        recorded: Numbers of transitions that the record has now.
    """

    number: int
    at: float
    alerts: tuple[Alert, ...] = ()
    forgotten: tuple[str, ...] = ()
    silences: tuple[Silence, ...] = ()
    ended: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    done: tuple[str, ...] = ()
    sent: tuple[Sent, ...] = ()
    transitions: tuple[Transition, ...] = ()
    recorded: tuple[int, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing was changed."""
        return not any(getattr(self, one.name) for one in fields(self) if one.name not in ("number", "at"))

    def mapped(self, change: Callable[[Alert], Alert]) -> Change:
        """The same with other alerts."""
        return replace(
            self,
            alerts=tuple(map(change, self.alerts)),
            transitions=tuple(_mapped(one, change) for one in self.transitions),
        )


@dataclass(slots=True, kw_only=True)
class Contents:
    """All that a book knows.

    Attributes:
        number: Of the last transaction.
        transitions: The number of the last transition.
        named: How many silences and messages were ever named.
        alerts: By id; those that are over are kept for a while.
        silences: By id.
        notices: By id: what is still to be sent.
        sent: What was sent in the last days.
        unrecorded: Transitions that are not in the record yet, by number; the last 5,000 of them.
    """

    number: int = 0
    transitions: int = 0
    named: int = 0
    alerts: dict[str, Alert] = field(default_factory=dict)
    silences: dict[str, Silence] = field(default_factory=dict)
    notices: dict[str, Notice] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    unrecorded: dict[int, Transition] = field(default_factory=dict)

    def copy(self) -> Contents:
        """The same, to be changed on its own; alerts and all else in here are never changed themselves."""
        return Contents(
            number=self.number,
            transitions=self.transitions,
            named=self.named,
            alerts=dict(self.alerts),
            silences=dict(self.silences),
            notices=dict(self.notices),
            sent=list(self.sent),
            unrecorded=dict(self.unrecorded),
        )

    def mapped(self, change: Callable[[Alert], Alert]) -> Contents:
        """The same with other alerts."""
        return replace(
            self,
            alerts={name: change(one) for name, one in self.alerts.items()},
            unrecorded={number: _mapped(one, change) for number, one in self.unrecorded.items()},
        )

    def apply(self, change: Change) -> None:
        """Take over what a transaction changed; one that is in here already changes nothing."""
        if change.number <= self.number:
            return
        self.number = change.number
        self.alerts |= {one.id: one for one in change.alerts}
        self.silences |= {one.id: one for one in change.silences}
        self.notices |= {one.id: one for one in change.notices}
        self.unrecorded |= {one.number: one for one in change.transitions}
        _remove(self.alerts, change.forgotten)
        _remove(self.silences, change.ended)
        _remove(self.notices, change.done)
        _remove(self.unrecorded, change.recorded)
        _remove(self.unrecorded, sorted(self.unrecorded)[:-_UNRECORDED])  # nobody records what happens here
        if change.sent:
            self.sent = [one for one in self.sent if one.at > change.at - _REMEMBERED] + list(change.sent)
        self.transitions = max([self.transitions, *(one.number for one in change.transitions)])
        names = [one.id for one in change.silences] + [one.id for one in change.notices]
        self.named = max([self.named, *(int(name[1:]) for name in names if name[1:].isdecimal())])


def _mapped(transition: Transition, change: Callable[[Alert], Alert]) -> Transition:
    return transition if transition.alert is None else replace(transition, alert=change(transition.alert))


def _remove(found: dict[K, V], keys: Iterable[K]) -> None:
    for key in keys:
        found.pop(key, None)
