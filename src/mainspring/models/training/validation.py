"""Rows to watch while training: given, or taken from the training rows by the rule of splits."""

from __future__ import annotations

from collections.abc import Sequence

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.data.splits import split_rows

PARTS = 1000
"""Shares are counted in thousandths."""

ANOTHER = 1_000_003
"""Added to the seed: the hash that parted training from evaluation would part the rest unevenly."""


def take_validation(
    table: Table, validation: Table | float | None, *, seed: int = 0, group: str | Sequence[str] = ()
) -> tuple[Table, Table | None]:
    """The rows to learn from, and those to watch.

    A row goes to the same side whatever rows are beside it: the rule is that of
    :func:`mainspring.data.splits.split_rows`, by a hash of its own.

    Args:
        table: The training rows.
        validation: Other rows; or a share of the training rows between 0 and 1, which are then not learnt from;
            ``None`` or 0 for none.
        seed: Another seed takes others.
        group: Columns whose values alone decide; rows that agree in them stay together.

    Raises:
        InputError: If the share is not between 0 and 1, or one side gets no row.
    """
    if validation is None or (not isinstance(validation, Table) and validation == 0):
        return table, None
    if isinstance(validation, Table):
        return table, validation
    kept = round(PARTS * (1 - validation))
    if not 0 < kept < PARTS:
        raise InputError(f"validation is {validation}", expected="a table, or a share between 0.001 and 0.999")
    shares = {"train": kept, "validation": PARTS - kept}
    splits, _ = split_rows(table, shares, group=group, seed=seed + ANOTHER)
    return splits["train"], splits["validation"]
