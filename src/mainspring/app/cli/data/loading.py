"""From what a command was given to data sets, their statistics and their names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from mainspring.app.cli.data.inputs import Reading, named, read_statistics, read_table
from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.data.statistics import Statistics
    from mainspring.data.statistics.recognition import Recognition
    from mainspring.data.tables import Table

_TEXT = (".csv", ".tsv", ".data", ".txt", ".test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Data sets by name: their statistics, and their rows where there are any to go back to."""

    statistics: Statistics
    tables: Mapping[str, Table] = field(default_factory=dict)


def load(
    files: Sequence[str],
    reading: Reading,
    *,
    together: bool = False,
    rows: Sequence[str | None] = (),
    **options: Any,
) -> Loaded:
    """Read every data set and compute its statistics; what are statistics already is taken as it is.

    Args:
        together: All files are parts of one data set.
        rows: A range of rows for each file, instead of the one for all.
        options: Of ``summarize``; those that are empty are left out.

    Raises:
        InputError: If rows are asked for where there are only statistics.
    """
    from mainspring.data.profiling import summarize
    from mainspring.data.statistics import Statistics

    tables: dict[str, Table] = {}
    known: dict[str, Any] = {}
    order: list[str] = []
    ranges = [*rows, *[None] * (len(files) - len(rows))]
    for given, range_ in zip(files, ranges, strict=True):
        name, place = named(given, [*tables, *known])
        saved = read_statistics(place)
        if saved is None:
            tables[name] = read_table(place, reading, rows=range_)
            _doubt_names(given, tables[name].names, reading)
            order.append(name)
        else:
            _check_kept(given, range_ or reading.rows, options)
            parts = _named(saved.splits, name, alone=len(files) == 1)
            known |= parts
            order += parts
    if together and len(tables) > 1:
        tables = {next(iter(tables)): _joined(tables)}
    given_options = {key: value for key, value in options.items() if value}
    found = dict(summarize(tables, **given_options).splits) if tables else {}
    # In the order given, whichever are data and whichever were kept: a comparison is from the first to the second.
    places = {name: place for place, name in enumerate(order)}
    both = sorted({**found, **known}.items(), key=lambda item: places[item[0]])
    return Loaded(statistics=Statistics(dict(both)), tables=tables)


def recognised(loaded: Loaded) -> dict[str, Recognition]:
    """What the texts and numbers of the first data set most likely are, such as times; of statistics nothing."""
    from mainspring.data.profiling.recognition import recognise

    if not loaded.tables:
        return {}
    table = next(iter(loaded.tables.values()))
    return {name: recognise(table, name) for name in table.names}


def slices_of(given: Sequence[str]) -> list[str | dict[str, str]]:
    """Slices as they are written: ``sex``, ``sex x race``, or ``young=age < 30`` for a condition in SQL."""
    found: list[str | dict[str, str]] = []
    for text in given:
        name, sign, condition = (part.strip() for part in text.partition("="))
        if sign and not name.endswith(("<", ">", "!")):
            if not name or not condition:
                raise InputError(
                    f"--slice {text!r} lacks a {'condition' if name else 'name'}", expected="NAME=CONDITION"
                )
            found.append({name: condition})
        else:
            found.append(text)
    return found


def _doubt_names(given: str, names: Sequence[str], reading: Reading) -> None:
    """Say so where names look like values: the first row of a file without a header was most likely taken."""
    if reading.csv.get("names") or reading.csv.get("header") is False:
        return
    values = [name for name in names if re.fullmatch(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", name)]
    if values and given.removesuffix(".gz").endswith(_TEXT):
        click.echo(
            f"note: {given}: is {values[0]!r} a name? If not, the file has no header: --no-header", err=True
        )


def _check_kept(given: str, rows: str | None, options: Mapping[str, Any]) -> None:
    """What needs rows must not be passed over where there are only statistics."""
    asked = [name for name in ("slices", "weight", "sample") if options.get(name)]
    if rows or asked:
        what = ", ".join([*(["a range of rows"] if rows else []), *asked])
        raise InputError(
            f"{given} are statistics that were kept, without rows",
            expected=f"data, where {what} is asked for",
            fix="give the file that they were computed from",
        )


def _named(splits: Mapping[str, Any], name: str, *, alone: bool) -> dict[str, Any]:
    """Splits by a name of their own: that of the data set, of the split, or both."""
    if len(splits) == 1:
        return {name: next(iter(splits.values()))}
    return {split if alone else f"{name} {split}": one for split, one in splits.items()}


def _joined(tables: Mapping[str, Table]) -> Table:
    first, *others = tables.values()
    for name, other in tables.items():
        if set(other.names) != set(first.names):
            raise InputError(
                f"{name!r} has other columns than {next(iter(tables))!r}", expected="parts with the same columns"
            )
    for other in others:
        first = first.concat(other.select(first.names))
    return first
