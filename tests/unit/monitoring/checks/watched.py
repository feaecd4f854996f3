"""Windows and references as checks see them."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mainspring.data import Schema, Table, TableStatistics, summarize
from mainspring.evaluation.reference import Reference
from mainspring.monitoring.seen import Seen, Series
from mainspring.monitoring.windows import Window

HOUR = 3600.0


class NoHistory:
    """No figures before."""

    def names(self, prefix: str = "") -> list[str]:
        return []

    def series(self, name: str, *, since: float | None = None, until: float | None = None) -> Series:
        none = np.empty(0)
        return Series(times=none, values=none, low=none, high=none, least=none, most=none)


def profile(rows: Table) -> TableStatistics:
    return summarize({"rows": rows}).split("rows")


def reference(trained: Table, rows: Table | None = None, schema: Schema | None = None) -> Reference:
    return Reference(statistics=profile(trained), rows=rows, schema=schema)


def seen(
    rows: Table,
    known: Reference,
    *,
    hour: int = 0,
    previous: TableStatistics | None = None,
    slices: tuple[str, ...] = (),
    version: str = "1",
    earlier: Callable[[float, float], TableStatistics | None] | None = None,
) -> Seen:
    window = Window(
        since=hour * HOUR, until=(hour + 1) * HOUR, table=rows, requests=rows.num_rows, errors=0, complete=True
    )
    return Seen(
        model="census",
        version=version,
        window=window,
        statistics=profile(rows),
        reference=known,
        previous=previous,
        history=NoHistory(),
        slices=slices,
        earlier=earlier,
    )


def codes(judged: Any) -> dict[str | None, str]:
    """What was said of each subject."""
    return {reason.subject: reason.code for reason in judged.verdict.reasons}


def failed(judged: Any) -> list[str | None]:
    """What was found wrong."""
    return [reason.subject for reason in judged.verdict.failures]


def run(check: Any, windows: list[Seen]) -> list[Any]:
    """Judge windows one after the other."""
    memory: Mapping[str, Any] = {}
    found = []
    for window in windows:
        judged = check.judge(window, memory)
        memory = judged.memory
        found.append(judged)
    return found
