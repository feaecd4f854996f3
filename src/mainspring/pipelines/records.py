"""Runs and steps, read back from the record."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from mainspring.core.errors import InputError, NotFoundError
from mainspring.core.records import Artifact, Execution, ExecutionState, Kind, LinkKind, Value
from mainspring.pipelines.recording import RUN, STEP
from mainspring.store.ports import MetadataStore


@dataclasses.dataclass(frozen=True, slots=True)
class StepRecord:
    """The latest execution of one node of a run, as the record has it."""

    execution: Execution

    @property
    def node(self) -> str:
        """The node's name in the pipeline."""
        return str(self.execution.properties.get("node", ""))

    @property
    def state(self) -> ExecutionState:
        """Its state."""
        return self.execution.state

    @property
    def cached(self) -> bool:
        """Whether its outputs were taken from an earlier execution."""
        return self.execution.state is ExecutionState.CACHED

    @property
    def good(self) -> bool:
        """Whether its outputs can be used."""
        return self.execution.state in (ExecutionState.COMPLETE, ExecutionState.CACHED)

    @property
    def seconds(self) -> float:
        """How long its function ran."""
        return float(cast("float", self.execution.properties.get("seconds") or 0.0))

    @property
    def original(self) -> int:
        """The id of the execution that made the outputs: its own, or that of the one it repeats."""
        custom = self.execution.custom
        return int(cast("int", custom.get("cached_from") or custom.get("reused_from") or self.execution.id))

    @property
    def cache_parts(self) -> Mapping[str, Any]:
        """The parts of its cache key; empty if it was answered, not executed."""
        parts: dict[str, Any] = json.loads(str(self.execution.custom.get("cache_parts") or "{}"))
        return parts

    @property
    def metrics(self) -> Mapping[str, float]:
        """The last value of every metric that it logged (:func:`mainspring.log_metric`)."""
        return cast("Mapping[str, float]", self.execution.custom.get("metrics") or {})

    @property
    def error(self) -> str | None:
        """Why it failed or was skipped."""
        return cast("str | None", self.execution.custom.get("error"))


class Records:
    """Reads runs back: everything that the CLI, the report and the web pages show of them."""

    def __init__(self, store: MetadataStore) -> None:
        self.store = store

    def runs(
        self, *, pipeline: str | None = None, limit: int = 20, before: int | None = None
    ) -> Sequence[Execution]:
        """The latest runs, newest first; those that began before the given one, if any is given."""
        where = "type = :type"
        values: dict[str, Value] = {"type": RUN}
        if pipeline:
            where, values = where + " AND properties.pipeline = :pipeline", {**values, "pipeline": pipeline}
        if before is not None:
            where, values = where + " AND id < :before", {**values, "before": before}
        found = self.store.find(Kind.EXECUTION, where, values, descending=True, limit=limit)
        return cast("Sequence[Execution]", found.items)

    def run(self, reference: str = "latest") -> Execution:
        """One run, by its name, a part of it that no other run has, ``latest``, or ``latest~N``.

        Raises:
            NotFoundError: If there is none.
            InputError: If several match.
        """
        if reference == "latest" or reference.startswith("latest~"):
            steps = reference.partition("~")[2] or "0"
            if not steps.isdecimal():
                raise InputError(
                    f"{reference!r} names no run", expected="latest, or latest~N for the Nth before it"
                )
            back = int(steps)
            runs = self.runs(limit=back + 1)
            if len(runs) <= back:
                raise NotFoundError(f"there is no run {reference!r}", fix="start one: mainspring run")
            return runs[back]
        exact = self.store.find(
            Kind.EXECUTION, "type = :type AND name = :name", {"type": RUN, "name": reference}
        ).items
        if exact:
            return cast("Execution", exact[0])
        like = self.store.find(
            Kind.EXECUTION,
            "type = :type AND name LIKE :name",
            {"type": RUN, "name": f"%{_plain(reference)}%"},
            descending=True,
            limit=5,
        ).items
        if len(like) == 1:
            return cast("Execution", like[0])
        if not like:
            raise NotFoundError(f"there is no run {reference!r}", fix="see them: mainspring runs")
        raise InputError(
            f"{reference!r} means several runs: {', '.join(str(one.name) for one in like)}",
            expected="a longer part of one name",
        )

    def steps(self, run: str) -> Sequence[StepRecord]:
        """The latest execution of every node of a run, in the order in which they began."""
        latest: dict[str, StepRecord] = {}
        for execution in self.executions(run):
            latest[str(execution.properties.get("node"))] = StepRecord(execution)
        return sorted(latest.values(), key=lambda one: one.execution.id or 0)

    def executions(self, run: str) -> Iterator[Execution]:
        """Every execution of a step in a run, oldest first."""
        page: str | None = None
        while True:
            found = self.store.find(
                Kind.EXECUTION,
                "type = :type AND properties.run = :run",
                {"type": STEP, "run": run},
                limit=500,
                page=page,
            )
            yield from cast("Sequence[Execution]", found.items)
            page = found.next
            if page is None:
                return

    def outputs(self, executions: Iterable[int]) -> Mapping[int, Mapping[str, Sequence[Artifact]]]:
        """What executions made: by execution id and output name, in order of position."""
        return self._linked(executions, LinkKind.OUTPUT)

    def inputs(self, executions: Iterable[int]) -> Mapping[int, Mapping[str, Sequence[Artifact]]]:
        """What executions used: by execution id and argument, in order of position."""
        return self._linked(executions, LinkKind.INPUT)

    def _linked(self, executions: Iterable[int], kind: LinkKind) -> Mapping[int, Mapping[str, Sequence[Artifact]]]:
        wanted = list(dict.fromkeys(executions))
        if not wanted:
            return {}
        rows = []
        for link in self.store.links(Kind.EXECUTION, wanted):
            if link.kind is kind:
                execution, artifact = (
                    (link.source, link.target) if kind is LinkKind.OUTPUT else (link.target, link.source)
                )
                rows.append((execution, link.name, link.position, artifact))
        rows.sort()
        ids = sorted({row[3] for row in rows})
        artifacts = {one.id: cast("Artifact", one) for one in self.store.get(Kind.ARTIFACT, ids)}
        found: dict[int, dict[str, list[Artifact]]] = {one: {} for one in wanted}
        for execution, name, _, artifact in rows:
            found[execution].setdefault(name, []).append(artifacts[artifact])
        return cast("Mapping[int, Mapping[str, Sequence[Artifact]]]", found)

    def previous(self, pipeline: str, node: str, *, before: int | None = None) -> StepRecord | None:
        """The latest finished execution of a node in any run of a pipeline, before the given execution."""
        where = (
            "type = :type AND properties.pipeline = :pipeline AND properties.node = :node"
            " AND state IN (COMPLETE, CACHED)"
        )
        values: dict[str, Value] = {"type": STEP, "pipeline": pipeline, "node": node}
        if before is not None:
            where, values = where + " AND id < :before", {**values, "before": before}
        found = self.store.find(Kind.EXECUTION, where, values, descending=True, limit=1).items
        return StepRecord(cast("Execution", found[0])) if found else None


def _plain(text: str) -> str:
    """A text in which ``%`` and ``_`` mean themselves in LIKE."""
    return re.sub(r"([\\%_])", r"\\\1", text)
