"""Runs, steps and pipelines in the search, and what waits for a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from mainspring.app.api.desk import Desk
from mainspring.app.api.subject import Hit, Waiting
from mainspring.app.api.subjects.runs.table import Row, table_of
from mainspring.core.clock import now
from mainspring.core.records import Execution, Kind
from mainspring.pipelines.recording import STEP

_MOST: Final = 12
_LATE: Final = 7 * 86400.0
"""How far back failed and held runs are told of."""


def find(desk: Desk, text: str) -> Sequence[Hit]:
    """Runs and pipelines with this text in their names, and steps of the latest run of each pipeline."""
    wanted, rows = text.lower(), table_of(desk.shared).rows()
    runs = [
        Hit(
            kind="run",
            name=row.name,
            path=f"/runs/{row.name}",
            detail=" · ".join(one for one in (row.state.lower(), f"{row.model} {row.version}".strip()) if one),
            at=row.started,
        )
        for row in rows
        if wanted in row.name.lower() or (row.commit and row.commit.startswith(wanted) and len(wanted) >= 6)
    ][:_MOST]
    latest: dict[str, Row] = {}
    for row in rows:
        latest.setdefault(row.pipeline, row)
    pipelines = [
        Hit(
            kind="pipeline",
            name=name,
            path=f"/runs?pipeline={name}",
            detail=f"latest run {row.name}",
            at=row.started,
        )
        for name, row in latest.items()
        if wanted in name.lower()
    ]
    return [*pipelines[:_MOST], *runs, *_steps(desk, wanted, list(latest.values())[:_MOST])]


def _steps(desk: Desk, wanted: str, runs: Sequence[Row]) -> Sequence[Hit]:
    if not runs:
        return []
    found = desk.platform.store.record.find(
        Kind.EXECUTION,
        "type = :type AND properties.run IN :runs",
        {"type": STEP, "runs": [one.name for one in runs]},
        descending=True,
        limit=300,
    ).items
    hits: dict[str, Hit] = {}
    for one in cast("Sequence[Execution]", found):
        node, run = str(one.properties.get("node")), str(one.properties.get("run"))
        if wanted in node.lower() and node not in hits:
            path = f"/runs/{run}/steps/{node}"
            hits[node] = Hit(kind="step", name=node, path=path, detail=f"of {run}", at=one.created_at)
    return list(hits.values())[:_MOST]


def waiting(desk: Desk) -> Sequence[Waiting]:
    """Runs that wait for a signature, and pipelines whose latest run failed or was held."""
    rows, since = table_of(desk.shared).rows(), now() - _LATE
    latest: set[str] = set()
    found: list[Waiting] = []
    for row in rows:
        newest = row.pipeline not in latest
        latest.add(row.pipeline)
        path = f"/runs/{row.name}"
        if row.state == "WAITING":
            title, detail = f"{row.name} waits for a signature", row.pipeline
            found.append(
                Waiting(kind="approval", title=title, path=path, detail=detail, since=row.touched, urgency=1)
            )
        elif newest and row.started >= since and row.state in ("FAILED", "LOST", "HELD"):
            words = {"FAILED": "failed", "LOST": "stopped without a word", "HELD": "is held by a gate"}[row.state]
            urgency = 1 if row.state == "HELD" else 2
            found.append(
                Waiting(
                    kind="run",
                    title=f"{row.name} {words}",
                    path=path,
                    detail=f"the latest run of {row.pipeline}",
                    since=row.ended or row.touched,
                    urgency=urgency,
                )
            )
    return found[:50]
