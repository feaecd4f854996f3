"""``mainspring report``."""

from __future__ import annotations

from pathlib import Path

import click

from mainspring.app import platform, stories
from mainspring.app.cli.words import json_option, print_json


@click.command(epilog="\b\nExample:\n  mainspring report latest --out taxi.html")
@click.argument("reference", metavar="[RUN]", default="latest")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The file; RUN.html by default.")
@json_option
def report(reference: str, out: Path | None, as_json: bool) -> None:
    """Write one offline HTML page that tells a run's story, to open or to send."""
    from mainspring.app.reporting import write_report

    with platform.existing() as opened:
        story = stories.tell(opened.pipelines.records, opened.store.blobs, reference)
        target = write_report(opened, story, out or Path(f"{story.name}.html"))
    if as_json:
        print_json({"run": story.name, "report": str(target)})
    else:
        click.echo(f"wrote {target}")
