"""Pages: Audit."""

from __future__ import annotations

from starlette.responses import Response

from mainspring.app.web.room import Page, Room
from mainspring.app.web.visit import Visit


def first(visit: Visit) -> Response:
    """The first page."""
    return visit.render("audit/first.html.j2", room="audit")


ROOM = Room(
    name="audit", title="Audit", icon="audit", key="a", admin=True, pages=[Page(path="/audit", show=first)]
)

__all__ = ["ROOM"]
