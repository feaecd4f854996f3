"""Pages: the API, operation by operation."""

from __future__ import annotations

from mainspring.app.web.room import Page, Room
from mainspring.app.web.rooms.api.showing import shown

ROOM = Room(name="api", title="API", icon="api", key="i", admin=True, pages=[Page(path="/rest", show=shown)])

__all__ = ["ROOM"]
