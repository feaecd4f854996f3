"""Splitting rows by a hash of what they hold.

A row goes to the same split whatever file it comes in, whatever rows are beside it, in whatever order its
columns stand: the rule looks at nothing but the row's own values. Equal rows are never on both sides, and
neither is an entity if the split is grouped by its column.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from mainspring.data.splits import keys
from mainspring.data.splits.parting import Parted, assign, check_shares, parted, place
from mainspring.data.tables import Table


def split_rows(
    table: Table,
    shares: Mapping[str, int],
    *,
    group: str | Sequence[str] = (),
    seed: int = 0,
) -> Parted:
    """Share rows out to splits.

    The text of a row is its values in the order of the column names, numbers in their shortest form (so that
    ``3``, ``3.0`` and the text ``3`` are one), joined by a unit separator, after the seed. The first 15
    hexadecimal digits of the text's MD5, modulo the sum of the shares, say which split it goes to.

    Args:
        table: The rows.
        shares: Split name to its share, such as ``{"train": 3, "eval": 1}``.
        group: Columns whose values alone decide; rows that agree in them stay together.
        seed: Another seed gives another, unrelated split.

    Returns:
        The rows of each split, and for each split the numbers (from 1) of its rows in the table, in order.

    Raises:
        InputError: If shares are not positive, a column does not exist, or a split gets no row.

    Example:
        >>> table = Table.from_columns({"x": list(range(8))})
        >>> splits, numbers = split_rows(table, {"train": 3, "eval": 1})
        >>> splits["eval"].to_columns(), numbers["eval"].tolist()
        ({'x': [6]}, [7])
    """
    wanted = check_shares(shares)
    total = sum(wanted.values())
    bucket = f"({keys.number(keys.columns_of(table, group), seed)}) % {total}"
    limits = map(str, itertools.accumulate(wanted.values()))
    parts = assign(table.query(), place(limits, bucket))
    return parted(table, parts, list(wanted), fix="give more rows, fewer splits, or another seed")
