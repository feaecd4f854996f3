"""``mainspring monitor check`` and ``init``: the monitoring file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from mainspring.app import platform
from mainspring.app.cli.words import dim, json_option, print_json
from mainspring.core.errors import ConflictError, NotFoundError

_TEXT = """\
# What is watched, and how. What is commented out is optional, and shows what can be said.
#
#   mainspring monitor check       is this file in order?
#   mainspring monitor             judge windows as they become complete, until stopped
#   mainspring monitor status      how things stand
#   mainspring simulate NAME       what this file would have done with the requests of the past
"""
_MODEL = """
{name}:
  window: 1h            # a stretch of the log that is judged as one; or by count, rows: 500
  wait: 1m              # requests that come late are waited for so long
  labels: 7d            # the truth may come so late: a window is judged again when it has

  # Columns by whose values figures are told apart.
  # slices: [country]

  # Every window is looked at by: {checks}.
  # Give one of them options, leave one out, add another.
  # checks:
  #   quality: {{at_least: {{accuracy: 0.9}}}}
  #   drift: {{exclude: [day]}}
  #   outliers: false
  #   multivariate: {{}}

  # Who is told; `mainspring alerts` knows in any case. Mail, Slack and others: pip install 'mainspring[alerts]'.
  # alerts:
  #   to: ["https://hooks.example.org/in", "mailto://${{MAIL_USER}}:${{MAIL_PASSWORD}}@example.org"]
  #   for_windows: 2      # bad in 2 of the last 3 windows before anybody is told
  #   of_windows: 3

  # When a new model is asked for. `mainspring scheduler` starts the run, if mainspring.toml has a [[schedule]]
  # with topic = "retrain". The parameters are those of pipeline.py.
  # retraining:
  #   when: [quality, drift]
  #   cool_down: 12h
  #   budget: 3 per 7d
  #   parameters: {{traffic: true, since: $since}}
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


def starting_file(names: Sequence[str]) -> str:
    """A monitoring file for models of which nothing special is known."""
    from mainspring.monitoring.declaration import USUAL

    return _TEXT + "".join(_MODEL.format(name=name, checks=", ".join(USUAL)) for name in names)
