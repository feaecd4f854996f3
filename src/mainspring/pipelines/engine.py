"""The engine: runs a graph, node by node, as its inputs come to be; driver, then runner, then publisher.

All that must survive a crash is in the record before it is relied upon, so a run that is killed at any moment can
be taken up again by its name.

=========================================  ==============================================================
:mod:`~mainspring.pipelines.motion`        the loop: what may start, what has ended, how it all ends
:mod:`~mainspring.pipelines.admission`     gates, conditions, and what is missing
:mod:`~mainspring.pipelines.answers`       nodes that are answered: resolvers, approvals, earlier outputs
:mod:`~mainspring.pipelines.driver`        what a unit is given, its key, the cache
:mod:`~mainspring.pipelines.work`          attempts, retries, runners
:mod:`~mainspring.pipelines.publisher`     what is written
=========================================  ==============================================================
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

from mainspring.core.errors import NotFoundError
from mainspring.core.records import Artifact, Context, Execution, ExecutionState, Kind
from mainspring.pipelines.course import Course, RunResult
from mainspring.pipelines.equipment import Equipment
from mainspring.pipelines.graph import Graph, Selection
from mainspring.pipelines.motion import Motion
from mainspring.pipelines.names import as_part, check_run
from mainspring.pipelines.reviving import LEASE_SECONDS, new_worker, revive
from mainspring.pipelines.snapshots import Entry, run_facts

__all__ = ["Engine", "RunResult"]


class Engine(Equipment):
    """Runs graphs against a store."""

    def run(
        self,
        graph: Graph,
        *,
        name: str | None = None,
        entry: Entry | None = None,
        selection: Selection | None = None,
        because: str | None = None,
        evidence: Sequence[str] = (),
    ) -> RunResult:
        """Run a graph as a new run.

        Args:
            graph: What to run.
            name: The run's name; made from the pipeline's name and the time by default.
            entry: Where the pipeline was found, so that the run can be resumed by name.
            selection: Run a part; take what it needs from the latest runs.
            because: What started it, if not a person.
            evidence: Digests of the verdicts that it is started because of; they become its inputs.

        Raises:
            ConflictError: If there is a run of that name.
            InputError: If a run cannot have that name.
            NotFoundError: If the record does not know such evidence.
        """
        facts = {**run_facts(graph, entry, selection), "because": because}
        execution, context = self.recorder.start_run(
            check_run(name) if name else _new_name(graph.pipeline),
            graph.pipeline,
            facts,
            new_worker(),
            LEASE_SECONDS,
            [self._evidence(digest) for digest in evidence],
        )
        return Motion(Course(self, graph, execution, context, selection, {})).go()

    def resume(self, graph: Graph, run: str) -> RunResult:
        """Take up a run that failed, was held, parked, cancelled or killed. What it finished is not done again.

        Args:
            graph: Its pipeline, as it is now.
            run: Its name. If it was a part of the pipeline, that part is run.

        Raises:
            StateError: If it is complete, or still runs somewhere.
        """
        revived = revive(self.records, run)
        # The transition is what only one can win.
        execution = self.metadata.transition(
            cast("int", revived.id),
            ExecutionState.RUNNING,
            custom={**_forgetting_the_end(revived), "parameters": dict(graph.parameters)},
        )
        execution = self.metadata.lease(cast("int", execution.id), new_worker(), LEASE_SECONDS)
        shutil.rmtree(self.scratch_of(str(execution.name)), ignore_errors=True)
        own = {one.node: one for one in self.records.steps(str(execution.name)) if one.good}
        selection = _selection_of(execution, graph)
        return Motion(Course(self, graph, execution, self._context_of(execution), selection, own)).go()

    def _evidence(self, digest: str) -> Artifact:
        found = self.metadata.find(Kind.ARTIFACT, "digest = :digest", {"digest": digest}, limit=1).items
        if not found:
            raise NotFoundError(f"the record knows no artifact {digest}", expected="the digest of a verdict")
        return cast("Artifact", found[0])

    def _context_of(self, run: Execution) -> Context:
        found = self.metadata.find(
            Kind.CONTEXT, "type = :type AND name = :name", {"type": run.type, "name": run.name}
        )
        return cast("Context", found.items[0])


def _forgetting_the_end(run: Execution) -> dict[str, Any]:
    """A request to stop was meant for the attempt before; it is kept, but not obeyed again."""
    asked = run.custom.get("cancel")
    before = cast("list[Any]", run.custom.get("cancelled") or [])
    return {"cancel": None, "cancelled": [*before, asked]} if asked else {}


def _selection_of(run: Execution, graph: Graph) -> Selection | None:
    chosen = run.custom.get("selection")
    if not isinstance(chosen, Mapping):
        return None
    names = {key: frozenset(cast("list[str]", chosen[key])) & graph.nodes.keys() for key in ("run", "reuse")}
    return Selection(run=names["run"], reuse=names["reuse"])


def _new_name(pipeline: str) -> str:
    return f"{as_part(pipeline)}-{time.strftime('%Y%m%d-%H%M%S')}-{os.urandom(2).hex()}"
