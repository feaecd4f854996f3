"""Pages: Monitoring."""

from __future__ import annotations

from starlette.responses import Response

from mainspring.app.web.room import Page, Room
from mainspring.app.web.visit import Visit


def first(visit: Visit) -> Response:
    """The first page."""
    return visit.render("monitoring/first.html.j2", room="monitoring")


ROOM = Room(
    name="monitoring",
    title="Monitoring",
    icon="monitoring",
    key="w",
    admin=False,
    pages=[Page(path="/monitoring", show=first)],
)

__all__ = ["ROOM"]
