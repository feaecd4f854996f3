"""Pages: data."""

from __future__ import annotations

from mainspring.app.web.room import Page, Room
from mainspring.app.web.rooms.data import schema, sets, version

ROOM = Room(
    name="data",
    title="Data",
    icon="data",
    key="d",
    admin=False,
    pages=[
        Page(path="/data", show=sets.listed),
        Page(path="/data/anomalies", show=sets.anomalies),
        Page(path="/data/artifacts/{artifact}", show=sets.artifact),
        Page(path="/data/schemas/{file:path}", show=schema.schema),
        Page(path="/data/{name}/drift", show=sets.drift),
        Page(path="/data/{name}/compare", show=sets.compare),
        Page(path="/data/{name}/anomalies", show=sets.anomalies),
        Page(path="/data/{name}/{version}/statistics", show=version.statistics),
        Page(path="/data/{name}/{version}/view", show=version.view),
        Page(path="/data/{name}/{version}/rows", show=version.rows),
        Page(path="/data/{name}/{version}/download", show=version.download),
        Page(path="/data/{name}/{version}/anomalies", show=version.anomalies),
        Page(path="/data/{name}/{version}/column", show=version.column),
        Page(path="/data/{name}/{version}", show=version.columns),
        Page(path="/data/{name}", show=sets.one_set),
    ],
)

__all__ = ["ROOM"]
