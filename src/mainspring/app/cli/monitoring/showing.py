"""``mainspring monitor page``: what was seen, as a page."""

from __future__ import annotations

from pathlib import Path

import click

from mainspring.app import platform
from mainspring.app.cli.monitoring.declaring import file_option
from mainspring.app.cli.words import json_option, print_json
from mainspring.core.clock import from_iso


@click.command(
    epilog="\b\nExamples:\n  mainspring monitor page\n  mainspring monitor page census -o census.html\n"
    "  mainspring monitor page census --since 2026-11-01 --until 2026-11-08 --json"
)
@click.argument("model", required=False)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; by default named after the model.",
)
@click.option("--since", help="From this day or moment on (ISO 8601, UTC); the last 720 windows by default.")
@click.option("--until", help="Up to this day or moment.")
@file_option
@json_option
def page(
    model: str | None,
    output: Path | None,
    since: str | None,
    until: str | None,
    path: Path | None,
    as_json: bool,
) -> None:
    """Write what was seen of MODEL as one offline page; without MODEL an overview of all."""
    from mainspring.app.seen_models import SeenModels
    from mainspring.monitoring.viewing import view, view_overview

    begin, end = (None if text is None else from_iso(text) for text in (since, until))
    with platform.existing() as opened:
        seen = SeenModels(opened, path)
        names = seen.names()
        if model is None:
            made = view_overview([seen.watch(one, since=begin, until=end, full=False) for one in names])
        else:
            made = view(seen.watch(model, since=begin, until=end))
    name = (model or "models").replace("/", "-")
    target = made.save(output or Path(f"{name}-watch.html"))
    if as_json:
        print_json({"path": str(target), "bytes": target.stat().st_size, "model": model})
    else:
        click.echo(f"wrote {target}")
