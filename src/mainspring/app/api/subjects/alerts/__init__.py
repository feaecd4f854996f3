"""Alerts: acknowledged, silenced, resolved."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Final

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operations_in
from mainspring.app.api.subject import Hit, Subject, Waiting
from mainspring.app.api.subjects.alerts import acting, listing
from mainspring.app.api.subjects.monitoring.sight import Sight
from mainspring.monitoring.alerts import State

if TYPE_CHECKING:
    from mainspring.app.api.shared import Shared

_MOST: Final = 20
_URGENCY: Final = {"critical": 2, "warning": 1, "info": 0}


def find(desk: Desk, text: str) -> Sequence[Hit]:
    """Alerts by what they are about, by how they stand, and by their ids."""
    wanted = text.lower()
    found = Sight(desk.shared).book.alerts(states=tuple(State))
    return [
        Hit(
            kind="alert",
            name=one.title,
            path=f"/monitoring/alerts/{one.id}",
            detail=f"{one.state}, {one.severity}",
            at=one.last_seen,
        )
        for one in found
        if wanted in f"{one.title} {one.state} {one.severity}".lower() or one.id.startswith(wanted)
    ][:_MOST]


def waiting(desk: Desk) -> Sequence[Waiting]:
    """Alerts that fire, that nobody takes care of, and that are not silenced."""
    return [
        Waiting(
            kind="alert",
            title=one.title,
            path=f"/monitoring/alerts/{one.id}",
            detail=one.message,
            since=one.since,
            urgency=_URGENCY[one.severity],
        )
        for one in Sight(desk.shared).book.alerts(states=(State.FIRING,))
        if not one.silenced
    ]


def stamp(shared: Shared, _: str) -> Hashable:
    """Another value after everything that happens to alerts."""
    return Sight(shared).alerts_stamp()


SUBJECT = Subject(
    name="alerts",
    operations=operations_in(
        listing.listed,
        listing.show,
        listing.silences,
        acting.acknowledge,
        acting.silence,
        acting.unsilence,
        acting.resolve,
    ),
    topics={"alerts": stamp},
    find=find,
    waiting=waiting,
)

__all__ = ["SUBJECT"]
