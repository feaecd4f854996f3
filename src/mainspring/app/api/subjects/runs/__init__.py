"""Runs: looked at, started, resumed, cancelled, signed; what they print; the schedules that start them."""

from __future__ import annotations

from collections.abc import Hashable

from mainspring.app.api.operation import operations_in
from mainspring.app.api.shared import Shared
from mainspring.app.api.subject import Subject
from mainspring.app.api.subjects.runs import logs, schedules, showing
from mainspring.app.api.subjects.runs.finding import find, waiting
from mainspring.app.api.subjects.runs.listing import listed
from mainspring.app.api.subjects.runs.signing import approve, reject
from mainspring.app.api.subjects.runs.starting import cancel, pipelines, plan, resume, start
from mainspring.app.api.subjects.runs.steps import step, steps
from mainspring.app.api.subjects.runs.table import table_of


def _all(shared: Shared, _: str) -> Hashable:
    """Another value when any run began, moved or ended."""
    table = table_of(shared)
    table.rows()
    return table.version


SUBJECT = Subject(
    name="runs",
    operations=operations_in(
        *(listed, showing.shown, steps, step),
        *(logs.part, logs.search),
        *(pipelines, plan, start, resume, cancel, approve, reject),
        *(schedules.listed, schedules.run_now, schedules.revive),
    ),
    topics={"runs": _all, "run": showing.stamp, "log": logs.stamp, "schedules": schedules.stamp},
    find=find,
    waiting=waiting,
    prepare=lambda shared: table_of(shared).rows(),
)

__all__ = ["SUBJECT"]
