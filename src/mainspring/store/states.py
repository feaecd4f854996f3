"""What the states of artifacts and executions allow; every adapter asks here."""

from __future__ import annotations

from dataclasses import replace

from mainspring.core.errors import ConflictError, StateError
from mainspring.core.records import (
    ARTIFACT_TRANSITIONS,
    EXECUTION_TRANSITIONS,
    ArtifactState,
    Execution,
    ExecutionState,
)

ACTIVE = frozenset({ExecutionState.NEW, ExecutionState.RUNNING, ExecutionState.WAITING})
"""The states of an execution that is still going to do something; all others are final.

A final state other than COMPLETE, CACHED and SKIPPED may be left again when the execution is taken up anew.
"""

LEASED = frozenset({ExecutionState.NEW, ExecutionState.RUNNING})
"""The states in which a lease is kept: a parked execution needs no process, so it drops its lease too."""

DELETED_CUSTOM = {"deleted": True}
"""The custom properties of a deleted execution."""


def check_execution(execution_id: int, old: ExecutionState, new: ExecutionState) -> None:
    """Allow a change of state, or none.

    Raises:
        StateError: If :data:`mainspring.core.records.EXECUTION_TRANSITIONS` does not allow it.
    """
    if new is not old and new not in EXECUTION_TRANSITIONS[old]:
        raise _illegal("execution", execution_id, old, new, EXECUTION_TRANSITIONS[old])


def check_transition(execution_id: int, old: ExecutionState, new: ExecutionState) -> None:
    """Allow a change of state; the same state again is none.

    Raises:
        StateError: If :data:`mainspring.core.records.EXECUTION_TRANSITIONS` does not allow it.
    """
    if new not in EXECUTION_TRANSITIONS[old]:
        raise _illegal("execution", execution_id, old, new, EXECUTION_TRANSITIONS[old])


def with_lease_of(old: Execution, new: Execution) -> Execution:
    """The new form of an execution with the lease of the old one, dropped in a new state that has none."""
    kept = new.state in LEASED or new.state is old.state
    return replace(new, worker=old.worker if kept else None, lease_until=old.lease_until if kept else None)


def check_artifact(artifact_id: int, old: ArtifactState, new: ArtifactState) -> None:
    """Allow a change of state, or none.

    Raises:
        StateError: If :data:`mainspring.core.records.ARTIFACT_TRANSITIONS` does not allow it, or if the artifact
            is a tombstone.
    """
    if old is ArtifactState.DELETED:
        raise tombstone("artifact", artifact_id)
    if new is not old and new not in ARTIFACT_TRANSITIONS[old]:
        raise _illegal("artifact", artifact_id, old, new, ARTIFACT_TRANSITIONS[old])


def check_leasable(execution_id: int, state: ExecutionState) -> None:
    """Allow a lease.

    Raises:
        StateError: If the state is final.
    """
    if state not in ACTIVE:
        raise StateError(
            f"execution {execution_id} is {state.value}, which is final",
            expected="a lease only for " + _listed(ACTIVE),
        )


def check_deletable(execution_id: int, state: ExecutionState) -> None:
    """Allow to delete an execution.

    Raises:
        StateError: If the state is not final.
    """
    if state in ACTIVE:
        raise StateError(
            f"execution {execution_id} is {state.value} and cannot be deleted",
            expected="a final state: not " + _listed(ACTIVE),
            fix="cancel it first",
        )


def held(execution: Execution, left: float) -> ConflictError:
    """The error for an execution that somebody else works on.

    Args:
        left: Seconds until the lease runs out.
    """
    return ConflictError(
        f"execution {execution.id} is leased by {execution.worker!r} for {left:.1f} s more",
        expected="an execution that nobody holds",
    )


def tombstone(kind: str, node_id: int) -> StateError:
    """The error for a change to something that was deleted."""
    return StateError(f"{kind} {node_id} was deleted", expected="a node that is not a tombstone")


def _illegal(
    kind: str,
    node_id: int,
    old: ArtifactState | ExecutionState,
    new: ArtifactState | ExecutionState,
    allowed: frozenset[ArtifactState] | frozenset[ExecutionState],
) -> StateError:
    wanted = f"one of {_listed(allowed)}" if allowed else f"no change: {old.value} is where it ends"
    return StateError(f"{kind} {node_id} cannot go from {old.value} to {new.value}", expected=wanted)


def _listed(states: frozenset[ArtifactState] | frozenset[ExecutionState]) -> str:
    return ", ".join(sorted(state.value for state in states))
