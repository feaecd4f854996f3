"""From text cells to typed columns: decides over all cells, then converts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.celltypes import CANDIDATES, ColumnType, convert, fits, has_fraction, is_long_whole

_FIRST: Final = 1000
_CAP: Final = 10
_AT_ONCE: Final = 1000
"""How many tests one query makes: with more of them the engine's planning takes longer than reading again."""


def typed(cells: str, names: Sequence[str], types: Mapping[str, ColumnType], *, where: str) -> str:
    """SQL: columns of the types that their cells have, or that were asked for.

    Args:
        cells: SQL, what stands after FROM: rows of text cells. It is read a few times.

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
    return f"SELECT {picks} FROM {cells}"  # noqa: S608 - names are quoted


def _decide(cells: str, names: Sequence[str]) -> dict[str, ColumnType]:
    # The first rows can only rule types out. What they leave is tested on every cell, the narrowest type first.
    asked = [(name, type_) for name in names for type_ in CANDIDATES]
    first = fitting(cells, asked, limit=f" LIMIT {_FIRST}")
    left = {name: [type_ for type_ in CANDIDATES if first[name, type_] is not False] for name in names}
    decided = dict.fromkeys(names, ColumnType.STRING)
    while left := {name: types for name, types in left.items() if types}:
        whole = fitting(cells, [(name, types[0]) for name, types in left.items()])
        for (name, type_), fits_all in whole.items():
            if fits_all:
                decided[name] = type_
            # A column without any value fits nothing: it stays text.
            left[name] = left[name][1:] if fits_all is False else []
    floats = [name for name, type_ in decided.items() if type_ is ColumnType.FLOAT]
    return {**decided, **dict.fromkeys(_identifiers(cells, floats), ColumnType.STRING)}


def fitting(
    cells: str, asked: Sequence[tuple[str, ColumnType]], *, limit: str = ""
) -> dict[tuple[str, ColumnType], bool | None]:
    """Whether all cells of a column fit a type; ``None`` for a column without any value."""
    found: dict[tuple[str, ColumnType], bool | None] = {}
    for start in range(0, len(asked), _AT_ONCE):
        some = asked[start : start + _AT_ONCE]
        tests = ", ".join(f"bool_and({fits(engine.quote(name), type_)})" for name, type_ in some)
        needed = engine.as_list(list(dict.fromkeys(name for name, _ in some)))
        answers = engine.fetch(f"SELECT {tests} FROM (SELECT {needed} FROM {cells}{limit})")[0]  # noqa: S608 - names are quoted
        found.update(zip(some, answers, strict=True))
    return found


def _identifiers(cells: str, names: Sequence[str]) -> list[str]:
    """Those of the columns of numbers that hold whole numbers only, some of them too long for 64 bits."""
    if not names:
        return []
    if len(names) > _AT_ONCE:
        return _identifiers(cells, names[:_AT_ONCE]) + _identifiers(cells, names[_AT_ONCE:])
    first = ", ".join(f"bool_or({has_fraction(engine.quote(name))})" for name in names)
    found = engine.fetch(f"SELECT {first} FROM (FROM {cells} LIMIT {_FIRST})")[0]  # noqa: S608 - names are quoted
    doubtful = [name for name, fractional in zip(names, found, strict=True) if not fractional]
    if not doubtful:
        return []
    tests = ", ".join(
        f"bool_or({is_long_whole(engine.quote(name))}) AND NOT bool_or({has_fraction(engine.quote(name))})"
        for name in doubtful
    )
    answers = engine.fetch(f"SELECT {tests} FROM {cells}")[0]  # noqa: S608 - names are quoted
    return [name for name, answer in zip(doubtful, answers, strict=True) if answer]


def _check(cells: str, types: Mapping[str, ColumnType], where: str) -> None:
    problems = []
    found = fitting(cells, list(types.items()))
    for name, type_ in types.items():
        if found[name, type_] is not False:
            continue
        cell = engine.quote(name)
        bad = (
            f"SELECT row, value FROM (SELECT row_number() OVER () AS row, {cell} AS value FROM {cells}) "  # noqa: S608 - names are quoted
            f"WHERE NOT {fits('value', type_)} LIMIT {_CAP}"
        )
        listed = ", ".join(f"{value!r} in row {row}" for row, value in engine.fetch(bad))
        problems.append(f"column {name!r} is not {type_}: {listed}")
    if problems:
        raise InputError("; ".join(problems), where=where, expected="the types that were asked for")
