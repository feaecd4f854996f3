"""Jobs: commands that the console started."""

from __future__ import annotations

from collections.abc import Sequence

from mainspring.app.api.desk import Desk
from mainspring.app.api.jobs import Job
from mainspring.app.api.operation import operation, operations_in
from mainspring.app.api.subject import Subject


@operation("jobs.list", "GET", "/jobs", command="mainspring jobs list")
def listed(desk: Desk, *, limit: int = 20) -> Sequence[Job]:
    """The commands that the console started, the newest first."""
    return desk.jobs.latest(limit)


@operation("jobs.show", "GET", "/jobs/{job}", command="mainspring jobs show {job}")
def shown(desk: Desk, job: str) -> Job:
    """A command that the console started, with the end of what it printed."""
    return desk.jobs.get(job)


@operation(
    "jobs.stop",
    "POST",
    "/jobs/{job}/stop",
    command="mainspring jobs stop {job}",
    done="{title} is asked to stop",
)
def stop(desk: Desk, job: str, *, reason: str = "no longer wanted") -> Job:
    """Stop a command that the console started: in good order; if it was asked before, at once."""
    return desk.jobs.stop(job, by=desk.caller.name, reason=reason)


SUBJECT = Subject(
    name="jobs",
    operations=operations_in(listed, shown, stop),
    topics={"jobs": lambda shared, _: shared.jobs.stamp(""), "job": lambda shared, rest: shared.jobs.stamp(rest)},
)
