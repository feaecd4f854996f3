"""Splitting rows by a hash of what they hold.

A row goes to the same split whatever file it comes in, whatever rows are beside it, in whatever order its
columns stand: the rule looks at nothing but the row's own values. Equal rows are never on both sides, and
neither is an entity if the split is grouped by its column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.celltypes import ColumnType
from mainspring.data.columns import Column, as_text
from mainspring.data.tables import Table

if TYPE_CHECKING:
    import numpy as np

_MISSING: Final = "\x1e"
_BETWEEN: Final = "\x1f"


def split_rows(
    table: Table,
    shares: Mapping[str, int],
    *,
    group: str | Sequence[str] = (),
    seed: int = 0,
) -> tuple[dict[str, Table], dict[str, np.ndarray]]:
    """Share rows out to splits.

    The text of a row is its values in the order of the column names, numbers in their shortest form (so that
    ``3``, ``3.0`` and the text ``3`` are one), joined by a unit separator, after the seed. The first 15
    hexadecimal digits of the text's MD5, modulo the sum of the shares, say which split it goes to.

    Args:
        shares: Split name to its share, such as ``{"train": 3, "eval": 1}``.
        group: Columns whose values alone decide; rows that agree in them stay together.
        seed: Another seed gives another, unrelated split.

    Returns:
        The rows of each split, and for each split the numbers (from 1) of its rows in the table, in order.

    Raises:
        InputError: If shares are not positive, a column does not exist, or a split gets no row.
    """
    if not shares or any(share < 1 for share in shares.values()):
        raise InputError(
            f"shares of splits: {dict(shares)}", expected="positive whole numbers, such as train 3, eval 1"
        )
    keys = [group] if isinstance(group, str) else list(group)
    columns = (table.select(keys) if keys else table).columns
    bucket = _bucket(columns, sum(shares.values()), seed)
    found = engine.Relation.of(f"SELECT {bucket} AS bucket FROM ({table.query()})")  # noqa: S608 - names are quoted
    buckets = _fetched(found)
    splits: dict[str, Table] = {}
    origins: dict[str, np.ndarray] = {}
    start = 0
    for name, share in shares.items():
        stop = start + share
        splits[name] = Table.of_query(
            f"SELECT rows.* FROM ({table.query()}) AS rows POSITIONAL JOIN {found.name} AS found "  # noqa: S608 - our own names
            f"WHERE found.bucket >= {start} AND found.bucket < {stop}"
        )
        origins[name] = ((buckets >= start) & (buckets < stop)).nonzero()[0] + 1
        start = stop
    empty = [name for name, found in splits.items() if not found.num_rows]
    if empty:
        raise InputError(
            f"no row falls into split {', '.join(empty)}",
            where=f"{table.num_rows} rows",
            expected="rows for every split",
            fix="give more rows, fewer splits, or another seed",
        )
    return splits, origins


def _fetched(buckets: engine.Relation) -> np.ndarray:
    import numpy as np

    with engine.cursor() as found:
        return np.asarray(found.execute(f"SELECT bucket FROM {buckets.name}").fetchnumpy()["bucket"])  # noqa: S608 - our own name


def _bucket(columns: Sequence[Column], total: int, seed: int) -> str:
    cells = [_canonical(column) for column in sorted(columns, key=lambda column: column.name)]
    text = ", ".join([engine.literal(str(seed)), *cells])
    return f"((('0x' || md5(concat_ws({engine.literal(_BETWEEN)}, {text}))[1:15])::BIGINT) % {total})"


def _canonical(column: Column) -> str:
    text = as_text(column)
    if column.type.is_numeric or column.type is ColumnType.STRING:
        number = f"TRY_CAST({engine.quote(column.name)} AS DOUBLE)"
        whole = f"abs({number}) < 9e15 AND trunc({number}) = {number}"
        short = f"CAST(CASE WHEN {whole} THEN CAST({number} AS BIGINT) END AS VARCHAR)"
        short = f"coalesce({short}, CAST({number} AS VARCHAR))"
        text = f"coalesce({short}, {text})"
    return f"coalesce({text}, {engine.literal(_MISSING)})"
