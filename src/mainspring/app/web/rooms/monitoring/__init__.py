"""Pages: models that are watched, their windows, features and alerts, simulations."""

from __future__ import annotations

from mainspring.app.web.room import Page, Room
from mainspring.app.web.rooms.monitoring import alerts, features, model, overview, simulating, windows

ROOM = Room(
    name="monitoring",
    title="Monitoring",
    icon="monitoring",
    key="w",
    admin=False,
    pages=[
        Page(path="/monitoring", show=overview.listed),
        Page(path="/monitoring/alerts", show=alerts.listed),
        Page(path="/monitoring/alerts/{alert}", show=alerts.shown),
        Page(path="/monitoring/declaration", show=overview.declaration),
        Page(path="/monitoring/simulations", show=simulating.listed),
        Page(path="/monitoring/simulations/{simulation}/page", show=simulating.whole),
        Page(path="/monitoring/simulations/{simulation}", show=simulating.shown),
        Page(path="/monitoring/{model:path}/windows/{window}", show=windows.shown),
        Page(path="/monitoring/{model:path}/features/{feature:path}", show=features.shown),
        Page(path="/monitoring/{model:path}/page", show=model.whole),
        Page(path="/monitoring/{model:path}", show=model.shown),
    ],
)

__all__ = ["ROOM"]
