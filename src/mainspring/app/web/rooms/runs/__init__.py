"""Pages: Runs."""

from __future__ import annotations

from starlette.responses import Response

from mainspring.app.web.room import Page, Room
from mainspring.app.web.visit import Visit


def first(visit: Visit) -> Response:
    """The first page."""
    return visit.render("runs/first.html.j2", room="runs")


ROOM = Room(name="runs", title="Runs", icon="runs", key="r", admin=False, pages=[Page(path="/runs", show=first)])

__all__ = ["ROOM"]
