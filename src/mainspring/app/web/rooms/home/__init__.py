"""Home: what runs, what waits for somebody, how the models in production are."""

from __future__ import annotations

from starlette.responses import Response

from mainspring.app.web.room import Page, Room
from mainspring.app.web.visit import Visit


def home(visit: Visit) -> Response:
    """The first page."""
    return visit.render("home/home.html.j2", room="home")


ROOM = Room(name="home", title="Home", icon="home", key="h", pages=[Page(path="/", show=home)])
