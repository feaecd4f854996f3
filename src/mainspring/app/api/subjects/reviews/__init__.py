"""Reviews: rows for people to look at."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from mainspring.app.accounts import Role
from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operations_in
from mainspring.app.api.subject import Hit, Subject, Waiting
from mainspring.app.api.subjects.monitoring.sight import stat_of
from mainspring.app.api.subjects.reviews import answering, listing
from mainspring.app.reviewing import reviews_folder
from mainspring.core.clock import now
from mainspring.monitoring.reviewing.journal import FILE

if TYPE_CHECKING:
    from mainspring.app.api.shared import Shared


def find(desk: Desk, text: str) -> Sequence[Hit]:
    """Models that have reviews."""
    found = [one for one in listing.names(desk.platform) if text.lower() in one.lower()]
    return [Hit(kind="reviews", name=one, path=f"/reviews/{one}", detail="rows to look at") for one in found]


def waiting(desk: Desk) -> Sequence[Waiting]:
    """Rows that wait for this caller's answer, and those that somebody has to decide."""
    if not desk.caller.may(Role.EDITOR):
        return []
    found = []
    for one in listing.listed(desk):
        disputed = one.status.disputed
        if one.mine or disputed:
            rows = one.mine + disputed
            title = f"{rows} {'row' if rows == 1 else 'rows'} of {one.name} to look at"
            detail = f"{disputed} of them to decide: people differ" if disputed else ""
            found.append(
                Waiting(
                    kind="review",
                    title=title,
                    path=f"/reviews/{one.name}",
                    detail=detail,
                    since=one.since if one.since is not None else now(),
                )
            )
    return found


def stamp(shared: Shared, name: str) -> Hashable:
    """Another value after every answer in a queue; in all queues, for an empty name."""
    folder = reviews_folder(shared.platform)
    return tuple(stat_of(folder / one / FILE) for one in ([name] if name else listing.names(shared.platform)))


SUBJECT = Subject(
    name="reviews",
    operations=operations_in(
        listing.listed,
        listing.shown,
        answering.following,
        answering.look,
        answering.answer,
        answering.undo,
        answering.fill,
    ),
    topics={"reviews": stamp},
    find=find,
    waiting=waiting,
)

__all__ = ["SUBJECT"]
