"""Lineage: up, down, both; bounded or not."""

# A suite is made of asserts, and the name of a test is its promise.
# ruff: noqa: D102, S101

from __future__ import annotations

import pytest

from mainspring.core.errors import InputError, NotFoundError
from mainspring.core.records import Artifact, Direction, Execution, Kind, LinkKind
from mainspring.store.ports import Edge, Lineage, MetadataStore
from mainspring.testing.conformance.examples import declare, put_artifact, put_context, put_execution, put_step

WALKS: list[tuple[str, Direction, int | None, str]] = [
    ("a5", Direction.UP, None, "a5 e3 a4 e2 a3 e1 a1 a2"),
    ("a5", Direction.UP, 0, "a5"),
    ("a5", Direction.UP, 1, "a5 e3 a4"),
    ("a5", Direction.UP, 2, "a5 e3 a4 e2 a3"),
    ("a5", Direction.UP, 3, "a5 e3 a4 e2 a3 e1 a1 a2"),
    ("a5", Direction.UP, 1000, "a5 e3 a4 e2 a3 e1 a1 a2"),
    ("a1", Direction.DOWN, None, "a1 e1 a3 e2 e4 a4 a6 e3 a5"),
    ("a1", Direction.DOWN, 1, "a1 e1 a3"),
    ("a1", Direction.DOWN, 2, "a1 e1 a3 e2 e4 a4 a6"),
    ("a1", Direction.UP, None, "a1"),
    ("a3", Direction.BOTH, None, "a3 e1 a1 a2 e2 e4 a4 a6 e3 a5"),
    ("a4", Direction.BOTH, None, "a4 e2 a3 e1 a1 a2 e3 a5"),
    ("a4", Direction.BOTH, 1, "a4 e2 a3 e3 a5"),
    ("e2", Direction.UP, None, "e2 a3 e1 a1 a2"),
    ("e2", Direction.UP, 1, "e2 a3"),
    ("e2", Direction.UP, 2, "e2 a3 e1 a1 a2"),
    ("e2", Direction.DOWN, 1, "e2 a4"),
    ("e2", Direction.BOTH, 1, "e2 a3 a4"),
    ("e2", Direction.BOTH, None, "e2 a3 e1 a1 a2 a4 e3 a5"),
    ("e2", Direction.BOTH, 0, "e2"),
]
"""Where a walk starts, which way it goes, how many hops, and the nodes it meets."""


def names(lineage: Lineage) -> list[str]:
    """The nodes as ``a1 e1 …`` in their order, numbered as in the graph below."""
    return [f"{kind.value[0]}{node.custom['number']}" for (kind, _), node in lineage.nodes.items()]


def numbered(store: MetadataStore, name: str) -> int:
    """The id of ``a1``, ``e1`` … of the graph below."""
    kind = Kind.ARTIFACT if name[0] == "a" else Kind.EXECUTION
    (node,) = store.find(kind, "custom.number = :number", {"number": int(name[1:])}).items
    return node.id or 0


class LineageSuite:
    """Promises about ``lineage``, on this graph of artifacts and executions.

    ::

    a1 ─┬─► e1 ──► a3 ─┬─► e2 ──► a4 ──► e3 ──► a5
    a2 ─┘              └─► e4 ──► a6
    """

    @pytest.fixture
    def graph(self, store: MetadataStore) -> MetadataStore:
        """The store with the graph above in it."""
        declare(store)
        artifacts = {number: Artifact(type="Thing", custom={"number": number}) for number in range(1, 7)}
        executions = {number: Execution(type="Thing", custom={"number": number}) for number in range(1, 5)}
        used = [(1, 1), (2, 1), (3, 2), (4, 3), (3, 4)]
        made = [(1, 3), (2, 4), (3, 5), (4, 6)]
        store.publish(
            [*artifacts.values(), *executions.values()],
            [
                *(Edge(LinkKind.INPUT, artifacts[a], executions[e]) for a, e in used),
                *(Edge(LinkKind.OUTPUT, executions[e], artifacts[a]) for e, a in made),
            ],
        )
        return store

    def test_known_answers(self, graph: MetadataStore) -> None:
        for start, direction, hops, expected in WALKS:
            kind = Kind.ARTIFACT if start[0] == "a" else Kind.EXECUTION
            found = graph.lineage(kind, [numbered(graph, start)], direction=direction, hops=hops)
            assert names(found) == expected.split(), (start, direction, hops)
            for (node_kind, node_id), node in found.nodes.items():
                assert graph.get(node_kind, [node_id]) == [node]

    def test_the_links_are_those_among_the_nodes(self, graph: MetadataStore) -> None:
        found = graph.lineage(Kind.ARTIFACT, [numbered(graph, "a5")], hops=2)
        expected = [("input", "a3", "e2"), ("input", "a4", "e3"), ("output", "e2", "a4"), ("output", "e3", "a5")]
        assert [(link.kind.value, link.source, link.target) for link in found.links] == [
            (kind, numbered(graph, source), numbered(graph, target)) for kind, source, target in expected
        ]

    def test_several_starts(self, graph: MetadataStore) -> None:
        found = graph.lineage(Kind.ARTIFACT, [numbered(graph, name) for name in ("a6", "a5", "a6")], hops=1)
        assert names(found) == ["a6", "a5", "e4", "e3", "a3", "a4"]
        empty = graph.lineage(Kind.ARTIFACT, [])
        assert (list(empty.nodes), list(empty.links)) == ([], [])

    def test_a_diamond_is_walked_once(self, store: MetadataStore) -> None:
        declare(store)
        (top,) = [put_artifact(store)]
        edge = [top]
        for _ in range(20):
            _, left = put_step(store, edge)
            _, right = put_step(store, edge)
            edge = [*left, *right]
        found = store.lineage(Kind.ARTIFACT, [edge[0].id or 0])
        assert len(found.nodes) == 1 + 19 * 4 + 2
        assert len(store.lineage(Kind.ARTIFACT, [edge[0].id or 0], hops=20).nodes) == len(found.nodes)
        assert len(store.lineage(Kind.ARTIFACT, [edge[0].id or 0], hops=19).nodes) == len(found.nodes) - 3

    def test_there_is_no_cap_on_hops(self, store: MetadataStore) -> None:
        declare(store)
        length = 1500
        artifacts = [Artifact(type="Thing") for _ in range(length + 1)]
        executions = [Execution(type="Thing") for _ in range(length)]
        edges = [Edge(LinkKind.INPUT, artifacts[n], executions[n]) for n in range(length)]
        edges += [Edge(LinkKind.OUTPUT, executions[n], artifacts[n + 1]) for n in range(length)]
        stored = store.publish([*artifacts, *executions], edges)
        assert len(store.lineage(Kind.ARTIFACT, [stored[length].id or 0]).nodes) == 2 * length + 1
        down = store.lineage(Kind.ARTIFACT, [stored[0].id or 0], direction=Direction.DOWN, hops=length - 1)
        assert len(down.nodes) == 2 * length - 1

    def test_a_step_that_changes_its_input_does_not_confuse(self, store: MetadataStore) -> None:
        declare(store)
        execution, (artifact,) = put_step(store, [])
        store.publish([], [Edge(LinkKind.INPUT, artifact, execution)])
        for direction in Direction:
            found = store.lineage(Kind.ARTIFACT, [artifact.id or 0], direction=direction)
            assert list(found.nodes) == [(Kind.ARTIFACT, artifact.id), (Kind.EXECUTION, execution.id)]

    def test_wrong_questions(self, graph: MetadataStore) -> None:
        put_context(graph, "c")
        put_execution(graph)
        with pytest.raises(InputError, match="context"):
            graph.lineage(Kind.CONTEXT, [numbered(graph, "a1")])
        with pytest.raises(InputError, match="hops"):
            graph.lineage(Kind.ARTIFACT, [numbered(graph, "a1")], hops=-1)
        with pytest.raises(NotFoundError, match="999999"):
            graph.lineage(Kind.ARTIFACT, [numbered(graph, "a1"), 999999])
        with pytest.raises(NotFoundError, match="999999"):
            graph.lineage(Kind.EXECUTION, [999999], direction=Direction.BOTH)
