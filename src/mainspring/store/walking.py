"""How far a walk goes and in which order it meets nodes, the same for every adapter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from mainspring.core.records import Direction, Kind, Link, LinkKind, Node
from mainspring.store.ports import Lineage

NodeKey = tuple[Kind, int]
"""A node by its kind and id."""

# Within this module an artifact goes by its id and an execution by its id below zero: quick to hash and compare.


def ways(direction: Direction) -> Sequence[Direction]:
    """The single directions that a direction means."""
    return (Direction.UP, Direction.DOWN) if direction is Direction.BOTH else (direction,)


def depth(kind: Kind, hops: int | None) -> int | None:
    """How many links a walk may follow: two for a hop, but from an execution the first artifact is a hop away."""
    if hops is None or hops == 0:
        return hops
    return 2 * hops if kind is Kind.ARTIFACT else 2 * hops - 1


def reached(
    links: Iterable[Link], kind: Kind, ids: Sequence[int], direction: Direction, deepest: int | None
) -> Sequence[NodeKey]:
    """The nodes that a walk meets, breadth first, neighbours by id.

    Args:
        links: INPUT and OUTPUT links, more than needed and in any order.
        deepest: How many links to follow.
    """
    starts = dict.fromkeys(ids if kind is Kind.ARTIFACT else [-node_id for node_id in ids])
    pairs = [
        (link.source, -link.target) if link.kind is LinkKind.INPUT else (-link.source, link.target)
        for link in links
    ]
    order = dict(starts)
    for way in ways(direction):
        neighbours = _neighbours(pairs, way)
        seen, edge, left = set(starts), list(starts), deepest
        while edge and left != 0:
            further = dict.fromkeys(far for near in edge for far in neighbours.get(near, ()) if far not in seen)
            seen.update(further)
            order.update(further)
            edge = list(further)
            left = None if left is None else left - 1
    return [(Kind.ARTIFACT, node) if node > 0 else (Kind.EXECUTION, -node) for node in order]


def lineage(nodes: Mapping[NodeKey, Node], links: Iterable[Link], order: Sequence[NodeKey]) -> Lineage:
    """The nodes in their order, and the links that have both ends among them."""
    artifacts = {node_id for kind, node_id in order if kind is Kind.ARTIFACT}
    executions = {node_id for kind, node_id in order if kind is Kind.EXECUTION}
    ends = {LinkKind.INPUT: (artifacts, executions), LinkKind.OUTPUT: (executions, artifacts)}
    kept = []
    for kind, (sources, targets) in ends.items():
        among = [link for link in links if link.kind is kind and link.source in sources and link.target in targets]
        kept += sorted(among, key=lambda link: (link.source, link.target, link.name, link.position))
    return Lineage(nodes={key: nodes[key] for key in order}, links=kept)


def _neighbours(pairs: Iterable[tuple[int, int]], way: Direction) -> Mapping[int, list[int]]:
    found: defaultdict[int, list[int]] = defaultdict(list)
    for source, target in pairs:
        if way is Direction.UP:
            found[target].append(source)
        else:
            found[source].append(target)
    for neighbours in found.values():
        if len(neighbours) > 1:
            neighbours.sort(key=abs)
    return found
