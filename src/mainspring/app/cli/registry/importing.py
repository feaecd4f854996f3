"""``mainspring models import``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainspring.app import platform
from mainspring.app.cli.words import bold, dim, json_option, print_json, who
from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.data import Table


@click.command(
    "import",
    epilog="\b\nExamples:\n  mainspring models import taxi model.onnx --example rows.csv\n"
    "  mainspring models import taxi model.pkl --trust\n"
    "  mainspring models import taxi ./code --kind python --entry rule:Rule --example rows.csv --trust",
)
@click.argument("name")
@click.argument("path")
@click.option(
    "--kind",
    type=click.Choice(["onnx", "sklearn", "python", "hub", "mlflow"]),
    help="What it is; by default what it looks like.",
)
@click.option("--example", metavar="FILE", help="Real rows: CSV, JSON lines, Parquet or any other data.")
@click.option("--expected", metavar="COLUMN", help="The column of the example that the model should answer.")
@click.option("--columns", metavar="A,B,…", default="", help="Names of the columns, in the model's order.")
@click.option("--classes", metavar="A,B,…", default="", help="Names of the classes, in the order of the scores.")
@click.option("--entry", default="", help="module:Class of Python code, or the name in hubconf.py.")
@click.option("--arguments", metavar="JSON", default="{}", help="What the entry is called with.")
@click.option("--takes", type=click.Choice(["columns", "rows", "matrix", "frame"]), help="What predict is given.")
@click.option("--logits", is_flag=True, help="Scores of classes are logits.")
@click.option("--trust", is_flag=True, help="Let code that comes with the model run.")
@click.option("--about", default="", help="What the model is for, for the model card.")
@click.option("--alias", help="An alias to point at the new version.")
@click.option("--by", default=who, help="Who; you by default.")
@click.option("--reason", default="", help="What for; it stays in the record.")
@json_option
def import_(name: str, path: str, alias: str | None, by: str, reason: str, as_json: bool, **options: Any) -> None:
    """Register a model that was made elsewhere, once it ran on example rows."""
    package = _load(path, **options)
    with platform.existing() as opened:
        version = opened.models.register(
            package, name=name, author=by, reason=reason or f"imported from {Path(path).name}", alias=alias
        )
    foreign = package.details.get("foreign", {})
    if as_json:
        print_json(
            {
                "name": name,
                "version": str(version.version),
                "digest": version.digest,
                "runtime": package.runtime,
                "foreign": foreign,
                "inputs": list(package.signature.names),
                "classes": package.signature.classes,
            }
        )
        return
    click.echo(
        f"{name} {bold(str(version.version))}: {package.details['estimator']}, answers with {package.runtime}"
    )
    tried = foreign.get("tried_on", 0)
    click.echo(dim(f"  tried on {tried} rows" if tried else "  tried on a made-up row; --example tries real ones"))


def _load(
    path: str,
    *,
    kind: str | None,
    example: str | None,
    expected: str | None,
    columns: str,
    classes: str,
    entry: str,
    arguments: str,
    takes: str | None,
    logits: bool,
    trust: bool,
    about: str,
) -> Any:
    from mainspring.models.foreign import load

    rows, answers = _example(example, expected)
    return load(
        path,
        kind=kind,
        example=rows,
        expected=answers,
        columns=_words(columns),
        classes=_words(classes),
        entry=entry,
        arguments=_object(arguments),
        takes=takes or "",
        logits=logits,
        trust=trust,
        about=about,
    )


def _example(file: str | None, expected: str | None) -> tuple[Table | None, list[Any] | None]:
    """The rows without the column of answers, and the answers."""
    if file is None:
        return None, None
    from mainspring.data import read
    from mainspring.models.foreign.loading import MOST_ROWS

    table = read(file)
    table = table.rows(0, min(table.num_rows, MOST_ROWS))
    if expected is None:
        return table, None
    return table.drop([expected]), table.column(expected).tolist()


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise InputError(f"--arguments is no JSON: {error}", expected='an object, such as {"low": 1}') from error
    if not isinstance(found, dict):
        raise InputError("--arguments is no object", expected='an object, such as {"low": 1}')
    return found
