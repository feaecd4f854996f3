"""``mainspring deploy check``, ``diff`` and ``schema``: what changes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import click
import msgspec

from mainspring.app.cli.deploying.files import changed, file_option, plain, print_differences, read_files
from mainspring.app.cli.words import dim, json_option, print_json

_prune_option = click.option("--prune", is_flag=True, help="As if deployments that the files do not have went.")


@click.command(
    epilog="\b\nExamples:\n  mainspring deploy check -f fares.yaml\n  mainspring deploy check -f deployments"
)
@file_option
@_prune_option
@json_option
def check(paths: tuple[Path, ...], prune: bool, as_json: bool) -> None:
    """Say all that is wrong with files, with their lines: form, references, blessings, graphs, arms, thresholds.

    Ends with status 1 if anything is.
    """
    from mainspring.app.deploying import opened_deployments

    with opened_deployments() as deployments:
        checked = deployments.check(read_files(paths), keep=not prune)
    if as_json:
        print_json(
            {
                "ok": not checked.problems,
                "problems": [msgspec.to_builtins(one) for one in checked.problems],
                "deployments": sorted(checked.declared),
                "verdict": checked.verdict.as_dict(),
            }
        )
    else:
        for one in checked.problems:
            click.echo(click.style("✗ ", fg="red") + str(one))
        if not checked.problems:
            count = len(checked.verdict.reasons)
            click.echo(click.style("✓ ", fg="green") + f"in order; {count} things were looked at")
    if checked.problems:
        click.get_current_context().exit(1)


@click.command(
    epilog="\b\nExamples:\n  mainspring deploy diff\n  mainspring deploy diff -f deployments --prune --json"
)
@click.option(
    "-f",
    "--file",
    "paths",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A deployment file, or a folder of them (repeatable).",
)
@_prune_option
@json_option
def diff(paths: tuple[Path, ...], prune: bool, as_json: bool) -> None:
    """What files would change; without files, what aliases that moved would change.

    Ends with status 2 if that is anything, and with 1 if something is wrong with the files.
    """
    from mainspring.app.deploying import opened_deployments

    with opened_deployments() as deployments:
        checked = deployments.check(read_files(paths), keep=not prune) if paths else None
        if checked is not None:
            checked.raise_if_wrong()
        found = deployments.diff(checked)
    if as_json:
        print_json({"changed": changed(found), "differences": plain(found)})
    else:
        print_differences(found)
        if not changed(found):
            click.echo(dim("nothing would change"))
    if changed(found):
        click.get_current_context().exit(2)


@click.command(epilog="\b\nExamples:\n  mainspring deploy schema > deployment.schema.json")
def schema() -> None:
    """The JSON Schema of deployment files. In a file: # yaml-language-server: $schema=deployment.schema.json."""
    from mainspring.serving.deploying.declaration import schema as made

    click.echo(json.dumps(made(), indent=1))
