"""``mainspring deploy history``."""

from __future__ import annotations

import click
import msgspec

from mainspring.app.cli.words import ago, bold, dim, json_option, print_json

_COLOURS = {
    "accepted": "green",
    "applied": "green",
    "refused": "red",
    "failed": "red",
    "drift": "yellow",
    "restart": "yellow",
}


@click.command(epilog="\b\nExamples:\n  mainspring deploy history\n  mainspring deploy history --limit 100 --json")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="The last so many.")
@json_option
def history(limit: int, as_json: bool) -> None:
    """What was accepted or refused, by whom and why; what was served of it; and what was put right."""
    from mainspring.app.deploying import opened_deployments

    with opened_deployments() as deployments:
        events = list(deployments.history())[-limit:]
    if as_json:
        print_json({"history": [msgspec.to_builtins(one) for one in events]})
        return
    if not events:
        click.echo("nothing was deployed yet")
    for one in events:
        number = "" if one.number is None else f" {one.number}"
        parts = [one.deployment, f"by {one.by}" if one.by else "", one.commit[:12], one.message]
        said = "  ".join(part for part in parts if part)
        click.echo(f"{click.style(one.what, fg=_COLOURS[one.what])}{bold(number)}  {said}  {dim(ago(one.at))}")
        for line in one.changes:
            click.echo(dim(f"    {line}"))
