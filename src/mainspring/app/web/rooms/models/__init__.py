"""Pages: Models."""

from __future__ import annotations

from starlette.responses import Response

from mainspring.app.web.room import Page, Room
from mainspring.app.web.visit import Visit


def first(visit: Visit) -> Response:
    """The first page."""
    return visit.render("models/first.html.j2", room="models")


ROOM = Room(
    name="models", title="Models", icon="models", key="m", admin=False, pages=[Page(path="/models", show=first)]
)

__all__ = ["ROOM"]
