"""Records and what became known of them, as a window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from mainspring.data import ColumnType
from mainspring.data.sketches import Quantiles
from mainspring.monitoring.windows.window import REQUEST, REWARD, WEIGHT, Window
from mainspring.serving.feedback import Feedback
from mainspring.serving.feedback.joining import told
from mainspring.serving.payloads import LogRecord
from mainspring.serving.payloads.cells import Cells, cells_of
from mainspring.serving.payloads.tables import made_of

Columns: TypeAlias = dict[str, Cells]


def built(
    records: Sequence[LogRecord],
    feedback: Iterable[Feedback],
    since: float,
    until: float,
    *,
    complete: bool,
    types: Mapping[str, ColumnType] | None = None,
    rows: Callable[[Columns], Columns] = lambda columns: columns,
    late: Collection[str] = (),
    **more: Any,
) -> Window:
    """The window of some requests.

    Args:
        records: The requests.
        feedback: What became known of them; what is about others is left out.
        since: Where the window begins.
        until: Where it ends.
        complete: Whether nothing more is waited for.
        types: Types of columns.
        rows: Picks the rows that belong to the window from those of its requests.
        late: Ids of the requests that came late.
        **more: Other attributes of the window.
    """
    columns = rows(cells_of(records))
    sampled = any(record.share != 1.0 for record in records)
    if sampled:
        weights = {record.id: 1.0 / record.share for record in records if record.share > 0}
        columns[WEIGHT] = [weights.get(name, 1.0) for name in columns[f"{REQUEST}id"]]
    columns |= told(columns, feedback)
    failed = [record for record in records if record.error is not None]
    return Window(
        since=since,
        until=until,
        table=made_of(columns, {REWARD: ColumnType.FLOAT, **(types or {})}),
        requests=len(records),
        errors=len(failed),
        complete=complete,
        blocked=sum(record.blocked for record in failed),
        late=sum(name in late for name in columns[f"{REQUEST}id"]) if late else 0,
        versions=dict(Counter(columns[f"{REQUEST}version"]).most_common()),
        latency=Quantiles.of_sorted(np.sort(np.array([record.latency for record in records]))),
        asked=_stood_for(records) if sampled else None,
        failed=_stood_for(failed) if sampled else None,
        **more,
    )


def _stood_for(records: Iterable[LogRecord]) -> float:
    return sum(1.0 / record.share for record in records if record.share > 0)
