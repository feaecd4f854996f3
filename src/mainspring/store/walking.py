"""The order in which a walk meets nodes, the same for every adapter."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence

from mainspring.core.records import Direction, Kind, Link, LinkKind, Node
from mainspring.store.ports import Lineage

NodeKey = tuple[Kind, int]


def in_order(
    nodes: Mapping[NodeKey, Node], links: Sequence[Link], starts: Sequence[NodeKey], direction: Direction
) -> Lineage:
    """A lineage with its nodes in breadth-first order from the starts, neighbours by kind and id.

    Args:
        nodes: All nodes of the lineage.
        links: The INPUT and OUTPUT links among them, in any order.
    """
    ways = [Direction.UP, Direction.DOWN] if direction is Direction.BOTH else [direction]
    order: dict[NodeKey, None] = dict.fromkeys(starts)
    for way in ways:
        neighbours = _neighbours(links, way)
        queue = deque(starts)
        seen = set(starts)
        while queue:
            for neighbour in neighbours.get(queue.popleft(), ()):
                if neighbour not in seen:
                    seen.add(neighbour)
                    order.setdefault(neighbour)
                    queue.append(neighbour)
    ordered = {key: nodes[key] for key in order if key in nodes}
    kept = sorted(links, key=lambda link: (link.kind.value, link.source, link.target, link.name, link.position))
    return Lineage(nodes=ordered, links=kept)


def _neighbours(links: Sequence[Link], way: Direction) -> Mapping[NodeKey, list[NodeKey]]:
    found: defaultdict[NodeKey, list[NodeKey]] = defaultdict(list)
    for link in links:
        kinds = (Kind.ARTIFACT, Kind.EXECUTION) if link.kind is LinkKind.INPUT else (Kind.EXECUTION, Kind.ARTIFACT)
        source, target = (kinds[0], link.source), (kinds[1], link.target)
        near, far = (target, source) if way is Direction.UP else (source, target)
        found[near].append(far)
    for neighbours in found.values():
        neighbours.sort(key=lambda key: (key[0].value, key[1]))
    return found
