"""``mainspring eval what-if``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mainspring.app.cli.data.output import show, write_page
from mainspring.app.cli.evaluation.inputs import Judged, judged_options
from mainspring.app.cli.words import bold, dim, json_option, print_json, table
from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.data.tables import Table
    from mainspring.evaluation.explanation.attributions import Cell
    from mainspring.evaluation.explanation.what_if import WhatIf

_ROWS = 1_000
_MISSING = ""
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@click.command(
    "what-if",
    epilog="\b\nExamples:\n  mainspring eval what-if test.csv --label paid --model census@prod --set age=50\n"
    "  mainspring eval what-if test.csv --label paid --model census@prod --row 7 --set age=30 --set age=50 "
    "--set job=clerk\n"
    "  mainspring eval what-if test.csv --label paid --model census@prod --row 7 --page what-if.html",
)
@click.option("--row", "place", type=click.IntRange(0), default=0, help="Which row; 0, the first, without it.")
@click.option(
    "--set",
    "given",
    multiple=True,
    metavar="COLUMN=VALUE",
    help="A change; several values of one column, or of two, make a grid. Nothing behind = is a missing value.",
)
@click.option("--without", multiple=True, metavar="COLUMN", help="A column that is not moved.")
@click.option(
    "--output", metavar="CLASS", help="The class that figures are of; the positive one of two without it."
)
@click.option("--points", type=click.IntRange(2), default=24, show_default=True, help="Values of each column.")
@click.option(
    "--page", type=click.Path(path_type=Path, dir_okay=False), help="Write an offline page with sliders."
)
@judged_options
@json_option
def what_if(
    judged: Judged,
    place: int,
    given: tuple[str, ...],
    without: tuple[str, ...],
    output: str | None,
    points: int,
    page: Path | None,
    as_json: bool,
) -> None:
    """What a model would answer to a row with other values, and which single value changes its answer.

    Every column is moved alone over the values of FILE, all others staying as they are. It needs a --model:
    answers that lie in columns cannot be asked again.
    """
    from mainspring.evaluation.explanation import Background
    from mainspring.evaluation.explanation.what_if import what_if as ask

    if place >= judged.table.num_rows:
        raise InputError(
            f"there is no row {place}", expected=f"0 to {judged.table.num_rows - 1}", fix="choose --row"
        )
    labels = judged.label if isinstance(judged.label, list) else [judged.label]
    left_out = {*labels, *([judged.weight] if judged.weight else [])}
    rows = judged.table.select([name for name in judged.table.names if name not in left_out])
    moved = [name for name in rows.names if name not in without]
    found = ask(
        judged.predictor,
        rows.rows(place, place + 1),
        _changes(given, rows),
        background=Background.of(rows, rows=_ROWS, features=moved),
        output=output or judged.positive,
        points=points,
    )
    if page is not None:
        from mainspring.evaluation.explanation.what_if.page import what_if_page

        write_page(what_if_page(found, title=f"{judged.name}, row {place}"), page, quiet=as_json)
    if as_json:
        print_json(found.as_dict())
    else:
        show(list(_lines(found, f"{judged.name}, row {place}")))


def _changes(given: Sequence[str], rows: Table) -> dict[str, list[Cell]]:
    """What was set, as the columns hold it.

    Raises:
        InputError: Naming everything that cannot be read.
    """
    found: dict[str, list[Cell]] = {}
    wrong = []
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or name not in rows.names:
            wrong.append(f"{text!r} names no column")
            continue
        try:
            found.setdefault(name, []).append(_cell(value, str(rows.type_of(name))))
        except ValueError:
            wrong.append(f"{value!r} is no {rows.type_of(name)}, which {name!r} holds")
    if wrong:
        raise InputError("; ".join(wrong), expected="COLUMN=VALUE, with a column of " + ", ".join(rows.names))
    return found


def _cell(value: str, kind: str) -> Cell:
    if value == _MISSING:
        return None
    if kind in {"INT", "FLOAT"}:
        return float(value)
    if kind == "BOOL":
        if value.lower() not in _TRUTH:
            raise ValueError(value)
        return _TRUTH[value.lower()]
    return value


def _lines(found: WhatIf, name: str) -> Iterator[str]:
    yield f"{bold(name)}: {found.before.answer} ({found.about} {found.before.score:.4g})"
    if found.cases:
        yield ""
        rows = [
            (
                "; ".join(map(str, case.changes)) or "as it is",
                bold(case.answer) if case.turned else case.answer,
                f"{case.score:.4g}",
                f"{case.score - found.before.score:+.4g}",
            )
            for case in found.cases
        ]
        yield from table(rows, ("what if", "answer", found.about, "change")).splitlines()
    if found.alone:
        yield ""
        columns = [
            (
                one.feature,
                f"{min(one.scores):.4g} to {max(one.scores):.4g}",
                str(one.turns) if one.turns else "-",
            )
            for one in found.alone
        ]
        yield from table(columns, ("column alone", found.about, "nearest value with another answer")).splitlines()
    yield from (dim(f"- {note}") for note in found.notes)
