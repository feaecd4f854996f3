"""``mainspring cancel``."""

from __future__ import annotations

import click

from mainspring.app import platform
from mainspring.app.cli.words import json_option, print_json, who


@click.command()
@click.argument("reference", metavar="RUN")
@click.option("--by", default=who, help="Who; you by default.")
@click.option("--reason", default="no longer wanted", show_default=True, help="Why.")
@json_option
def cancel(reference: str, by: str, reason: str, as_json: bool) -> None:
    """Stop a run. It can be resumed later."""
    with platform.existing() as opened:
        execution = opened.pipelines.cancel(reference, by=by, reason=reason)
        if as_json:
            print_json({"run": execution.name, "state": execution.state.value})
        else:
            click.echo(
                f"{execution.name} was asked to stop"
                if execution.state == "RUNNING"
                else f"{execution.name} is cancelled"
            )
