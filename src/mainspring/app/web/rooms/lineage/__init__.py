"""Pages: Lineage."""

from __future__ import annotations

from starlette.responses import Response

from mainspring.app.web.room import Page, Room
from mainspring.app.web.visit import Visit


def first(visit: Visit) -> Response:
    """The first page."""
    return visit.render("lineage/first.html.j2", room="lineage")


ROOM = Room(
    name="lineage",
    title="Lineage",
    icon="lineage",
    key="l",
    admin=False,
    pages=[Page(path="/lineage", show=first)],
)

__all__ = ["ROOM"]
