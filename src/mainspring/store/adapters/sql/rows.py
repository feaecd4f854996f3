"""Rows to nodes: the columns of the three tables of nodes, and how a row becomes a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from mainspring.core.records import Artifact, ArtifactState, Context, Execution, ExecutionState, Kind, Node
from mainspring.store.adapters.sql.types import Types
from mainspring.store.properties import decode

COLUMNS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.ARTIFACT: (
        *("id", "type_id", "name", "uri", "digest", "state", "properties", "custom", "external_id"),
        *("created_at", "updated_at"),
    ),
    Kind.EXECUTION: (
        *("id", "type_id", "name", "state", "properties", "custom", "external_id", "worker", "lease_until"),
        *("created_at", "updated_at"),
    ),
    Kind.CONTEXT: ("id", "type_id", "name", "properties", "custom", "external_id", "created_at", "updated_at"),
}
"""The columns of each table, in the order in which rows are read and written."""

SELECT: Final[Mapping[Kind, str]] = {
    kind: f"SELECT {', '.join('n.' + column for column in columns)} FROM {kind.value} n"  # noqa: S608 # constants
    for kind, columns in COLUMNS.items()
}
"""Reads nodes; the table goes by the alias ``n``."""

_ARTIFACT_STATES: Final = {state.value: state for state in ArtifactState}
_EXECUTION_STATES: Final = {state.value: state for state in ExecutionState}


def artifact(row: Sequence[Any], types: Types) -> Artifact:
    """An artifact from its row."""
    node_id, type_id, name, uri, digest, state, properties, custom, external_id, created, updated = row
    node_type = types.by_id(type_id)
    return Artifact(
        type=node_type.name,
        name=name,
        uri=uri,
        digest=digest,
        state=_ARTIFACT_STATES[state],
        properties=decode(properties),
        custom=decode(custom),
        external_id=external_id,
        type_version=node_type.version,
        id=node_id,
        created_at=created / 1e6,
        updated_at=updated / 1e6,
    )


def execution(row: Sequence[Any], types: Types) -> Execution:
    """An execution from its row."""
    node_id, type_id, name, state, properties, custom, external_id, worker, lease_until, created, updated = row
    node_type = types.by_id(type_id)
    return Execution(
        type=node_type.name,
        name=name,
        state=_EXECUTION_STATES[state],
        properties=decode(properties),
        custom=decode(custom),
        external_id=external_id,
        type_version=node_type.version,
        worker=worker,
        lease_until=None if lease_until is None else lease_until / 1e6,
        id=node_id,
        created_at=created / 1e6,
        updated_at=updated / 1e6,
    )


def context(row: Sequence[Any], types: Types) -> Context:
    """A context from its row."""
    node_id, type_id, name, properties, custom, external_id, created, updated = row
    node_type = types.by_id(type_id)
    return Context(
        type=node_type.name,
        name=name,
        properties=decode(properties),
        custom=decode(custom),
        external_id=external_id,
        type_version=node_type.version,
        id=node_id,
        created_at=created / 1e6,
        updated_at=updated / 1e6,
    )


READERS: Final[Mapping[Kind, Callable[[Sequence[Any], Types], Node]]] = {
    Kind.ARTIFACT: artifact,
    Kind.EXECUTION: execution,
    Kind.CONTEXT: context,
}
"""From a row to a node, for each kind."""
