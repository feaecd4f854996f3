"""Pages: comparing runs. All that is chosen is in the address, so that a view can be sent to somebody."""

from __future__ import annotations

from mainspring.app.web.room import Page, Room
from mainspring.app.web.rooms.comparing.showing import compared

ROOM = Room(name="comparing", title="", icon="", key="", admin=False, pages=[Page(path="/compare", show=compared)])

__all__ = ["ROOM"]
