"""Alerts: which there are, and all about one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from mainspring.app.alerting import alert_ledger
from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.monitoring.sight import Sight, moment
from mainspring.core.errors import MainspringError
from mainspring.monitoring.alerts import Alert, Severity, State
from mainspring.monitoring.alerts.destinations import key_of, shown
from mainspring.monitoring.alerts.silences import Silence, matches

Which = Literal["open", "firing", "acknowledged", "silenced", "pending", "resolved", "all"]

OPEN: Final = (State.FIRING, State.ACKNOWLEDGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """Alerts, and how many there are of each state.

    Attributes:
        alerts: They, the most pressing first, without their rows.
        counts: How many there are by state: ``open``, ``firing``, ``acknowledged``, ``silenced``, ``pending``,
            ``resolved`` and ``all``, whatever the state that is asked for.
        models: The models that have any.
        checks: The checks that found any.
        groups: The groups of the alerts, with how many are in each, the largest first.
    """

    alerts: Sequence[Alert]
    counts: Mapping[str, int]
    models: Sequence[str]
    checks: Sequence[str]
    groups: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """Something that happened to an alert.

    Attributes:
        at: When, in seconds since the epoch.
        what: ``fired``, ``worse``, ``acknowledged``, ``resolved`` and so on.
        by: Who did it; empty for the figures.
        why: Their words.
        message: How things were then.
        execution: Its number in the record, under which its lineage is; ``None`` if it is not there yet.
    """

    at: float
    what: str
    by: str
    why: str
    message: str
    execution: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message about an alert's group.

    Attributes:
        to: Who is told; without what may be a secret.
        at: When it was sent, or is due.
        sent: Whether it was sent.
        attempts: How often it was tried, if it was not sent yet.
        error: What went wrong last.
    """

    to: str
    at: float
    sent: bool
    attempts: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAlert:
    """All about an alert.

    Attributes:
        alert: It, with likely causes and rows that show it.
        others: Alerts of the same group, without their rows.
        history: What happened to it, the newest first.
        messages: What was sent about it and is to be sent, the newest first.
        silence: The silence that holds for it; ``None`` if none does.
    """

    alert: Alert
    others: Sequence[Alert]
    history: Sequence[Happened]
    messages: Sequence[Delivery]
    silence: Silence | None


@operation("alerts.list", "GET", "/alerts", command="mainspring alerts list")
def listed(
    desk: Desk,
    *,
    state: Which = "open",
    model: str = "*",
    check: str = "*",
    subject: str = "*",
    severity: Severity = Severity.INFO,
    group: str = "",
    since: str = "",
) -> Alerts:
    """Alerts, the most pressing first.

    ``model``, ``check`` and ``subject`` are patterns of names; ``severity`` is the least; ``since`` leaves out
    what was seen last before that day or moment.

    Args:
        state: Those that are `open`, or in one state, or all.
        check: A pattern of names of checks.
        subject: A pattern of what alerts are about.
        severity: The least.
        group: Only of this group.
    """
    begin = moment(since)
    matcher = {"model": model, "check": check, "subject": subject}
    everything = Sight(desk.shared).book.alerts(states=tuple(State))
    fitting = [
        one
        for one in everything
        if one.severity.rank >= severity.rank
        and matches(matcher, one)
        and (not group or one.group == group)
        and (begin is None or one.last_seen >= begin)
    ]
    shown_ = [one for one in fitting if _is(one, state)]
    return Alerts(
        alerts=[without_rows(one) for one in shown_],
        counts=_counts(fitting),
        models=sorted({one.model for one in everything}),
        checks=sorted({one.check for one in everything}),
        groups=dict(Counter(one.group for one in shown_ if one.group).most_common()),
    )


@operation("alerts.show", "GET", "/alerts/{alert}", command="mainspring alerts show {alert}")
def show(desk: Desk, alert: str) -> ShownAlert:
    """All about an alert: since when, how much, why perhaps, which rows, what happened, who was told.

    ``alert`` is its id, or the beginning of it.

    Args:
        alert: Its id, or the beginning of it.
    """
    sight = Sight(desk.shared)
    book = sight.book
    found = book.get(alert)
    group = [one for one in book.alerts(states=tuple(State)) if found.group and one.group == found.group]
    silences = {one.id: one for one in book.silences()}
    return ShownAlert(
        alert=found,
        others=[without_rows(one) for one in group if one.id != found.id],
        history=_history(desk, found),
        messages=_messages(sight, found),
        silence=silences.get(found.silenced),
    )


@operation("alerts.silences", "GET", "/alerts/silences", command="mainspring alerts silences")
def silences(desk: Desk) -> Sequence[Silence]:
    """The silences that hold or will hold, the one that ends first before the others."""
    return Sight(desk.shared).book.silences()


def without_rows(alert: Alert) -> Alert:
    """An alert without the rows that show it: lists would be long with them."""
    return replace(alert, examples=())


def _is(alert: Alert, state: Which) -> bool:
    if state == "all":
        return True
    if state == "open":
        return alert.open
    if state == "silenced":
        return bool(alert.silenced) and alert.open
    return alert.state == state


def _counts(alerts: Sequence[Alert]) -> dict[str, int]:
    states: Sequence[Which] = ("open", "firing", "acknowledged", "silenced", "pending", "resolved", "all")
    return {state: sum(_is(one, state) for one in alerts) for state in states}


def _history(desk: Desk, alert: Alert) -> list[Happened]:
    """What happened, from the book, with where the record has it."""
    recorded = alert_ledger(desk.platform).numbers(alert.id)
    found = Sight(desk.shared).book.history(alert=alert.id)
    return [
        Happened(
            at=one.at,
            what=one.kind,
            by=one.by,
            why=one.why,
            message="" if one.alert is None else one.alert.message,
            execution=recorded.get((one.kind, one.at)),
        )
        for one in reversed(found)
    ]


def _messages(sight: Sight, alert: Alert) -> list[Delivery]:
    try:
        declared = sight.declared.get(alert.model)
    except MainspringError:
        declared = None
    names = {} if declared is None else {key_of(one): shown(one) for one in declared.how.alerts.destinations}
    sent = [
        Delivery(to=names.get(one.destination, one.destination), at=one.at, sent=True)
        for one in sight.book.sent()
        if alert.group and one.group == alert.group
    ]
    waiting = [
        Delivery(
            to=names.get(one.destination, one.destination),
            at=one.due,
            sent=False,
            attempts=one.attempts,
            error=one.error,
        )
        for one in sight.book.waiting()
        if any(each.alert == alert.id for each in one.occurrences)
    ]
    return sorted([*sent, *waiting], key=lambda one: -one.at)
