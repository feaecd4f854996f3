"""``mainspring models archive``."""

from __future__ import annotations

import click

from mainspring.app import platform
from mainspring.app.cli.words import dim, json_option, print_json, who
from mainspring.app.collecting import served_version


@click.command(
    epilog="\b\nExamples:\n  mainspring models archive taxi --keep-last 5\n"
    "  mainspring models archive taxi --keep-last 5 --older-than 90 --yes"
)
@click.argument("name")
@click.option(
    "--keep-last", default=10, show_default=True, type=click.IntRange(min=1), help="Newest versions to keep."
)
@click.option("--drop-aliased", is_flag=True, help="Do not keep a version because an alias needs it.")
@click.option("--older-than", type=click.FloatRange(min=0), metavar="DAYS", help="Only what is older than this.")
@click.option("--by", default=who, help="Who; you by default.")
@click.option("--reason", default="retention", show_default=True, help="Why; it stays in the record.")
@click.option("--yes", is_flag=True, help="Do it; without this, only say what would go.")
@json_option
def archive(
    name: str,
    keep_last: int,
    drop_aliased: bool,
    older_than: float | None,
    by: str,
    reason: str,
    yes: bool,
    as_json: bool,
) -> None:
    """Archive the versions that no alias, deployment or open promotion needs.

    An archived version keeps its number, metrics and history; `mainspring gc` gives back its package.
    """
    with platform.existing() as opened:
        done = opened.models.retention(
            name,
            keep_last=keep_last,
            keep_aliased=not drop_aliased,
            older_than=older_than,
            in_use={f"{name}:{served_version(opened, name)}"},
            by=by,
            reason=reason,
            dry_run=not yes,
        )
    if as_json:
        print_json(done.as_dict())
        return
    word = "would archive" if done.dry_run else "archived"
    click.echo(f"{word} {len(done.archived)} of {len(done.archived) + len(done.kept) + len(done.gone)} versions")
    for one in done.archived:
        click.echo(f"  {one}")
    for version, reasons in done.kept.items():
        click.echo(dim(f"  {name}:{version} stays: {'; '.join(reasons)}"))
    if done.dry_run and done.archived:
        click.echo(dim("  next: ") + f"mainspring models archive {name} --keep-last {keep_last} --yes")
