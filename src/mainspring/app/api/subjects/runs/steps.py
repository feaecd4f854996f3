"""Steps of a run: all of them in short, one with everything that is known of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.runs.nouns import StepLine, Thing
from mainspring.app.api.subjects.runs.showing import shown
from mainspring.app.api.subjects.runs.table.rows import flat
from mainspring.app.api.subjects.runs.things import things
from mainspring.core.errors import NotFoundError
from mainspring.core.records import Execution, Kind
from mainspring.pipelines.explaining import explain
from mainspring.pipelines.records import Records, StepRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One time that a step was begun in a run: an attempt before a resumption, or the last one.

    Attributes:
        execution: Its id in the record.
        state: How it ended.
        started: When it began.
        ended: When the record changed it last.
        seconds: How long its function ran.
        attempts: How often its function was called, retries included.
        error: Why it failed.
    """

    execution: int
    state: str
    started: float
    ended: float
    seconds: float | None
    attempts: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepShown:
    """A step of a run with everything that is known of it.

    Attributes:
        run: The run.
        pipeline: Its pipeline.
        line: The step in short.
        function: The function that it calls.
        cache_key: What decides whether it has to run again.
        from_execution: The execution that made what it gives, if it is not this one.
        from_run: The run of that execution.
        parameters: What its function was given, besides artifacts.
        inputs: What it used.
        outputs: What it made.
        metrics: The last value of every metric that it logged.
        environment: The interpreter and the distributions that its code imports.
        code: The pieces of code that it runs, with their digests.
        differences: In what it differs from the execution before.
        code_diff: The project's files then and now, as a unified diff.
        tries: Every time it was begun in this run, the last one first.
        traceback: Of its error.
        neighbours: The steps before and after it in the list of steps.
    """

    run: str
    pipeline: str
    line: StepLine
    function: str
    cache_key: str
    from_execution: int | None
    from_run: str
    parameters: Mapping[str, Any]
    inputs: Sequence[Thing]
    outputs: Sequence[Thing]
    metrics: Mapping[str, float]
    environment: Mapping[str, str]
    code: Mapping[str, str]
    differences: Sequence[str]
    code_diff: Sequence[str]
    tries: Sequence[Try]
    traceback: str
    neighbours: tuple[str, str]


@operation("runs.steps", "GET", "/runs/{run}/steps", command="mainspring show {run} --json")
def steps(desk: Desk, run: str) -> Sequence[StepLine]:
    """The steps of a run with their states, and why they ran or were taken from the cache."""
    found: Sequence[StepLine] = shown(desk, run).steps
    return found


@operation("runs.step", "GET", "/runs/{run}/steps/{step}", command="mainspring why-not-cached {run} {step}")
def step(desk: Desk, run: str, step: str) -> StepShown:
    """One step of a run: inputs, outputs, parameters, environment, attempts, and why it ran again."""
    told = shown(desk, run)
    names = [one.step for one in told.steps]
    line = next((one for one in told.steps if one.step == step), None)
    if line is None:
        raise NotFoundError(f"run {told.run} has no step {step!r}", expected="one of " + ", ".join(names))
    records = desk.platform.pipelines.records
    tries = [one for one in records.executions(told.run) if one.properties.get("node") == step]
    at = names.index(step)
    neighbours = (names[at - 1] if at else "", names[at + 1] if at + 1 < len(names) else "")
    if not tries:
        return _not_begun(told.run, told.pipeline, line, neighbours)
    record = StepRecord(tries[-1])
    original = _original(records, record)
    explained = explain(records, desk.platform.store.blobs, record)
    used = records.inputs([record.original])[record.original]
    parts = record.cache_parts or StepRecord(original).cache_parts
    custom = original.custom
    return StepShown(
        run=told.run,
        pipeline=told.pipeline,
        line=line,
        function=str(parts.get("step", {}).get("function") or ""),
        cache_key=str(record.execution.properties.get("cache_key") or ""),
        from_execution=original.id if original.id != record.execution.id else None,
        from_run=_elsewhere(original, told.run),
        parameters=flat(cast("Mapping[str, Any]", custom.get("parameters") or {})),
        inputs=things({name: some for name, some in used.items() if name not in ("code", "when")}),
        outputs=line.outputs,
        metrics=StepRecord(original).metrics,
        environment=cast("Mapping[str, str]", parts.get("environment") or {}),
        code=cast("Mapping[str, str]", parts.get("code") or {}),
        differences=[str(one) for one in explained.differences],
        code_diff=explained.code_diff,
        tries=[_try(one) for one in reversed(tries)],
        traceback=str(record.execution.custom.get("traceback") or ""),
        neighbours=neighbours,
    )


def _original(records: Records, record: StepRecord) -> Execution:
    if record.original == record.execution.id:
        return record.execution
    return cast("Execution", records.store.get(Kind.EXECUTION, [record.original])[0])


def _elsewhere(original: Execution, run: str) -> str:
    """The run in which it really ran, if that is another one."""
    of = str(original.properties.get("run") or "")
    return "" if of == run else of


def _not_begun(run: str, pipeline: str, line: StepLine, neighbours: tuple[str, str]) -> StepShown:
    return StepShown(
        run=run,
        pipeline=pipeline,
        line=line,
        function="",
        cache_key="",
        from_execution=None,
        from_run="",
        parameters={},
        inputs=(),
        outputs=(),
        metrics={},
        environment={},
        code={},
        differences=(),
        code_diff=(),
        tries=(),
        traceback="",
        neighbours=neighbours,
    )


def _try(execution: Execution) -> Try:
    seconds = execution.properties.get("seconds")
    return Try(
        execution=cast("int", execution.id),
        state=execution.state.value,
        started=execution.created_at,
        ended=execution.updated_at,
        seconds=float(seconds) if isinstance(seconds, (int, float)) else None,
        attempts=int(cast("int", execution.properties.get("attempts") or 0)),
        error=str(execution.custom.get("error") or ""),
    )


def as_text(value: Any) -> str:
    """A value as it is shown: texts as they are, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
