"""The life of stored nodes: transitions, leases, reaping, tombstones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mainspring.core.errors import InputError, NotFoundError
from mainspring.core.records import ArtifactState, Execution, ExecutionState, Kind, Value
from mainspring.store import states
from mainspring.store.adapters.sql.database import Connection, Dialect
from mainspring.store.adapters.sql.rows import READERS, SELECT, execution
from mainspring.store.adapters.sql.types import Types
from mainspring.store.adapters.sql.writing import Publication, texts, unindex
from mainspring.store.properties import check_text, encode

_LEASE = "UPDATE execution SET worker = ?, lease_until = ?, updated_at = ? WHERE id = ?"
_EXPIRED = (
    "SELECT id FROM execution WHERE lease_until IS NOT NULL AND lease_until < ? AND state = 'RUNNING' ORDER BY id"
)
_LOST = (
    "UPDATE execution SET state = 'LOST', worker = NULL, lease_until = NULL, updated_at = ?"
    " WHERE id = ? AND state = 'RUNNING' AND lease_until < ?"
)


def transition(
    connection: Connection,
    dialect: Dialect,
    types: Types,
    execution_id: int,
    state: ExecutionState,
    properties: Mapping[str, Value],
    custom: Mapping[str, Value],
) -> Execution:
    """Change the state of an execution and merge properties into it."""
    row = _locked(connection, dialect, execution_id)
    old = execution(row, types)
    states.check_transition(execution_id, old.state, state)
    changed = replace(
        old, state=state, properties={**old.properties, **properties}, custom={**old.custom, **custom}
    )
    written = Publication(connection, dialect, types).replace(row, changed)
    assert isinstance(written, Execution)  # noqa: S101 # for the type checker
    return written


def lease(
    connection: Connection, dialect: Dialect, types: Types, execution_id: int, worker: str, seconds: float
) -> Execution:
    """Take or renew a lease."""
    check_text(worker, "the worker", f"execution {execution_id}")
    if not seconds > 0:
        raise InputError(f"a lease of {seconds!r} seconds", expected="a positive number")
    old = execution(_locked(connection, dialect, execution_id), types)
    states.check_leasable(execution_id, old.state)
    now = dialect.now(connection)
    left = (old.lease_until or 0.0) - now / 1e6
    if old.worker not in (None, worker) and left >= 0:
        raise states.held(old, left)
    connection.execute(_LEASE, (worker, now + round(seconds * 1e6), now, execution_id))
    return execution(_locked(connection, dialect, execution_id), types)


def expired(connection: Connection, dialect: Dialect) -> Sequence[int]:
    """The executions whose worker did not renew its lease."""
    return [row[0] for row in connection.execute(_EXPIRED, (dialect.now(connection),)).fetchall()]


def reap(connection: Connection, dialect: Dialect, types: Types, ids: Sequence[int]) -> Sequence[Execution]:
    """Mark executions as LOST, but for those that were renewed or ended in the meantime."""
    now = dialect.now(connection)
    lost = [node_id for node_id in ids if connection.execute(_LOST, (now, node_id, now)).rowcount == 1]
    return [execution(_locked(connection, dialect, node_id), types) for node_id in lost]


def delete(connection: Connection, dialect: Dialect, types: Types, kind: Kind, ids: Sequence[int]) -> None:
    """Leave tombstones; contexts go for good, with their links."""
    for node_id in sorted(set(ids)):
        row = connection.execute(f"{SELECT[kind]} WHERE n.id = ?{dialect.for_update}", (node_id,)).fetchone()
        if row is None:
            raise NotFoundError(f"there is no {kind.value} {node_id}")
        if kind is Kind.CONTEXT:
            connection.execute("DELETE FROM context WHERE id = ?", (node_id,))
            continue
        if kind is Kind.EXECUTION:
            states.check_deletable(node_id, execution(row, types).state)
        _bury(connection, dialect, types, kind, row)


def _bury(connection: Connection, dialect: Dialect, types: Types, kind: Kind, row: Sequence[Any]) -> None:
    node = READERS[kind](row, types)
    unindex(connection, kind, row[0], texts(types.by_id(row[1]), node.properties))
    empty: dict[str, Any] = {"name": None, "external_id": None, "properties": "{}", "custom": "{}"}
    if kind is Kind.ARTIFACT:
        empty |= {"uri": None, "digest": None, "state": ArtifactState.DELETED.value}
    else:
        empty |= {"custom": encode(states.DELETED_CUSTOM)}
    columns = ", ".join(f"{column} = ?" for column in empty)
    connection.execute(
        f"UPDATE {kind.value} SET {columns}, updated_at = ? WHERE id = ?",  # noqa: S608
        (*empty.values(), dialect.now(connection), row[0]),
    )


def _locked(connection: Connection, dialect: Dialect, execution_id: int) -> Sequence[Any]:
    read = f"{SELECT[Kind.EXECUTION]} WHERE n.id = ?{dialect.for_update}"
    row = connection.execute(read, (execution_id,)).fetchone()
    if row is None:
        raise NotFoundError(f"there is no execution {execution_id}")
    return row  # type: ignore[no-any-return] # a row of the driver
