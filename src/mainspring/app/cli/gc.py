"""``mainspring gc``."""

from __future__ import annotations

import click

from mainspring.app import platform
from mainspring.app.cli.words import json_option, print_json, short
from mainspring.app.collecting import collect


@click.command(epilog="\b\nExample:\n  mainspring gc --keep-runs 10 --dry-run")
@click.option(
    "--keep-runs", default=20, show_default=True, type=click.IntRange(min=1), help="Runs of each pipeline to keep."
)
@click.option(
    "--keep-days",
    default=7.0,
    show_default=True,
    type=click.FloatRange(min=0),
    help="Keep everything younger than this.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@json_option
def gc(keep_runs: int, keep_days: float, dry_run: bool, as_json: bool) -> None:
    """Remove what no recent run, no registered model and nothing it came from needs any more.

    The record keeps a tombstone for each, so that lineage stays whole.
    """
    with platform.existing() as opened:
        done = collect(opened, keep_runs=keep_runs, keep_days=keep_days, dry_run=dry_run)
    if as_json:
        print_json(
            {
                "dry_run": dry_run,
                "artifacts": list(done.artifacts),
                "blobs": list(done.blobs),
                "scratch": list(done.scratch),
            }
        )
        return
    word = "would remove" if dry_run else "removed"
    click.echo(
        f"{word} {len(done.artifacts)} artifacts, {len(done.blobs)} blobs, {len(done.scratch)} scratch folders"
    )
    if dry_run:
        for digest in done.blobs[:20]:
            click.echo(f"  {short(digest, 16)}")
