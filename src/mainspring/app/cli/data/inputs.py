"""What the commands read: data by file, folder, glob or database; schemas in any of their forms."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainspring.core.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from mainspring.data.schema import Schema
    from mainspring.data.statistics import Statistics
    from mainspring.data.tables import Table

_NAMED = re.compile(r"[\w .·-]+")
_URL = re.compile(r"[a-z][a-z0-9+]+:")
_ENDINGS = {".yaml": "yaml", ".yml": "yaml", ".json": "json-schema", ".pbtxt": "pbtxt", ".txtpb": "pbtxt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How data is read: options of text files and of databases, and a range of rows."""

    table: str | None = None
    query: str | None = None
    rows: str | None = None
    csv: Mapping[str, Any]


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options about reading data, gathered into one argument, ``reading``."""

    @functools.wraps(command)
    def wrapped(*arguments: Any, **given: Any) -> Any:
        csv: dict[str, Any] = {
            "missing": list(given.pop("missing")),
            "names": [name.strip() for name in (given.pop("names") or "").split(",") if name.strip()],
            "delimiter": given.pop("delimiter"),
            "quote": given.pop("quote"),
            "encoding": given.pop("encoding"),
            "trim": given.pop("trim"),
            "decimal_comma": list(given.pop("decimal_comma")),
            "rejects": given.pop("rejects"),
        }
        csv = {key: value for key, value in csv.items() if value}
        if given.pop("no_header"):
            csv["header"] = False
        if csv.get("quote") == "none":
            csv["quote"] = "\x01"  # a sign that no text holds
        reading = Reading(table=given.pop("table"), query=given.pop("query"), rows=given.pop("rows"), csv=csv)
        return command(*arguments, reading=reading, **given)

    # What a decorator of Click has noted on the command goes with it, as all that `wraps` copies.
    for option in reversed(_OPTIONS):
        option(wrapped)
    return wrapped


_OPTIONS = (
    click.option("--rows", metavar="FIRST-LAST", help="Only these rows, counted from 1: 1-10000, 10001-, -500."),
    click.option("--table", help="The table, where FILE is the URL of a database."),
    click.option("--query", help="The query, where FILE is the URL of a database."),
    click.option("--missing", multiple=True, metavar="TEXT", help="A text that means a missing value, beside ''."),
    click.option("--names", metavar="A,B,…", help="The names of the columns, instead of a header's."),
    click.option("--no-header", is_flag=True, help="The first line of a text file is a row."),
    click.option("--delimiter", metavar="SIGN", help="What separates the cells of a text file; found by default."),
    click.option("--quote", metavar="SIGN", help="What cells of a text file are quoted with, or none."),
    click.option("--encoding", help="How a text file is encoded; UTF-8 by default."),
    click.option("--trim", is_flag=True, help="Take blanks around the cells of a text file away."),
    click.option("--decimal-comma", multiple=True, metavar="COLUMN", help="A column of numbers such as 3,14."),
    click.option(
        "--rejects",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Leave rows of a text file that cannot be read out, and write them here.",
    ),
)

features_option = click.option("--features", metavar="PATTERN", help="Only features whose names match this.")
html_option = click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="Write one offline HTML page."
)


def named(given: str, taken: Sequence[str] = ()) -> tuple[str, str]:
    """The name and the place of a data set given as FILE, NAME=FILE or FILE:NAME.

    Without a name it is that of the file; what is taken already gets a number.
    """
    name, place = "", given
    before, sign, after = given.partition("=")
    if sign and after and _NAMED.fullmatch(before) and not Path(given).exists():
        name, place = before, after
    elif ":" in given and not _URL.match(given) and not Path(given).exists():
        before, _, after = given.rpartition(":")
        if _NAMED.fullmatch(after) and (Path(before).exists() or any(sign in before for sign in "*?[")):
            name, place = after, before
    name = name or _short(place)
    unique, number = name, 2
    while unique in taken:
        unique, number = f"{name} {number}", number + 1
    return unique, place


def read_table(place: str, reading: Reading, *, rows: str | None = None) -> Table:
    """The rows of a data set, or the range of them that was asked for."""
    from mainspring.data.sources import read

    options: dict[str, Any] = {"csv": reading.csv or None, "table": reading.table, "query": reading.query}
    table = read(place, **{key: value for key, value in options.items() if value is not None})
    wanted = rows or reading.rows
    return table.rows(*_range(wanted, len(table))) if wanted else table


def read_statistics(place: str) -> Statistics | None:
    """Statistics that were saved: a folder of them, or a JSON file; ``None`` if it is data."""
    from mainspring.data.statistics import Statistics

    path = Path(place)
    if (path / "statistics.json").is_file():
        return Statistics.load(path)
    if path.suffix == ".json" and path.is_file() and b'"splits"' in path.read_bytes()[:4096]:
        if path.name == "statistics.json":
            return Statistics.load(path.parent)
        import tempfile

        # Statistics are read from a folder, where the file has its own name.
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "statistics.json").write_bytes(path.read_bytes())
            try:
                return Statistics.load(Path(folder))
            except InputError as error:
                raise InputError(error.found, expected=error.expected, where=str(path), fix=error.fix) from None
    return None


def read_schema(path: Path) -> Schema:
    """A schema from YAML, JSON Schema or text proto, by the ending of the file; or from a folder."""
    from mainspring.data.schema import Schema

    file = path / "schema.yaml" if path.is_dir() else path
    if not file.exists() or file.is_dir():
        raise NotFoundError("there is no such schema", where=str(path), fix="mainspring data schema FILE --out …")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("the file is no text in UTF-8", where=str(file), expected="a schema") from None
    kind = schema_format(file)
    if kind == "json-schema":
        try:
            plain = json.loads(text)
        except ValueError as error:
            raise InputError(f"the file is not JSON: {error}", where=str(file), expected="a JSON Schema") from None
        return Schema.from_json_schema(plain)
    if kind == "pbtxt":
        left_out: list[str] = []
        found = Schema.from_pbtxt(text, left_out=left_out, where=str(file))
        for note in left_out:
            click.echo(f"not taken over: {note}", err=True)
        return found
    return Schema.from_text(text, where=str(file))


def schema_format(path: Path | None, given: str | None = None) -> str:
    """The form of a schema: the one given, else by the ending of its file, else YAML."""
    if given:
        return given
    return _ENDINGS.get(path.suffix.lower(), "yaml") if path is not None else "yaml"


def schema_text(schema: Schema, form: str) -> str:
    """A schema in one of its forms."""
    if form == "json-schema":
        return json.dumps(schema.to_json_schema(), indent=2, ensure_ascii=False) + "\n"
    text = schema.to_pbtxt() if form == "pbtxt" else schema.to_text()
    return text if text.endswith("\n") else text + "\n"


def _range(text: str, size: int) -> tuple[int, int]:
    """``FIRST-LAST`` from 1, either open, as a range from 0 that leaves out its end."""
    found = re.fullmatch(r"(\d*)-(\d*)|(\d+)", text.replace(",", "").replace("_", "").strip())
    if found is None or text.strip() == "-":
        raise InputError(f"rows are given as {text!r}", expected="a range such as 1-10000, 10001- or -500")
    first, last, alone = found.groups()
    start = int(first or alone or 1)
    end = int(alone or last or size)
    if start < 1 or end < start or start > size:
        raise InputError(f"there are no rows {text}", expected=f"a range within 1-{size}")
    return start - 1, min(end, size)


def _short(place: str) -> str:
    if _URL.match(place):
        return re.split(r"[/:]", place.partition("?")[0].rstrip("/"))[-1].partition(".")[0] or place
    name = Path(place.rstrip("/")).name
    return name.partition(".")[0] or name or place
