"""Publish: nodes and links as a whole or not at all."""

# A suite is made of asserts, and the name of a test is its promise.
# ruff: noqa: D102, S101

from __future__ import annotations

import math
import threading
import time
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from mainspring.core.errors import ConflictError, InputError, NotFoundError, StateError
from mainspring.core.records import (
    Artifact,
    ArtifactState,
    Context,
    Execution,
    ExecutionState,
    Kind,
    Link,
    LinkKind,
    Node,
    Value,
)
from mainspring.store.ports import Edge, MetadataStore
from mainspring.testing.conformance.examples import declare, put_artifact, put_context, put_execution, put_step


def nested(depth: int) -> dict[str, Value]:
    """An object in an object, and so on."""
    value: dict[str, Value] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


EVERY_VALUE: dict[str, Value] = {
    "count": 2**63 - 1,
    "accuracy": 0.1,
    "word": 'it\'s "odd" \\ - ünïcode 🙂',
    "flag": True,
    "more": {"a": [1, 2.5, "x", None, {"b": False}], "": {}},
}


class PublishingSuite:
    """Promises about ``publish``, ``get`` and ``links``."""

    def test_what_is_published_comes_back(self, store: MetadataStore) -> None:
        declare(store)
        before = time.time()
        artifact = Artifact(
            type="Thing",
            name="data",
            uri="s3://bucket/data",
            digest="sha256:" + "0" * 64,
            state=ArtifactState.REFERENCE,
            properties=EVERY_VALUE,
            custom={"free": [1, {"x": None}], "odd name'\"": "y"},
            external_id="outside-1",
        )
        execution = Execution(type="Thing", name="run", state=ExecutionState.RUNNING, properties=EVERY_VALUE)
        context = Context(type="Thing", name="taxi", properties=EVERY_VALUE, custom={"a": 1}, external_id="c-1")
        nodes: list[Node] = [artifact, execution, context]
        for kind, given in zip(Kind, nodes, strict=True):
            (stored,) = store.publish([given])
            assert stored.id is not None
            assert before - 5 < stored.created_at == stored.updated_at < time.time() + 5
            assert stored == replace(
                given, id=stored.id, created_at=stored.created_at, updated_at=stored.updated_at
            )
            assert store.get(kind, [stored.id]) == [stored]

    def test_get_keeps_the_order_and_repeats(self, store: MetadataStore) -> None:
        declare(store)
        first, second = (put_artifact(store) for _ in range(2))
        assert store.get(Kind.ARTIFACT, [second.id or 0, first.id or 0, second.id or 0]) == [second, first, second]
        assert store.get(Kind.ARTIFACT, []) == []

    def test_get_of_what_does_not_exist(self, store: MetadataStore) -> None:
        declare(store)
        put_execution(store)
        with pytest.raises(NotFoundError, match="artifact 999999"):
            store.get(Kind.ARTIFACT, [999999])

    def test_a_step_is_published_as_a_whole(self, store: MetadataStore) -> None:
        declare(store)
        data = put_artifact(store, name="data")
        execution = Execution(type="Thing", state=ExecutionState.COMPLETE)
        model, metrics = Artifact(type="Thing", name="model"), Artifact(type="Thing", name="metrics")
        run = Context(type="Thing", name="run 1")
        stored = store.publish(
            [run, model, execution, metrics],
            [
                Edge(LinkKind.INPUT, data, execution, "examples"),
                Edge(LinkKind.OUTPUT, execution, model, "model"),
                Edge(LinkKind.OUTPUT, execution, metrics, "metrics", 3),
                Edge(LinkKind.ASSOCIATION, execution, run),
                Edge(LinkKind.ATTRIBUTION, model, run),
            ],
        )
        assert [node.name for node in stored] == ["run 1", "model", None, "metrics"]
        numbers = [node.id or 0 for node in stored]
        found = [replace(link, created_at=0.0) for link in store.links(Kind.EXECUTION, [numbers[2]])]
        assert found == [
            Link(LinkKind.INPUT, data.id or 0, numbers[2], "examples"),
            Link(LinkKind.OUTPUT, numbers[2], numbers[1], "model"),
            Link(LinkKind.OUTPUT, numbers[2], numbers[3], "metrics", 3),
            Link(LinkKind.ASSOCIATION, numbers[2], numbers[0]),
        ]
        assert {link.kind for link in store.links(Kind.CONTEXT, [numbers[0]])} == {
            LinkKind.ASSOCIATION,
            LinkKind.ATTRIBUTION,
        }
        assert {link.kind for link in store.links(Kind.ARTIFACT, [numbers[1], data.id or 0])} == {
            LinkKind.INPUT,
            LinkKind.OUTPUT,
            LinkKind.ATTRIBUTION,
        }
        assert store.links(Kind.ARTIFACT, []) == []

    def test_nothing_is_published_if_a_part_is_wrong(self, store: MetadataStore) -> None:
        declare(store)
        put_artifact(store, name="taken")
        good = Artifact(type="Thing", name="good", properties={"word": "good"})
        execution = Execution(type="Thing")
        wrong: list[tuple[list[Node], list[Edge], type[Exception]]] = [
            ([good, Artifact(type="Thing", name="taken")], [], ConflictError),
            ([good, Artifact(type="Nothing")], [], NotFoundError),
            ([good, Artifact(type="Thing", properties={"nothing": 1})], [], InputError),
            ([good, Artifact(type="Thing", id=999999)], [], NotFoundError),
            (
                [good, execution],
                [Edge(LinkKind.INPUT, Artifact(type="Thing", id=999999), execution)],
                NotFoundError,
            ),
            (
                [good, Context(type="Thing", name="new")],
                [Edge(LinkKind.INPUT, good, Execution(type="Thing"))],
                InputError,
            ),
        ]
        for nodes, edges, error in wrong:
            with pytest.raises(error):
                store.publish(nodes, edges)
        assert len(store.find(Kind.ARTIFACT).items) == 1
        assert store.find(Kind.EXECUTION).items == []
        assert store.find(Kind.CONTEXT).items == []
        assert store.find(Kind.ARTIFACT, "properties.word = 'good'").items == []
        store.publish([good])

    def test_properties_must_be_as_declared(self, store: MetadataStore) -> None:
        declare(store)
        wrong: list[Any] = [
            {"nothing": 1},
            {"count": 1.5},
            {"count": True},
            {"count": "1"},
            {"count": 2**63},
            {"accuracy": "0.5"},
            {"accuracy": True},
            {"word": 1},
            {"flag": 1},
            {"flag": "true"},
            {"more": "text"},
            {"word": "a\x00b"},
            {"more": {"a": "\x00"}},
            {"more": {"a": object()}},
            {"more": {"a": 2**64}},
        ]
        for properties in wrong:
            with pytest.raises(InputError) as caught:
                store.publish([Artifact(type="Thing", name="wrong", properties=properties)])
            assert next(iter(properties)) in str(caught.value)

    def test_all_wrong_properties_are_told_at_once(self, store: MetadataStore) -> None:
        declare(store)
        with pytest.raises(InputError, match=r"'nothing'.*'count'"):
            store.publish([Artifact(type="Thing", properties={"nothing": 1, "count": "x"})])

    def test_custom_properties_are_free_but_json(self, store: MetadataStore) -> None:
        declare(store)
        given = {"a": -(2**63), "b": [True, None], "c": {"d": "e"}, "": 1e300, "tuple": (1, 2)}
        stored = put_artifact(store, custom=given)
        assert stored.custom == {**given, "tuple": [1, 2]}
        wrong: list[Any] = [
            {"a": object()},
            {"a": 2**63},
            {"a": "\x00"},
            {"a\x00": 1},
            {"a": {1: 2}},
            {"a": "\ud800"},
            nested(5000),
        ]
        for custom in wrong:
            with pytest.raises(InputError):
                store.publish([Artifact(type="Thing", custom=custom)])

    def test_numbers_keep_their_kind(self, store: MetadataStore) -> None:
        declare(store)
        stored = put_artifact(store, properties={"accuracy": 1, "count": 1}, custom={"whole": 1, "broken": 1.0})
        assert isinstance(stored.properties["accuracy"], float)
        assert isinstance(stored.properties["count"], int)
        again = store.get(Kind.ARTIFACT, [stored.id or 0])[0]
        assert isinstance(again.custom["whole"], int)
        assert isinstance(again.custom["broken"], float)

    def test_what_is_no_number_is_missing(self, store: MetadataStore) -> None:
        declare(store)
        stored = put_artifact(store, properties={"accuracy": math.nan}, custom={"loss": math.inf, "ok": 1.5})
        assert stored.properties == {"accuracy": None}
        assert stored.custom == {"loss": None, "ok": 1.5}

    def test_what_was_given_can_be_changed_afterwards(self, store: MetadataStore) -> None:
        declare(store)
        inner: dict[str, Value] = {"b": 1}
        given: dict[str, Value] = {"a": inner}
        stored = put_artifact(store, custom=MappingProxyType(given))
        inner["b"] = 2
        assert stored.custom == {"a": {"b": 1}}
        assert store.get(Kind.ARTIFACT, [stored.id or 0])[0].custom == {"a": {"b": 1}}

    def test_texts_must_be_ones_that_every_database_can_keep(self, store: MetadataStore) -> None:
        declare(store)
        for field in ("name", "uri", "digest", "external_id", "type"):
            for text in ("", "a\x00b", "\ud800", "x" * 3000):
                with pytest.raises(InputError, match=field):
                    put_artifact(store, **{field: text})

    def test_names_tell_nodes_of_a_type_apart(self, store: MetadataStore) -> None:
        declare(store)
        put_artifact(store, name="a")
        put_artifact(store, name="A")
        put_artifact(store, name="a ")
        put_artifact(store, type="Special", name="a")
        put_execution(store, name="a")
        put_artifact(store)
        put_artifact(store)
        for kind, node in (
            (Kind.ARTIFACT, Artifact(type="Thing", name="a")),
            (Kind.EXECUTION, Execution(type="Thing", name="a")),
        ):
            with pytest.raises(ConflictError, match="'a'"):
                store.publish([node])
            assert len(store.find(kind, "name = 'a' AND type = 'Thing'").items) == 1

    def test_external_ids_are_unique_within_a_kind(self, store: MetadataStore) -> None:
        declare(store)
        put_artifact(store, external_id="x")
        put_execution(store, external_id="x")
        put_context(store, "c", external_id="x")
        for node in (
            Artifact(type="Special", external_id="x"),
            Execution(type="Thing", external_id="x"),
            Context(type="Thing", name="d", external_id="x"),
        ):
            with pytest.raises(ConflictError, match="'x'"):
                store.publish([node])

    def test_a_context_is_made_once(self, store: MetadataStore) -> None:
        declare(store)
        first = put_context(store, "taxi", properties={"count": 1, "word": "a"}, custom={"x": 1})
        again = put_context(store, "taxi", properties={"count": 2, "flag": True}, custom={"y": 2})
        assert again.id == first.id
        assert again.properties == {"count": 2, "word": "a", "flag": True}
        assert again.custom == {"x": 1, "y": 2}
        assert again.created_at == first.created_at
        assert put_context(store, "taxi") == again
        assert put_context(store, "taxi", type="Special").id != first.id
        assert len(store.find(Kind.CONTEXT).items) == 2

    def test_two_new_contexts_of_one_name_are_one(self, store: MetadataStore) -> None:
        declare(store)
        one, two = Context(type="Thing", name="c"), Context(type="Thing", name="c", custom={"a": 1})
        stored = store.publish([one, two])
        assert stored[0].id == stored[1].id
        assert store.find(Kind.CONTEXT).items == [stored[1]]

    def test_a_node_given_twice_is_written_once(self, store: MetadataStore) -> None:
        declare(store)
        artifact = Artifact(type="Thing")
        first, second = store.publish([artifact, artifact])
        assert first == second
        assert len(store.find(Kind.ARTIFACT).items) == 1

    def test_a_node_with_an_id_is_updated(self, store: MetadataStore) -> None:
        declare(store)
        old = put_artifact(store, name="a", properties={"word": "old", "count": 1}, external_id="e")
        (new,) = store.publish(
            [replace(old, name="b", uri="u:1", digest="d", properties={"word": "new"}, custom={"c": 1})]
        )
        assert new == store.get(Kind.ARTIFACT, [old.id or 0])[0]
        assert isinstance(new, Artifact)
        assert (new.name, new.uri, new.digest, new.external_id) == ("b", "u:1", "d", "e")
        assert new.properties == {"word": "new"}
        assert new.created_at == old.created_at
        assert new.updated_at >= old.updated_at
        assert store.find(Kind.ARTIFACT, "properties.word = 'old'").items == []
        assert store.find(Kind.ARTIFACT, "properties.word = 'new'").items == [new]

    def test_an_update_that_changes_nothing_leaves_the_time(self, store: MetadataStore) -> None:
        declare(store)
        old = put_artifact(store, name="a", properties=EVERY_VALUE)
        time.sleep(0.002)
        assert store.publish([old]) == [old]

    def test_an_update_cannot_take_what_belongs_to_another(self, store: MetadataStore) -> None:
        declare(store)
        put_artifact(store, name="a", external_id="a")
        other = put_artifact(store, name="b", external_id="b")
        for change in (replace(other, name="a"), replace(other, external_id="a")):
            with pytest.raises(ConflictError, match="'a'"):
                store.publish([change])
        assert store.get(Kind.ARTIFACT, [other.id or 0]) == [other]

    def test_a_node_cannot_change_its_type(self, store: MetadataStore) -> None:
        declare(store)
        stored = put_artifact(store)
        with pytest.raises(InputError, match="type"):
            store.publish([replace(stored, type="Special")])

    def test_an_update_must_be_a_legal_change_of_state(self, store: MetadataStore) -> None:
        declare(store)
        artifact = put_artifact(store, state=ArtifactState.PENDING)
        (live,) = store.publish([replace(artifact, state=ArtifactState.LIVE)])
        assert isinstance(live, Artifact)
        assert live.state is ArtifactState.LIVE
        with pytest.raises(StateError, match="LIVE to PENDING"):
            store.publish([replace(live, state=ArtifactState.PENDING)])
        execution = put_execution(store, state=ExecutionState.COMPLETE)
        with pytest.raises(StateError, match="COMPLETE to RUNNING"):
            store.publish([replace(execution, state=ExecutionState.RUNNING)])

    def test_an_edge_that_exists_is_left_alone(self, store: MetadataStore) -> None:
        declare(store)
        artifact, execution, context = put_artifact(store), put_execution(store), put_context(store, "c")
        edges = [
            Edge(LinkKind.INPUT, artifact, execution, "a"),
            Edge(LinkKind.OUTPUT, execution, artifact, "a"),
            Edge(LinkKind.ASSOCIATION, execution, context),
            Edge(LinkKind.ATTRIBUTION, artifact, context),
        ]
        store.publish([], [*edges, edges[0]])
        before = store.links(Kind.EXECUTION, [execution.id or 0])
        store.publish([], edges)
        assert store.links(Kind.EXECUTION, [execution.id or 0]) == before
        assert len(before) == 3

    def test_one_artifact_may_be_several_inputs(self, store: MetadataStore) -> None:
        declare(store)
        artifact, execution = put_artifact(store), put_execution(store)
        names = [("a", 0), ("a", 1), ("b", 0)]
        store.publish([], [Edge(LinkKind.INPUT, artifact, execution, *name) for name in names])
        found = store.links(Kind.ARTIFACT, [artifact.id or 0])
        assert [(link.name, link.position) for link in found] == names

    def test_edges_must_go_between_the_right_kinds(self, store: MetadataStore) -> None:
        declare(store)
        artifact, execution, context = put_artifact(store), put_execution(store), put_context(store, "c")
        for kind, source, target in (
            (LinkKind.INPUT, execution, artifact),
            (LinkKind.OUTPUT, artifact, execution),
            (LinkKind.ATTRIBUTION, execution, context),
            (LinkKind.ASSOCIATION, artifact, context),
            (LinkKind.PARENT, context, artifact),
        ):
            with pytest.raises(InputError, match=kind.value):
                store.publish([], [Edge(kind, source, target)])

    def test_parents_may_not_form_a_cycle(self, store: MetadataStore) -> None:
        declare(store)
        a, b, c = (put_context(store, name) for name in "abc")
        store.publish([], [Edge(LinkKind.PARENT, a, b), Edge(LinkKind.PARENT, b, c), Edge(LinkKind.PARENT, a, c)])
        store.publish([], [Edge(LinkKind.PARENT, a, b)])
        for child, parent in ((c, a), (b, a), (c, b), (a, a)):
            with pytest.raises(ConflictError, match=r"cycle|lies within"):
                store.publish([], [Edge(LinkKind.PARENT, child, parent)])
        assert len(store.links(Kind.CONTEXT, [a.id or 0, b.id or 0, c.id or 0])) == 3

    def test_two_cannot_close_a_cycle_together(self, store: MetadataStore) -> None:
        declare(store)
        for number in range(5):
            pair = [put_context(store, f"{side} {number}") for side in ("a", "b")]
            start = threading.Barrier(2)
            outcomes: list[str] = []

            def link(child: Context, parent: Context, start: threading.Barrier, outcomes: list[str]) -> None:
                start.wait()
                try:
                    store.publish([], [Edge(LinkKind.PARENT, child, parent)])
                    outcomes.append("linked")
                except ConflictError:
                    outcomes.append("refused")

            threads = [threading.Thread(target=link, args=(*ends, start, outcomes)) for ends in (pair, pair[::-1])]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert sorted(outcomes) == ["linked", "refused"]

    def test_many_nodes_at_once(self, store: MetadataStore) -> None:
        declare(store)
        artifacts = [Artifact(type="Thing", name=f"n{number}") for number in range(500)]
        stored = store.publish(artifacts)
        assert [node.name for node in stored] == [node.name for node in artifacts]
        wanted = [node.id or 0 for node in reversed(stored)]
        assert store.get(Kind.ARTIFACT, wanted) == list(reversed(stored))

    def test_a_step_can_use_and_make_one_artifact(self, store: MetadataStore) -> None:
        declare(store)
        execution, (artifact,) = put_step(store, [])
        store.publish([], [Edge(LinkKind.INPUT, artifact, execution)])
        assert len(store.links(Kind.EXECUTION, [execution.id or 0])) == 2
