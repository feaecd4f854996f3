"""The life of nodes: states, leases, reaping, tombstones."""

# A suite is made of asserts, and the name of a test is its promise.
# ruff: noqa: D102, S101

from __future__ import annotations

import threading
import time
from dataclasses import replace
from itertools import product

import pytest

from mainspring.core.errors import ConflictError, InputError, NotFoundError, StateError
from mainspring.core.records import (
    EXECUTION_TRANSITIONS,
    Artifact,
    ArtifactState,
    Direction,
    Execution,
    ExecutionState,
    Kind,
    LinkKind,
)
from mainspring.store.ports import Edge, MetadataStore
from mainspring.testing.conformance.examples import declare, put_artifact, put_context, put_execution, put_step


class LifeSuite:
    """Promises about ``transition``, ``lease``, ``reap`` and ``delete``."""

    def test_only_legal_transitions_are_made(self, store: MetadataStore) -> None:
        declare(store)
        for old, new in product(ExecutionState, ExecutionState):
            execution = put_execution(store, state=old)
            if new in EXECUTION_TRANSITIONS[old]:
                changed = store.transition(execution.id or 0, new)
                assert changed.state is new
            else:
                with pytest.raises(StateError, match=f"{old.value} to {new.value}"):
                    store.transition(execution.id or 0, new)
                assert store.get(Kind.EXECUTION, [execution.id or 0]) == [execution]

    def test_a_transition_merges_properties(self, store: MetadataStore) -> None:
        declare(store)
        execution = put_execution(store, properties={"word": "a", "count": 1}, custom={"x": 1})
        changed = store.transition(
            execution.id or 0, ExecutionState.RUNNING, properties={"word": "b", "accuracy": 1}, custom={"y": [2]}
        )
        assert changed.properties == {"word": "b", "count": 1, "accuracy": 1.0}
        assert changed.custom == {"x": 1, "y": [2]}
        assert store.get(Kind.EXECUTION, [execution.id or 0]) == [changed]
        assert store.find(Kind.EXECUTION, "properties.word = 'b'").items == [changed]
        with pytest.raises(InputError, match="nothing"):
            store.transition(execution.id or 0, ExecutionState.COMPLETE, properties={"nothing": 1})
        assert store.get(Kind.EXECUTION, [execution.id or 0]) == [changed]

    def test_a_transition_of_nothing(self, store: MetadataStore) -> None:
        with pytest.raises(NotFoundError, match="999999"):
            store.transition(999999, ExecutionState.RUNNING)

    def test_of_two_that_want_to_start_it_one_does(self, store: MetadataStore) -> None:
        declare(store)
        execution = put_execution(store)
        outcomes: list[str] = []

        def start() -> None:
            try:
                store.transition(execution.id or 0, ExecutionState.RUNNING)
                outcomes.append("started")
            except StateError:
                outcomes.append("refused")

        threads = [threading.Thread(target=start) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["refused", "refused", "refused", "started"]

    def test_a_lease_is_taken_renewed_and_kept_from_others(self, store: MetadataStore) -> None:
        declare(store)
        execution = put_execution(store, state=ExecutionState.RUNNING)
        number = execution.id or 0
        before = time.time()
        leased = store.lease(number, "one", 60)
        assert leased.worker == "one"
        assert leased.lease_until == pytest.approx(before + 60, abs=10)
        assert store.get(Kind.EXECUTION, [number]) == [leased]
        renewed = store.lease(number, "one", 600)
        assert (renewed.lease_until or 0) > (leased.lease_until or 0) + 500
        with pytest.raises(ConflictError, match="'one'"):
            store.lease(number, "two", 60)
        store.lease(number, "one", 0.001)
        time.sleep(0.05)
        assert store.lease(number, "two", 60).worker == "two"

    def test_a_new_execution_may_come_with_a_lease(self, store: MetadataStore) -> None:
        declare(store)
        until = round(time.time()) + 60.0
        execution = put_execution(store, state=ExecutionState.RUNNING, worker="one", lease_until=until)
        assert (execution.worker, execution.lease_until) == ("one", until)
        with pytest.raises(ConflictError, match="'one'"):
            store.lease(execution.id or 0, "two", 60)
        for wrong in ({"worker": "one"}, {"lease_until": until}):
            with pytest.raises(InputError, match="lease"):
                put_execution(store, **wrong)
        with pytest.raises(InputError, match="COMPLETE"):
            put_execution(store, state=ExecutionState.COMPLETE, worker="one", lease_until=until)

    @pytest.mark.parametrize("state", [ExecutionState.NEW, ExecutionState.RUNNING, ExecutionState.WAITING])
    def test_what_goes_on_can_be_leased(self, store: MetadataStore, state: ExecutionState) -> None:
        declare(store)
        execution = put_execution(store, state=state)
        assert store.lease(execution.id or 0, "one", 60).worker == "one"

    @pytest.mark.parametrize("state", [ExecutionState.COMPLETE, ExecutionState.FAILED, ExecutionState.LOST])
    def test_what_has_ended_cannot_be_leased(self, store: MetadataStore, state: ExecutionState) -> None:
        declare(store)
        execution = put_execution(store, state=state)
        with pytest.raises(StateError, match=state.value):
            store.lease(execution.id or 0, "one", 60)

    def test_wrong_leases(self, store: MetadataStore) -> None:
        declare(store)
        execution = put_execution(store)
        with pytest.raises(NotFoundError, match="999999"):
            store.lease(999999, "one", 60)
        for worker, seconds in (("", 60.0), ("one", 0.0), ("one", -1.0)):
            with pytest.raises(InputError):
                store.lease(execution.id or 0, worker, seconds)

    @pytest.mark.parametrize(
        "state", [ExecutionState.COMPLETE, ExecutionState.FAILED, ExecutionState.CANCELED, ExecutionState.WAITING]
    )
    def test_a_lease_ends_with_the_work(self, store: MetadataStore, state: ExecutionState) -> None:
        declare(store)
        execution = put_execution(store, state=ExecutionState.RUNNING)
        store.lease(execution.id or 0, "one", 60)
        ended = store.transition(execution.id or 0, state)
        assert (ended.worker, ended.lease_until) == (None, None)

    def test_publishing_an_update_keeps_the_lease(self, store: MetadataStore) -> None:
        declare(store)
        execution = put_execution(store, state=ExecutionState.RUNNING)
        leased = store.lease(execution.id or 0, "one", 60)
        (updated,) = store.publish([replace(execution, custom={"progress": 0.5})])
        assert isinstance(updated, Execution)
        assert (updated.worker, updated.lease_until) == ("one", leased.lease_until)
        (ended,) = store.publish([replace(updated, state=ExecutionState.COMPLETE)])
        assert isinstance(ended, Execution)
        assert (ended.worker, ended.lease_until) == (None, None)

    def test_who_stops_renewing_is_lost(self, store: MetadataStore) -> None:
        declare(store)
        dead, alive, parked, done, free = (put_execution(store, state=ExecutionState.RUNNING) for _ in range(5))
        for execution, seconds in ((dead, 0.001), (alive, 60), (parked, 0.001), (done, 0.001)):
            store.lease(execution.id or 0, "one", seconds)
        store.transition(parked.id or 0, ExecutionState.WAITING)
        store.transition(done.id or 0, ExecutionState.COMPLETE)
        time.sleep(0.05)
        (lost,) = store.reap()
        assert (lost.id, lost.state, lost.worker, lost.lease_until) == (dead.id, ExecutionState.LOST, None, None)
        assert store.reap() == []
        after = [store.get(Kind.EXECUTION, [node.id or 0])[0] for node in (dead, alive, parked, done, free)]
        states = [node.state for node in after if isinstance(node, Execution)]
        assert states == [
            ExecutionState.LOST,
            ExecutionState.RUNNING,
            ExecutionState.WAITING,
            ExecutionState.COMPLETE,
            ExecutionState.RUNNING,
        ]
        assert store.transition(dead.id or 0, ExecutionState.RUNNING).state is ExecutionState.RUNNING

    def test_a_deleted_artifact_leaves_a_tombstone(self, store: MetadataStore) -> None:
        declare(store)
        data = put_artifact(
            store,
            name="data",
            uri="u:1",
            digest="d",
            external_id="e",
            properties={"word": "secret"},
            custom={"a": "secret"},
        )
        execution, (model,) = put_step(store, [data])
        before = store.links(Kind.ARTIFACT, [data.id or 0])
        store.delete(Kind.ARTIFACT, [data.id or 0])
        (stone,) = store.get(Kind.ARTIFACT, [data.id or 0])
        assert stone == Artifact(
            type="Thing",
            state=ArtifactState.DELETED,
            id=data.id,
            created_at=data.created_at,
            updated_at=stone.updated_at,
        )
        assert store.links(Kind.ARTIFACT, [data.id or 0]) == before
        found = store.lineage(Kind.ARTIFACT, [model.id or 0])
        assert list(found.nodes) == [
            (Kind.ARTIFACT, model.id),
            (Kind.EXECUTION, execution.id),
            (Kind.ARTIFACT, data.id),
        ]
        assert store.find(Kind.ARTIFACT, "properties.word = 'secret' OR name = 'data'").items == []
        assert store.find(Kind.ARTIFACT, "state = DELETED").items == [stone]
        put_artifact(store, name="data", external_id="e")

    def test_a_tombstone_is_not_changed(self, store: MetadataStore) -> None:
        declare(store)
        artifact, execution = put_artifact(store), put_execution(store, state=ExecutionState.FAILED)
        store.delete(Kind.ARTIFACT, [artifact.id or 0])
        store.delete(Kind.EXECUTION, [execution.id or 0])
        with pytest.raises(StateError, match="deleted"):
            store.publish([replace(artifact, name="again")])
        with pytest.raises(StateError, match="deleted"):
            store.publish([replace(execution, name="again")])
        store.delete(Kind.ARTIFACT, [artifact.id or 0])
        store.delete(Kind.EXECUTION, [execution.id or 0])

    def test_a_deleted_execution_leaves_a_tombstone(self, store: MetadataStore) -> None:
        declare(store)
        execution = put_execution(
            store,
            name="run",
            state=ExecutionState.FAILED,
            external_id="e",
            properties={"word": "x"},
            custom={"a": 1},
        )
        artifact = put_artifact(store)
        store.publish([], [Edge(LinkKind.OUTPUT, execution, artifact)])
        store.delete(Kind.EXECUTION, [execution.id or 0])
        (stone,) = store.get(Kind.EXECUTION, [execution.id or 0])
        assert stone == Execution(
            type="Thing",
            state=ExecutionState.FAILED,
            custom={"deleted": True},
            id=execution.id,
            created_at=execution.created_at,
            updated_at=stone.updated_at,
        )
        assert len(store.lineage(Kind.ARTIFACT, [artifact.id or 0]).nodes) == 2
        assert store.find(Kind.EXECUTION, "properties.word = 'x'").items == []

    @pytest.mark.parametrize("state", [ExecutionState.NEW, ExecutionState.RUNNING, ExecutionState.WAITING])
    def test_what_goes_on_is_not_deleted(self, store: MetadataStore, state: ExecutionState) -> None:
        declare(store)
        done = put_execution(store, state=ExecutionState.COMPLETE, name="done")
        execution = put_execution(store, state=state)
        with pytest.raises(StateError, match=state.value):
            store.delete(Kind.EXECUTION, [done.id or 0, execution.id or 0])
        assert store.get(Kind.EXECUTION, [done.id or 0, execution.id or 0]) == [done, execution]

    def test_a_context_goes_with_its_links(self, store: MetadataStore) -> None:
        declare(store)
        context, parent, child = (put_context(store, name) for name in ("c", "parent", "child"))
        artifact, execution = put_artifact(store), put_execution(store)
        store.publish(
            [],
            [
                Edge(LinkKind.ATTRIBUTION, artifact, context),
                Edge(LinkKind.ASSOCIATION, execution, context),
                Edge(LinkKind.PARENT, context, parent),
                Edge(LinkKind.PARENT, child, context),
            ],
        )
        store.delete(Kind.CONTEXT, [context.id or 0])
        with pytest.raises(NotFoundError):
            store.get(Kind.CONTEXT, [context.id or 0])
        assert store.links(Kind.ARTIFACT, [artifact.id or 0]) == []
        assert store.links(Kind.EXECUTION, [execution.id or 0]) == []
        assert store.links(Kind.CONTEXT, [parent.id or 0, child.id or 0]) == []
        assert put_context(store, "c").id not in (context.id, parent.id, child.id)

    def test_nothing_is_deleted_if_one_does_not_exist(self, store: MetadataStore) -> None:
        declare(store)
        artifact = put_artifact(store, name="a")
        with pytest.raises(NotFoundError, match="999999"):
            store.delete(Kind.ARTIFACT, [artifact.id or 0, 999999])
        assert store.get(Kind.ARTIFACT, [artifact.id or 0]) == [artifact]
        store.delete(Kind.ARTIFACT, [])

    def test_the_shape_of_a_lineage_outlives_its_parts(self, store: MetadataStore) -> None:
        declare(store)
        artifacts = [put_artifact(store)]
        executions = []
        for _ in range(4):
            execution, made = put_step(store, [artifacts[-1]])
            executions.append(execution.id or 0)
            artifacts += made
        last = artifacts[-1].id or 0
        before = store.lineage(Kind.ARTIFACT, [last], direction=Direction.BOTH)
        store.delete(Kind.ARTIFACT, [artifact.id or 0 for artifact in artifacts])
        store.delete(Kind.EXECUTION, executions)
        after = store.lineage(Kind.ARTIFACT, [last], direction=Direction.BOTH)
        assert list(after.nodes) == list(before.nodes)
        assert after.links == before.links
