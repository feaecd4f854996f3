"""Pages: Settings."""

from __future__ import annotations

from starlette.responses import Response

from mainspring.app.web.room import Page, Room
from mainspring.app.web.visit import Visit


def first(visit: Visit) -> Response:
    """The first page."""
    return visit.render("settings/first.html.j2", room="settings")


ROOM = Room(
    name="settings",
    title="Settings",
    icon="settings",
    key="s",
    admin=True,
    pages=[Page(path="/settings", show=first)],
)

__all__ = ["ROOM"]
