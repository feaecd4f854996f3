"""Pages: comparing."""

from __future__ import annotations

from starlette.responses import Response

from mainspring.app.web.room import Page, Room
from mainspring.app.web.visit import Visit


def first(visit: Visit) -> Response:
    """The first page."""
    return visit.render("comparing/first.html.j2", room="comparing")


ROOM = Room(name="comparing", title="", icon="", key="", admin=False, pages=[Page(path="/compare", show=first)])

__all__ = ["ROOM"]
