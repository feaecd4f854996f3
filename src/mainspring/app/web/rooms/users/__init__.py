"""Pages: Users."""

from __future__ import annotations

from starlette.responses import Response

from mainspring.app.web.room import Page, Room
from mainspring.app.web.visit import Visit


def first(visit: Visit) -> Response:
    """The first page."""
    return visit.render("users/first.html.j2", room="users")


ROOM = Room(
    name="users", title="Users", icon="users", key="u", admin=True, pages=[Page(path="/users", show=first)]
)

__all__ = ["ROOM"]
