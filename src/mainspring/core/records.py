"""The nouns of the record: types, artifacts, executions, contexts, and the links between them.

The model is that of ML Metadata (https://github.com/google/ml-metadata, ``metadata_store.proto``), with an
enforced state machine for executions, leases, and tombstones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

Value: TypeAlias = "int | float | str | bool | Sequence[Value] | Mapping[str, Value] | None"
"""What a property may hold: a JSON value."""


class Kind(StrEnum):
    """The three kinds of node in the record."""

    ARTIFACT = "artifact"
    EXECUTION = "execution"
    CONTEXT = "context"


class PropertyType(StrEnum):
    """The type of a declared property."""

    INT = "int"
    DOUBLE = "double"
    STRING = "string"
    BOOLEAN = "boolean"
    STRUCT = "struct"


class ArtifactState(StrEnum):
    """The life of an artifact."""

    PENDING = "PENDING"
    LIVE = "LIVE"
    REFERENCE = "REFERENCE"
    """It lives outside: the record keeps its address and digest, not its bytes."""
    ABANDONED = "ABANDONED"
    MARKED_FOR_DELETION = "MARKED_FOR_DELETION"
    DELETED = "DELETED"
    """A tombstone: the bytes and properties are gone, the place in the lineage stays."""


class ExecutionState(StrEnum):
    """The life of an execution. :data:`EXECUTION_TRANSITIONS` says which changes are allowed."""

    NEW = "NEW"
    RUNNING = "RUNNING"
    WAITING = "WAITING"
    """Parked until a person or an event lets it go on; no process is needed meanwhile."""
    HELD = "HELD"
    """A gate said no: nothing after it was run."""
    COMPLETE = "COMPLETE"
    CACHED = "CACHED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    SKIPPED = "SKIPPED"
    """Its condition was not met, or what it needs did not come to be."""
    LOST = "LOST"
    """Its lease ran out: the worker died without a word."""


EXECUTION_TRANSITIONS: Mapping[ExecutionState, frozenset[ExecutionState]] = {
    ExecutionState.NEW: frozenset(
        {
            ExecutionState.RUNNING,
            ExecutionState.WAITING,
            ExecutionState.CACHED,
            ExecutionState.CANCELED,
            ExecutionState.SKIPPED,
            ExecutionState.FAILED,
        }
    ),
    ExecutionState.RUNNING: frozenset(
        {
            ExecutionState.COMPLETE,
            ExecutionState.FAILED,
            ExecutionState.CANCELED,
            ExecutionState.WAITING,
            ExecutionState.HELD,
            ExecutionState.LOST,
        }
    ),
    ExecutionState.WAITING: frozenset(
        {
            ExecutionState.RUNNING,
            ExecutionState.COMPLETE,
            ExecutionState.FAILED,
            ExecutionState.CANCELED,
            ExecutionState.HELD,
        }
    ),
    # A run that ended badly may be taken up again; a finished one never changes.
    ExecutionState.HELD: frozenset({ExecutionState.RUNNING, ExecutionState.CANCELED}),
    ExecutionState.FAILED: frozenset({ExecutionState.RUNNING}),
    ExecutionState.LOST: frozenset({ExecutionState.RUNNING, ExecutionState.CANCELED}),
    ExecutionState.CANCELED: frozenset({ExecutionState.RUNNING}),
    ExecutionState.COMPLETE: frozenset(),
    ExecutionState.CACHED: frozenset(),
    ExecutionState.SKIPPED: frozenset(),
}
"""From each state, the states that may follow. Everything else is refused by the store."""

ARTIFACT_TRANSITIONS: Mapping[ArtifactState, frozenset[ArtifactState]] = {
    ArtifactState.PENDING: frozenset({ArtifactState.LIVE, ArtifactState.ABANDONED, ArtifactState.DELETED}),
    ArtifactState.LIVE: frozenset({ArtifactState.MARKED_FOR_DELETION, ArtifactState.DELETED}),
    ArtifactState.REFERENCE: frozenset({ArtifactState.MARKED_FOR_DELETION, ArtifactState.DELETED}),
    ArtifactState.ABANDONED: frozenset({ArtifactState.MARKED_FOR_DELETION, ArtifactState.DELETED}),
    ArtifactState.MARKED_FOR_DELETION: frozenset({ArtifactState.LIVE, ArtifactState.DELETED}),
    ArtifactState.DELETED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeType:
    """A typed, versioned kind of artifact, execution or context.

    Attributes:
        base: The name of a type of the same kind whose properties this one inherits.
        properties: The declared properties. Others go into ``custom``.
        id: Given by the store.
    """

    kind: Kind
    name: str
    version: str = ""
    base: str | None = None
    properties: Mapping[str, PropertyType] = field(default_factory=dict)
    description: str = ""
    id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A thing: data, a schema, a model, a verdict.

    Attributes:
        type: Name of its :class:`NodeType`.
        uri: Where its bytes are: ``blob:sha256:…`` in the blob store, or an outside address.
        digest: Digest of its content, ``sha256:…``.
        properties: Values of the properties that its type declares.
        custom: Free properties.
        external_id: Its identity in another system; unique.
        created_at: Seconds since the epoch; given by the store, as are ``id`` and ``updated_at``.
    """

    type: str
    name: str | None = None
    uri: str | None = None
    digest: str | None = None
    state: ArtifactState = ArtifactState.LIVE
    properties: Mapping[str, Value] = field(default_factory=dict)
    custom: Mapping[str, Value] = field(default_factory=dict)
    external_id: str | None = None
    type_version: str = ""
    id: int | None = None
    created_at: float = 0.0
    updated_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """Something that happened: a step that ran, a run, a deployment, an approval.

    Attributes:
        worker: Who holds the lease.
        lease_until: When the lease runs out, in seconds since the epoch; ``None`` without a lease.
    """

    type: str
    name: str | None = None
    state: ExecutionState = ExecutionState.NEW
    properties: Mapping[str, Value] = field(default_factory=dict)
    custom: Mapping[str, Value] = field(default_factory=dict)
    external_id: str | None = None
    type_version: str = ""
    worker: str | None = None
    lease_until: float | None = None
    id: int | None = None
    created_at: float = 0.0
    updated_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A grouping: a pipeline, a run, an experiment, a registered model. Unique by type and name."""

    type: str
    name: str
    properties: Mapping[str, Value] = field(default_factory=dict)
    custom: Mapping[str, Value] = field(default_factory=dict)
    external_id: str | None = None
    type_version: str = ""
    id: int | None = None
    created_at: float = 0.0
    updated_at: float = 0.0


Node: TypeAlias = Artifact | Execution | Context


def kind_of(node: Node) -> Kind:
    """Which of the three kinds a node is."""
    if isinstance(node, Artifact):
        return Kind.ARTIFACT
    if isinstance(node, Execution):
        return Kind.EXECUTION
    return Kind.CONTEXT


class LinkKind(StrEnum):
    """How two nodes are linked."""

    INPUT = "input"
    """An execution used an artifact."""
    OUTPUT = "output"
    """An execution made an artifact."""
    ATTRIBUTION = "attribution"
    """An artifact belongs to a context."""
    ASSOCIATION = "association"
    """An execution belongs to a context."""
    PARENT = "parent"
    """A context lies within another."""


@dataclass(frozen=True, slots=True)
class Link:
    """An edge of the record, by the ids of its ends.

    ===========  ===========  =========
    kind         source       target
    ===========  ===========  =========
    INPUT        artifact     execution
    OUTPUT       execution    artifact
    ATTRIBUTION  artifact     context
    ASSOCIATION  execution    context
    PARENT       child        parent
    ===========  ===========  =========

    Attributes:
        name: For INPUT and OUTPUT: the parameter or output of the step.
        position: For INPUT and OUTPUT: the place in a list of artifacts under that name.
    """

    kind: LinkKind
    source: int
    target: int
    name: str = ""
    position: int = 0
    created_at: float = 0.0


class Direction(StrEnum):
    """Which way to walk the lineage."""

    UP = "up"
    DOWN = "down"
    BOTH = "both"
