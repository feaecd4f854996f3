"""Jobs: commands that the console started."""

from __future__ import annotations

from collections.abc import Sequence

from mainspring.app.api.desk import Desk
from mainspring.app.api.jobs import Job
from mainspring.app.api.operation import operation, operations_in
from mainspring.app.api.subject import Subject


@operation("jobs.list", "GET", "/jobs")
def listed(desk: Desk, *, limit: int = 20) -> Sequence[Job]:
    """The commands that the console started, the newest first."""
    return desk.jobs.latest(limit)


@operation("jobs.show", "GET", "/jobs/{job}")
def shown(desk: Desk, job: str) -> Job:
    """A command that the console started, with the end of what it printed."""
    return desk.jobs.get(job)


SUBJECT = Subject(
    name="jobs",
    operations=operations_in(listed, shown),
    topics={"jobs": lambda shared, _: shared.jobs.stamp(""), "job": lambda shared, rest: shared.jobs.stamp(rest)},
)
