"""Runs as a table: metrics and parameters as columns, chosen, sorted, filtered, in pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.runs.nouns import RunLine, line_of
from mainspring.app.api.subjects.runs.table import Column, Filter, Row, columns_of, shown_first, table_of
from mainspring.app.api.subjects.runs.table.columns import in_order, value_in
from mainspring.app.api.subjects.runs.table.rows import Scalar
from mainspring.core.clock import from_iso
from mainspring.core.errors import InputError

OWN: Final = ("name", "pipeline", "state", "started", "seconds", "cause", "model")
"""What every run has, and can be sorted by."""

MOST: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(RunLine):
    """A run in a list.

    Attributes:
        values: What it has in the columns asked for, by their keys.
    """

    values: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunList:
    """A page of runs.

    Attributes:
        runs: They, in the order asked for.
        shown: The keys of the columns whose values they have.
        columns: Every column that there is.
        matching: How many runs the filter lets through.
        total: How many there are.
        next: The offset of the next page; ``None`` at the end.
        states: How many runs there are in each state.
        pipelines: Every pipeline that has runs.
    """

    runs: Sequence[Listed]
    shown: Sequence[str]
    columns: Sequence[Column]
    matching: int
    total: int
    next: int | None
    states: Mapping[str, int]
    pipelines: Sequence[str]


_Where = Annotated[
    str, msgspec.Meta(description="an expression over metrics and parameters: auc > 0.9 and depth = 3")
]
_Columns = Annotated[
    Sequence[str],
    msgspec.Meta(description="keys such as metrics.auc; without any, those that people look for first"),
]


@operation("runs.list", "GET", "/runs", command="mainspring runs")
def listed(
    desk: Desk,
    *,
    state: Sequence[str] = (),
    pipeline: str = "",
    text: str = "",
    since: str = "",
    until: str = "",
    where: _Where = "",
    columns: _Columns = (),
    sort: str = "started",
    descending: bool = True,
    offset: int = 0,
    limit: int = 50,
) -> RunList:
    """Runs with metrics and parameters as columns, filtered, sorted, in pages.

    Moments are days or moments in ISO 8601. Runs that have nothing in the column they are sorted by come last.

    Args:
        state: Only in these states.
        text: What is in its name, its model, its reason or its commit.
        sort: The key of the column to sort by.
    """
    table = table_of(desk.shared)
    rows = table.rows()
    version = table.version
    known = desk.shared.remembered(("runs", "columns"), version, lambda: columns_of(rows))
    wanted = Filter(
        states=tuple(state),
        pipeline=pipeline,
        text=text,
        since=from_iso(since) if since else None,
        until=from_iso(until) if until else None,
        where=where,
    )
    asked = (wanted, sort, descending)
    chosen = desk.shared.remembered(("runs", "chosen", asked), version, lambda: _sorted(rows, known, *asked))
    shown = _checked(columns, known) or shown_first(chosen or rows)
    counts = desk.shared.remembered(("runs", "counts"), version, lambda: _counts(rows))
    page = chosen[max(0, offset) : max(0, offset) + max(1, min(limit, MOST))]
    after = max(0, offset) + len(page)
    return RunList(
        runs=[_listed(row, shown) for row in page],
        shown=shown,
        columns=known,
        matching=len(chosen),
        total=len(rows),
        next=after if after < len(chosen) else None,
        states=counts[0],
        pipelines=counts[1],
    )


def _sorted(
    rows: Sequence[Row], known: Sequence[Column], wanted: Filter, sort: str, descending: bool
) -> Sequence[Row]:
    if sort not in OWN:
        _checked([sort], known)
    found = wanted.chosen(rows)
    return found if sort == "started" and descending else in_order(found, sort, descending=descending)


def _checked(keys: Sequence[str], known: Sequence[Column]) -> Sequence[str]:
    there = {one.key for one in known}
    unknown = [one for one in keys if one not in there]
    if unknown and there:
        raise InputError(
            f"no run has a column {unknown[0]!r}",
            expected="metrics.NAME or parameters.NAME, such as " + ", ".join(sorted(there)[:5]),
        )
    return [one for one in dict.fromkeys(keys) if one in there]


def _counts(rows: Sequence[Row]) -> tuple[Mapping[str, int], Sequence[str]]:
    states = Counter(row.state for row in rows)
    return dict(states.most_common()), sorted({row.pipeline for row in rows})


def _listed(row: Row, shown: Sequence[str]) -> Listed:
    return Listed(**line_of(row), values={key: value_in(row, key) for key in shown})
