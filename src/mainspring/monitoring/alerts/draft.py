"""A transaction of a book of alerts while it is made: what is read sees what was written before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mainspring.monitoring.alerts.alert import Alert, Transition
from mainspring.monitoring.alerts.contents import Change, Contents, Notice, Sent
from mainspring.monitoring.alerts.silences import Silence


class Draft:
    """Changes of a book that are gathered, to be written as one.

    Args:
        contents: What the book holds; it is changed as well.
        at: What time it is, in seconds since the epoch.

    Attributes:
        alerts: As they are now, by id.
        silences: The same.
        notices: The same.
        sent: What was sent in the last days.
    """

    def __init__(self, contents: Contents, at: float) -> None:
        self.at = at
        self.alerts, self.silences, self.notices = contents.alerts, contents.silences, contents.notices
        self.sent, self._contents = contents.sent, contents
        self._alerts: dict[str, Alert] = {}
        self._silences: dict[str, Silence] = {}
        self._notices: dict[str, Notice] = {}
        self._forgotten: list[str] = []
        self._ended: list[str] = []
        self._done: list[str] = []
        self._sent: list[Sent] = []
        self._recorded: list[int] = []
        self._transitions: list[Transition] = []

    def put(self, alert: Alert) -> Alert:
        """Keep an alert as it is now."""
        if self.alerts.get(alert.id) != alert:
            self.alerts[alert.id] = self._alerts[alert.id] = alert
        return alert

    def forget(self, alert: Alert) -> None:
        """Keep an alert no longer."""
        self.alerts.pop(alert.id, None)
        self._alerts.pop(alert.id, None)
        self._forgotten.append(alert.id)

    def put_silence(self, silence: Silence) -> Silence:
        """Keep a silence as it is now."""
        self.silences[silence.id] = self._silences[silence.id] = silence
        return silence

    def end_silence(self, silence: Silence) -> None:
        """A silence holds no more."""
        self.silences.pop(silence.id, None)
        self._silences.pop(silence.id, None)
        self._ended.append(silence.id)

    def put_notice(self, notice: Notice) -> Notice:
        """Keep a message that is to be sent."""
        if self.notices.get(notice.id) != notice:
            self.notices[notice.id] = self._notices[notice.id] = notice
        return notice

    def drop_notice(self, notice: Notice, *, sent: Sent | None = None) -> None:
        """A message was sent, or is not to be sent any more."""
        self.notices.pop(notice.id, None)
        self._notices.pop(notice.id, None)
        self._done.append(notice.id)
        if sent is not None:
            self.sent.append(sent)
            self._sent.append(sent)

    def recorded(self, number: int) -> None:
        """A transition is in the record."""
        self._recorded.append(number)

    def name(self, letter: str) -> str:
        """A new name: the letter and a number that was never used."""
        self._contents.named += 1
        return f"{letter}{self._contents.named}"

    def note(
        self,
        kind: str,
        alert: Alert | None = None,
        *,
        by: str = "",
        why: str = "",
        evidence: tuple[str, ...] = (),
        details: Mapping[str, Any] | None = None,
    ) -> Transition:
        """Something happened."""
        self._contents.transitions += 1
        made = Transition(
            number=self._contents.transitions,
            at=self.at,
            kind=kind,
            alert=alert,
            by=by,
            why=why,
            evidence=evidence,
            details=details or {},
        )
        self._transitions.append(made)
        return made

    @property
    def transitions(self) -> tuple[Transition, ...]:
        """What happened so far, with the alerts as they are at the end."""
        return tuple(
            one if one.alert is None else replace(one, alert=self._alerts.get(one.alert.id, one.alert))
            for one in self._transitions
        )

    def change(self) -> Change:
        """The whole of it."""
        return Change(
            number=self._contents.number + 1,
            at=self.at,
            alerts=tuple(self._alerts.values()),
            forgotten=tuple(self._forgotten),
            silences=tuple(self._silences.values()),
            ended=tuple(self._ended),
            notices=tuple(self._notices.values()),
            done=tuple(self._done),
            sent=tuple(self._sent),
            transitions=self.transitions,
            recorded=tuple(self._recorded),
        )
