"""Reads many runs from the record at once: a few questions for all of them, not some for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, cast

from mainspring.app.api.subjects.runs.table.rows import PLUMBING, Row, row_of
from mainspring.core.records import Artifact, Execution, Kind, LinkKind, Value
from mainspring.pipelines.recording import RUN, STEP
from mainspring.pipelines.records import Records, StepRecord
from mainspring.store.ports import MetadataStore

_FEW: Final = 64
"""Up to so many runs are asked for by name; more are found by reading all steps since the first of them."""

_PAGE: Final = 5000


def touched_since(store: MetadataStore, moment: float) -> Sequence[Execution]:
    """The runs that the record changed since a moment, and those whose steps may have."""
    where = "type = :type AND (updated_at >= :moment OR state IN (RUNNING, WAITING))" if moment else "type = :type"
    values: dict[str, Value] = {"type": RUN, "moment": moment} if moment else {"type": RUN}
    return cast("Sequence[Execution]", list(_all(store, Kind.EXECUTION, where, values)))


def rows_of(store: MetadataStore, runs: Sequence[Execution]) -> list[Row]:
    """The rows of some runs."""
    steps = _steps(store, runs)
    latest = [one for each in steps.values() for one in each.values()]
    originals = _originals(store, latest)
    made = _made(store, {one.original for one in latest if one.good}, few=len(runs) <= _FEW)
    return [
        row_of(run, [_standing_for(one, originals) for one in steps.get(str(run.name), {}).values()], made)
        for run in runs
    ]


def _steps(store: MetadataStore, runs: Sequence[Execution]) -> dict[str, dict[str, StepRecord]]:
    """The latest execution of every node, by run."""
    names = {str(run.name) for run in runs}
    found: dict[str, dict[str, StepRecord]] = {}
    if len(runs) <= _FEW:
        where, among = "properties.run IN :runs", cast("Value", sorted(names))
    else:
        where, among = "id > :runs", min(cast("int", run.id) for run in runs)
    wanted: dict[str, Value] = {"type": STEP, "runs": among}
    for one in _all(store, Kind.EXECUTION, f"type = :type AND {where}", wanted):
        run = str(one.properties.get("run"))
        if run in names:
            found.setdefault(run, {})[str(one.properties.get("node"))] = StepRecord(_light(one))
    return found


def _light(execution: Execution) -> Execution:
    """Without what is long and not asked here, so that thousands can be held at once."""
    kept = ("cached_from", "reused_from", "metrics")
    return replace(execution, custom={name: execution.custom[name] for name in kept if name in execution.custom})


def _originals(store: MetadataStore, steps: Iterable[StepRecord]) -> Mapping[int, Execution]:
    """The executions that others repeat, for what those logged."""
    known = {cast("int", one.execution.id): one.execution for one in steps}
    missing = sorted({one.original for one in steps} - known.keys())
    found = store.get(Kind.EXECUTION, missing) if missing else []
    return {**known, **{cast("int", one.id): _light(cast("Execution", one)) for one in found}}


def _standing_for(step: StepRecord, originals: Mapping[int, Execution]) -> StepRecord:
    logged = originals[step.original].custom.get("metrics")
    if not logged or step.original == step.execution.id:
        return step
    return StepRecord(replace(step.execution, custom={**step.execution.custom, "metrics": logged}))


def _made(store: MetadataStore, executions: set[int], *, few: bool) -> Mapping[int, Sequence[Artifact]]:
    """What executions made, as far as it may hold figures."""
    if not executions:
        return {}
    if few:
        outputs = Records(store).outputs(sorted(executions))
        return {one: [artifact for some in made.values() for artifact in some] for one, made in outputs.items()}
    types = sorted({one.name for one in store.types(Kind.ARTIFACT)} - PLUMBING)
    artifacts = {
        cast("int", one.id): cast("Artifact", one)
        for one in _all(store, Kind.ARTIFACT, "type IN :types", {"types": types})
        if one.properties
    }
    found: dict[int, list[Artifact]] = {}
    for link in store.links(Kind.ARTIFACT, sorted(artifacts)):
        if link.kind is LinkKind.OUTPUT and link.source in executions:
            found.setdefault(link.source, []).append(artifacts[link.target])
    return found


def _all(store: MetadataStore, kind: Kind, where: str, values: Mapping[str, Value]) -> Iterator[Any]:
    page: str | None = None
    while True:
        found = store.find(kind, where, values, limit=_PAGE, page=page)
        yield from found.items
        page = found.next
        if page is None:
            return
