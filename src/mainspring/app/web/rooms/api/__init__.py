"""Pages: API."""

from __future__ import annotations

from starlette.responses import Response

from mainspring.app.web.room import Page, Room
from mainspring.app.web.visit import Visit


def first(visit: Visit) -> Response:
    """The first page."""
    return visit.render("api/first.html.j2", room="api")


ROOM = Room(name="api", title="API", icon="api", key="i", admin=True, pages=[Page(path="/rest", show=first)])

__all__ = ["ROOM"]
