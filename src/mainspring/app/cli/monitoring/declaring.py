"""``mainspring monitor check`` and ``init``: the monitoring file."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from mainspring.app import platform
from mainspring.app.cli.words import dim, json_option, print_json
from mainspring.app.monitoring_file import starting_file
from mainspring.core.errors import ConflictError, NotFoundError

file_option = click.option(
    "-f",
    "--file",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Another monitoring file than the project's.",
)


@click.command(epilog="\b\nExamples:\n  mainspring monitor check\n  mainspring monitor check -f other.yaml --json")
@file_option
@json_option
def check(path: Path | None, as_json: bool) -> None:
    """Say all that is wrong with the monitoring file, with lines. Ends with status 1 if anything is."""
    from mainspring.app.watching import UNHEARD, declared_in, nobody_hears
    from mainspring.serving.deploying.problems import DeclarationError

    problems = []
    names: list[str] = []
    unheard: list[str] = []
    with platform.open() as opened:
        try:
            declared = declared_in(opened, path)
            names, unheard = list(declared), nobody_hears(opened, declared)
        except DeclarationError as error:
            problems = list(error.problems)
    if as_json:
        print_json(
            {"ok": not problems, "models": names, "problems": [msgspec.to_builtins(one) for one in problems]}
            | {"nobody_hears": unheard}
        )
    else:
        for one in problems:
            click.echo(click.style("✗ ", fg="red") + str(one))
        for name in unheard:
            click.echo(click.style("! ", fg="yellow") + f"{name}: {UNHEARD}")
        if not problems:
            click.echo(click.style("✓ ", fg="green") + f"in order; it watches {', '.join(names) or 'nothing'}")
    if problems:
        click.get_current_context().exit(1)


@click.command(epilog="\b\nExamples:\n  mainspring monitor init\n  mainspring monitor init census")
@click.argument("models", nargs=-1)
@file_option
@json_option
def init(models: tuple[str, ...], path: Path | None, as_json: bool) -> None:
    """Write a monitoring file for the models named, or for those that are registered."""
    with platform.existing() as opened:
        file = path or opened.settings.path(opened.settings.monitoring.file)
        names = list(models) or list(opened.models.models())
    if file.exists():
        raise ConflictError(f"there is a {file.name} already", where=str(file.parent), fix="edit it")
    if not names:
        raise NotFoundError(
            "no model is registered yet",
            expected="a name to watch",
            fix="mainspring run, or mainspring monitor init NAME",
        )
    text = starting_file(names)
    file.write_text(text, encoding="utf-8")
    if as_json:
        print_json({"file": str(file), "models": names})
        return
    click.echo(f"wrote {file.name} for {', '.join(names)}")
    click.echo(dim("next: ") + "mainspring monitor")
