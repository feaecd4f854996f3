"""Pages: Deployments."""

from __future__ import annotations

from starlette.responses import Response

from mainspring.app.web.room import Page, Room
from mainspring.app.web.visit import Visit


def first(visit: Visit) -> Response:
    """The first page."""
    return visit.render("deployments/first.html.j2", room="deployments")


ROOM = Room(
    name="deployments",
    title="Deployments",
    icon="deployments",
    key="p",
    admin=False,
    pages=[Page(path="/deployments", show=first)],
)

__all__ = ["ROOM"]
