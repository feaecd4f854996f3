"""The schedules: when each is due, what it started, and whether anybody starts what is due."""

from __future__ import annotations

from starlette.responses import Response

from mainspring.app.api.subjects.runs.schedules import listed
from mainspring.app.web.visit import Visit


def schedule(visit: Visit) -> Response:
    """The page."""
    return visit.render("runs/schedule.html.j2", room="runs", found=visit.ask(listed))
