"""``mainspring deploy status``, and waiting for a server that follows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click
import msgspec

from mainspring.app.cli.words import ago, bold, dim, json_option, print_json, table

if TYPE_CHECKING:
    from mainspring.serving.deploying.deployments import Deployments
    from mainspring.serving.deploying.status import Status

_LOOK_SECONDS = 0.05
_MARKS = {"applied": ("✓", "green"), "failed": ("✗", "red"), "pending": ("▸", "blue")}


@click.command(epilog="\b\nExamples:\n  mainspring deploy status\n  mainspring deploy status --json")
@json_option
def status(as_json: bool) -> None:
    """What is wanted, what is served, and what keeps them apart; ends with status 1 if something does."""
    from mainspring.app.deploying import opened_deployments

    with opened_deployments() as deployments:
        found, number, follows = deployments.status, deployments.archive.number, deployments.archive.followed
        moved = [one for one in deployments.diff() if one.kind != "unchanged"] if number else []
    ok = found is not None and found.ok and follows and found.number == number
    if as_json:
        told = None if found is None else msgspec.to_builtins(found)
        print_json({"ok": ok, "wanted": number, "running": follows, "status": told})
    else:
        _print(found, number, follows)
        for one in moved:
            click.echo(dim("since then: ") + "; ".join(map(str, one.fields)))
    if not ok:
        click.get_current_context().exit(1)


def outcome(deployments: Deployments, wait: float) -> dict[str, Any]:
    """What became of what is wanted, once the server that follows has tried it."""
    number, deadline = deployments.archive.number, time.monotonic() + wait
    while True:
        if not deployments.archive.followed:
            return {"state": "waiting", "message": "no server follows"}
        found = deployments.status
        if found is not None and found.number == number and found.settled:
            failed = {name: one.message for name, one in found.deployments.items() if one.state == "failed"}
            state = "failed" if failed else "applied"
            return {"state": state, "url": found.url, "failed": failed, "restart": found.restart}
        if time.monotonic() > deadline:
            return {"state": "waiting", "message": f"the server did not follow within {wait:g} seconds"}
        time.sleep(_LOOK_SECONDS)


def print_outcome(found: dict[str, Any]) -> None:
    """What became of it, in words."""
    if found["state"] == "applied":
        click.echo(click.style("✓ ", fg="green") + f"served at {bold(found['url'])}")
    elif found["state"] == "failed":
        for name, message in found["failed"].items():
            click.echo(click.style("✗ ", fg="red") + f"{bold(name)} stays as it was: {message}")
    if found.get("restart"):
        click.echo(click.style("! ", fg="yellow") + found["restart"])
    if found["state"] == "waiting":
        click.echo(f"{found['message']}; to have it served: {bold('mainspring serve --deployments')}")


def _print(found: Status | None, number: int, follows: bool) -> None:
    if not follows or found is None:
        click.echo(f"revision {number} is wanted, and no server follows" if number else "nothing is deployed")
        click.echo(dim("to have it served: ") + "mainspring serve --deployments")
        return
    where = f" from {bold(found.source)}" if found.source else ""
    commit = f" at {found.commit[:12]}" if found.commit else ""
    click.echo(f"revision {number}{where}{commit}, at {bold(found.url)}, looked at {ago(found.at)}")
    rows = []
    for name, one in found.deployments.items():
        sign, colour = _MARKS[one.state]
        models = ", ".join(f"{model} {' '.join(versions)}" for model, versions in one.models.items())
        rows.append((click.style(sign, fg=colour), bold(name), f"revision {one.serving or '-'}", models))
    if rows:
        click.echo(table(rows, ("", "deployment", "serving", "models")))
    for name, one in found.deployments.items():
        if one.message:
            click.echo(
                click.style("✗ ", fg="red") + f"{bold(name)}: {one.message} {dim(f'({one.attempts} times)')}"
            )
    for word, text in (("refused: ", found.refused), ("trouble: ", found.trouble)):
        if text:
            click.echo(click.style(word, fg="red") + text)
    if found.restart:
        click.echo(click.style("! ", fg="yellow") + found.restart)
    if found.repaired:
        click.echo(dim(f"put right by itself {found.repaired}x (see mainspring deploy history)"))
    if found.outside:
        click.echo(dim("served, and in no deployment: ") + ", ".join(found.outside))
