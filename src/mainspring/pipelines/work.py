"""The work of a run: units that are prepared, tried, tried again, and settled."""

from __future__ import annotations

import queue
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import cast

from mainspring.core.errors import MainspringError, StateError
from mainspring.core.records import Artifact, Execution, ExecutionState
from mainspring.pipelines.arguments import CHECKPOINTS
from mainspring.pipelines.attempts import Attempt, OpenNode
from mainspring.pipelines.cache import differences
from mainspring.pipelines.code import is_first_party
from mainspring.pipelines.codecs import storable_in
from mainspring.pipelines.course import Course
from mainspring.pipelines.executor import failure_of
from mainspring.pipelines.graph import Node
from mainspring.pipelines.loading import reference_to
from mainspring.pipelines.ports import Failure, FunctionRef, Given, Outcome, Runner, Task
from mainspring.pipelines.reviving import LEASE_SECONDS
from mainspring.pipelines.snapshots import snapshot
from mainspring.pipelines.units import NodeResult, Prepared, Unit

_DEAR = 0.1
"""Seconds of work that would be a pity to lose: they are recorded at once, not together with what begins next."""


class Work:
    """Everything that is prepared, runs, or waits for its next try. Used by one thread; runners call back."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._waiting: list[Attempt] = []
        self._later: list[tuple[float, Attempt]] = []
        self._running: dict[str, Attempt] = {}
        self._ended: queue.SimpleQueue[tuple[str, Outcome] | None] = queue.SimpleQueue()

    @property
    def is_done(self) -> bool:
        """Whether nothing runs and nothing waits."""
        return not (self._running or self._waiting or self._later)

    def executions(self) -> list[int]:
        """The executions that run at this moment; may be asked from any thread."""
        return [one.execution.id for one in list(self._running.values()) if one.execution and one.execution.id]

    def wake(self) -> None:
        """Let :meth:`next` return; may be called from any thread and from a signal handler."""
        self._ended.put(None)

    def open(self, node: Node) -> OpenNode:
        """Prepare every unit of a node; those that are not settled at once wait to be submitted."""
        units = self._course.driver.units(node, self._course.results)
        opened = OpenNode(node, {unit.name: None for unit in units})
        for unit in units:
            opened.units[unit.name] = self._prepared(unit, opened)
        if not units:
            note = "an empty list: there is nothing to do"
            self._course.publisher.passed(Unit.whole(node), ExecutionState.CACHED, {}, {"items": 0, "note": note})
            self._course.tell(node.name, ExecutionState.CACHED, message=note)
        return opened

    def _prepared(self, unit: Unit, opened: OpenNode) -> NodeResult | None:
        try:
            prepared = self._course.driver.prepare(unit, self._course.results)
        except Exception as error:  # noqa: BLE001 - this unit's failure
            return self._course.fail(unit, error)
        if prepared.hit is None:
            self._waiting.append(Attempt(prepared, opened))
            return None
        self._course.publisher.cached(prepared, prepared.hit)
        self._course.tell(unit.name, ExecutionState.CACHED)
        return NodeResult(ExecutionState.CACHED, prepared.hit.outputs)

    def submit(self) -> None:
        """Give the runners as much as may run at once."""
        moment = time.monotonic()
        self._waiting[:0] = [attempt for due, attempt in self._later if due <= moment]
        self._later = [(due, attempt) for due, attempt in self._later if due > moment]
        room = self._course.equipment.workers - len(self._running)
        chosen, self._waiting = self._waiting[:room], self._waiting[room:]
        for attempt in chosen:
            if attempt.execution is None:
                attempt.execution = self._course.publisher.begin(
                    attempt.prepared,
                    code=self._code,
                    why=self._why(attempt.prepared),
                    lease=LEASE_SECONDS,
                    log=self._log(attempt),
                )
        self._course.publisher.flush()
        for attempt in chosen:
            self._start(attempt)

    def _start(self, attempt: Attempt) -> None:
        unit, course = attempt.unit, self._course
        attempt.execution = course.publisher.known(cast("Execution", attempt.execution))
        task_id = f"{course.scratch.name}/{attempt.task}"  # runners may serve several runs
        self._running[task_id] = attempt
        course.tell(unit.name, ExecutionState.RUNNING, attempt=attempt.number)

        def done(outcome: Outcome) -> None:
            self._ended.put((task_id, outcome))

        try:
            self._runner(unit).submit(self._task(attempt, task_id), unit.step.function, done)
        except Exception as error:  # noqa: BLE001 - an input that is damaged, a runner that cannot start the task
            done(Outcome(failure=failure_of(error)))

    def _log(self, attempt: Attempt) -> str:
        return str(self._course.logs / f"{attempt.unit.name}.log")

    def _runner(self, unit: Unit) -> Runner:
        return self._course.equipment.runners[unit.step.options.isolation]

    def _task(self, attempt: Attempt, task_id: str) -> Task:
        prepared, unit, course = attempt.prepared, attempt.unit, self._course
        inputs = {
            name: Given(
                tuple(None if item is None else course.driver.stored(item) for item in items),
                listed=name in prepared.listed,
            )
            for name, items in prepared.inputs.items()
            if name not in prepared.files
        }
        return Task(
            id=task_id,
            node=unit.name,
            function=reference_to(unit.step.function, course.equipment.root),
            inputs=inputs,
            parameters=prepared.parameters,
            files=prepared.files,
            resources=prepared.resources,
            status=course.status() if unit.node.at_exit else {},
            platform=course.equipment.platform,
            makers=self._makers(inputs),
            folder=str(course.scratch / attempt.task),
            checkpoints=str(self._checkpoints(prepared)),
            log=self._log(attempt),
            timeout=unit.step.options.timeout,
        )

    def _checkpoints(self, prepared: Prepared) -> Path:
        """By the cache key: whatever decides what a step gives decides too what it may go on from.

        What a step gives that is never cached may depend on more; its checkpoints are for its own run alone.
        """
        cached = prepared.unit.step.options.cache and not prepared.unit.node.at_exit
        key = prepared.key.digest.rpartition(":")[2]
        return self._course.equipment.checkpoints_of(key if cached else f"{self._course.name}-{key}")

    def _makers(self, inputs: Mapping[str, Given]) -> tuple[FunctionRef, ...]:
        types = {item.type for given in inputs.values() for item in given.items if item is not None}
        return tuple({maker: None for one in types for maker in self._makers_by_type.get(one, ())})

    @cached_property
    def _makers_by_type(self) -> Mapping[str, Sequence[FunctionRef]]:
        """Type of artifact to the steps of the pipeline that give it, whose annotations know its class."""
        found: dict[str, list[FunctionRef]] = {}
        steps = {node.step.function: node.step for node in self._course.graph.nodes.values()}
        for one in steps.values():
            for type_name in {name for given in one.outputs.values() for name in storable_in(given)}:
                reference = reference_to(one.function, self._course.equipment.root)
                found.setdefault(type_name, []).append(reference)
        return found

    def next(self) -> OpenNode | None:
        """Wait for something to end (a second at most); the node to which it belongs, if it is settled now."""
        pause = min([1.0, *(max(0.0, due - time.monotonic()) for due, _ in self._later)])
        with suppress(queue.Empty):
            item = self._ended.get(timeout=pause)
            attempt = self._running.pop(item[0], None) if item is not None else None
            if item is not None and attempt is not None:
                return self._settle(attempt, item[1])
        return None

    def _settle(self, attempt: Attempt, outcome: Outcome) -> OpenNode | None:
        failure = outcome.failure
        if failure is None:
            try:
                execution = cast("Execution", attempt.execution)
                outputs = self._course.publisher.complete(execution, outcome, attempt.number)
                if outcome.seconds > _DEAR:
                    self._course.publisher.flush()
            except (MainspringError, OSError) as error:
                failure = failure_of(error)
            else:
                result = NodeResult(ExecutionState.COMPLETE, outputs)
                if CHECKPOINTS in attempt.prepared.resources.values():
                    shutil.rmtree(self._checkpoints(attempt.prepared), ignore_errors=True)
                return self._close(attempt, result, seconds=outcome.seconds)
        return self._failed(attempt, failure, outcome.seconds)

    def _failed(self, attempt: Attempt, failure: Failure, seconds: float) -> OpenNode | None:
        retry = attempt.unit.step.options.retry
        if failure.retry and attempt.number <= retry.times and not self._course.stop:
            pause = retry.wait(attempt.number)
            attempt.number += 1
            self._later.append((time.monotonic() + pause, attempt))
            again = f"{failure.error}; again in {pause:g} s"
            self._course.tell(attempt.unit.name, ExecutionState.RUNNING, message=again, attempt=attempt.number)
            return None
        state = self._record(attempt, failure, seconds)
        return self._close(attempt, NodeResult(state, reason=failure.error), seconds=seconds)

    def _record(self, attempt: Attempt, failure: Failure, seconds: float) -> ExecutionState:
        try:
            execution = cast("Execution", attempt.execution)
            return self._course.publisher.failed(execution, failure, seconds, attempt.number).state
        except StateError:  # its lease ran out, and somebody marked it as lost
            return ExecutionState.LOST

    def _close(self, attempt: Attempt, result: NodeResult, *, seconds: float) -> OpenNode | None:
        attempt.opened.units[attempt.unit.name] = result
        self._course.tell(
            attempt.unit.name, result.state, message=result.reason, seconds=seconds, attempt=attempt.number
        )
        return attempt.opened if attempt.opened.is_settled else None

    def drop(self) -> list[OpenNode]:
        """Give up what does not run yet; gives the nodes that are settled by it."""
        dropped = [*self._waiting, *(attempt for _, attempt in self._later)]
        self._waiting, self._later = [], []
        settled = []
        for attempt in dropped:
            if attempt.execution is not None:
                self._record(attempt, Failure(self._course.stop, "CANCELED", retry=False), 0.0)
            result = NodeResult(ExecutionState.CANCELED, reason=self._course.stop)
            settled.append(self._close(attempt, result, seconds=0.0))
        return [one for one in settled if one is not None]

    def cancel(self) -> None:
        """Ask the runners to stop what runs."""
        for task, attempt in list(self._running.items()):
            self._runner(attempt.unit).cancel(task)

    def abandon(self) -> None:
        """Stop what runs, and record it as cancelled without waiting for it."""
        self.cancel()
        for attempt in self._running.values():
            with suppress(MainspringError):
                self._record(attempt, Failure(self._course.stop, "CANCELED", retry=False), 0.0)
        self._running = {}

    def _why(self, prepared: Prepared) -> str:
        if not prepared.unit.step.options.cache:
            return "this step is never cached"
        if prepared.unit.node.at_exit:
            return "it runs at the end of every run"
        before = self._course.lookup.before(prepared.unit.name)
        if before is None:
            return "it never ran before in this pipeline"
        changed = differences(before.cache_parts, prepared.key.parts)
        return "; ".join(str(one) for one in changed) or "its earlier outputs are gone"

    @cached_property
    def _code(self) -> Artifact:
        course = self._course
        steps = [node.step for node in course.graph.nodes.values()]
        used = {file for step in steps for file in course.driver.code(step).files}
        files = {file for file in used | course.graph.sources if is_first_party(str(file))}
        return snapshot(course.equipment.recorder, course.equipment.blobs, files, course.equipment.root)
