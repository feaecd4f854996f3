"""Alerts as they would have been: the rules of the book, in memory, and nobody is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mainspring.monitoring.alerts.alert import Transition
from mainspring.monitoring.alerts.contents import Contents, Sent
from mainspring.monitoring.alerts.draft import Draft
from mainspring.monitoring.alerts.options import AlertOptions
from mainspring.monitoring.alerts.planning import due, remind
from mainspring.monitoring.alerts.taking import Background, prepare, take
from mainspring.monitoring.seen import History, Judged
from mainspring.monitoring.windows import Window

_REMEMBERED = 8 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """A message that would have been sent.

    Attributes:
        at: When, in seconds since the epoch.
        destination: Whom.
        alerts: What about: the ids of alerts.
        digest: Whether it is a digest of what was past the budget.
    """

    at: float
    destination: str
    alerts: tuple[str, ...]
    digest: bool


class Rehearsal:
    """A book of alerts that is kept in memory; see :class:`mainspring.monitoring.alerts.AlertBook`.

    Args:
        model: The model.
        options: How its alerts behave.
    """

    def __init__(self, model: str, options: AlertOptions) -> None:
        self._model, self._options, self._contents = model, options, Contents()

    def take(
        self, version: str, window: Window, judged: Mapping[str, Judged], *, history: History, at: float
    ) -> Sequence[Transition]:
        """Take what the checks said of a window."""
        background = Background(history=history)
        prepared = prepare(self._contents, self._model, version, window, judged, self._options, background)
        draft = Draft(self._contents, at)
        take(draft, prepared, self._options)
        self._contents.number += 1
        return draft.transitions

    def deliver(self, at: float) -> Sequence[Telling]:
        """The messages that would be sent now."""
        draft = Draft(self._contents, at)
        remind(draft, self._model, self._options)
        told = []
        for notice in due(draft, self._model, self._options):
            sent = Sent(destination=notice.destination, group=notice.group, at=at, counts=not notice.digest)
            draft.drop_notice(notice, sent=sent)
            alerts = tuple(dict.fromkeys(one.alert for one in notice.occurrences))
            told.append(Telling(at=at, destination=notice.destination, alerts=alerts, digest=notice.digest))
        self._contents.sent = [one for one in self._contents.sent if one.at > at - _REMEMBERED]
        self._contents.number += 1
        return told
