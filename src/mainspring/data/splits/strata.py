"""Stratified splits: every class has its share in every split.

Within each class, rows are put in the order of a hash of what they hold, and the class is cut by the shares. A
cut that falls within a row is rounded up or down by a hash of the class, so that many small classes together still
have the right shares (systematic sampling with a random start; Madow and Madow, 1944).
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Mapping, Sequence
from typing import Final

from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.splits import keys
from mainspring.data.splits.parting import Parted, assign_ranked, check_shares, parted, place
from mainspring.data.tables import Table

_LOG: Final = logging.getLogger(__name__)
_SHOWN: Final = 5


def stratified(
    table: Table,
    by: str | Sequence[str],
    shares: Mapping[str, int],
    *,
    group: str | Sequence[str] = (),
    seed: int = 0,
) -> Parted:
    """Share rows out to splits so that every class has its share in every split.

    Of a class with ``n`` rows, a split with the share ``s`` of ``S`` has ``n s / S`` rows, rounded up or down. A
    missing value is a class. Equal rows (and with ``group`` the rows of one entity) stay together; a class with
    many of them is off by at most the size of one such bundle. The order of rows and columns does not matter, but
    unlike in :func:`~mainspring.data.splits.hashing.split_rows` the other rows of the class do.

    Classes that are too small to be in every split are told in the log.

    Args:
        table: The rows.
        by: The column (or columns) of the class.
        shares: Split name to its share, such as ``{"train": 3, "eval": 1}``.
        group: Columns of an entity, which stays on one side. All rows of an entity must be of one class.
        seed: Another seed gives another split.

    Raises:
        InputError: If shares are not positive, a column does not exist, an entity has several classes, or a split
            gets no row.

    Example:
        >>> table = Table.from_columns({"x": list(range(12)), "y": ["a"] * 8 + ["b"] * 4})
        >>> splits, _ = stratified(table, "y", {"train": 3, "eval": 1})
        >>> splits["eval"].to_columns()["y"]
        ['a', 'a', 'b']
    """
    wanted = check_shares(shares)
    total = sum(wanted.values())
    if not by:
        raise InputError("no column of classes", expected="one of " + ", ".join(table.names))
    classes = keys.columns_of(table, by)
    if group:
        _check_groups(table, by, group)
    limits = [f"(size * {stop} + start) // {total}" for stop in itertools.accumulate(wanted.values())]
    parts = assign_ranked(
        table,
        {
            "class": keys.text(classes, seed),
            "start": f"({keys.number(classes, seed)}) % {total}",
            "number": keys.number(keys.columns_of(table, group), seed),
        },
        {
            "size": "count(*) OVER (PARTITION BY class)",
            "before": "rank() OVER (PARTITION BY class ORDER BY number) - 1",
        },
        place(limits, "before"),
    )
    fix = "give more rows, fewer splits, or another seed"
    splits, numbers = parted(table, parts, list(wanted), fix=fix)
    _tell_small(splits, by)
    return splits, numbers


def _check_groups(table: Table, by: str | Sequence[str], group: str | Sequence[str]) -> None:
    columns = keys.columns_of(table, group)
    entity, kind = keys.text(columns, 0), keys.text(keys.columns_of(table, by), 0)
    shown = keys.shown(columns)
    mixed = engine.fetch(
        f"SELECT any_value({shown}) AS shown FROM ({table.query()}) GROUP BY {entity} "  # noqa: S608 - names are quoted
        f"HAVING count(DISTINCT {kind}) > 1 ORDER BY shown"
    )
    if mixed:
        raise InputError(
            f"{len(mixed):,} entities have rows of several classes, such as "
            + ", ".join(repr(one) for (one,) in mixed[:_SHOWN]),
            where=f"group {_names(group)}, classes {_names(by)}",
            expected="one class per entity: else its rows cannot be on one side and the shares of classes hold",
            fix="group without classes (split_rows), or take classes that are the same for a whole entity",
        )


def _names(names: str | Sequence[str]) -> str:
    return names if isinstance(names, str) else ", ".join(names)


def _tell_small(splits: Mapping[str, Table], by: str | Sequence[str]) -> None:
    classes: dict[str, set[str]] = {}
    for name, table in splits.items():
        shown = keys.shown(keys.columns_of(table, by))
        for (one,) in engine.fetch(f"SELECT DISTINCT {shown} FROM ({table.query()})"):  # noqa: S608 - names are quoted
            classes.setdefault(one, set()).add(name)
    for name in splits:
        absent = sorted(one for one, there in classes.items() if name not in there)
        if absent:
            listed = ", ".join(repr(one) for one in absent[:_SHOWN]) + (", …" if len(absent) > _SHOWN else "")
            _LOG.warning("%s classes of %s are too small to be in %s: %s", len(absent), _names(by), name, listed)
