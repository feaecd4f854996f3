"""Pages: runs as a table, a run, a step of it, starting one, and the schedules."""

from __future__ import annotations

from mainspring.app.web.room import Page, Room
from mainspring.app.web.rooms.runs.listing import listed
from mainspring.app.web.rooms.runs.schedule import schedule
from mainspring.app.web.rooms.runs.showing import report, report_page, shown
from mainspring.app.web.rooms.runs.starting import new
from mainspring.app.web.rooms.runs.steps import log_file, step

ROOM = Room(
    name="runs",
    title="Runs",
    icon="runs",
    key="r",
    pages=[
        Page(path="/runs", show=listed),
        Page(path="/runs/new", show=new),
        Page(path="/schedule", show=schedule),
        Page(path="/runs/{run}/steps/{step}/log.txt", show=log_file),
        Page(path="/runs/{run}/steps/{step}", show=step),
        Page(path="/runs/{run}/report/page", show=report_page),
        Page(path="/runs/{run}/report", show=report),
        Page(path="/runs/{run}", show=shown),
    ],
)

__all__ = ["ROOM"]
