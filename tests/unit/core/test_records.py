"""The nouns of the record and the tables of what may follow what."""

from collections.abc import Mapping
from dataclasses import FrozenInstanceError
from typing import TypeVar

import pytest

from mainspring.core import Artifact, ArtifactState, Context, Execution, ExecutionState, Kind, Link, LinkKind
from mainspring.core.records import ARTIFACT_TRANSITIONS, EXECUTION_TRANSITIONS, kind_of

S = TypeVar("S")

FINAL = {ExecutionState.COMPLETE, ExecutionState.CACHED, ExecutionState.SKIPPED}


def reachable(table: Mapping[S, frozenset[S]], start: S) -> set[S]:
    """Every state that can follow, after any number of changes."""
    seen: set[S] = set()
    todo = [start]
    while todo:
        new = table[todo.pop()] - seen
        seen |= new
        todo.extend(new)
    return seen


def test_every_state_has_its_line() -> None:
    assert set(EXECUTION_TRANSITIONS) == set(ExecutionState)
    assert set(ARTIFACT_TRANSITIONS) == set(ArtifactState)


def test_no_state_follows_itself() -> None:
    assert not [state for state, after in EXECUTION_TRANSITIONS.items() if state in after]
    assert not [state for state, after in ARTIFACT_TRANSITIONS.items() if state in after]


def test_every_execution_starts_new_and_can_get_anywhere() -> None:
    assert reachable(EXECUTION_TRANSITIONS, ExecutionState.NEW) == set(ExecutionState) - {ExecutionState.NEW}
    assert all(ExecutionState.NEW not in after for after in EXECUTION_TRANSITIONS.values())


def test_what_was_finished_well_never_changes() -> None:
    assert {state for state, after in EXECUTION_TRANSITIONS.items() if not after} == FINAL


@pytest.mark.parametrize("state", sorted(set(ExecutionState) - FINAL))
def test_whatever_ended_badly_can_still_end_well(state: ExecutionState) -> None:
    assert ExecutionState.COMPLETE in reachable(EXECUTION_TRANSITIONS, state)


def test_only_a_running_execution_can_be_lost() -> None:
    assert {state for state, after in EXECUTION_TRANSITIONS.items() if ExecutionState.LOST in after} == {
        ExecutionState.RUNNING
    }


def test_every_artifact_can_be_deleted_and_stays_so() -> None:
    for state in set(ArtifactState) - {ArtifactState.DELETED}:
        assert ArtifactState.DELETED in reachable(ARTIFACT_TRANSITIONS, state)
    assert ARTIFACT_TRANSITIONS[ArtifactState.DELETED] == frozenset()


def test_kinds() -> None:
    assert kind_of(Artifact(type="mainspring.Table")) is Kind.ARTIFACT
    assert kind_of(Execution(type="mainspring.Step")) is Kind.EXECUTION
    assert kind_of(Context(type="mainspring.Run", name="taxi-1")) is Kind.CONTEXT


def test_states_are_their_own_text() -> None:
    assert f"{ExecutionState.COMPLETE}" == "COMPLETE"
    assert ArtifactState("LIVE") is ArtifactState.LIVE
    assert all(state == state.name for state in (*ExecutionState, *ArtifactState))
    assert all(kind == kind.name.lower() for kind in (*Kind, *LinkKind))


def test_what_is_new_is_new() -> None:
    assert Execution(type="mainspring.Step").state is ExecutionState.NEW
    assert Artifact(type="mainspring.Table").state is ArtifactState.LIVE
    assert Artifact(type="mainspring.Table").id is None


def test_nouns_are_frozen() -> None:
    link = Link(LinkKind.INPUT, 1, 2)
    with pytest.raises(FrozenInstanceError):
        link.source = 3  # type: ignore[misc]
    assert {link, Link(LinkKind.INPUT, 1, 2)} == {link}
