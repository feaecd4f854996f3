"""The types and nodes that the suites speak of."""

# A suite is made of asserts.
# ruff: noqa: S101

from __future__ import annotations

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
)
from mainspring.store.ports import Edge, MetadataStore

EVERY = {
    "count": PropertyType.INT,
    "accuracy": PropertyType.DOUBLE,
    "word": PropertyType.STRING,
    "flag": PropertyType.BOOLEAN,
    "more": PropertyType.STRUCT,
}
"""A property of each type."""


def declare(store: MetadataStore) -> None:
    """Declare ``Thing``, with a property of each type, and ``Special``, which inherits from it, for each kind."""
    for kind in Kind:
        store.put_type(NodeType(kind=kind, name="Thing", properties=EVERY))
        store.put_type(
            NodeType(kind=kind, name="Special", base="Thing", properties={"extra": PropertyType.STRING})
        )


def put_artifact(store: MetadataStore, **fields: object) -> Artifact:
    """Publish one artifact."""
    (stored,) = store.publish([Artifact(**{"type": "Thing", **fields})])  # type: ignore[arg-type] # fields by name
    assert isinstance(stored, Artifact)
    return stored


def put_execution(store: MetadataStore, **fields: object) -> Execution:
    """Publish one execution."""
    (stored,) = store.publish([Execution(**{"type": "Thing", **fields})])  # type: ignore[arg-type] # fields by name
    assert isinstance(stored, Execution)
    return stored


def put_context(store: MetadataStore, name: str, **fields: object) -> Context:
    """Publish one context."""
    (stored,) = store.publish([Context(**{"type": "Thing", "name": name, **fields})])  # type: ignore[arg-type] # fields by name
    assert isinstance(stored, Context)
    return stored


def put_step(store: MetadataStore, inputs: list[Artifact], outputs: int = 1) -> tuple[Execution, list[Artifact]]:
    """Publish an execution that uses some artifacts and makes others."""
    execution = Execution(type="Thing", state=ExecutionState.COMPLETE)
    made = [Artifact(type="Thing") for _ in range(outputs)]
    edges = [Edge(LinkKind.INPUT, artifact, execution, "in", number) for number, artifact in enumerate(inputs)]
    edges += [Edge(LinkKind.OUTPUT, execution, artifact, "out", number) for number, artifact in enumerate(made)]
    stored = store.publish([execution, *made], edges)
    first = stored[0]
    assert isinstance(first, Execution)
    return first, [artifact for artifact in stored[1:] if isinstance(artifact, Artifact)]


def ids(nodes: object) -> list[int]:
    """The ids of some nodes, in their order."""
    assert isinstance(nodes, list | tuple)
    return [_id(node) for node in nodes]


def _id(node: Node) -> int:
    assert node.id is not None
    return node.id
