"""``mainspring data schema convert``."""

from __future__ import annotations

from pathlib import Path

import click

from mainspring.app.cli.data.inputs import read_schema, schema_format, schema_text
from mainspring.app.cli.data.schema import format_option
from mainspring.app.cli.words import json_option, print_json


@click.command(epilog="\b\nExample:\n  mainspring data schema convert schema.pbtxt schema.yaml")
@click.argument("source", metavar="IN", type=click.Path(exists=True, path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(dir_okay=False, path_type=Path))
@format_option
@json_option
def convert(source: Path, target: Path, form: str | None, as_json: bool) -> None:
    """Write a schema in another form: YAML, JSON Schema or the text proto of tf.metadata, by the endings."""
    found = read_schema(source)
    chosen = schema_format(target, form)
    text = schema_text(found, chosen)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    if as_json:
        print_json({"out": str(target), "format": chosen, "features": len(found.features)})
    else:
        click.echo(f"wrote {target}: {len(found.features)} features as {chosen}")
