"""Pages: Data."""

from __future__ import annotations

from starlette.responses import Response

from mainspring.app.web.room import Page, Room
from mainspring.app.web.visit import Visit


def first(visit: Visit) -> Response:
    """The first page."""
    return visit.render("data/first.html.j2", room="data")


ROOM = Room(name="data", title="Data", icon="data", key="d", admin=False, pages=[Page(path="/data", show=first)])

__all__ = ["ROOM"]
