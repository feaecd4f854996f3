"""Deployment files on the command line, and how differences are shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from mainspring.app.cli.words import bold, dim
from mainspring.core.errors import NotFoundError
from mainspring.serving.deploying.difference import Difference
from mainspring.serving.deploying.revision import File
from mainspring.serving.deploying.sources import file_at, files_of

file_option = click.option(
    "-f",
    "--file",
    "paths",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    help="A deployment file, or a folder of them (repeatable).",
)

_COLOURS = {"+": "green", "-": "red", "~": "yellow"}
_SIGNS = {"added": "+", "removed": "-", "changed": "~", "unchanged": "="}


def read_files(paths: Sequence[Path]) -> list[File]:
    """The files that paths mean.

    Raises:
        NotFoundError: If a path is not there, or a folder has no such file.
    """
    found: list[File] = []
    for path in paths:
        if not path.is_dir():
            found.append(file_at(path))
            continue
        inside = files_of(path)
        if not inside:
            raise NotFoundError("the folder has no deployment file", expected="*.yaml or *.json", where=str(path))
        found += inside
    return found


def print_differences(differences: Sequence[Difference]) -> None:
    """Differences for people; what is as before is counted."""
    same = sum(one.kind == "unchanged" for one in differences)
    for one in differences:
        if one.kind == "unchanged":
            continue
        sign = _SIGNS[one.kind]
        click.echo(click.style(f"{sign} ", fg=_COLOURS[sign]) + bold(one.deployment) + dim(f" {one.kind}"))
        for each in one.fields:
            line = str(each)
            click.echo("    " + click.style(line, fg=_COLOURS[line[0]]))
        for note in one.notes:
            click.echo("    " + click.style("! ", fg="yellow") + note)
    if same:
        click.echo(dim(f"{same} unchanged"))


def plain(differences: Sequence[Difference]) -> list[Any]:
    """Differences as plain values, for JSON."""
    return [msgspec.to_builtins(one) for one in differences]


def changed(differences: Sequence[Difference]) -> bool:
    """Whether anything is different."""
    return any(one.kind != "unchanged" for one in differences)
