"""Starting runs, taking them up again, stopping them: each a command in a process of its own."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.runs.asking import foretold, offered
from mainspring.app.planning import Offer, Plan, Wish
from mainspring.core.errors import ConflictError, NotFoundError, StateError
from mainspring.core.records import ExecutionState
from mainspring.pipelines.names import as_part, check_run


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A run that was set in motion.

    Attributes:
        run: Its name; it is in the record a moment later.
        job: The job that runs it.
    """

    run: str
    job: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """A run that was asked to stop.

    Attributes:
        run: Its name.
        state: ``RUNNING`` if it stops within seconds, ``CANCELED`` if it has.
    """

    run: str
    state: str


@operation("pipelines.list", "GET", "/pipelines")
def pipelines(desk: Desk, *, file: str = "") -> Sequence[Offer]:
    """The pipelines of the project's file, with their parameters, defaults and steps.

    Args:
        file: Another file than the project's.
    """
    return offered(desk.shared, file)


@operation("runs.plan", "POST", "/plans", command="mainspring run --dry-run", audited=False)
def plan(
    desk: Desk,
    *,
    pipeline: str = "",
    file: str = "",
    parameters: dict[str, Any] | None = None,
    start: Sequence[str] = (),
    end: Sequence[str] = (),
    only: Sequence[str] = (),
) -> Plan:
    """What a run would do: which steps were done before, which will run, and why. Nothing is run."""
    return foretold(desk.shared, _wish(pipeline, file, parameters, start, end, only))


@operation("runs.start", "POST", "/runs", command="mainspring run", done="{run} is started")
def start(
    desk: Desk,
    *,
    pipeline: str = "",
    file: str = "",
    name: str = "",
    parameters: dict[str, Any] | None = None,
    start: Sequence[str] = (),
    end: Sequence[str] = (),
    only: Sequence[str] = (),
    reason: str = "",
) -> Started:
    """Start a run of a pipeline.

    Parameters are JSON values or the texts that stand for them on a command line. What is wrong with them is said
    before anything is started.
    """
    wish = _wish(pipeline, file, parameters, start, end, only)
    planned = foretold(desk.shared, wish)
    run = check_run(name) if name else _named(planned.pipeline)
    _refuse_taken(desk, run)
    words = f"{reason}: " if reason else "started by "
    given = [*_arguments(wish, run), "--because", f"{words}{desk.caller.name}, in the console"]
    job = desk.jobs.start(given, title=f"Run {run}", by=desk.caller.name, path=f"/runs/{run}")
    return Started(run=run, job=job.id)


@operation(
    "runs.resume", "POST", "/runs/{run}/resume", command="mainspring resume {run}", done="{run} is taken up again"
)
def resume(desk: Desk, run: str) -> Started:
    """Take up a run that failed, was held, parked, cancelled or killed; what it finished is not done again."""
    found = desk.platform.pipelines.records.run(run)
    name, state = str(found.name), found.state
    if state in (ExecutionState.COMPLETE, ExecutionState.RUNNING):
        raise StateError(
            f"run {name} {'is complete' if state is ExecutionState.COMPLETE else 'still runs'}",
            fix="start another one" if state is ExecutionState.COMPLETE else "wait for its end",
        )
    job = desk.jobs.start(["resume", name], title=f"Resume {name}", by=desk.caller.name, path=f"/runs/{name}")
    return Started(run=name, job=job.id)


@operation(
    "runs.cancel",
    "POST",
    "/runs/{run}/cancel",
    command='mainspring cancel {run} --reason "…"',
    done="{run} is asked to stop",
)
def cancel(desk: Desk, run: str, *, reason: str = "no longer wanted") -> Cancelled:
    """Stop a run: within seconds if it runs, at once if it waits or is held. It can be resumed."""
    execution = desk.platform.pipelines.cancel(run, by=desk.caller.name, reason=reason)
    return Cancelled(run=str(execution.name), state=execution.state.value)


def _wish(
    pipeline: str,
    file: str,
    parameters: Mapping[str, Any] | None,
    start: Sequence[str],
    end: Sequence[str],
    only: Sequence[str],
) -> Wish:
    return Wish(
        pipeline=pipeline,
        file=file,
        parameters={name: _text(value) for name, value in (parameters or {}).items() if value not in (None, "")},
        start=list(start),
        end=list(end),
        only=list(only),
    )


def _text(value: Any) -> str:
    # A form that is sent without a script ends its lines with both.
    return value.replace("\r\n", "\n") if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _arguments(wish: Wish, run: str) -> list[str]:
    given = ["run", "--name", run]
    given += ["--file", wish.file] if wish.file else []
    given += ["--pipeline", wish.pipeline] if wish.pipeline else []
    for name, value in wish.parameters.items():
        given += ["-p", f"{name}={value}"]
    for option, steps in (("--from", wish.start), ("--to", wish.end), ("--only", wish.only)):
        for one in steps:
            given += [option, one]
    return given


def _named(pipeline: str) -> str:
    return f"{as_part(pipeline)}-{time.strftime('%Y%m%d-%H%M%S')}-{os.urandom(2).hex()}"


def _refuse_taken(desk: Desk, run: str) -> None:
    try:
        found = desk.platform.pipelines.records.run(run)
    except NotFoundError:
        return
    if found.name == run:
        raise ConflictError(f"there is a run {run!r}", expected="a name that no run has", fix="leave it empty")
