"""``mainspring audit``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from mainspring.app.api.subjects.audit import chain, listing
from mainspring.app.cli.users.asking import ask, opened_desk
from mainspring.app.cli.words import bold, dim, json_option, print_json, table
from mainspring.core.clock import iso

F = TypeVar("F", bound=Callable[..., Any])

_COLOURS = {"done": "green", "refused": "red", "failed": "red"}
_FILTERS = (
    click.option("--who", default="", help="Only of somebody of this name."),
    click.option("--operation", default="", help="Only this operation, or all of a subject: models."),
    click.option(
        "--outcome", type=click.Choice(["done", "refused", "failed"]), default=None, help="Only of this outcome."
    ),
    click.option("--since", default="", help="From this day or moment on (ISO 8601)."),
    click.option("--until", default="", help="Before this day or moment (ISO 8601)."),
    click.option("--text", default="", help="Only with this in it, in any letters."),
    click.option(
        "--sort",
        type=click.Choice(["request", "decision"]),
        default=None,
        help="Only what was asked for, or only what the record tells of decisions.",
    ),
)


def _filtered(command: F) -> F:
    for option in reversed(_FILTERS):
        command = option(command)
    return command


@click.command(
    "list",
    epilog="\b\nExamples:\n  mainspring audit list --who ada\n  mainspring audit list --outcome refused --json",
)
@_filtered
@click.option("--limit", type=click.IntRange(1, 1000), default=30, show_default=True, help="The most lines.")
@json_option
def list_(limit: int, as_json: bool, **filters: str | None) -> None:
    """The latest lines: who asked for what, what became of it, and what else was decided."""
    with opened_desk() as desk:
        found = ask(desk, listing.listed, limit=limit, **_given(filters)).lines
    if as_json:
        print_json({"lines": [msgspec.to_builtins(one) for one in found]})
    elif not found:
        click.echo("Nothing was asked for yet." if not _given(filters) else "Nothing fits.")
    else:
        rows = [
            [
                iso(one.at)[:19].replace("T", " "),
                bold(one.who) if one.who else dim("a program"),
                one.operation,
                click.style(one.outcome, fg=_COLOURS[one.outcome]),
                one.about,
                " ".join(one.words.split()),
            ]
            for one in found
        ]
        click.echo(table(rows, ["when (UTC)", "who", "what", "outcome", "about", "said"]))


@click.command(
    "export",
    epilog="\b\nExamples:\n  mainspring audit export --out audit.csv\n"
    "  mainspring audit export --since 2026-11-01 --out november.jsonl",
)
@_filtered
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The file: JSON lines, or CSV if its name ends in .csv.",
)
@json_option
def export(out: Path, as_json: bool, **filters: str | None) -> None:
    """Write the list, or what a filter leaves of it, into a file. That is itself an entry of the trail."""
    layout = "csv" if out.suffix.lower() == ".csv" else "jsonl"
    with opened_desk() as desk:
        text = ask(desk, listing.export, layout=layout, **_given(filters))
    out.write_text(text, encoding="utf-8", newline="")
    if as_json:
        print_json({"file": str(out), "layout": layout, "bytes": len(text.encode())})
    else:
        click.echo(f"{bold(str(out))} is written")


@click.command(
    "verify",
    epilog="\b\nExamples:\n  mainspring audit verify\n  mainspring audit verify --head 812:9f2c…",
)
@click.option("--head", default="", help="An end of the trail that was noted down before.")
@json_option
def verify(head: str, as_json: bool) -> int:
    """Whether the trail is whole: every entry holds the digest of the one before. Exits with 1 if it is not.

    Note the end of the trail down where nobody who can write the record can change it. With --head, a trail whose
    end was cut off, or that was written anew, is found out too.
    """
    with opened_desk() as desk:
        found = ask(desk, chain.verify, head=head)
    if as_json:
        print_json(msgspec.to_builtins(found))
        return 0 if found.whole else 1
    if found.whole:
        click.echo(f"{click.style('✓', fg='green')} {found.entries} entries, each as it was written")
        if found.head:
            click.echo(dim("  its end, to note down: ") + found.head)
        return 0
    click.echo(f"{click.style('✗', fg='red')} the trail is not what was written")
    for one in found.breaks:
        click.echo(f"  entry {one.number}: {one.found}")
    return 1


def _given(filters: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in filters.items() if value}
