"""``mainspring runs``."""

from __future__ import annotations

import click

from mainspring.app import platform
from mainspring.app.cli.words import ago, dim, duration, json_option, mark, print_json, state_word, table
from mainspring.core.clock import iso


@click.command()
@click.option("--pipeline", help="Only runs of this pipeline.")
@click.option("-n", "--limit", default=20, show_default=True, help="How many.")
@json_option
def runs(pipeline: str | None, limit: int, as_json: bool) -> None:
    """The latest runs, newest first."""
    with platform.existing() as opened:
        opened.pipelines.abandoned()
        found = opened.pipelines.records.runs(pipeline=pipeline, limit=limit)
        if as_json:
            rows = [
                {
                    "run": one.name,
                    "pipeline": one.properties.get("pipeline"),
                    "state": one.state.value,
                    "started": iso(one.created_at),
                    "seconds": one.custom.get("seconds"),
                    "parameters": one.custom.get("parameters"),
                }
                for one in found
            ]
            print_json({"runs": rows})
            return
        if not found:
            click.echo("There are no runs yet. Start one: mainspring run")
            return
        lines = [
            [
                mark(one.state),
                str(one.name),
                state_word(one.state),
                duration(float(str(one.custom.get("seconds") or 0.0))),
                dim(ago(one.created_at)),
            ]
            for one in found
        ]
        click.echo(table(lines))
