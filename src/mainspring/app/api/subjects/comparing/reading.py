"""What runs were made of, read for many at once in a handful of queries; what has ended is read once."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from mainspring.app.api.subjects.runs.table import Row
from mainspring.core.records import Artifact, Execution, Kind
from mainspring.pipelines.codecs import FILE
from mainspring.pipelines.recording import RUN, STEP
from mainspring.pipelines.records import Records, StepRecord
from mainspring.pipelines.snapshots import CODE

_CHUNK: Final = 100
_KEPT: Final = 5000
_MODEL: Final = "mainspring.Model"
_LIVE: Final = frozenset({"NEW", "RUNNING", "WAITING"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPlace:
    """Where the series of a step are.

    Attributes:
        step: The step.
        log: The log beside which its metrics are; empty if it has none.
        models: Digests of the models that it trained, which keep what their trainings watched.
    """

    step: str
    log: str
    models: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a run was made of, and where its curves are.

    Attributes:
        data: Outside files by the argument that they were given for: name and digest.
        code: Digest of the snapshot of the project's files; empty if nothing was run.
        estimator: What was trained; empty for nothing.
        environment: Interpreter and platform.
        series: Where its curves are.
    """

    data: Mapping[str, str]
    code: str
    estimator: str
    environment: Mapping[str, str]
    series: Sequence[SeriesPlace]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRun:
    """A run as far as it can be compared with others.

    Attributes:
        row: Its parameters and metrics, as lists of runs show them.
        around: What it was made of.
    """

    row: Row
    around: Surroundings

    @property
    def live(self) -> bool:
        """Whether it still runs."""
        return self.row.state in _LIVE


class RunsRead:
    """Surroundings that were read before. Safe for threads."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, Surroundings]] = {}
        self._guard = threading.Lock()

    def read(self, records: Records, rows: Sequence[Row]) -> Sequence[ComparedRun]:
        """Runs with their surroundings."""
        with self._guard:
            known = {
                row.name: kept[1] for row in rows if (kept := self._kept.get(row.name)) and _same(row, kept[0])
            }
        missing = [row for row in rows if row.name not in known]
        fresh = _read(records, [row.name for row in missing])
        with self._guard:
            if len(self._kept) + len(fresh) > _KEPT:
                self._kept.clear()
            self._kept.update({row.name: (row.touched, fresh[row.name]) for row in missing})
        return [ComparedRun(row=row, around=known.get(row.name) or fresh[row.name]) for row in rows]


def _same(row: Row, touched: float) -> bool:
    return row.touched == touched and row.state not in _LIVE


def _read(records: Records, names: Sequence[str]) -> dict[str, Surroundings]:
    runs = {str(one.name): one for part in _chunks(names) for one in _all(records, RUN, "name", part)}
    steps: dict[str, dict[str, StepRecord]] = {name: {} for name in names}
    for part in _chunks(names):
        for one in _all(records, STEP, "properties.run", part):
            steps[str(one.properties["run"])][str(one.properties.get("node"))] = StepRecord(one)
    originals = {one.original for nodes in steps.values() for one in nodes.values()}
    outputs, inputs = records.outputs(originals), records.inputs(originals)
    logs = _logs(records, steps)
    return {name: _around(runs[name], list(steps[name].values()), outputs, inputs, logs) for name in names}


def _all(records: Records, type_name: str, what: str, names: Sequence[str]) -> Iterator[Execution]:
    values: dict[str, Any] = {f"n{place}": name for place, name in enumerate(names)}
    where = f"type = :type AND {what} IN ({', '.join(f':{one}' for one in values)})"
    page: str | None = None
    while True:
        found = records.store.find(Kind.EXECUTION, where, {"type": type_name, **values}, limit=1000, page=page)
        yield from cast("Sequence[Execution]", found.items)
        page = found.next
        if page is None:
            return


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), _CHUNK):
        yield names[start : start + _CHUNK]


def _logs(records: Records, steps: Mapping[str, Mapping[str, StepRecord]]) -> Mapping[int, str]:
    """The logs of the executions that did the work, by id: of cached steps those are earlier ones."""
    own = {one.execution.id or 0: one.execution for nodes in steps.values() for one in nodes.values()}
    wanted = {one.original for nodes in steps.values() for one in nodes.values()} - own.keys()
    earlier = cast("Sequence[Execution]", records.store.get(Kind.EXECUTION, sorted(wanted))) if wanted else ()
    return {one.id or 0: str(one.custom.get("log") or "") for one in [*own.values(), *earlier]}


def _around(
    run: Execution,
    steps: Sequence[StepRecord],
    outputs: Mapping[int, Mapping[str, Sequence[Artifact]]],
    inputs: Mapping[int, Mapping[str, Sequence[Artifact]]],
    logs: Mapping[int, str],
) -> Surroundings:
    made = [(one, [each for each in _flat(outputs[one.original]) if each.type == _MODEL]) for one in steps]
    models = [each for _, some in made for each in some]
    given = [artifact for one in steps for artifact in _flat(inputs[one.original])]
    code = max((one for one in given if one.type == CODE), key=lambda one: one.id or 0, default=None)
    environment = cast("Mapping[str, Any]", run.custom.get("environment") or {})
    return Surroundings(
        data=_data(steps, inputs),
        code="" if code is None else str(code.digest),
        estimator=str(models[-1].properties.get("estimator") or "") if models else "",
        environment={name: str(value) for name, value in environment.items()},
        series=[
            SeriesPlace(step=one.node, log=logs.get(one.original, ""), models=[str(each.digest) for each in some])
            for one, some in made
        ],
    )


def _data(steps: Sequence[StepRecord], inputs: Mapping[int, Mapping[str, Sequence[Artifact]]]) -> dict[str, str]:
    """Outside files by the argument that they were given for; where two steps differ in it, with the step."""
    found: dict[str, str] = {}
    for step in steps:
        for argument, artifacts in inputs[step.original].items():
            files = [one for one in artifacts if one.type == FILE]
            if files:
                value = ", ".join(f"{one.properties.get('name') or one.uri} {one.digest}" for one in files)
                same = found.get(argument) in (None, value)
                found[argument if same else f"{step.node}.{argument}"] = value
    return found


def _flat(slots: Mapping[str, Sequence[Artifact]]) -> list[Artifact]:
    return [artifact for some in slots.values() for artifact in some]
