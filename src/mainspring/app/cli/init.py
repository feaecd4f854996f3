"""``mainspring init``."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from mainspring.app.cli.words import bold, dim, json_option, print_json


@click.command(
    epilog="\b\nExamples:\n  mainspring init taxi --data trips.csv --label big_tipper\n"
    "  mainspring init census --data adult.data.gz --names age,workclass,…,income --label income\n"
    "  mainspring init trips --data 'trips/*.parquet' --label tip"
)
@click.argument("folder", metavar="NAME", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path),
    help="A CSV or Parquet file, or a folder or glob (in quotes) of them; .gz is fine.",
)
@click.option("--label", required=True, help="The column to predict.")
@click.option("--names", help="The columns of a file without header, separated by commas.")
@click.option("--force", is_flag=True, help="Overwrite a project that is there.")
@json_option
def init(folder: Path, data: Path, label: str, names: str | None, force: bool, as_json: bool) -> None:
    """Look at your data and write a small project for it: one pipeline.py, one mainspring.toml."""
    from mainspring.app.looking import look
    from mainspring.app.scaffold import write_project

    seen = look(data, label, names=names.split(",") if names else ())
    files = write_project(folder, data, seen, force=force)
    if as_json:
        print_json(
            {
                "folder": str(folder),
                "files": [str(file) for file in files],
                "rows": seen.rows,
                "classes": seen.classes,
                "slices": list(seen.slices),
                "left_out": [name for name, _ in seen.giveaways],
                "unlabelled": seen.unlabelled,
                "csv": dict(seen.dialect),
            }
        )
        return
    task = f"{seen.classes} classes" if seen.classes else "a number"
    click.echo(f"{seen.rows:,} rows; {bold(label)} is {task}")
    for name, area in seen.giveaways:
        click.echo(
            click.style("note: ", fg="yellow")
            + f"{name} alone gives the label away (area under the curve {area:.2f}); left out, see pipeline.py"
        )
    if seen.unlabelled:
        click.echo(
            click.style("note: ", fg="yellow") + f"{seen.unlabelled:,} rows have no label; ingest leaves them out"
        )
    for option, value in seen.dialect.items():
        click.echo(dim(f"the file is read with {option}={value!r}"))
    for file in files:
        click.echo(f"wrote {file}")
    there = "" if folder.resolve() == Path.cwd() else f"cd {shlex.quote(str(folder))} && "
    click.echo(dim("next: ") + f"{there}mainspring run")
