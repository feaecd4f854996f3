"""``mainspring feedback``."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import click

from mainspring.app.cli.words import json_option, print_json
from mainspring.core.errors import InputError

_AT_ONCE = 1_000
_TEXTS = ("id", "time", "version")


@click.command(
    epilog="\b\nExamples:\n  mainspring feedback taxi --id 0193f0c2-… --truth yes\n"
    "  mainspring feedback taxi --id 0193f0c2-… --row 3 --reward 0.5\n"
    "  mainspring feedback taxi --file truths.csv --url http://127.0.0.1:8080"
)
@click.argument("name")
@click.option("--id", "request", help="The id of the request.")
@click.option("--truth", help="What would have been right; JSON, or a text.")
@click.option("--reward", type=float, help="How good the answer was.")
@click.option("--row", type=click.IntRange(0), help="The row that it is about; all rows of the request otherwise.")
@click.option("--time", "moment", help="When it became known (ISO 8601); now otherwise.")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A .csv or .jsonl file with id and truth, reward, row, time or other columns.",
)
@click.option("--url", default="http://127.0.0.1:8080", show_default=True, help="The server.")
@json_option
def feedback(
    name: str,
    request: str | None,
    truth: str | None,
    reward: float | None,
    row: int | None,
    moment: str | None,
    file: Path | None,
    url: str,
    as_json: bool,
) -> None:
    """Tell a server what became known of its answers: the truth, a reward. Telling it twice does no harm."""
    given = {"id": request, "truth": _value(truth), "reward": reward, "row": row, "time": moment}
    one = {key: value for key, value in given.items() if value is not None}
    if (file is None) == (request is None):
        raise InputError("it is not said what became known", expected="--id with --truth or --reward, or --file")
    total = {"accepted": 0, "duplicates": 0, "pending": 0}
    for part in _parts(_read(file) if file is not None else iter([one])):
        for key, count in _send(url, name, part).items():
            total[key] += count
    if as_json:
        print_json(total)
        return
    click.echo(
        f"{total['accepted']} accepted, {total['duplicates']} known already, "
        f"{total['pending']} about requests that the server does not find yet"
    )


def _send(url: str, name: str, part: list[dict[str, Any]]) -> Mapping[str, int]:
    from mainspring.serving import Client

    with Client(url) as client:
        return client.tell(name, part)


def _parts(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while part := list(islice(rows, _AT_ONCE)):
        yield part


def _read(file: Path) -> Iterator[dict[str, Any]]:
    """The lines of a file as feedback: columns that are not of its form are values by name."""
    with file.open(encoding="utf-8", newline="") as lines:
        if file.suffix == ".csv":
            for row in csv.DictReader(lines):
                yield _form(
                    {key: value if key in _TEXTS else _value(value) for key, value in row.items() if value}
                )
            return
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    yield _form(json.loads(line))
                except ValueError as error:
                    raise InputError(f"the line is not JSON: {error}", where=f"{file}:{number}") from error


def _form(row: dict[str, Any]) -> dict[str, Any]:
    known = {"id", "truth", "reward", "row", "time", "version", "values"}
    values = {key: value for key, value in row.items() if key not in known and value is not None}
    kept = {key: value for key, value in row.items() if key in known and value is not None}
    return {**kept, "values": {**row.get("values", {}), **values}} if values else kept


def _value(text: str | None) -> Any:
    """A number, true, false or null, where the text is one, and else the text itself."""
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text
