"""Pages: Reviews."""

from __future__ import annotations

from starlette.responses import Response

from mainspring.app.web.room import Page, Room
from mainspring.app.web.visit import Visit


def first(visit: Visit) -> Response:
    """The first page."""
    return visit.render("reviews/first.html.j2", room="reviews")


ROOM = Room(
    name="reviews",
    title="Reviews",
    icon="reviews",
    key="v",
    admin=False,
    pages=[Page(path="/reviews", show=first)],
)

__all__ = ["ROOM"]
