"""``mainspring data validate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainspring.app.cli.data.inputs import Reading, html_option, read_schema, reading_options
from mainspring.app.cli.data.loading import Loaded, load, slices_of
from mainspring.app.cli.data.output import show, write_page
from mainspring.app.cli.data.remarks import validation_lines
from mainspring.app.cli.words import json_option, print_json
from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.data.schema import Schema

_HELD = 3


@click.command(
    epilog="\b\nExamples:\n  mainspring data validate today.csv --schema schema.yaml\n"
    "  mainspring data validate today.csv --schema schema.yaml --previous yesterday.csv --html today.html\n"
    "  mainspring data validate requests.jsonl --schema schema.yaml --environment SERVING --json\n"
    "  mainspring data validate today.csv --schema schema.yaml --rows-out bad.csv"
)
@click.argument("files", metavar="FILE…", nargs=-1, required=True)
@click.option(
    "--schema",
    "schema_path",
    required=True,
    type=click.Path(exists=True, path_type=Path),
    help="What the data should look like: YAML, JSON Schema or text proto, by the ending.",
)
@click.option("--environment", default="TRAINING", show_default=True, help="Where the data is used.")
@click.option("--previous", metavar="FILE", help="The data before, to measure drift from.")
@click.option("--serving", metavar="FILE", help="Serving data, to measure skew to.")
@click.option(
    "--slice", "slices", multiple=True, metavar="SLICE", help="Some rows to validate apart; as for stats."
)
@click.option("--together", is_flag=True, help="All FILEs are parts of one data set.")
@click.option(
    "--rows-out", type=click.Path(dir_okay=False, path_type=Path), help="Write the rows that are wrong, with why."
)
@click.option("--limit", type=click.IntRange(1), help="Show at most so many anomalies.")
@reading_options
@html_option
@json_option
def validate(
    files: tuple[str, ...],
    reading: Reading,
    schema_path: Path,
    environment: str,
    previous: str | None,
    serving: str | None,
    slices: tuple[str, ...],
    together: bool,
    rows_out: Path | None,
    limit: int | None,
    html: Path | None,
    as_json: bool,
) -> int:
    """Hold data against a schema: what is wrong, where, and the smallest change of the schema that accepts it.

    Exit codes: 0 blessed, 3 held.
    """
    from mainspring.data.validation import validate as hold
    from mainspring.data.viewing import view
    from mainspring.data.viewing.wording import counted

    schema = read_schema(schema_path)
    loaded = load(files, reading, together=together, slices=slices_of(slices))
    names = list(loaded.statistics.splits)
    found = hold(
        loaded.statistics,
        schema,
        environment=environment,
        previous=_other(previous, reading, names),
        serving=_other(serving, reading, names),
        tables=loaded.tables or None,
        slices=bool(slices),
    )
    written: dict[str, Any] = {}
    if rows_out is not None:
        written["rows_out"] = {"file": str(rows_out), "rows": _write_rows(loaded, schema, environment, rows_out)}
    if html is not None:
        page = view(found, statistics=loaded.statistics, schema=schema)
        written["html"] = write_page(page, html, quiet=True)
    if as_json:
        print_json(found.as_dict() | written)
    else:
        show(validation_lines(found, limit=limit))
        if rows_out is not None:
            click.echo(f"\nwrote {counted(written['rows_out']['rows'], 'row')} to {rows_out}")
        if html is not None:
            click.echo(f"wrote {written['html']}")
    return 0 if found.blessed else _HELD


def _other(given: str | None, reading: Reading, names: list[str]) -> Any:
    """The statistics of other data, under the names of the data sets that are validated."""
    from mainspring.data.statistics import Statistics

    if given is None:
        return None
    found = load([given], reading).statistics
    if len(found.splits) == 1:
        return Statistics(dict.fromkeys(names, next(iter(found.splits.values()))))
    return found


def _write_rows(loaded: Loaded, schema: Schema, environment: str, path: Path) -> int:
    """The rows that are wrong, as CSV or Parquet; how many."""
    from mainspring.data.validation.rows import validate_rows

    if not loaded.tables:
        raise InputError("there are no rows in statistics", expected="data, where --rows-out is asked for")
    if len(loaded.tables) > 1:
        raise InputError("--rows-out takes the rows of one data set", expected="one FILE, or --together")
    report = validate_rows(next(iter(loaded.tables.values())), schema, environment=environment)
    return write_table(report.rows, path)


def write_table(table: Any, path: Path) -> int:
    """A table as Parquet or CSV, by the ending of the file; how many rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() in {".parquet", ".pq"}:
        table.write_parquet(path)
        return len(table)
    import csv

    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(table.names)
        for row in table.iter_rows():
            writer.writerow(["" if value is None else value for value in row.values()])
    return len(table)
