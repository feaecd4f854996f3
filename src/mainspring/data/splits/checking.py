"""Checks that refuse a leak: something that is on both sides of a split."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Final

from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.splits import keys, moments
from mainspring.data.tables import Table

_SHOWN: Final = 3


def check_disjoint(
    splits: Mapping[str, Table], *, group: str | Sequence[str] = (), time: str | None = None
) -> None:
    """Refuse splits that share a row, an entity, or a stretch of time.

    Args:
        splits: Split name to rows.
        group: Columns of an entity; by default a row is compared as a whole.
        time: Instead, a column of time: the times of two splits must not overlap.

    Raises:
        InputError: Naming every pair of splits that share something, how much, and examples; or if a column does
            not exist.

    Example:
        >>> table = Table.from_columns({"who": ["ann", "bob"]})
        >>> check_disjoint({"train": table.rows(0, 1), "eval": table.rows(1, 2)}, group="who")
    """
    if time is not None:
        problems = _overlaps(splits, time)
    else:
        problems = [
            problem
            for one, other in itertools.combinations(splits, 2)
            for problem in _shared(one, splits[one], other, splits[other], group)
        ]
    if problems:
        raise InputError(
            "; ".join(problems),
            expected="splits that share nothing: what a model is judged by, it must not have seen",
            fix="split by a hash of the entity: split_rows(table, shares, group=…)" if group else None,
        )


def _shared(one: str, rows: Table, other: str, others: Table, group: str | Sequence[str]) -> list[str]:
    sides = []
    for table in (rows, others):
        columns = keys.columns_of(table, group)
        key = f"md5_number({keys.text(columns, 0)})"
        shown = keys.shown(columns) if group else "NULL"
        sides.append(f"SELECT {key} AS key, min({shown}) AS shown FROM ({table.query()}) GROUP BY key")  # noqa: S608 - names are quoted
    found = engine.fetch(
        f"SELECT count(*), list(a.shown ORDER BY a.shown)[1:{_SHOWN}] FROM ({sides[0]}) AS a "  # noqa: S608 - as above
        f"SEMI JOIN ({sides[1]}) AS b USING (key)"
    )
    count, examples = found[0]
    if not count:
        return []
    if not group:
        return [f"{count:,} different rows are both in {one} and in {other}"]
    what = group if isinstance(group, str) else ", ".join(group)
    return [
        f"{count:,} values of {what} are both in {one} and in {other}, such as {', '.join(map(repr, examples))}"
    ]


def _overlaps(splits: Mapping[str, Table], time: str) -> list[str]:
    ends = []
    for name, table in splits.items():
        (column,) = keys.columns_of(table, time)
        moments.check_column(column)
        moment = moments.as_moment(column)
        first, last = engine.fetch(f"SELECT min({moment}), max({moment}) FROM ({table.query()})")[0]  # noqa: S608 - names are quoted
        if first is not None:
            ends.append((first, last, name, f"{moments.shown(first, column)} to {moments.shown(last, column)}"))
    return [
        f"{name} ({told}) and {other} ({also}) overlap in {time}"
        for (first, last, name, told), (start, stop, other, also) in itertools.combinations(sorted(ends), 2)
        if start <= last and first <= stop
    ]
