"""``mainspring monitor check`` and ``init``: the monitoring file."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from mainspring.app import platform
from mainspring.app.cli.words import json_option, print_json
from mainspring.core.errors import ConflictError

_TEXT = """\
# What is watched, and how. `mainspring monitor check` says what is wrong with it; `mainspring simulate` shows what
# it would have done with the requests of the past; `mainspring monitor` does it.
"""
_MODEL = """
{name}:
  window: 1h          # a stretch of the log that is judged as one; or rows: 5000
  wait: 1m            # late requests are waited for so long
  labels: 7d          # the truth may come so late: windows are judged again with it
  # slices: []        # columns by whose values figures are told apart
  # checks: {{}}        # {checks}
  # alerts: {{to: ["mailto://…", "https://…"]}}
  # retraining: {{when: [quality, drift], cool_down: 12h, budget: 3 per 7d}}
"""

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
    from mainspring.app.watching import declared_in
    from mainspring.serving.deploying.problems import DeclarationError

    problems = []
    names: list[str] = []
    with platform.open() as opened:
        try:
            declared = declared_in(opened, path)
            names = list(declared)
        except DeclarationError as error:
            problems = list(error.problems)
    if as_json:
        print_json(
            {"ok": not problems, "models": names, "problems": [msgspec.to_builtins(one) for one in problems]}
        )
    else:
        for one in problems:
            click.echo(click.style("✗ ", fg="red") + str(one))
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
    from mainspring.monitoring.declaration import USUAL

    with platform.existing() as opened:
        file = path or opened.settings.path(opened.settings.monitoring.file)
        names = list(models) or list(opened.models.models())
    if file.exists():
        raise ConflictError(f"there is a {file.name} already", where=str(file.parent), fix="edit it")
    usual = f"beside the usual ones: {', '.join(USUAL)}"
    text = _TEXT + "".join(_MODEL.format(name=name, checks=usual) for name in names)
    file.write_text(text, encoding="utf-8")
    if as_json:
        print_json({"file": str(file), "models": names})
        return
    click.echo(f"wrote {file.name} for {', '.join(names) or 'no model'}; then: mainspring monitor")
