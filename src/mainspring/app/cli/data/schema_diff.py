"""``mainspring data schema diff``."""

from __future__ import annotations

from pathlib import Path

import click

from mainspring.app.cli.data.inputs import read_schema
from mainspring.app.cli.data.remarks import difference_lines
from mainspring.app.cli.words import json_option, print_json


@click.command(epilog="\b\nExample:\n  mainspring data schema diff yesterday.yaml today.yaml")
@click.argument("a", metavar="A", type=click.Path(exists=True, path_type=Path))
@click.argument("b", metavar="B", type=click.Path(exists=True, path_type=Path))
@json_option
def diff(a: Path, b: Path, as_json: bool) -> None:
    """What changed from one schema to another, in any of their forms."""
    from mainspring.data.schema.differing import diff as differ

    found = differ(read_schema(a), read_schema(b))
    if as_json:
        print_json(found.as_dict())
        return
    for line in difference_lines(found):
        click.echo(line)
