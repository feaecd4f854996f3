"""Splits by time: what a model is judged by is later than what it learnt from."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Mapping, Sequence
from typing import Final

from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.columns import Column
from mainspring.data.splits import keys, moments
from mainspring.data.splits.moments import Moment, Stretch
from mainspring.data.splits.parting import Parted, assign, check_shares, parted
from mainspring.data.tables import Table

_LOG: Final = logging.getLogger(__name__)


def by_time(
    table: Table,
    column: str,
    splits: Mapping[str, str] | Mapping[str, int],
    *,
    gap: str | float = 0,
) -> Parted:
    """Share rows out to splits by when they were.

    Rows of one moment are always in one split.

    Args:
        table: The rows, in any order.
        column: Dates, timestamps, texts in ISO 8601 (without a zone: UTC), or numbers that grow with time.
        splits: Bounds, such as ``{"train": "<2020-01-01", "eval": ">=2020-01-01, <2020-07-01"}`` (a day without a
            time is the whole day); or shares in the order of time, such as ``{"train": 3, "eval": 1}``, cut
            between two moments as near to the shares as can be.
        gap: At least so much lies between the rows of one split and those of the next: ``"1d"``, ``"12h"``, or a
            number for a column of numbers. Rows are left out at the end of the earlier split, so that a label
            which looks ahead by this much is not seen from both sides.

    Returns:
        The rows of each split, and for each split the numbers (from 1) of its rows in the table, in order. How
        many rows are left out is told in the log.

    Raises:
        InputError: If a row has no time, bounds overlap or cannot be read, or a split gets no row.

    Example:
        >>> table = Table.from_columns({"day": ["2026-11-19", "2026-11-21", "2026-11-20"]})
        >>> splits, numbers = by_time(table, "day", {"train": "<2026-11-21", "eval": ">=2026-11-21"})
        >>> numbers["train"].tolist()
        [1, 3]
    """
    (found,) = keys.columns_of(table, column)
    moments.check_column(found)
    moment = moments.as_moment(found)
    _check_times(table, found, moment)
    stretches = _stretches(table, found, moment, splits)
    stretches = moments.with_gap(stretches, moments.read_length(gap, found) if gap else 0)
    names = [one.name for one in stretches]
    whens = " ".join(f"WHEN {one.condition('moment')} THEN {place}" for place, one in enumerate(stretches))
    parts = assign(f"SELECT {moment} AS moment FROM ({table.query()})", f"CASE {whens} END")  # noqa: S608 - names are quoted
    tables, numbers = parted(table, parts, names, fix="move the bounds, or give a smaller gap")
    left_out = table.num_rows - sum(one.num_rows for one in tables.values())
    if left_out:
        _LOG.warning("%s of %s rows are in no split by %s", f"{left_out:,}", f"{table.num_rows:,}", column)
    return {name: tables[name] for name in splits}, numbers


def _check_times(table: Table, column: Column, moment: str) -> None:
    query = f"SELECT count(*), any_value({keys.shown([column])}) FROM ({table.query()}) WHERE ({moment}) IS NULL"  # noqa: S608 - names are quoted
    count, example = engine.fetch(query)[0]
    if count:
        raise InputError(
            f"{count:,} of {table.num_rows:,} rows have no time, such as {example}",
            where=f"column {column.name!r}",
            expected="a date, a time or a number in every row",
            fix=f"leave them out: where='{engine.quote(column.name)} IS NOT NULL'",
        )


def _stretches(
    table: Table, column: Column, moment: str, splits: Mapping[str, str] | Mapping[str, int]
) -> Sequence[Stretch]:
    texts = {name: text for name, text in splits.items() if isinstance(text, str)}
    if texts and len(texts) == len(splits):
        found = [moments.read_stretch(name, text, column) for name, text in texts.items()]
        return moments.check_apart(found, texts)
    shares = check_shares(splits, where="bounds for all splits, or shares for all")
    starts = [None, *_cuts(table, moment, list(itertools.accumulate(shares.values())))]
    return [
        Stretch(name=name, start=start, stop=stop)
        for name, start, stop in zip(shares, starts, [*starts[1:], None], strict=True)
    ]


def _cuts(table: Table, moment: str, stops: Sequence[int]) -> list[Moment]:
    """The moments at which later splits begin: those nearest to the shares."""
    counts = engine.Relation.of(
        "SELECT moment, sum(rows) OVER (ORDER BY moment) - rows AS before FROM "  # noqa: S608 - names are quoted
        f"(SELECT {moment} AS moment, count(*)::HUGEINT AS rows FROM ({table.query()}) GROUP BY ALL)"
    )
    total = stops[-1]
    return [
        engine.fetch(
            f"SELECT moment FROM {counts.name} "  # noqa: S608 - our own name
            f"ORDER BY abs(before * {total} - {table.num_rows * stop}), moment LIMIT 1"
        )[0][0]
        for stop in stops[:-1]
    ]
