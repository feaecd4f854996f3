"""Pages: rows for people to look at."""

from __future__ import annotations

from mainspring.app.web.room import Page, Room
from mainspring.app.web.rooms.reviews import pages

ROOM = Room(
    name="reviews",
    title="Reviews",
    icon="reviews",
    key="v",
    admin=False,
    pages=[
        Page(path="/reviews", show=pages.listed),
        Page(path="/reviews/{name}/answer", show=pages.looked),
        Page(path="/reviews/{name}", show=pages.shown),
    ],
)

__all__ = ["ROOM"]
