"""``mainspring data schema update``."""

from __future__ import annotations

from pathlib import Path

import click

from mainspring.app.cli.data.inputs import Reading, read_schema, reading_options, schema_format, schema_text
from mainspring.app.cli.data.loading import load
from mainspring.app.cli.data.remarks import difference_lines
from mainspring.app.cli.words import dim, json_option, print_json


@click.command(
    epilog="\b\nExamples:\n  mainspring data schema update schema.yaml today.csv\n"
    "  mainspring data schema update schema.yaml today.csv --dry-run"
)
@click.argument("schema_path", metavar="SCHEMA", type=click.Path(exists=True, path_type=Path))
@click.argument("files", metavar="FILE…", nargs=-1, required=True)
@click.option("--environment", default="TRAINING", show_default=True, help="Where the data is used.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write it here instead of over SCHEMA."
)
@click.option("--dry-run", is_flag=True, help="Show what would change; write nothing.")
@reading_options
@json_option
def update(
    schema_path: Path,
    files: tuple[str, ...],
    reading: Reading,
    environment: str,
    out: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Relax a schema as little as is needed for new data to pass, and show what changed."""
    from mainspring.data.schema.updating import update as relax

    before = read_schema(schema_path)
    statistics = load(files, reading, together=True).statistics
    after, found = relax(before, statistics, environment=environment)
    target = out or (schema_path / "schema.yaml" if schema_path.is_dir() else schema_path)
    if not dry_run:
        target.write_text(schema_text(after, schema_format(target)), encoding="utf-8")
    if as_json:
        print_json(found.as_dict() | ({} if dry_run else {"out": str(target)}))
        return
    for line in difference_lines(found):
        click.echo(line)
    click.echo(dim("nothing was written (--dry-run)") if dry_run else f"wrote {target}")
