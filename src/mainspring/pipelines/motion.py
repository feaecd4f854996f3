"""The motion of a run: starts what can start, settles what ends, until nothing is left to do."""

from __future__ import annotations

import heapq
import shutil
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

from mainspring.core.clock import now
from mainspring.core.errors import MainspringError, StateError
from mainspring.core.records import ExecutionState
from mainspring.core.records import Kind as NodeKind
from mainspring.pipelines.admission import refused
from mainspring.pipelines.answers import ask, resolve, reuse
from mainspring.pipelines.attempts import OpenNode
from mainspring.pipelines.course import Course, RunResult
from mainspring.pipelines.graph import Node
from mainspring.pipelines.heartbeat import Heartbeat
from mainspring.pipelines.interrupts import stopping
from mainspring.pipelines.options import Kind
from mainspring.pipelines.snapshots import Commit
from mainspring.pipelines.units import NodeResult, Unit
from mainspring.pipelines.work import Work


class Motion:
    """Moves one run to its end. The calling thread decides and writes; runners only compute."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._work = Work(course)
        self._order = {name: place for place, name in enumerate(course.graph.nodes)}
        self._missing = {name: set(node.needs) for name, node in course.graph.nodes.items() if not node.at_exit}
        self._dependants: dict[str, list[str]] = {}
        for name, needs in self._missing.items():
            for need in needs:
                self._dependants.setdefault(need, []).append(name)
        self._ready = [self._order[name] for name, needs in self._missing.items() if not needs]
        self._nodes = list(course.graph.nodes.values())
        self._heartbeat = Heartbeat(
            course.equipment.metadata,
            cast("int", course.execution.id),
            course.worker,
            self._work.executions,
            self._stop,
        )

    def go(self) -> RunResult:
        """Run to the end, whatever the end is."""
        course, started = self._course, time.perf_counter()
        commit = Commit(course.equipment.root)
        course.tell("", ExecutionState.RUNNING)
        state = ExecutionState.FAILED
        try:
            with self._heartbeat, stopping(self._stop):
                self._drain()
                state = self._exit_steps(self._state())
        except KeyboardInterrupt:
            state = ExecutionState.CANCELED
        except StateError:
            if self._is_ours():
                raise
            state = ExecutionState.LOST
        finally:
            seconds = time.perf_counter() - started
            self._end(state, {"seconds": seconds, "commit": commit.read()})
        course.tell("", state, seconds=seconds, message=course.held or course.stop)
        ended = [(name, course.results[name]) for name in course.graph.nodes if name in course.results]
        nodes = {name: replace(one, outputs=course.publisher.outputs(one.outputs)) for name, one in ended}
        return RunResult(course.name, state, nodes, seconds)

    def _is_ours(self) -> bool:
        """Whether the run was not marked as lost, and maybe taken up by another process."""
        course = self._course
        run = course.equipment.metadata.get(NodeKind.EXECUTION, [cast("int", course.execution.id)])[0]
        return getattr(run, "worker", None) == course.worker

    def _stop(self, reason: str) -> None:
        """Called from the heartbeat's thread and from signal handlers."""
        self._course.stop = self._course.stop or reason
        self._work.wake()

    # -- the loop ------------------------------------------------------------------------------------------

    def _drain(self) -> None:
        course, work = self._course, self._work
        while True:
            while self._ready and not course.stop:
                self._begin(self._nodes[heapq.heappop(self._ready)])
            if course.stop:
                course.publisher.flush()
                self._settle_all(work.drop())
                work.cancel()
            else:
                work.submit()
            if work.is_done and (course.stop or not self._ready):
                return
            settled = work.next()
            if settled is not None:
                self._settle(settled)

    def _begin(self, node: Node) -> None:
        course = self._course
        chosen = node.name in course.selection.run
        if node.step.kind is not Kind.FUNCTION or not chosen:
            course.publisher.flush()  # the record is asked
        try:
            verdict = refused(course, node) if chosen else reuse(course, node)
            if verdict is not None:
                self._ended(node, verdict)
            elif node.step.kind is Kind.FUNCTION:
                self._settle(self._work.open(node))
            else:
                self._ended(node, (resolve if node.step.kind is Kind.RESOLVER else ask)(course, node))
        except Exception as error:  # noqa: BLE001 - what goes wrong here is this node's failure, not the engine's
            self._ended(node, course.fail(Unit.whole(node), error))

    def _settle_all(self, opened: list[OpenNode]) -> None:
        for one in opened:
            self._settle(one)

    def _settle(self, opened: OpenNode) -> None:
        if opened.is_settled:
            self._ended(opened.node, opened.result())

    def _ended(self, node: Node, result: NodeResult) -> None:
        if result.good and node.step.options.gate:
            result = self._gated(node, result)
        self._course.results[node.name] = result
        for name in self._dependants.get(node.name, ()):
            missing = self._missing[name]
            missing.discard(node.name)
            if not missing:
                heapq.heappush(self._ready, self._order[name])

    def _gated(self, node: Node, result: NodeResult) -> NodeResult:
        if all(self._course.driver.truth(slot) for slot in result.outputs.values()):
            return result
        reason = f"{node.name} said no"
        self._course.held = self._course.held or reason
        self._course.tell(node.name, ExecutionState.HELD, message=reason)
        return NodeResult(result.state, result.outputs, said_no=True, reason=reason)

    # -- the end ---------------------------------------------------------------------------------------------

    def _state(self) -> ExecutionState:
        course, states = self._course, {result.state for result in self._course.results.values()}
        left = self._missing.keys() - course.results.keys()
        if self._heartbeat.lost:
            return ExecutionState.LOST
        if course.stop and (left or ExecutionState.CANCELED in states):
            return ExecutionState.CANCELED
        if ExecutionState.FAILED in states:
            return ExecutionState.FAILED
        if course.held:
            return ExecutionState.HELD
        return ExecutionState.WAITING if ExecutionState.WAITING in states else ExecutionState.COMPLETE

    def _exit_steps(self, state: ExecutionState) -> ExecutionState:
        """Run the steps at exit, unless the run only waits; a run of which one fails has failed."""
        course = self._course
        nodes = [node.name for node in self._nodes if node.at_exit]
        if state in (ExecutionState.WAITING, ExecutionState.LOST) or not nodes:
            return state
        course.final, stopped, course.stop = state, course.stop, ""
        self._ready = [self._order[name] for name in nodes]
        self._drain()
        course.stop = stopped or course.stop
        ended = {course.results[name].state for name in nodes if name in course.results}
        return ExecutionState.FAILED if state == "COMPLETE" and ExecutionState.FAILED in ended else state

    def _end(self, state: ExecutionState, facts: dict[str, Any]) -> None:
        """Leave nothing that runs, no scratch, and the state in the record."""
        course = self._course
        course.stop = course.stop or ("" if self._work.is_done else "the run was broken off")
        with suppress(MainspringError):
            course.publisher.flush()
        self._work.abandon()
        shutil.rmtree(course.scratch, ignore_errors=True)
        with suppress(OSError):
            course.scratch.parent.rmdir()
        if state is ExecutionState.LOST:
            return  # it is for others to say how it ends
        custom = {**facts, "ended_at": now(), "held": course.held or None}
        with suppress(StateError):
            course.equipment.metadata.transition(cast("int", course.execution.id), state, custom=custom)
