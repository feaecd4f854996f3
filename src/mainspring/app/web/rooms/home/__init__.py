"""Home: what runs, what waits, how the models in production are; and search, for whoever has no script."""

from __future__ import annotations

from mainspring.app.web.room import Page, Room
from mainspring.app.web.rooms.home.showing import home, search

ROOM = Room(
    name="home",
    title="Home",
    icon="home",
    key="h",
    pages=[Page(path="/", show=home), Page(path="/search", show=search)],
)

__all__ = ["ROOM"]
