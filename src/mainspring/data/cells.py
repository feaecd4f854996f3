"""From text cells to typed columns: decides over all cells, then converts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.celltypes import CANDIDATES, ColumnType, convert, fits, is_long_whole

_FIRST = 1000
_CAP = 10


def typed(
    cells: engine.Relation, names: Sequence[str], types: Mapping[str, ColumnType], *, where: str
) -> engine.Relation:
    """Columns of the types that their cells have, or that were asked for.

    Raises:
        InputError: If cells do not have a type that was asked for: each column with its first offending rows.
    """
    unknown = [name for name in types if name not in names]
    if unknown:
        raise InputError(f"types are given for columns that do not exist: {', '.join(unknown)}", where=where)
    free = [name for name in names if name not in types]
    decided = {**_decide(cells, free), **types}
    _check(cells, types, where)
    picks = ", ".join(f"{convert(engine.quote(name), decided[name])} AS {engine.quote(name)}" for name in names)
    return engine.Relation.of(f"SELECT {picks} FROM {cells.name}")  # noqa: S608 - names are quoted


def _decide(cells: engine.Relation, names: Sequence[str]) -> dict[str, ColumnType]:
    # The first rows can only rule a type out; what they leave is tested on every cell.
    left = _holding(f"(FROM {cells.name} LIMIT {_FIRST})", dict.fromkeys(names, CANDIDATES))
    left = _holding(cells.name, left)
    return {name: left[name][0] if left.get(name) else ColumnType.STRING for name in names}


def _holding(source: str, tests: Mapping[str, Sequence[ColumnType]]) -> dict[str, list[ColumnType]]:
    """For each column, the types that all its cells in the source have; none for a column without a value."""
    asked = [(name, type_) for name, types in tests.items() for type_ in types]
    if not asked:
        return {}
    parts = [f"bool_and({fits(engine.quote(name), type_)})" for name, type_ in asked]
    floats = [name for name, type_ in asked if type_ is ColumnType.FLOAT]
    parts += [f"{_only_long_whole(engine.quote(name))}" for name in floats]
    answers = engine.fetch(f"SELECT {', '.join(parts)} FROM {source}")[0]  # noqa: S608 - names are quoted
    left: dict[str, list[ColumnType]] = {name: [] for name in tests}
    for (name, type_), answer in zip(asked, answers, strict=False):
        if answer is not False:
            left[name].append(type_)
    identifiers = {name for name, answer in zip(floats, answers[len(asked) :], strict=True) if answer}
    empty = {name for name, type_ in asked if answers[asked.index((name, type_))] is None}
    whole_file = not source.startswith("(")
    return {
        name: [] if whole_file and (name in empty or name in identifiers) else types
        for name, types in left.items()
    }


def _only_long_whole(cell: str) -> str:
    point = f"bool_or(regexp_matches({cell}, '[.eEnN]'))"
    return f"(bool_or({is_long_whole(cell)}) AND NOT {point})"


def _check(cells: engine.Relation, types: Mapping[str, ColumnType], where: str) -> None:
    problems = []
    for name, type_ in types.items():
        cell = engine.quote(name)
        bad = (
            f"SELECT row, value FROM (SELECT row_number() OVER () AS row, {cell} AS value FROM {cells.name}) "  # noqa: S608 - names are quoted
            f"WHERE NOT {fits('value', type_)} LIMIT {_CAP}"
        )
        found = engine.fetch(bad)
        if found:
            listed = ", ".join(f"{value!r} in row {row}" for row, value in found)
            problems.append(f"column {name!r} is not {type_}: {listed}")
    if problems:
        raise InputError("; ".join(problems), where=where, expected="the types that were asked for")
