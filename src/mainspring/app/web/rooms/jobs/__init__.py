"""Jobs: commands that the console started."""

from __future__ import annotations

from starlette.responses import Response

from mainspring.app.api.subjects import jobs
from mainspring.app.web.room import Page, Room
from mainspring.app.web.visit import Visit


def listed(visit: Visit) -> Response:
    """All of them."""
    return visit.render("jobs/list.html.j2", room="jobs", jobs=visit.ask(jobs.listed, limit=100))


def shown(visit: Visit) -> Response:
    """One, and what it says."""
    return visit.render("jobs/job.html.j2", room="jobs", job=visit.ask(jobs.shown, job=visit.path["job"]))


ROOM = Room(
    name="jobs",
    title="Jobs",
    icon="jobs",
    key="j",
    admin=True,
    pages=[Page(path="/jobs", show=listed), Page(path="/jobs/{job}", show=shown)],
)
