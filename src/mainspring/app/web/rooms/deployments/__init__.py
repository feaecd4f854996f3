"""Pages: Deployments."""

from __future__ import annotations

from mainspring.app.web.room import Page, Room
from mainspring.app.web.rooms.deployments import model, overview, requests

ROOM = Room(
    name="deployments",
    title="Deployments",
    icon="deployments",
    key="p",
    pages=[
        Page(path="/deployments", show=overview.shown),
        Page(path="/deployments/{model:path}/requests/{request:path}", show=requests.shown),
        Page(path="/deployments/{model:path}/requests", show=requests.listed),
        Page(path="/deployments/{model:path}", show=model.shown),
    ],
)

__all__ = ["ROOM"]
