"""Requests like one that was answered."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.deployments.briefs import Brief, brief
from mainspring.app.api.subjects.deployments.log import truths
from mainspring.app.api.subjects.deployments.log.conditions import Conditions
from mainspring.app.api.subjects.deployments.log.searching import search
from mainspring.app.api.subjects.deployments.privacy import private_columns
from mainspring.app.api.subjects.deployments.requests import found, log_of
from mainspring.core.clock import now
from mainspring.serving.payloads.record import LogRecord

AMONG: Final = 1500
"""They are looked for among so many of the latest answers."""

_REST: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Like:
    """A request like another one.

    Attributes:
        request: It.
        distance: How far it is: 0 is equal; 1 is a standard deviation, or another word, in every column.
        different: The columns that differ most, the first of them the most.
    """

    request: Brief
    distance: float
    different: Sequence[str]


@operation("deployments.similar", "GET", "/deployments/{model:path}/requests/{request:path}/similar")
def similar(desk: Desk, model: str, request: str, *, limit: int = 5) -> Sequence[Like]:
    """The requests most like one, among the latest answers of the model; private columns do not count.

    What was found a minute ago is given again.
    """
    record = found(desk, model, request)
    made: Sequence[Like] = desk.shared.remembered(
        ("deployments.similar", model, record.id, limit),
        int(now() / _REST),
        lambda: _near(desk, model, record, limit),
    )
    return made


def _near(desk: Desk, model: str, record: LogRecord, limit: int) -> Sequence[Like]:
    folder, hidden = log_of(desk.platform), private_columns(desk.shared, model)
    latest = search(folder, Conditions(model=model, status="ok"), limit=AMONG, seconds=1.0).records
    others = [one for one in latest if one.id != record.id and one.rows]
    if not record.rows or not others:
        return []
    columns = [name for name in record.columns if name not in hidden]
    scales = _scales(others, columns)
    near = sorted(((*_distance(record, one, columns, scales), one) for one in others), key=lambda three: three[0])[
        : max(1, min(limit, 50))
    ]
    said = truths.told(folder, {one.id for _, _, one in near}, since=min(one.time for _, _, one in near))
    return [
        Like(request=brief(one, said.get(one.id, ()), hidden), distance=distance, different=different)
        for distance, different, one in near
    ]


def _scales(records: Sequence[LogRecord], columns: Collection[str]) -> Mapping[str, float]:
    """The standard deviations of columns of numbers."""
    found = {}
    for name in columns:
        cells = [value for one in records if _is_number(value := _first(one, name))]
        if len(cells) > 1:
            found[name] = statistics.pstdev(map(float, cells)) or 1.0
    return found


def _distance(
    one: LogRecord, other: LogRecord, columns: Sequence[str], scales: Mapping[str, float]
) -> tuple[float, list[str]]:
    parts = {name: _apart(_first(one, name), _first(other, name), scales.get(name)) for name in columns}
    most = sorted((name for name in columns if parts[name] > 0), key=lambda name: -parts[name])
    return sum(parts.values()) / max(len(columns), 1), most[:3]


def _apart(one: Any, other: Any, scale: float | None) -> float:
    if scale is not None and _is_number(one) and _is_number(other):
        return min(abs(float(one) - float(other)) / scale, 3.0)
    return float(one != other)


def _first(record: LogRecord, name: str) -> Any:
    cells = record.columns.get(name, ())
    return cells[0] if len(cells) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
