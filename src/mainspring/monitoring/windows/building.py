"""Records and what became known of them, as a window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np

from mainspring.data import ColumnType
from mainspring.data.sketches import Quantiles
from mainspring.monitoring.windows.failures import why
from mainspring.monitoring.windows.window import REQUEST, REWARD, WEIGHT, Window
from mainspring.serving.feedback import Feedback
from mainspring.serving.feedback.joining import told
from mainspring.serving.payloads import LogRecord
from mainspring.serving.payloads.cells import Cells, cells_of
from mainspring.serving.payloads.tables import made_of

Columns: TypeAlias = dict[str, Cells]


def built(
    records: Iterable[LogRecord],
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
        records: The requests; each is let go before the next is asked for.
        feedback: What became known of them; what is about others is left out.
        since: Where the window begins.
        until: Where it ends.
        complete: Whether nothing more is waited for.
        types: Types of columns.
        rows: Picks the rows that belong to the window from those of its requests.
        late: Ids of the requests that came late; may fill as these go by.
        **more: Other attributes of the window.
    """
    seen = _Seen()
    columns = rows(cells_of(seen.all(records)))
    if seen.weights:
        columns[WEIGHT] = [seen.weights.get(name, 1.0) for name in columns[f"{REQUEST}id"]]
    columns |= told(columns, feedback)
    return Window(
        since=since,
        until=until,
        table=made_of(columns, {REWARD: ColumnType.FLOAT, **(types or {})}),
        requests=len(seen.latencies),
        errors=seen.errors,
        complete=complete,
        blocked=seen.blocked,
        late=sum(name in late for name in columns[f"{REQUEST}id"]) if late else 0,
        versions=dict(Counter(columns[f"{REQUEST}version"]).most_common()),
        latency=Quantiles.of_sorted(np.sort(np.array(seen.latencies))),
        asked=len(seen.latencies) + seen.unseen if seen.weights else None,
        failed=seen.errors + seen.unseen_errors if seen.weights else None,
        failures=dict(seen.failures.most_common()),
        **more,
    )


class _Seen:
    """What is counted of requests as they go by.

    Attributes:
        latencies: Of all of them, in seconds.
        errors: Those that failed.
        blocked: Those that were refused.
        weights: How many requests stand behind each of those that do not stand for themselves alone, by id.
        unseen: Requests that were not logged.
        unseen_errors: Those of them that failed.
        failures: Those that failed, by reason.
    """

    def __init__(self) -> None:
        self.latencies: list[float] = []
        self.errors = self.blocked = 0
        self.weights: dict[str, float] = {}
        self.unseen = self.unseen_errors = 0.0
        self.failures: Counter[str] = Counter()

    def all(self, records: Iterable[LogRecord]) -> Iterator[LogRecord]:
        """The requests, one by one."""
        for record in records:
            self.latencies.append(record.latency)
            more = 0.0
            if 0 < record.share < 1:
                self.weights[record.id] = 1.0 / record.share
                more = self.weights[record.id] - 1.0
                self.unseen += more
            if record.error is not None:
                self.errors += 1
                self.blocked += record.blocked
                self.failures[why(record)] += 1
                self.unseen_errors += more
            yield record
