"""Pages: the lineage explorer, and the way between two things."""

from __future__ import annotations

from mainspring.app.web.room import Page, Room
from mainspring.app.web.rooms.lineage import between, downloads, explorer, start

ROOM = Room(
    name="lineage",
    title="Lineage",
    icon="lineage",
    key="l",
    admin=False,
    pages=[
        Page(path="/lineage", show=start.first),
        Page(path="/lineage/path", show=between.between),
        Page(path="/lineage/drawn", show=explorer.drawn),
        Page(path="/lineage/facts", show=explorer.facts),
        Page(path="/lineage/export", show=downloads.download),
        Page(path="/lineage/{id:int}", show=explorer.of_artifact),
    ],
)

__all__ = ["ROOM"]
