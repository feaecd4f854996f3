"""``mainspring models compare``."""

from __future__ import annotations

from collections.abc import Sequence

import click

from mainspring.app import platform
from mainspring.app.cli.words import bold, dim, json_option, print_json

_COLOURS = {"better": "green", "worse": "red"}


@click.command(
    epilog="\b\nExamples:\n  mainspring models compare taxi 1.0.0 1.1.0\n"
    "  mainspring models compare taxi @production latest"
)
@click.argument("name")
@click.argument("before")
@click.argument("after")
@click.option("--code", is_flag=True, help="Show the code line by line.")
@json_option
def compare(name: str, before: str, after: str, code: bool, as_json: bool) -> None:
    """Two versions side by side: code, data, parameters, metrics, environment, size, signature, and
    the assertions if they differ.

    BEFORE and AFTER are versions, `latest`, or aliases such as `@production`.
    """
    with platform.existing() as opened:
        found = opened.models.compare(name, before, after)
    if as_json:
        print_json(found.as_dict())
        return
    click.echo(f"{bold(name)} {found.before.version} → {bold(str(found.after.version))}")
    _part("signature", [str(one) for one in found.signature])
    if found.assertions:
        _part("assertions", [str(one) for one in found.assertions])
    _part("code", [str(one) for one in found.code])
    if code:
        for line in found.code_diff:
            click.echo(dim(f"    {line}"))
    _part("data", [str(one) for one in found.data if one.way != "same"])
    _part("schema", found.schema)
    _part("parameters", [str(one) for one in found.parameters])
    moved = [one for one in found.metrics if one.way != "same"]
    _part("metrics", [click.style(str(one), fg=_COLOURS.get(one.way)) for one in moved])
    _part("environment", [str(one) for one in found.environment])
    _part("size", [str(one) for one in found.size if one.way != "same"])


def _part(title: str, lines: Sequence[str]) -> None:
    click.echo(f"  {title}: {'the same' if not lines else ''}".rstrip())
    for line in lines:
        click.echo(f"    {line}")
