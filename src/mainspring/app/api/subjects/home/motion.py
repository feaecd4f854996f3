"""Runs: those that go on, with their steps, and the latest ones."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from mainspring.app.api.desk import Desk
from mainspring.app.api.subjects.home.nouns import RunGlance, RunningRun, StepMark
from mainspring.app.api.subjects.runs.table import Row, table_of

LATEST: Final = 8
STRIP: Final = 40

_GOING: Final = frozenset({"NEW", "RUNNING", "WAITING"})
_OPEN: Final = frozenset({"NEW", "RUNNING", "WAITING", "PENDING"})
_MOST: Final = 6


def running(desk: Desk) -> Sequence[RunningRun]:
    """Runs that go on; those whose process died are marked as lost first."""
    rows = table_of(desk.shared).rows()
    going = [row for row in rows if row.state in _GOING]
    if going and desk.platform.pipelines.abandoned():
        rows = table_of(desk.shared).rows()
        going = [row for row in rows if row.state in _GOING]
    return [_going(desk, row, rows) for row in going[:_MOST]]


def latest(desk: Desk) -> Sequence[RunGlance]:
    """The latest runs, the newest first; as many as the strip shows."""
    return [glance(row) for row in table_of(desk.shared).rows()[:STRIP]]


def glance(row: Row) -> RunGlance:
    """A run, in a line."""
    return RunGlance(
        run=row.name,
        pipeline=row.pipeline,
        state=row.state,
        started=row.started,
        seconds=row.seconds,
        model=f"{row.model} {row.version}".strip(),
        because=row.because,
    )


def _going(desk: Desk, row: Row, rows: Sequence[Row]) -> RunningRun:
    records = desk.platform.pipelines.records
    states = {one.node: one.state.value for one in records.steps(row.name)}
    nodes = cast("Sequence[Any]", records.run(row.name).custom.get("nodes") or ())
    marks = list(_marks([str(one) for one in nodes], states))
    took = [
        one.seconds for one in rows if one.pipeline == row.pipeline and one.state == "COMPLETE" and one.seconds
    ]
    return RunningRun(
        run=row.name,
        pipeline=row.pipeline,
        state=row.state,
        started=row.started,
        steps=marks,
        done=sum(one.state not in _OPEN for one in marks),
        now=[one.step for one in marks if one.state == "RUNNING"],
        usual=statistics.median(took[:5]) if took else None,
    )


def _marks(nodes: Sequence[str], states: Mapping[str, str]) -> Sequence[StepMark]:
    """Steps in the order of the pipeline; the items of a fan-out stand where their step does."""
    items: dict[str, list[str]] = {}
    for name in states:
        items.setdefault(name.partition("[")[0], []).append(name)
    known = [name for node in nodes for name in items.get(node, [node])]
    rest = [name for name in states if name not in known]
    return [StepMark(step=name, state=states.get(name, "PENDING")) for name in [*known, *rest]]
