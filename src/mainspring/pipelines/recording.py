"""How runs and steps are written into the record, and read back.

==========================  ==================================================================
context ``Pipeline``        the pipeline; parent of its runs
context ``Run``             the run; executions are associated, outputs attributed to it
execution ``mainspring.Run``  the run itself: state, parameters, graph, code
execution ``mainspring.Step`` one execution of a step: state, cache key, time, error
artifacts                   typed by what they are (``mainspring.Model``), linked as inputs and outputs
==========================  ==================================================================

A cached step is an execution in state CACHED that names the one it repeats (``custom.cached_from``); its outputs
are attributed to the run but keep their one producer, so that lineage stays a story, not a list of repetitions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from mainspring.core.clock import now
from mainspring.core.errors import ConflictError, InputError
from mainspring.core.records import (
    Artifact,
    Context,
    Execution,
    ExecutionState,
    Kind,
    LinkKind,
    Node,
    NodeType,
    PropertyType,
    Value,
)
from mainspring.pipelines.values import can_be_kept
from mainspring.store.ports import Edge, MetadataStore

RUN = "mainspring.Run"
STEP = "mainspring.Step"
PIPELINE = "mainspring.Pipeline"
APPROVAL = "mainspring.Approval"

EVIDENCE = "because"
"""The link from what a run was started because of."""

_ATTEMPTS = 5
_TEXT = PropertyType.STRING
_TYPES = (
    NodeType(kind=Kind.CONTEXT, name=PIPELINE, description="A pipeline."),
    NodeType(kind=Kind.CONTEXT, name=RUN, properties={"pipeline": _TEXT}, description="A run."),
    NodeType(kind=Kind.EXECUTION, name=RUN, properties={"pipeline": _TEXT}, description="A run."),
    NodeType(
        kind=Kind.EXECUTION,
        name=STEP,
        description="An execution of a step.",
        properties={
            "step": _TEXT,
            "node": _TEXT,
            "run": _TEXT,
            "pipeline": _TEXT,
            "cache_key": _TEXT,
            "seconds": PropertyType.DOUBLE,
            "attempts": PropertyType.INT,
        },
    ),
)


class Recorder:
    """Writes runs. One per engine; safe for the engine's threads."""

    def __init__(self, store: MetadataStore) -> None:
        self.store = store
        self._types = {(one.kind, one.name): one for one in store.types()}
        for one in _TYPES:
            if (one.kind, one.name) not in self._types:
                self._types[one.kind, one.name] = store.put_type(one)

    def start_run(
        self,
        name: str,
        pipeline: str,
        custom: Mapping[str, Value],
        worker: str,
        lease: float,
        evidence: Sequence[Artifact] = (),
    ) -> tuple[Execution, Context]:
        """Record a new run as RUNNING, under a lease; what it was started because of is its input.

        Raises:
            ConflictError: If there is a run of that name.
        """
        above = Context(type=PIPELINE, name=pipeline)
        context = Context(type=RUN, name=name, properties={"pipeline": pipeline})
        run = Execution(
            type=RUN,
            name=name,
            state=ExecutionState.RUNNING,
            properties={"pipeline": pipeline},
            custom=custom,
            worker=worker,
            lease_until=now() + lease,
        )
        _, stored, begun = self.store.publish(
            [above, context, run],
            [
                Edge(LinkKind.PARENT, context, above),
                Edge(LinkKind.ASSOCIATION, run, context),
                *(Edge(LinkKind.INPUT, one, run, EVIDENCE, place) for place, one in enumerate(evidence)),
            ],
        )
        return cast("Execution", begun), cast("Context", stored)

    def artifact(self, type_name: str, properties: Mapping[str, Value], **fields: Any) -> Artifact:
        """A new artifact, its type declared.

        Properties that do not fit the declared types become free ones. What no database can keep (whole numbers of
        more than 64 bits, NUL and half characters) is left out: it is in the artifact itself.
        """
        declared = self._declare(type_name, properties)
        fitting: dict[str, Value] = {}
        free: dict[str, Value] = {}
        for key, given in properties.items():
            if not can_be_kept(given):
                continue
            wanted = declared.get(key)
            whole = isinstance(given, int) and not isinstance(given, bool)
            value = float(cast("int", given)) if wanted is PropertyType.DOUBLE and whole else given
            if value is None or wanted is not _property_type(value):
                free[key] = value
            else:
                fitting[key] = value
        return Artifact(type=type_name, properties=fitting, custom=free, **fields)

    def _declare(self, type_name: str, properties: Mapping[str, Value]) -> Mapping[str, PropertyType]:
        wanted = {
            key: _property_type(value)
            for key, value in properties.items()
            if value is not None and can_be_kept(value)
        }
        for attempt in range(_ATTEMPTS):
            known = self._types.get((Kind.ARTIFACT, type_name))
            have = known.properties if known else {}
            if known is not None and wanted.keys() <= have.keys():
                break
            merged = NodeType(kind=Kind.ARTIFACT, name=type_name, properties={**wanted, **have})
            try:
                self._types[Kind.ARTIFACT, type_name] = self.store.put_type(merged)
            except ConflictError:  # another process has declared other properties in the meantime
                if attempt == _ATTEMPTS - 1:
                    raise
                self._types = {(one.kind, one.name): one for one in self.store.types()}
        return self._types[Kind.ARTIFACT, type_name].properties

    def publish(self, nodes: Sequence[Node], edges: Sequence[Edge]) -> Sequence[Node]:
        """One transaction."""
        return self.store.publish(nodes, edges)


def _property_type(value: Value) -> PropertyType:
    if isinstance(value, bool):
        return PropertyType.BOOLEAN
    if isinstance(value, int):
        return PropertyType.INT
    if isinstance(value, float):
        return PropertyType.DOUBLE
    return _TEXT if isinstance(value, str) else PropertyType.STRUCT


def _id(node: Node) -> int:
    if node.id is None:
        raise InputError("a node that is not in the record yet was used as if it were")
    return node.id
