"""A person's word: approving and rejecting what runs wait for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mainspring.app.accounts import Role
from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.runs.starting import resume
from mainspring.pipelines.approvals import waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What was answered.

    Attributes:
        run: The run.
        questions: What was asked.
        by: Who answered.
        goes_on: Whether the run goes on now; else it waits for more answers.
        job: The job that runs it on; empty if it does not go on yet.
    """

    run: str
    questions: Sequence[str]
    by: str
    goes_on: bool
    job: str


@operation(
    "runs.approve",
    "POST",
    "/runs/{run}/approve",
    role=Role.APPROVER,
    command='mainspring approve {run} --by NAME --reason "…"',
    done="Signed by {by}",
)
def approve(desk: Desk, run: str, reason: str, *, step: str = "", go_on: bool = True) -> Signed:
    """Sign what a run waits for, and let it go on; who signed what, when and why stays in the record.

    Args:
        go_on: Whether the run goes on as soon as nothing else is asked.
    """
    return _answer(desk, run, reason, step, ok=True, go_on=go_on)


@operation(
    "runs.reject",
    "POST",
    "/runs/{run}/reject",
    role=Role.APPROVER,
    command='mainspring approve {run} --reject --by NAME --reason "…"',
    done="Rejected by {by}",
)
def reject(desk: Desk, run: str, reason: str, *, step: str = "", go_on: bool = True) -> Signed:
    """Say no to what a run waits for, and let it go on without it.

    Args:
        go_on: Whether the run goes on as soon as nothing else is asked.
    """
    return _answer(desk, run, reason, step, ok=False, go_on=go_on)


def _answer(desk: Desk, run: str, reason: str, step: str, *, ok: bool, go_on: bool) -> Signed:
    pipelines = desk.platform.pipelines
    name = str(pipelines.records.run(run).name)
    given = pipelines.approve(name, by=desk.caller.name, reason=reason, reject=not ok, step=step or None)
    goes_on = go_on and not waiting(pipelines.records, name)
    return Signed(
        run=name,
        questions=[one.question for one in given],
        by=desk.caller.name,
        goes_on=goes_on,
        job=resume(desk, name).job if goes_on else "",
    )
