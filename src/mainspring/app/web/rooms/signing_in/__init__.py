"""Pages: signing_in."""

from __future__ import annotations

from starlette.responses import Response

from mainspring.app.web.room import Page, Room
from mainspring.app.web.visit import Visit


def first(visit: Visit) -> Response:
    """The first page."""
    return visit.render("signing_in/first.html.j2", room="signing_in")


ROOM = Room(name="signing_in", title="", icon="", key="", admin=False, pages=[Page(path="/sign-in", show=first)])

__all__ = ["ROOM"]
