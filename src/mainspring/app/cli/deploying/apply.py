"""``mainspring deploy apply``, ``remove`` and ``rollback``: what changes what is wanted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mainspring.app.cli.deploying.files import changed, file_option, plain, print_differences, read_files
from mainspring.app.cli.deploying.status import outcome, print_outcome
from mainspring.app.cli.words import dim, json_option, print_json, who

if TYPE_CHECKING:
    from mainspring.serving.deploying.deployments import Deployments
    from mainspring.serving.deploying.revision import Revision

_wait_option = click.option(
    "--wait",
    type=float,
    default=300.0,
    show_default=True,
    help="Seconds to wait for the server that follows; 0 waits for nothing.",
)
_reason_option = click.option("--reason", default="", help="Why; it stays in the history.")


@click.command(
    epilog="\b\nExamples:\n  mainspring deploy -f fares.yaml\n  mainspring deploy -f deployments --prune --yes\n"
    "  mainspring deploy -f fares.yaml --dry-run"
)
@file_option
@click.option("--dry-run", is_flag=True, help="Only say what would change; status 2 if that is anything.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--prune", is_flag=True, help="Serve deployments no longer that the files do not have.")
@_reason_option
@_wait_option
@json_option
def apply(
    paths: tuple[Path, ...], dry_run: bool, yes: bool, prune: bool, reason: str, wait: float, as_json: bool
) -> None:
    """Check files, show what would change, ask, and have it so; then wait until it is served.

    Deployments that the files do not have stay as they are. A server that runs in this project with
    --deployments follows within a second; without one, the next that is started does.
    """
    from mainspring.app.deploying import opened_deployments

    files = read_files(paths)
    with opened_deployments() as deployments:
        deployments.refuse_if_followed()
        checked = deployments.check(files, keep=not prune)
        checked.raise_if_wrong()
        found = deployments.diff(checked)
        if not as_json:
            print_differences(found)
        if dry_run:
            if as_json:
                print_json({"changed": changed(found), "differences": plain(found)})
            click.get_current_context().exit(2 if changed(found) else 0)
        if changed(found) and not (yes or as_json) and not click.confirm("Have it so?", default=True):
            raise click.Abort
        revision = deployments.accept(checked, by=who(), reason=reason)
        _finish(deployments, revision, wait, as_json=as_json, told={"differences": plain(found)})


@click.command(epilog="\b\nExamples:\n  mainspring deploy remove fares --reason 'nobody asks for it'")
@click.argument("names", metavar="DEPLOYMENT...", nargs=-1, required=True)
@_reason_option
@_wait_option
@json_option
def remove(names: tuple[str, ...], reason: str, wait: float, as_json: bool) -> None:
    """Serve deployments no longer."""
    from mainspring.app.deploying import opened_deployments

    with opened_deployments() as deployments:
        revision = deployments.remove(names, by=who(), reason=reason)
        _finish(deployments, revision, wait, as_json=as_json, told={})


@click.command(
    epilog="\b\nExamples:\n  mainspring deploy rollback\n  mainspring deploy rollback 7 --reason 'too slow'"
)
@click.argument("number", type=int, required=False)
@_reason_option
@_wait_option
@json_option
def rollback(number: int | None, reason: str, wait: float, as_json: bool) -> None:
    """Have an earlier revision again, with the versions that it meant: the one before, or that of a NUMBER.

    Aliases that move change nothing from then on, nor does a source that stays as it is: until somebody deploys,
    or commits.
    """
    from mainspring.app.deploying import opened_deployments

    with opened_deployments() as deployments:
        revision = deployments.rollback(number, by=who(), reason=reason)
        _finish(deployments, revision, wait, as_json=as_json, told={})


def _finish(
    deployments: Deployments, revision: Revision | None, wait: float, *, as_json: bool, told: dict[str, object]
) -> None:
    """Wait for a server, and say what became of it; ends with status 1 if it could not follow."""
    found = outcome(deployments, wait)
    if as_json:
        print_json({"revision": None if revision is None else revision.number, **told, **found})
    else:
        if revision is None:
            click.echo(dim("nothing changes: that is what is wanted already"))
        else:
            click.echo(f"revision {revision.number} is wanted")
        print_outcome(found)
    if found["state"] == "failed":
        click.get_current_context().exit(1)
