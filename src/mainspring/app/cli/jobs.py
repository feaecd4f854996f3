"""``mainspring jobs``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from mainspring.app import platform
from mainspring.app.cli.groups import LazyGroup
from mainspring.app.cli.words import ago, bold, dim, json_option, print_json, table, who

if TYPE_CHECKING:
    from mainspring.app.api.jobs import Job

_COMMANDS = {"list": "jobs:list_", "show": "jobs:show", "stop": "jobs:stop"}
_SUMMARIES = {
    "list": "The latest jobs, newest first.",
    "show": "One job, with the end of what it printed.",
    "stop": "Stop a job.",
}


@click.group(
    cls=LazyGroup,
    commands=_COMMANDS,
    summaries=_SUMMARIES,
    default="list",
    bare=True,
    epilog="\b\nExamples:\n  mainspring jobs\n  mainspring jobs stop 4ec30a9f1b2c --reason 'the wrong month'",
)
def jobs() -> None:
    """Jobs: the commands that consoles of this project started.

    Without a command: the latest of them.
    """


@click.command(name="list", epilog="\b\nExamples:\n  mainspring jobs list -n 5")
@click.option("-n", "--limit", default=20, show_default=True, help="How many.")
@json_option
def list_(limit: int, as_json: bool) -> None:
    """The latest jobs, newest first."""
    from mainspring.app.api.jobs import jobs_of

    with platform.existing() as opened:
        found = jobs_of(opened).latest(limit)
    if as_json:
        print_json({"jobs": [_told(one) for one in found]})
    elif not found:
        click.echo("No console started a job yet.")
    else:
        click.echo(table([[bold(one.id), one.title, one.state, one.by, dim(ago(one.started))] for one in found]))


@click.command(epilog="\b\nExamples:\n  mainspring jobs show 4ec30a9f1b2c")
@click.argument("job", metavar="ID")
@json_option
def show(job: str, as_json: bool) -> None:
    """One job, with the end of what it printed."""
    from mainspring.app.api.jobs import jobs_of

    with platform.existing() as opened:
        found = jobs_of(opened).get(job)
    if as_json:
        print_json(_told(found))
        return
    click.echo(f"{bold(found.id)} {found.title}: {found.state}")
    click.echo(dim(f"{found.command}, started by {found.by} {ago(found.started)}"))
    click.echo(found.errors + found.output, nl=False)


@click.command(epilog="\b\nExamples:\n  mainspring jobs stop 4ec30a9f1b2c --reason 'the wrong month'")
@click.argument("job", metavar="ID")
@click.option("--by", default=who, help="Who; you by default.")
@click.option("--reason", default="no longer wanted", show_default=True, help="Why.")
@json_option
def stop(job: str, by: str, reason: str, as_json: bool) -> None:
    """Stop a job: in good order; if it was asked before, at once. What it did stays."""
    from mainspring.app.api.jobs import jobs_of

    with platform.existing() as opened:
        found: Job = jobs_of(opened).stop(job, by=by, reason=reason)
    if as_json:
        print_json(_told(found))
    else:
        click.echo(f"{bold(found.id)} {found.title} was asked to stop")


def _told(job: Job) -> dict[str, Any]:
    return {**asdict(job), "state": job.state}
