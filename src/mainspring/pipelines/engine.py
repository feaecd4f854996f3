"""The engine: runs a graph, node by node, as its inputs come to be; driver, then runner, then publisher.

One coordinator (the calling thread) decides and writes; runners only compute. All that must survive a crash is in
the record before it is relied upon, so a run that is killed at any moment can be taken up again by its name.
"""

from __future__ import annotations

import os
import queue
import shutil
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from mainspring.core.clock import now
from mainspring.core.errors import ConflictError, MainspringError, StateError
from mainspring.core.records import Artifact, Context, Execution, ExecutionState, Kind
from mainspring.pipelines.approvals import Approval, subject_of
from mainspring.pipelines.cache import differences
from mainspring.pipelines.code import is_first_party
from mainspring.pipelines.codecs import Encoded
from mainspring.pipelines.driver import Driver, NodeResult, Prepared, Slot, Unit
from mainspring.pipelines.events import Event, Listener, ignore
from mainspring.pipelines.executor import failure_of
from mainspring.pipelines.graph import Graph, Literal, Node, Selection
from mainspring.pipelines.loading import reference_to
from mainspring.pipelines.ports import Failure, Given, Outcome, Platform, Runner, Task
from mainspring.pipelines.publisher import Publisher
from mainspring.pipelines.recording import Recorder, Records, StepRecord
from mainspring.pipelines.resolvers import Resolved, Resolving
from mainspring.pipelines.snapshots import Entry, run_facts, snapshot
from mainspring.pipelines.steps import Isolation
from mainspring.pipelines.steps import Kind as StepKind
from mainspring.store.ports import BlobStore, MetadataStore

LEASE_SECONDS = 15.0
_SETTLED_BADLY = frozenset(
    {ExecutionState.FAILED, ExecutionState.SKIPPED, ExecutionState.CANCELED, ExecutionState.LOST}
)


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended.

    Attributes:
        run: Its name.
        nodes: How each node ended, in the order of the graph.
    """

    run: str
    state: ExecutionState
    nodes: Mapping[str, NodeResult]
    seconds: float = 0.0


@dataclass(kw_only=True)
class Engine:
    """Runs graphs against a store.

    Attributes:
        home: The platform's own folder: logs and scratch space lie in it.
        root: The project's folder, where relative paths start.
        runners: One for each kind of isolation.
        platform: How steps in other processes get at resources.
        resources: Factories of resources for steps in this process.
        workers: How many executions at once.
        listener: Told of everything that happens.
    """

    metadata: MetadataStore
    blobs: BlobStore
    home: Path
    root: Path
    runners: Mapping[Isolation, Runner]
    platform: Platform | None = None
    resources: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    workers: int = field(default_factory=lambda: os.cpu_count() or 2)
    listener: Listener = ignore

    def __post_init__(self) -> None:
        self.recorder = Recorder(self.metadata)
        self.records = Records(self.metadata)

    def run(
        self,
        graph: Graph,
        *,
        name: str | None = None,
        entry: Entry | None = None,
        selection: Selection | None = None,
        because: str | None = None,
    ) -> RunResult:
        """Run a graph as a new run.

        Args:
            graph: What to run.
            name: The run's name; made from the pipeline's name and the time by default.
            entry: Where the pipeline was found, so that the run can be resumed by name.
            selection: Run a part; take what it needs from the latest runs.
            because: What started it, if not a person.

        Raises:
            ConflictError: If there is a run of that name.
        """
        run_name = name or _new_name(graph.pipeline)
        facts = {**run_facts(graph, entry, self.root), "because": because}
        execution, context = self.recorder.start_run(run_name, graph.pipeline, facts, _worker(), LEASE_SECONDS)
        return _Run(self, graph, execution, context, selection, {}).go()

    def resume(self, graph: Graph, run: str, *, selection: Selection | None = None) -> RunResult:
        """Take up a run that failed, was held, parked, cancelled or killed. What it finished is not done again.

        Raises:
            StateError: If it is complete, or still runs somewhere.
        """
        execution = revive(self.records, run)
        context = cast(
            "Context",
            self.metadata.find(
                Kind.CONTEXT, "type = :type AND name = :name", {"type": execution.type, "name": execution.name}
            ).items[0],
        )
        # The transition is what only one can win.
        execution = self.metadata.transition(cast("int", execution.id), ExecutionState.RUNNING)
        execution = self.metadata.lease(cast("int", execution.id), _worker(), LEASE_SECONDS)
        done = {
            one.node: cast("int", one.execution.id)
            for one in self.records.steps(str(execution.name))
            if one.state is ExecutionState.COMPLETE
        }
        return _Run(self, graph, execution, context, selection, done).go()


def revive(records: Records, run: str) -> Execution:
    """A run that may be taken up again, with what its dead worker left marked as lost.

    Raises:
        StateError: If it is complete, or its worker lives.
    """
    records.store.reap()
    execution = records.run(run)
    if execution.state is ExecutionState.RUNNING:
        if not _is_dead(execution.worker):
            raise StateError(
                f"run {execution.name} is running (worker {execution.worker})",
                fix=f"wait for it, or stop it: mainspring cancel {execution.name}",
            )
        for one in records.executions(str(execution.name)):
            if one.state is ExecutionState.RUNNING:
                records.store.transition(cast("int", one.id), ExecutionState.LOST)
        execution = records.store.transition(cast("int", execution.id), ExecutionState.LOST)
    if execution.state is ExecutionState.COMPLETE:
        raise StateError(f"run {execution.name} is complete", fix="start a new one: mainspring run")
    return execution


class _Run:
    """One run in motion."""

    def __init__(
        self,
        engine: Engine,
        graph: Graph,
        execution: Execution,
        context: Context,
        selection: Selection | None,
        done: Mapping[str, int],
    ) -> None:
        self.engine = engine
        self.graph = graph
        self.execution = execution
        self.name = str(execution.name)
        self.selection = selection or Selection(run=frozenset(graph.nodes))
        self.done = done
        self.driver = Driver(engine.recorder, engine.records, engine.blobs, engine.root)
        self.publisher = Publisher(
            engine.recorder,
            engine.blobs,
            run=self.name,
            pipeline=graph.pipeline,
            context=context,
            worker=_worker(),
        )
        self.folder = engine.home / "runs" / self.name
        self.scratch = engine.home / "scratch" / f"{self.name}-{uuid.uuid4().hex[:8]}"
        self.results: dict[str, NodeResult] = {}
        self.open: dict[str, _OpenNode] = {}
        self.ended: queue.SimpleQueue[tuple[_Attempt, Outcome] | None] = queue.SimpleQueue()
        self.running: dict[str, _Attempt] = {}
        self.waiting: list[_Attempt] = []
        self.later: list[tuple[float, _Attempt]] = []
        self.stop: str = ""
        self.held: str = ""
        self._code: Artifact | None = None

    # -- the loop ------------------------------------------------------------------------------------------

    def go(self) -> RunResult:
        started = time.perf_counter()
        self._tell("", ExecutionState.RUNNING)
        state = ExecutionState.FAILED
        try:
            with self._heartbeat():
                self._loop(at_exit=False)
                state = self._state()
                self._exit_steps(state)
        except KeyboardInterrupt:
            self._interrupt()
            state = ExecutionState.CANCELED
        finally:
            shutil.rmtree(self.scratch, ignore_errors=True)
            seconds = time.perf_counter() - started
            self._close(state, seconds)
        self._tell("", state, seconds=seconds, message=self.held or self.stop)
        ordered = {name: self.results[name] for name in self.graph.nodes if name in self.results}
        return RunResult(self.name, state, ordered, seconds)

    def _loop(self, *, at_exit: bool) -> None:
        while True:
            if not self.stop:
                self._start_what_is_ready(at_exit=at_exit)
            self._submit_waiting()
            if not self.running and not self.waiting and not self.later:
                return
            pause = min([1.0, *(max(0.0, due - time.monotonic()) for due, _ in self.later)])
            with suppress(queue.Empty):
                item = self.ended.get(timeout=pause)
                if item is not None:
                    self._settle(*item)
            if self.stop:
                self._cancel_running()

    def _start_what_is_ready(self, *, at_exit: bool) -> None:
        moved = True
        while moved and not self.stop:
            moved = False
            for name, node in self.graph.nodes.items():
                if node.at_exit is not at_exit or name in self.results or name in self.open:
                    continue
                if at_exit or all(need in self.results for need in node.needs):
                    self._begin(node)
                    moved = moved or name in self.results

    def _begin(self, node: Node) -> None:
        if node.name not in self.selection.run:
            self._reuse(node)
            return
        verdict = self._may_run(node)
        if verdict is not None:
            self.results[node.name] = verdict
            return
        try:
            if node.step.kind is StepKind.RESOLVER:
                self._resolve(node)
            elif node.step.kind is StepKind.APPROVAL:
                self._ask(node)
            else:
                self._open(node)
        except Exception as error:  # noqa: BLE001 - what goes wrong here is this node's failure, not the engine's
            self._fail_before(node, error)

    # -- may it run? ---------------------------------------------------------------------------------------

    def _may_run(self, node: Node) -> NodeResult | None:
        """``None`` if it may; else how it ended without running. Waiting nodes leave no execution behind."""
        if node.at_exit:
            return None
        for gate in node.after:
            result = self.results[gate]
            if result.said_no:
                return NodeResult(ExecutionState.SKIPPED, reason=f"held by {gate}: {result.reason}")
            if not result.good:
                return self._skip(node, f"{gate}, which comes before it, did not complete")
        for condition in node.conditions:
            result = self.results[condition.ref.node]
            if result.state is ExecutionState.WAITING:
                return NodeResult(ExecutionState.WAITING, reason=result.reason)
            if not result.good:
                return self._skip(node, f"{condition.ref.node}, on which it depends, did not complete")
            if self.driver.truth(result.outputs.get(condition.ref.output)) is condition.negated:
                said = "yes" if condition.negated else "no"
                return self._skip(node, f"{condition.ref.node} said {said}")
        for ref in node.refs:
            result = self.results[ref.node]
            if result.state is ExecutionState.WAITING:
                return NodeResult(ExecutionState.WAITING, reason=result.reason)
            if result.state in _SETTLED_BADLY or not result.good:
                how = "failed" if result.state is ExecutionState.FAILED else "did not run"
                return self._skip(node, f"{ref.node}, which it needs, {how}")
        return None

    def _skip(self, node: Node, reason: str) -> NodeResult:
        unit = Unit(node=node, name=node.name, bindings=node.bindings)
        self.publisher.ended(unit, ExecutionState.SKIPPED, reason)
        self._tell(node.name, ExecutionState.SKIPPED, message=reason)
        return NodeResult(ExecutionState.SKIPPED, reason=reason)

    def _reuse(self, node: Node) -> None:
        """A node outside the selection: its latest outputs, or nothing."""
        result = NodeResult(ExecutionState.SKIPPED, reason="not selected")
        if node.name in self.selection.reuse:
            found = self.engine.records.previous(self.graph.pipeline, node.name)
            outputs = self._outputs_of(found, node) if found else None
            if found is None or outputs is None:
                self._fail_before(
                    node,
                    StateError(f"step {node.name!r} has no outputs from an earlier run", fix="run all steps once"),
                )
                return
            unit = Unit(node=node, name=node.name, bindings=node.bindings)
            self.publisher.passed(unit, ExecutionState.CACHED, outputs, {"reused_from": found.execution.id})
            result = NodeResult(ExecutionState.CACHED, outputs)
            self._tell(node.name, ExecutionState.CACHED, message="taken from the latest run")
        self.results[node.name] = result

    def _outputs_of(self, found: StepRecord, node: Node) -> Mapping[str, Slot] | None:
        resolved = found.execution.custom.get("resolved")
        if isinstance(resolved, list):
            artifacts = self.engine.metadata.get(Kind.ARTIFACT, cast("list[int]", resolved))
            return {"result": cast("Artifact", artifacts[0]) if artifacts else None}
        source = found.execution.custom.get("reused_from") or found.original
        return self.driver.outputs_of(cast("int", source), list(node.step.outputs))

    # -- resolvers and approvals -----------------------------------------------------------------------------

    def _arguments(self, node: Node) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, binding in node.bindings.items():
            if isinstance(binding, Literal):
                values[name] = binding.value
            else:
                refs = list(Node(name="", step=node.step, bindings={name: binding}).refs)
                slots = [self.results[ref.node].outputs.get(ref.output) for ref in refs]
                values[name] = slots if len(refs) > 1 or hasattr(binding, "refs") else slots[0]
        return values

    def _resolve(self, node: Node) -> None:
        context = Resolving(
            metadata=self.engine.metadata,
            blobs=self.engine.blobs,
            pipeline=self.graph.pipeline,
            root=self.engine.root,
            resources=self.engine.resources,
        )
        answer: Resolved = node.step.function(**self._arguments(node), context=context)
        unit = Unit(node=node, name=node.name, bindings=node.bindings)
        before = self._resolved_before(node)
        artifact, made = answer.artifact, None
        if answer.made is not None:
            made = self._stored_or_known(answer.made, before)
            artifact = made
        fresh = {"result": artifact} if artifact is not None and artifact.id is None else {}
        digest = artifact.digest if artifact is not None else None
        same = before is not None and before[0] == digest
        state = ExecutionState.CACHED if same and not fresh else ExecutionState.COMPLETE
        outputs: Mapping[str, Slot] = {"result": artifact}
        execution, outputs = self.publisher.passed(
            unit,
            state,
            outputs,
            {"note": answer.note, "resolved_digest": digest},
            made=cast("Mapping[str, Artifact]", fresh),
            used=[("proposal", one) for one in answer.used] if fresh else (),
        )
        kept = cast("Artifact | None", outputs["result"])
        self.engine.metadata.publish(
            [_with_custom(execution, {"resolved": [kept.id] if kept is not None else []})]
        )
        self.results[node.name] = NodeResult(state, outputs)
        self._tell(node.name, state, message=answer.note)

    def _resolved_before(self, node: Node) -> tuple[str | None, int | None] | None:
        found = self.engine.records.previous(self.graph.pipeline, node.name)
        if found is None or "resolved" not in found.execution.custom:
            return None
        ids = cast("list[int]", found.execution.custom["resolved"])
        return cast("str | None", found.execution.custom.get("resolved_digest")), ids[0] if ids else None

    def _stored_or_known(self, made: Encoded, before: tuple[str | None, int | None] | None) -> Artifact:
        fresh = self.publisher.artifact(made)
        if before is not None and before[0] == fresh.digest and before[1] is not None:
            return cast("Artifact", self.engine.metadata.get(Kind.ARTIFACT, [before[1]])[0])
        return fresh

    def _ask(self, node: Node) -> None:
        values = self._arguments(node)
        question = str(values["question"])
        evidence = [one for one in (values.get("evidence") or []) if isinstance(one, Artifact)]
        subject = subject_of(self.graph.pipeline, question, evidence)
        found = self.engine.metadata.find(
            Kind.ARTIFACT,
            "type = :type AND properties.subject = :subject AND state = LIVE",
            {"type": Approval.ARTIFACT_TYPE, "subject": subject},
            descending=True,
            limit=1,
        ).items
        unit = Unit(node=node, name=node.name, bindings=node.bindings)
        used = [("evidence", one) for one in evidence]
        if found:
            given = cast("Artifact", found[0])
            custom = {"question": question, "subject": subject, "resolved": [given.id]}
            self.publisher.passed(unit, ExecutionState.CACHED, {"result": given}, custom)
            self.results[node.name] = NodeResult(ExecutionState.CACHED, {"result": given})
            words = "approved" if given.properties.get("ok") else "rejected"
            self._tell(node.name, ExecutionState.CACHED, message=f"{words} by {given.properties.get('by')}")
            return
        custom = {"question": question, "subject": subject}
        self.publisher.passed(unit, ExecutionState.WAITING, {}, custom, used=used)
        reason = f"waits for a person: {question}"
        self.results[node.name] = NodeResult(ExecutionState.WAITING, reason=reason)
        self._tell(node.name, ExecutionState.WAITING, message=reason)

    # -- functions -------------------------------------------------------------------------------------------

    def _open(self, node: Node) -> None:
        units = self.driver.units(node, self.results)
        opened = _OpenNode(node, {unit.name: None for unit in units})
        self.open[node.name] = opened
        for unit in units:
            self._prepare(unit, opened)
        self._close_node_if_done(opened)

    def _prepare(self, unit: Unit, opened: _OpenNode) -> None:
        try:
            prepared = self.driver.prepare(unit, self.results, reuse=self.done.get(unit.name))
        except Exception as error:  # noqa: BLE001 - this unit's failure
            opened.units[unit.name] = self._failed_before(unit, error)
            return
        if prepared.hit is not None:
            original, outputs = prepared.hit
            self.publisher.cached(prepared, original, outputs)
            opened.units[unit.name] = NodeResult(ExecutionState.CACHED, outputs)
            self._tell(unit.name, ExecutionState.CACHED)
            return
        self.waiting.append(_Attempt(prepared=prepared, opened=opened))

    def _submit_waiting(self) -> None:
        due = [attempt for when, attempt in self.later if when <= time.monotonic()]
        self.later = [(when, attempt) for when, attempt in self.later if when > time.monotonic()]
        self.waiting = due + self.waiting
        if self.stop:
            for attempt in self.waiting:
                failure = Failure(self.stop, "CANCELED", retry=False)
                if attempt.execution is not None:
                    self.publisher.failed(attempt.execution, failure, 0.0, attempt.number)
                attempt.opened.units[attempt.prepared.unit.name] = NodeResult(
                    ExecutionState.CANCELED, reason=self.stop
                )
                self._close_node_if_done(attempt.opened)
            self.waiting = []
        while self.waiting and len(self.running) < self.engine.workers:
            self._submit(self.waiting.pop(0))

    def _submit(self, attempt: _Attempt) -> None:
        prepared, unit = attempt.prepared, attempt.prepared.unit
        log = self.folder / f"{unit.name}.log"
        if attempt.execution is None:
            attempt.execution = self.publisher.begin(
                prepared, code=self._code_artifact(), why=self._why(prepared), lease=LEASE_SECONDS, log=str(log)
            )
        task = self._task(attempt, log)
        self.running[task.id] = attempt
        self._tell(unit.name, ExecutionState.RUNNING, attempt=attempt.number)
        runner = self.engine.runners[unit.step.options.isolation]
        runner.submit(task, unit.step.function, lambda outcome: self.ended.put((attempt, outcome)))

    def _task(self, attempt: _Attempt, log: Path) -> Task:
        prepared, unit = attempt.prepared, attempt.prepared.unit
        attempt.task = f"{unit.name}#{attempt.number}"
        inputs = {
            name: Given(
                tuple(None if item is None else self.driver.stored(item) for item in items),
                listed=name in prepared.listed,
            )
            for name, items in prepared.inputs.items()
            if name not in prepared.files
        }
        return Task(
            id=attempt.task,
            node=unit.name,
            function=reference_to(unit.step.function, self.engine.root),
            inputs=inputs,
            parameters=prepared.parameters,
            files=prepared.files,
            resources=prepared.resources,
            status=self._status(),
            platform=self.engine.platform,
            folder=str(self.scratch / attempt.task.replace("/", "_")),
            log=str(log),
            timeout=unit.step.options.timeout,
        )

    def _settle(self, attempt: _Attempt, outcome: Outcome) -> None:
        self.running.pop(attempt.task, None)
        unit, execution = attempt.prepared.unit, cast("Execution", attempt.execution)
        if outcome.failure is not None:
            self._settle_failure(attempt, outcome)
            return
        try:
            _, outputs = self.publisher.complete(execution, outcome, attempt.number)
        except MainspringError as error:
            self._settle_failure(attempt, Outcome(seconds=outcome.seconds, failure=failure_of(error)))
            return
        attempt.opened.units[unit.name] = NodeResult(ExecutionState.COMPLETE, outputs)
        self._tell(unit.name, ExecutionState.COMPLETE, seconds=outcome.seconds, attempt=attempt.number)
        self._close_node_if_done(attempt.opened)

    def _settle_failure(self, attempt: _Attempt, outcome: Outcome) -> None:
        failure = cast("Failure", outcome.failure)
        unit, retry = attempt.prepared.unit, attempt.prepared.unit.step.options.retry
        if failure.retry and attempt.number <= retry.times and not self.stop:
            pause = retry.wait(attempt.number)
            attempt.number += 1
            self.later.append((time.monotonic() + pause, attempt))
            again = f"{failure.error}; again in {pause:g} s"
            self._tell(unit.name, ExecutionState.RUNNING, message=again, attempt=attempt.number)
            return
        ended = self.publisher.failed(
            cast("Execution", attempt.execution), failure, outcome.seconds, attempt.number
        )
        attempt.opened.units[unit.name] = NodeResult(ended.state, reason=failure.error)
        self._tell(unit.name, ended.state, message=failure.error, seconds=outcome.seconds)
        self._close_node_if_done(attempt.opened)

    def _close_node_if_done(self, opened: _OpenNode) -> None:
        if any(result is None for result in opened.units.values()):
            return
        node = opened.node
        del self.open[node.name]
        result = opened.result()
        if result.good and node.step.options.gate:
            result = self._gated(node, result)
        self.results[node.name] = result

    def _gated(self, node: Node, result: NodeResult) -> NodeResult:
        slots = list(result.outputs.values())
        if all(self.driver.truth(slot) for slot in slots):
            return result
        self.held = f"{node.name} said no"
        self._tell(node.name, ExecutionState.HELD, message=self.held)
        return NodeResult(result.state, result.outputs, said_no=True, reason=self.held)

    # -- failures before anything ran ------------------------------------------------------------------------

    def _fail_before(self, node: Node, error: Exception) -> None:
        unit = Unit(node=node, name=node.name, bindings=node.bindings)
        self.open.pop(node.name, None)
        self.results[node.name] = self._failed_before(unit, error)

    def _failed_before(self, unit: Unit, error: Exception) -> NodeResult:
        failure = failure_of(error)
        traceback = "" if isinstance(error, MainspringError) else failure.traceback
        self.publisher.ended(unit, ExecutionState.FAILED, failure.error, traceback)
        self._tell(unit.name, ExecutionState.FAILED, message=failure.error)
        return NodeResult(ExecutionState.FAILED, reason=failure.error)

    # -- the end ---------------------------------------------------------------------------------------------

    def _state(self) -> ExecutionState:
        states = {result.state for result in self.results.values()}
        if self.stop:
            return ExecutionState.CANCELED
        if ExecutionState.FAILED in states:
            return ExecutionState.FAILED
        if self.held:
            return ExecutionState.HELD
        return ExecutionState.WAITING if ExecutionState.WAITING in states else ExecutionState.COMPLETE

    def _exit_steps(self, state: ExecutionState) -> None:
        if state is ExecutionState.WAITING or not any(node.at_exit for node in self.graph.nodes.values()):
            return
        self._final, stopped, self.stop = state, self.stop, ""
        self._loop(at_exit=True)
        self.stop = stopped

    _final = ExecutionState.RUNNING

    def _status(self) -> Mapping[str, Any]:
        failed = {
            name: result.reason for name, result in self.results.items() if result.state is ExecutionState.FAILED
        }
        return {"run": self.name, "state": str(self._final), "failed": failed}

    def _interrupt(self) -> None:
        self.stop = "interrupted"
        self._cancel_running()
        deadline = time.monotonic() + 10.0
        while self.running and time.monotonic() < deadline:
            with suppress(queue.Empty):
                item = self.ended.get(timeout=0.2)
                if item is not None:
                    self._settle(*item)
        for attempt in list(self.running.values()):
            failure = Failure("interrupted", "CANCELED", retry=False)
            self.publisher.failed(cast("Execution", attempt.execution), failure, 0.0, attempt.number)

    def _cancel_running(self) -> None:
        for task, attempt in list(self.running.items()):
            runner = self.engine.runners[attempt.prepared.unit.step.options.isolation]
            runner.cancel(task)

    def _close(self, state: ExecutionState, seconds: float) -> None:
        run_id = cast("int", self.execution.id)
        custom: dict[str, Any] = {"seconds": seconds, "ended_at": now(), "held": self.held or None}
        with suppress(StateError):
            self.engine.metadata.transition(run_id, state, custom=custom)

    # -- small things ----------------------------------------------------------------------------------------

    def _why(self, prepared: Prepared) -> str:
        if not prepared.unit.step.options.cache:
            return "this step is never cached"
        if prepared.unit.node.at_exit:
            return "it runs at the end of every run"
        before = self.engine.records.previous(self.graph.pipeline, prepared.unit.name)
        if before is None:
            return "it never ran before in this pipeline"
        parts = before.execution.custom.get("cache_parts")
        changed = differences(cast("Mapping[str, Any]", parts or {}), prepared.key.parts)
        if not changed:
            return "its earlier outputs are gone"
        return "; ".join(str(one) for one in changed)

    def _code_artifact(self) -> Artifact:
        if self._code is None:
            own = [self.driver.code(node.step).files for node in self.graph.nodes.values()]
            files = {file for some in own for file in some if is_first_party(str(file))}
            self._code = snapshot(self.engine.recorder, self.engine.blobs, files, self.engine.root)
        return self._code

    def _tell(
        self,
        node: str,
        state: ExecutionState,
        *,
        message: str = "",
        seconds: float = 0.0,
        attempt: int = 1,
    ) -> None:
        self.engine.listener(
            Event(run=self.name, node=node, state=state, message=message, seconds=seconds, attempt=attempt)
        )

    @contextmanager
    def _heartbeat(self) -> Iterator[None]:
        over = threading.Event()
        thread = threading.Thread(target=self._beat, args=(over,), name="mainspring-heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _beat(self, over: threading.Event) -> None:
        """Keep the leases, and listen for a request to stop."""
        run_id, beats = cast("int", self.execution.id), 0
        while not over.wait(1.0):
            beats += 1
            try:
                asked = cast("Execution", self.engine.metadata.get(Kind.EXECUTION, [run_id])[0])
                cancel = asked.custom.get("cancel")
                if isinstance(cancel, Mapping) and not self.stop:
                    self.stop = f"cancelled by {cancel.get('by')}: {cancel.get('reason')}"
                    self.ended.put(None)
                if beats % 5 == 0:
                    self._renew(run_id)
            except (ConflictError, StateError) as error:
                self.stop = f"the run was taken over: {error}"
                self.ended.put(None)
                return

    def _renew(self, run_id: int) -> None:
        self.engine.metadata.lease(run_id, _worker(), LEASE_SECONDS)
        for attempt in list(self.running.values()):
            if attempt.execution is not None:
                with suppress(StateError):
                    self.engine.metadata.lease(cast("int", attempt.execution.id), _worker(), LEASE_SECONDS)


@dataclass
class _OpenNode:
    """A node of which some units are not settled."""

    node: Node
    units: dict[str, NodeResult | None]

    def result(self) -> NodeResult:
        settled = [cast("NodeResult", result) for result in self.units.values()]
        if not self.node.fans_out:
            return settled[0]
        bad = [result for result in settled if not result.good]
        if bad:
            return NodeResult(bad[0].state, reason=bad[0].reason)
        state = (
            ExecutionState.CACHED
            if all(result.state is ExecutionState.CACHED for result in settled)
            else ExecutionState.COMPLETE
        )
        outputs: dict[str, Slot] = {
            name: [cast("Artifact | None", result.outputs.get(name)) for result in settled]
            for name in self.node.step.outputs
        }
        return NodeResult(state, outputs)


@dataclass
class _Attempt:
    """One try of one unit."""

    prepared: Prepared
    opened: _OpenNode
    execution: Execution | None = None
    number: int = 1
    task: str = ""


def _with_custom(execution: Execution, custom: Mapping[str, Any]) -> Execution:
    return replace(execution, custom={**execution.custom, **custom})


def _new_name(pipeline: str) -> str:
    return f"{pipeline}-{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:4]}"


def _worker() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _is_dead(worker: str | None) -> bool:
    """Whether a worker of this machine is gone; workers elsewhere are believed to live until their lease ends."""
    if not worker:
        return True
    host, _, pid = worker.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
